"""The recorder and its statistics; rows that are imported stand on both hubs without waiting for an hour to pass."""

from compat.harness.steps import CODE, SHAPE, Look, Open, Send, case, ws
from compat.table.past_history import WRITTEN, put

DAY = "2026-01-{:02}T{:02}:00:00+00:00"
POWER, METER = "compat:power", "compat:meter"
START, END = {"start_time": "2026-01-01T00:00:00+00:00"}, {"end_time": "2026-02-03T00:00:00+00:00"}
during, one = "recorder/statistics_during_period", "recorder/statistic_during_period"
FIXED = {"fixed_period": {**START, **END}}


def meta(statistic_id: str, unit: str | None, *, mean: bool, name: str | None = None, source: str = "compat") -> dict:
    """What an import says of a statistic."""
    return {
        "statistic_id": statistic_id, "source": source, "name": name, "unit_of_measurement": unit,
        "has_mean": mean, "has_sum": not mean,
    }  # fmt: skip


def imported(about: dict, rows: list[dict], **more: object) -> Send:
    """One import."""
    return ws("recorder/import_statistics", metadata=about, stats=rows, **more)


MEANS = [
    {"start": DAY.format(day, hour), "mean": 10.0 * day + hour, "min": float(day), "max": 20.0 * day + hour}
    for day in (1, 2, 5, 31)
    for hour in (0, 1, 15, 16, 23)
]
SUMS = [
    {"start": DAY.format(day, hour), "state": 100.0 + day + hour / 10, "sum": 10.0 * day + hour}
    for day in (1, 2, 5, 31)
    for hour in (0, 1, 15, 16, 23)
]
SENSOR = "sensor.compat_temperature"
KNOWN = Look(only={"result": ("statistic_id", POWER)})

CASES = (
    case(
        "the recorder",
        ws("recorder/info", look=Look("shape")),
        ws("recorder/info", extra=1),
    ),
    case(
        "statistics that are imported",
        imported(meta(POWER, "W", mean=True, name="Power"), MEANS),
        imported(meta(METER, "kWh", mean=False, name="Meter"), SUMS),
        WRITTEN,
        ws("recorder/list_statistic_ids", look=KNOWN),
        ws("recorder/list_statistic_ids", statistic_type="mean", look=KNOWN),
        ws("recorder/list_statistic_ids", statistic_type="sum", look=KNOWN),
        ws("recorder/list_statistic_ids", statistic_type="none"),
        ws("recorder/get_statistics_metadata", statistic_ids=[POWER, METER], look=Look(unordered=("result",))),
        ws("recorder/get_statistics_metadata", statistic_ids=["compat:nothing"]),
        *(
            ws(during, **START, **END, statistic_ids=[POWER, METER], period=period)
            for period in ("5minute", "hour", "day", "week", "month")
        ),
        ws(during, **START, statistic_ids=[POWER], period="day", types=["mean"]),
        ws(during, **START, statistic_ids=[POWER, METER], period="day", types=["min", "max", "change"]),
        ws(during, **START, statistic_ids=[METER], period="day", types=["change", "sum", "state", "last_reset"]),
        ws(during, **START, statistic_ids=[METER], period="day", units={"energy": "Wh"}),
        ws(during, **START, statistic_ids=[POWER], period="month", units={"power": "kW"}, types=["mean", "max"]),
        ws(
            during, start_time="2026-01-02T10:00:00+00:00", end_time="2026-01-05T16:00:00+00:00",
            statistic_ids=[POWER, METER], period="day",
        ),
        ws(during, start_time="2027-01-01T00:00:00+00:00", statistic_ids=[POWER], period="hour"),
        ws(during, **START, statistic_ids=["compat:nothing"], period="hour"),
        ws(one, statistic_id=POWER, **FIXED),
        ws(one, statistic_id=METER, **FIXED),
        ws(one, statistic_id=METER, **FIXED, types=["change"], units={"energy": "Wh"}),
        ws(one, statistic_id=POWER, **FIXED, types=["mean", "max"]),
        ws(one, statistic_id=METER, fixed_period={"start_time": "2026-01-02T12:00:00+00:00"}),
        ws(one, statistic_id=METER, calendar={"period": "month", "offset": -1000}),
        ws(one, statistic_id=METER, rolling_window={"duration": {"hours": 2}}),
        ws(one, statistic_id=METER),
        ws(one, statistic_id="compat:nothing", **FIXED),
    ),
    case(
        "statistics that are changed",
        imported(meta("compat:changed", "W", mean=True), MEANS[:5]),
        imported(meta("compat:summed", "kWh", mean=False), SUMS[:5]),
        WRITTEN,
        ws("recorder/update_statistics_metadata", statistic_id="compat:changed", unit_of_measurement="kW"),
        WRITTEN,
        ws("recorder/get_statistics_metadata", statistic_ids=["compat:changed"]),
        ws(during, **START, **END, statistic_ids=["compat:changed"], period="day"),
        ws(
            "recorder/adjust_sum_statistics", statistic_id="compat:summed", start_time=DAY.format(1, 1),
            adjustment=1000, adjustment_unit_of_measurement="Wh",
        ),
        imported(meta("compat:changed", "W", mean=True, name="Now with a name"), [{**MEANS[0], "mean": 5.0}]),
        WRITTEN,
        ws("recorder/get_statistics_metadata", statistic_ids=["compat:changed"]),
        ws(during, **START, **END, statistic_ids=["compat:changed", "compat:summed"], period="hour"),
        ws("recorder/clear_statistics", statistic_ids=["compat:changed"]),
        WRITTEN,
        ws("recorder/get_statistics_metadata", statistic_ids=["compat:changed"]),
        ws(during, **START, **END, statistic_ids=["compat:changed"], period="hour"),
    ),
    case(
        "statistics that are wrong",
        imported(meta("compat:wrong", "W", mean=True), [{"start": "2026-01-01T00:30:00+00:00", "mean": 1.0}]),
        imported(meta("compat:wrong", "W", mean=True), [{"start": "2026-01-01T00:00:00", "mean": 1.0}]),
        imported(meta("compat:wrong", "W", mean=True), [{"start": "x", "mean": 1.0}]),
        imported(meta("compat:wrong", "W", mean=True), [{"mean": 1.0}]),
        imported(meta("other:wrong", "W", mean=True), MEANS[:1]),
        imported(meta("no statistic", "W", mean=True), MEANS[:1]),
        imported(meta(SENSOR, "W", mean=True, source="compat"), MEANS[:1]),
        imported({"statistic_id": "compat:wrong"}, MEANS[:1]),
        imported(meta("compat:wrong", "W", mean=True), MEANS[:1], look=CODE),
        Open("resident", "resident"),
        Send({
            "type": "recorder/import_statistics", "metadata": meta("compat:wrong", "W", mean=True), "stats": MEANS[:1],
        }, socket="resident"),
        ws(during, start_time="x", statistic_ids=[POWER], period="hour"),
        ws(during, **START, end_time="x", statistic_ids=[POWER], period="hour"),
        ws(during, **START, statistic_ids=[], period="hour"),
        ws(during, **START, period="hour"),
        ws(during, **START, statistic_ids=[POWER], period="minute"),
        ws(during, **START, statistic_ids=[POWER], period="hour", types=["median"]),
        ws(during, **START, statistic_ids=[POWER], period="hour", units={"power": "horse"}),
        ws(one, statistic_id=POWER, **FIXED, rolling_window={"duration": {"hours": 2}}),
        ws(one, statistic_id=POWER, **FIXED, types=["sum"]),
        ws(one, **FIXED),
        ws("recorder/clear_statistics"),
        ws("recorder/adjust_sum_statistics", statistic_id="compat:nothing", start_time=DAY.format(1, 1), adjustment=1,
           adjustment_unit_of_measurement="Wh"),
        ws("recorder/update_statistics_metadata", statistic_id="compat:nothing"),
    ),
    case(
        "a sensor's statistics",
        put(SENSOR, "20", state_class="measurement", unit_of_measurement="°C", device_class="temperature"),
        put("sensor.compat_no_class", "20", unit_of_measurement="°C"),
        ws("recorder/list_statistic_ids", look=Look(only={"result": ("statistic_id", SENSOR)})),
        ws("recorder/get_statistics_metadata", statistic_ids=[SENSOR]),
        ws("recorder/validate_statistics", look=SHAPE),
        imported(meta(SENSOR, "°C", mean=True, source="recorder"), MEANS[:3]),
        WRITTEN,
        ws("recorder/get_statistics_metadata", statistic_ids=[SENSOR]),
        ws(during, **START, **END, statistic_ids=[SENSOR], period="day", units={"temperature": "°F"}),
        put(SENSOR, "20", state_class="measurement", unit_of_measurement="W", device_class="power"),
        ws("recorder/validate_statistics", look=Look(only={"result": ("", SENSOR)})),
        put(SENSOR, "20"),
        ws("recorder/validate_statistics", look=Look(only={"result": ("", SENSOR)})),
    ),
)  # fmt: skip
