"""History, of hubs with a recorder: what was, by address, by command and as a stream."""

from compat.harness.steps import CODE, Hear, Http, Look, case, ws

LONG_AGO = "2020-01-01T00:00:00+00:00"
ALWAYS = {"start_time": LONG_AGO}
REST = f"/api/history/period/{LONG_AGO}"
UNTIL = "end_time=2099-01-01T00:00:00Z"
WRITTEN = Hear(1, socket="main", look=CODE)
"""Both hubs write within a second or two; nobody tells anything meanwhile."""
SPAN = Look(drop=("event.start_time", "event.end_time"))


def put(entity_id: str, state: str, *, save: str = "", **attributes: object) -> Http:
    """A state, written from outside; ``save``: its time, for later steps."""
    kept = {save: "last_updated"} if save else {}
    return Http("POST", f"/api/states/{entity_id}", {"state": state, "attributes": attributes}, look=CODE, save=kept)


def life(sensor: str, climate: str) -> tuple[Http, ...]:
    """What two entities go through."""
    return (
        put(sensor, "1", unit="x"),
        put(sensor, "2", unit="x"),
        put("sensor.compat_between", sensor + " 1", save="middle"),
        put(sensor, "2", unit="y"),
        put(climate, "heat", current_temperature=20),
        put(climate, "heat", current_temperature=21),
        put("sensor.compat_between", sensor + " 2", save="late"),
        put(sensor, "3", unit="y"),
        put(sensor, "unavailable"),
    )


SENSOR, CLIMATE, NONE = "sensor.compat_past", "climate.compat_past", "sensor.compat_never"
ASKED, ROOM = "sensor.compat_asked", "climate.compat_asked"
during = "history/history_during_period"

CASES = (
    case(
        "the past by address",
        ws("get_config", look=CODE),
        *life(SENSOR, CLIMATE),
        WRITTEN,
        Http("GET", f"{REST}?filter_entity_id={SENSOR}&{UNTIL}"),
        Http("GET", f"{REST}?filter_entity_id={SENSOR},{CLIMATE},{NONE}&{UNTIL}&minimal_response"),
        Http("GET", f"{REST}?filter_entity_id={SENSOR},{CLIMATE}&{UNTIL}&no_attributes"),
        Http("GET", f"{REST}?filter_entity_id={SENSOR},{CLIMATE}&{UNTIL}&minimal_response&no_attributes"),
        Http("GET", f"{REST}?filter_entity_id={SENSOR},{CLIMATE}&{UNTIL}&significant_changes_only=0"),
        Http("GET", f"{REST}?filter_entity_id={SENSOR},{CLIMATE}&{UNTIL}&significant_changes_only=1"),
        Http("GET", f"{REST}?filter_entity_id={CLIMATE}&{UNTIL}&skip_initial_state"),
        Http("GET", "/api/history/period/${late}?" + f"filter_entity_id={SENSOR},{CLIMATE}"),
        Http("GET", "/api/history/period/${late}?" + f"filter_entity_id={SENSOR},{CLIMATE}&skip_initial_state"),
        Http("GET", f"/api/history/period/2020-01-01?filter_entity_id={SENSOR}"),
        Http("GET", f"/api/history/period/2098-01-01T00:00:00Z?filter_entity_id={SENSOR}"),
        Http("GET", f"{REST}?filter_entity_id={SENSOR}&end_time=2020-02-01T00:00:00Z"),
        Http("GET", f"{REST}?filter_entity_id={NONE}&{UNTIL}"),
        Http("GET", f"{REST}?filter_entity_id={SENSOR.upper()}&{UNTIL}&minimal_response"),
    ),
    case(
        "an address that is wrong",
        Http("GET", "/api/history/period"),
        Http("GET", "/api/history/period?filter_entity_id="),
        Http("GET", "/api/history/period?filter_entity_id=nonsense"),
        Http("GET", f"/api/history/period/xx?filter_entity_id={NONE}"),
        Http("GET", f"{REST}?filter_entity_id={NONE}&end_time=xx"),
        Http("POST", f"{REST}?filter_entity_id={NONE}"),
        Http("GET", f"{REST}?filter_entity_id={NONE}", user=None),
    ),
    case(
        "the past by command",
        ws("get_config", look=CODE),
        *life(ASKED, ROOM),
        WRITTEN,
        ws(during, entity_ids=[ROOM], **ALWAYS),
        ws(during, entity_ids=[NONE], **ALWAYS),
        ws(during, entity_ids=[ROOM], start_time="${late}", end_time="2099-01-01T00:00:00+00:00"),
        ws(during, entity_ids=[ROOM], start_time="${late}", include_start_time_state=False),
        ws(during, entity_ids=[ASKED, ROOM], start_time="${middle}", minimal_response=True),
        ws(during, entity_ids=[ASKED, ROOM], start_time="${middle}", no_attributes=True),
        ws(during, entity_ids=[ASKED, ROOM], start_time="${middle}", significant_changes_only=False),
        ws(
            during, entity_ids=[ASKED, ROOM], start_time="${middle}", significant_changes_only=False,
            no_attributes=True, minimal_response=True,
        ),
        ws(during, entity_ids=[ASKED], start_time="${late}", end_time="${middle}"),
        ws(during, entity_ids=[ASKED], start_time="2098-01-01T00:00:00+00:00"),
    ),
    case(
        "a command that is wrong",
        ws(during, entity_ids=[SENSOR], start_time="x"),
        ws(during, entity_ids=[SENSOR], end_time="x", **ALWAYS),
        ws(during, entity_ids=["bad"], **ALWAYS),
        ws(during, entity_ids=[], **ALWAYS),
        ws(during, **ALWAYS),
        ws(during, entity_ids=[SENSOR]),
        ws("history/stream", entity_ids=[SENSOR], start_time="x"),
        ws("history/stream", entity_ids=[SENSOR], end_time="x", **ALWAYS),
        ws("history/stream", entity_ids=["bad"], **ALWAYS),
        ws("history/stream", entity_ids=[NONE], start_time="2021-01-01T00:00:00+00:00", end_time=LONG_AGO),
        ws("history/stream", entity_ids=[SENSOR], start_time="2098-01-01T00:00:00+00:00"),
    ),
    case(
        "a stream of the past, and on",
        ws("get_config", look=CODE),
        put("sensor.compat_stream", "1", unit="x", save="begin"),
        put("sensor.compat_stream", "2", unit="x"),
        WRITTEN,
        ws(
            "history/stream", entity_ids=["sensor.compat_stream"], start_time="${begin}", minimal_response=True,
            events=1, look=SPAN,
        ),
        put("sensor.compat_stream", "3", unit="x"),
        Hear(1, look=SPAN),
        put("sensor.compat_stream", "4", unit="z"),
        Hear(1, look=SPAN),
        ws("unsubscribe_events", subscription=2),
        put("sensor.compat_stream", "5"),
    ),
)  # fmt: skip
