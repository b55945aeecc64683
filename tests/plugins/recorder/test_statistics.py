"""Statistics: what is compiled when, out of what, and what clients and plugins get of it."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import voluptuous as vol

from linli import Context, Forbidden, InvalidRequest
from linli.ids import PlaceId
from linli_recorder.api import Period, StatisticsApi, StatisticsAsked, StatisticsMeta, StatisticsRow, Tenancy
from linli_recorder.statistics.errors import BadStatistics, UnitsDoNotFit, UnknownStatistic

from .conftest import FLAT, HUB, Home, Start

START = 1735689600  # 2025-01-01T00:00:00Z, a full hour
POWER = {"state_class": "measurement", "unit_of_measurement": "W", "device_class": "power"}
METER = {"state_class": "total_increasing", "unit_of_measurement": "kWh", "device_class": "energy"}


@dataclass
class Call:
    """A message command as its handler meets it."""

    message: dict[str, Any]
    context: Context


async def ask(home: Home, type: str, reader: Context = HUB, **fields: Any) -> Any:
    """The result of a command, after its schema has looked at the message."""
    command = home.hub.rooms.commands.get(f"recorder/{type}")
    assert command is not None
    message = command.schema({"id": 1, "type": command.type, **fields})
    answer = command.handler(Call(message, reader))
    return await answer if hasattr(answer, "__await__") else answer


def iso(second: float) -> str:
    return datetime.fromtimestamp(START + second, UTC).isoformat()


async def rows(home: Home, name: str, period: str = "5minute", reader: Context = HUB, **more: Any) -> list[Any]:
    fields = {"start_time": iso(-86_400), "statistic_ids": [name], "period": period, **more}
    return (await ask(home, "statistics_during_period", reader, **fields)).get(name, [])  # type: ignore[no-any-return]


async def test_a_mean_weighs_each_value_by_how_long_it_held(home: Home) -> None:
    await home.set("sensor.p", "100", after=300, **POWER)
    await home.set("sensor.p", "400", after=75, **POWER)
    await home.set("sensor.p", "unavailable", after=10, **POWER)
    await home.set("sensor.p", "200", after=140, **POWER)
    await home.clock.forward(seconds=86)  # to 611: one second past the compiling
    (row,) = await rows(home, "sensor.p")
    assert row["mean"] == pytest.approx((100 * 75 + 400 * 150 + 200 * 75) / 300)
    assert (row["min"], row["max"]) == (100, 400)
    assert not {"sum", "change", "state"} & row.keys(), "what no statistic that was asked for has is not told"
    assert (row["start"], row["end"]) == ((START + 300) * 1000, (START + 600) * 1000)


@pytest.mark.parametrize("state", ["nan", "inf", "-inf", "1e999"])
async def test_a_reading_that_is_no_number_is_none(home: Home, state: str) -> None:
    await home.set("sensor.p", "100", after=300, **POWER)
    await home.set("sensor.p", state, after=150, **POWER)
    await home.clock.forward(seconds=170)
    (row,) = await rows(home, "sensor.p")
    assert (row["mean"], row["min"], row["max"]) == (100, 100, 100)


async def test_what_held_before_counts_from_the_beginning_of_a_window(home: Home) -> None:
    await home.set("sensor.p", "100", after=1, **POWER)
    await home.set("sensor.p", "200", after=449, **POWER)
    await home.clock.forward(seconds=500)
    assert [row["mean"] for row in await rows(home, "sensor.p")] == [100, 150, 200]


async def test_an_hour_is_summed_up_when_it_is_over(home: Home) -> None:
    fired: list[str] = []
    for name in ("recorder_5min_statistics_generated", "recorder_hourly_statistics_generated"):
        home.hub.rooms.bus.listen(name, lambda event: fired.append(event.event_type))
    await home.set("sensor.p", "100", **POWER)
    await home.set("sensor.p", "300", after=1799, **POWER)
    await home.clock.forward(seconds=1700)
    assert await rows(home, "sensor.p", "hour") == []
    await home.clock.forward(seconds=200)
    (row,) = await rows(home, "sensor.p", "hour")
    assert (row["start"], row["mean"], row["min"], row["max"]) == (START * 1000, pytest.approx(200), 100, 300)
    assert fired.count("recorder_5min_statistics_generated") == 12
    assert fired.count("recorder_hourly_statistics_generated") == 1


async def test_a_meter_that_begins_anew_goes_on_being_summed(home: Home) -> None:
    for value in ("10", "14", "13.5", "2", "5"):  # 13.5 is a dip, 2 a new beginning
        await home.set("sensor.m", value, after=100, **METER)
    await home.clock.forward(seconds=200)
    told = [(row["state"], row["sum"], row["change"]) for row in await rows(home, "sensor.m")]
    assert told == [(14, 4, 4), (5, pytest.approx(3.5 + 5), pytest.approx(4.5))]


async def test_a_total_begins_anew_when_it_says_so(home: Home) -> None:
    total = {"state_class": "total", "unit_of_measurement": "kWh"}
    await home.set("sensor.m", "10", last_reset=iso(-100), **total)
    await home.set("sensor.m", "4", after=50, last_reset=iso(-100), **total)
    await home.set("sensor.m", "3", after=50, last_reset=iso(80), **total)
    await home.clock.forward(seconds=300)
    (row,) = await rows(home, "sensor.m")
    assert (row["state"], row["sum"], row["last_reset"]) == (3, -6 + 3, (START + 80) * 1000)


async def test_angles_have_the_mean_of_their_directions(home: Home) -> None:
    await home.set("sensor.wind", "350", after=300, state_class="measurement_angle", unit_of_measurement="°")
    await home.set("sensor.wind", "10", after=150, state_class="measurement_angle", unit_of_measurement="°")
    await home.clock.forward(seconds=161)
    (row,) = await rows(home, "sensor.wind")
    assert min(row["mean"], 360 - row["mean"]) == pytest.approx(0, abs=1e-6)
    assert row["min"] is None
    (described,) = await ask(home, "list_statistic_ids")
    assert (described["mean_type"], described["has_mean"]) == (2, False)


async def test_what_a_sleeping_hub_missed_is_compiled_later_and_its_sleep_is_not(start: Start) -> None:
    async with start() as home:
        await home.set("sensor.p", "100", after=301, **POWER)
        await home.clock.forward(seconds=290)
    async with start(at=1900) as home:
        await home.set("sensor.p", "200", **POWER)
        await home.clock.forward(seconds=600)
        told = [(row["start"] // 1000 - START, row["mean"]) for row in await rows(home, "sensor.p")]
        assert [begin for begin, _ in told] == [300, 1800, 2100]
        assert (told[0][1], told[2][1]) == (100, 200)


async def test_other_units_of_the_same_class_are_converted_and_foreign_ones_never_mixed(home: Home) -> None:
    await home.set("sensor.p", "100", after=300, **POWER)
    await home.set("sensor.p", "0.3", after=150, **{**POWER, "unit_of_measurement": "kW"})
    await home.clock.forward(seconds=161)
    (row,) = await rows(home, "sensor.p", units={"power": "W"})
    assert row["mean"] == pytest.approx(200)
    await home.set("sensor.p", "7", **{**POWER, "unit_of_measurement": "kg"})
    await home.clock.forward(seconds=600)
    assert len(await rows(home, "sensor.p")) == 1
    found = (await ask(home, "validate_statistics"))["sensor.p"]
    assert [(one["type"], one["data"]["state_unit"]) for one in found] == [("units_changed", "kg")]
    await ask(home, "update_statistics_issues")
    assert "units_changed_sensor.p" in [issue.issue_id for issue in home.hub.rooms.issues.all()]
    await ask(home, "update_statistics_issues", await home.person("li", "resident", PlaceId("elsewhere")))
    assert "units_changed_sensor.p" in [issue.issue_id for issue in home.hub.rooms.issues.all()]
    await home.set("sensor.p", "7", **POWER)
    await ask(home, "update_statistics_issues")
    assert "units_changed_sensor.p" not in [issue.issue_id for issue in home.hub.rooms.issues.all()]


async def test_another_unit_is_told_as_a_repair_issue_without_anybody_asking(home: Home) -> None:
    def issues() -> list[str]:
        return [issue.issue_id for issue in home.hub.rooms.issues.all()]

    await home.set("sensor.p", "100", **POWER)
    await home.clock.forward(seconds=600)
    assert "units_changed_sensor.p" not in issues()
    await home.set("sensor.p", "7", **{**POWER, "unit_of_measurement": "kg"})
    await home.clock.forward(seconds=600)
    assert "units_changed_sensor.p" in issues()
    await home.set("sensor.p", "100", **POWER)
    await home.clock.forward(seconds=900)
    assert "units_changed_sensor.p" not in issues()


ENERGY = StatisticsMeta("test:e", "test", "kWh", False, True)
WARMTH = StatisticsMeta("test:t", "test", "°C", True, False, "Warmth")


@pytest.fixture
async def imported(home: Home) -> Home:
    """What was imported into Home Assistant 2025.4.4, too, to see what it answers."""
    await home.clock.forward(seconds=6 * 3600 + 60)
    api = home.hub.rooms.apis.proxy(StatisticsApi)  # type: ignore[type-abstract]
    energy = [StatisticsRow(START + k * 3600, sum=10.0 + k * k, state=5.0 + k, last_reset=START) for k in range(5)]
    warmth = [StatisticsRow(START + k * 3600, mean=20.0 + k, min=10 + k, max=30 + k) for k in (0, 1, 3, 4)]
    await api.import_statistics(ENERGY, energy)
    await api.import_statistics(WARMTH, warmth)
    return home


async def test_hours_between_two_moments(imported: Home) -> None:
    found = await ask(
        imported, "statistics_during_period", start_time=iso(3600), end_time=iso(4 * 3600), period="hour",
        statistic_ids=["test:e", "test:t"],
    )  # fmt: skip
    assert [(row["mean"], row["min"], row["max"], row["change"]) for row in found["test:t"]] == [
        (21, 11, 31, None), (23, 13, 33, None),
    ]  # fmt: skip
    assert [(row["sum"], row["state"], row["change"], row["mean"]) for row in found["test:e"]] == [
        (11, 6, 1, None), (14, 7, 3, None), (19, 8, 5, None),
    ]  # fmt: skip
    assert found["test:e"][0]["last_reset"] == START * 1000


@pytest.mark.parametrize(
    ("period", "begin", "length"), [("day", 0, 1), ("week", -2, 7), ("month", 0, 31)], ids=["day", "week", "month"]
)
async def test_days_weeks_and_months_are_told_whole(imported: Home, period: str, begin: int, length: int) -> None:
    found = await ask(
        imported, "statistics_during_period", start_time=iso(3600), end_time=iso(4 * 3600), period=period,
        statistic_ids=["test:e", "test:t"],
    )  # fmt: skip
    ((energy,), (warmth,)) = found["test:e"], found["test:t"]
    assert (energy["start"], energy["end"]) == (
        (START + begin * 86_400) * 1000, (START + (begin + length) * 86_400) * 1000,
    )  # fmt: skip
    assert (energy["sum"], energy["change"], energy["state"]) == (26, 26, 9)
    assert (warmth["mean"], warmth["min"], warmth["max"]) == (22, 10, 34)


async def test_readers_may_name_their_units_and_kinds(imported: Home) -> None:
    found = await rows(imported, "test:e", "hour", units={"energy": "MJ"}, types=["sum", "change"])
    assert found[0] == {"start": START * 1000, "end": (START + 3600) * 1000, "sum": 36, "change": 36}
    assert (await rows(imported, "test:t", "hour", units={"temperature": "°F"}))[1]["mean"] == pytest.approx(69.8)
    with pytest.raises(InvalidRequest):
        await rows(imported, "test:e", "hour", units={"energy": "°C"})
    with pytest.raises(vol.Invalid):
        await rows(imported, "test:e", "hour", units={"warmth": "°C"})


@pytest.mark.parametrize(
    ("row", "error"),
    [({"start": "2025-01-01T00:00:00"}, BadStatistics), ({"start": "soon"}, InvalidRequest)],
    ids=["no offset", "no moment"],
)
async def test_when_an_imported_hour_was_must_be_certain(home: Home, row: Any, error: type[Exception]) -> None:
    meta = {
        "has_mean": True, "has_sum": False, "name": None, "source": "test", "statistic_id": "test:a",
        "unit_of_measurement": None,
    }  # fmt: skip
    with pytest.raises(error):
        await ask(home, "import_statistics", metadata=meta, stats=[row])


@pytest.mark.parametrize(
    ("fields", "change", "mean"),
    [
        ({"fixed_period": {"start_time": iso(3600), "end_time": iso(3 * 3600)}}, 4, 21),
        ({"rolling_window": {"duration": {"hours": 3}}}, 7, 24),
        ({"rolling_window": {"duration": {"hours": 3}, "offset": {"hours": -1}}}, 12, 23.5),
        ({"calendar": {"period": "day"}}, 26, 22),
        ({"calendar": {"period": "month"}}, 26, 22),
        ({"calendar": {"period": "day", "offset": -1}}, None, None),
        ({}, 26, 22),
    ],
    ids=["fixed", "rolling", "rolled back", "day", "month", "yesterday", "always"],
)
async def test_one_number_for_a_whole_time(imported: Home, fields: Any, change: Any, mean: Any) -> None:
    energy = await ask(imported, "statistic_during_period", statistic_id="test:e", **fields)
    warmth = await ask(imported, "statistic_during_period", statistic_id="test:t", **fields)
    assert (energy["change"], energy["mean"]) == (change, None)
    assert (warmth["mean"], warmth["change"]) == (mean, None)


async def test_a_sum_can_be_corrected_from_a_time_on(imported: Home) -> None:
    fields = {"statistic_id": "test:e", "start_time": iso(7200), "adjustment": 100.0}
    await ask(imported, "adjust_sum_statistics", adjustment_unit_of_measurement="Wh", **fields)
    assert [row["sum"] for row in await rows(imported, "test:e", "hour")] == [10, 11, 14.1, 19.1, 26.1]
    with pytest.raises(UnitsDoNotFit):
        await ask(imported, "adjust_sum_statistics", adjustment_unit_of_measurement="W", **fields)
    with pytest.raises(UnknownStatistic):
        await ask(
            imported, "adjust_sum_statistics", adjustment_unit_of_measurement="W", **{**fields, "statistic_id": "x:y"}
        )


async def test_units_of_an_entity_can_be_converted_or_only_called_otherwise(home: Home) -> None:
    await home.set("sensor.m", "10", **METER)
    await home.set("sensor.m", "14", after=100, **METER)
    await home.clock.forward(seconds=300)
    change = {"statistic_id": "sensor.m", "old_unit_of_measurement": "kWh"}
    await ask(home, "change_statistics_unit", new_unit_of_measurement="MWh", **change)
    told = {"units": {"energy": "MWh"}}
    assert (await rows(home, "sensor.m", **told))[0]["sum"] == pytest.approx(0.004)
    await ask(home, "change_statistics_unit", new_unit_of_measurement="Wh", **change)  # they are kWh no more
    assert (await rows(home, "sensor.m", **told))[0]["sum"] == pytest.approx(0.004)
    await ask(home, "update_statistics_metadata", statistic_id="sensor.m", unit_of_measurement="GJ")
    (meta,) = await ask(home, "get_statistics_metadata", statistic_ids=["sensor.m"])
    assert (meta["statistics_unit_of_measurement"], meta["unit_class"]) == ("GJ", "energy")
    assert (await rows(home, "sensor.m", units={"energy": "GJ"}))[0]["sum"] == pytest.approx(0.004)


async def test_units_of_no_entity_are_not_converted_as_in_home_assistant(imported: Home) -> None:
    change = {"statistic_id": "test:e", "old_unit_of_measurement": "kWh"}
    await ask(imported, "change_statistics_unit", new_unit_of_measurement="MWh", **change)
    (meta,) = await ask(imported, "get_statistics_metadata", statistic_ids=["test:e"])
    assert meta["statistics_unit_of_measurement"] == "kWh"
    assert (await rows(imported, "test:e", "hour"))[0]["sum"] == pytest.approx(10)
    for name in ("test:e", "sensor.none"):
        with pytest.raises(BadStatistics, match="Can't convert MWh to W"):
            await ask(
                imported, "change_statistics_unit", statistic_id=name, old_unit_of_measurement="MWh",
                new_unit_of_measurement="W",
            )  # fmt: skip


async def test_cleared_ones_are_gone(imported: Home) -> None:
    await ask(imported, "clear_statistics", statistic_ids=["test:e", "test:none"])
    assert [meta["statistic_id"] for meta in await ask(imported, "list_statistic_ids")] == ["test:t"]
    assert imported.rows("SELECT count(*) FROM series") == [(1,)]


async def test_imported_again_replaces(imported: Home) -> None:
    api = imported.hub.rooms.apis.proxy(StatisticsApi)  # type: ignore[type-abstract]
    await api.import_statistics(WARMTH, [StatisticsRow(START, mean=1.0)])
    found = await api.statistics(StatisticsAsked(("test:t",), START, START + 3600, Period.HOUR), HUB)
    assert [(row["start"], row["mean"]) for row in found["test:t"]] == [(START, 1)]


@pytest.mark.parametrize(
    ("meta", "begins"),
    [(ENERGY, START + 1), (StatisticsMeta("test:e", "other", None, False, True), START),
     (StatisticsMeta("sensor.x", "test", None, False, True), START),
     (StatisticsMeta("no id", "test", None, False, True), START)],
    ids=["no full hour", "another source", "no source", "no id"],
)  # fmt: skip
async def test_what_does_not_fit_is_not_imported(home: Home, meta: StatisticsMeta, begins: float) -> None:
    api = home.hub.rooms.apis.proxy(StatisticsApi)  # type: ignore[type-abstract]
    with pytest.raises(BadStatistics):
        await api.import_statistics(meta, [StatisticsRow(begins, sum=1)])


async def test_importing_and_clearing_are_refused_where_somebody_holds_the_past(start: Start) -> None:
    async with start(census=True) as home:
        home.census.may["import"] = home.census.may["clear_statistics"] = False
        api = home.hub.rooms.apis.proxy(StatisticsApi)  # type: ignore[type-abstract]
        with pytest.raises(Forbidden):
            await api.import_statistics(ENERGY, [StatisticsRow(START, sum=1)])
        with pytest.raises(Forbidden):
            await ask(home, "clear_statistics", statistic_ids=["test:e"])


async def test_statistics_of_what_is_not_seen_and_of_those_before_do_not_exist(start: Start) -> None:
    async with start(census=True) as home:
        home.register("sensor.m", "u1", FLAT)
        home.register("sensor.theirs", "u2")
        home.census.told[FLAT, None] = Tenancy("first")
        await home.api.tenancies_changed()
        for value in ("10", "60"):
            await home.set("sensor.m", value, after=100, **METER)
            await home.set("sensor.theirs", value, **METER)
        await home.clock.forward(seconds=200)
        home.census.told[FLAT, None] = Tenancy("second")
        await home.api.tenancies_changed([FLAT])
        for value in ("70", "75"):
            await home.set("sensor.m", value, after=50, **METER)
        await home.clock.forward(seconds=300)
        li = await home.person("li", "resident", FLAT)
        assert [(row["sum"], row["change"]) for row in await rows(home, "sensor.m", reader=li)] == [(5, 5)]
        assert await rows(home, "sensor.theirs", reader=li) == []
        assert {one["statistic_id"] for one in await ask(home, "list_statistic_ids", li)} == {"sensor.m"}
        assert (await ask(home, "statistic_during_period", li, statistic_id="sensor.m"))["change"] == 5


async def test_a_new_carer_counts_from_the_day_on_which_care_began(start: Start) -> None:
    async with start(census=True) as home:
        home.register("sensor.m", "u1", FLAT)
        home.census.told[FLAT, None] = Tenancy("t")
        await home.api.tenancies_changed()
        carer = await home.person("carer", "resident", FLAT)
        home.census.told[FLAT, carer.user_id] = Tenancy("t", since=START + 300)
        for value in ("10", "60", "75"):
            await home.set("sensor.m", value, after=140, **METER)
        await home.clock.forward(seconds=200)
        assert [(row["sum"], row["change"]) for row in await rows(home, "sensor.m")] == [(50, 50), (65, 15)]
        assert [(row["sum"], row["change"]) for row in await rows(home, "sensor.m", reader=carer)] == [(15, 15)]
        assert (await ask(home, "statistic_during_period", carer, statistic_id="sensor.m"))["change"] == 15


async def test_a_day_is_what_an_independent_sum_over_the_readings_gives(home: Home) -> None:
    chance = random.Random(1)
    readings = [(0.0, 50.0)]
    await home.set("sensor.p", "50", after=0, **POWER)
    while readings[-1][0] < 82_000:
        wait, value = chance.uniform(60, 1500), round(chance.uniform(0, 2000), 1)
        await home.set("sensor.p", str(value), after=wait, **POWER)
        readings.append((readings[-1][0] + wait, value))
    await home.clock.forward(seconds=86_420 - readings[-1][0])
    ends = [at for at, _ in readings[1:]] + [86_400.0]
    mean = sum(value * (end - at) for (at, value), end in zip(readings, ends, strict=True)) / 86_400
    (day,) = await rows(home, "sensor.p", "day")
    assert day["mean"] == pytest.approx(mean, rel=1e-4)
    assert (day["min"], day["max"]) == (min(value for _, value in readings), max(value for _, value in readings))
