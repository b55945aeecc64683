"""The logbook, of hubs with a recorder: what happened, by address, by command and as a stream."""

from compat.harness.steps import CODE, Hear, Http, Look, case, ws
from compat.table.past_history import LONG_AGO, WRITTEN, put

REST = f"/api/logbook/{LONG_AGO}"
UNTIL = "end_time=2099-01-01T00:00:00Z"
SENSOR, SWITCH = "sensor.compat_told", "input_boolean.compat_told"
LINES = Look(drop=("result.*.when", "result.*.context_id"))
SPAN = Look(drop=("event.start_time", "event.end_time", "event.events.*.when", "event.events.*.context_id"))
BODY = Look(drop=("*.when", "*.context_id"))
events = "logbook/get_events"


def log(**data: str) -> Http:
    """A line that somebody writes."""
    return Http("POST", "/api/services/logbook/log", data, look=CODE)


LIFE = (
    put(SENSOR, "1", friendly_name="Told"),
    put(SENSOR, "2", friendly_name="Told", icon="mdi:x"),
    put(SENSOR, "2", friendly_name="Told", other=1),
    put("sensor.compat_power", "1", unit_of_measurement="W"),
    put("sensor.compat_power", "2", unit_of_measurement="W"),
    put("sensor.compat_state_class", "1", state_class="measurement"),
    put("sensor.compat_state_class", "2", state_class="measurement"),
    put("light.compat_told", "off", friendly_name="Lamp"),
    put("light.compat_told", "on", friendly_name="Lamp"),
    put("light.compat_told", "unavailable"),
    log(name="Who", message="did it", entity_id=SENSOR, domain="demo"),
    log(name="Who", message="did it without an entity"),
    Http("POST", "/api/states/sensor.compat_told", {"state": "3", "attributes": {}}, look=CODE, user="admin"),
)

CASES = (
    case(
        "what happened, by address",
        ws("get_config", look=CODE),
        *LIFE,
        WRITTEN,
        Http("GET", f"{REST}?entity={SENSOR}&{UNTIL}", look=BODY),
        Http("GET", f"{REST}?entity={SENSOR},light.compat_told&{UNTIL}", look=BODY),
        Http("GET", f"{REST}?entity=sensor.compat_power,sensor.compat_state_class&{UNTIL}", look=BODY),
        Http("GET", f"{REST}?entity=sensor.compat_nobody&{UNTIL}", look=BODY),
        Http("GET", f"{REST}?entity={SENSOR}&end_time=2020-02-01T00:00:00Z", look=BODY),
        Http("GET", f"{REST}?entity={SENSOR}&period=1&end_time=xx"),
        Http("GET", f"{REST}?entity={SENSOR}&period=xx"),
        Http("GET", "/api/logbook/xx"),
        Http("GET", f"{REST}?entity={SENSOR}&{UNTIL}", user=None),
    ),
    case(
        "what happened, by command",
        ws("get_config", look=CODE),
        put("light.compat_line", "off", friendly_name="Line", save="begin"),
        put("light.compat_line", "on", friendly_name="Line"),
        put("light.compat_line", "off", friendly_name="Line", icon="mdi:lamp"),
        log(name="Somebody", message="wrote this", entity_id="light.compat_line"),
        WRITTEN,
        ws(events, start_time=LONG_AGO, entity_ids=["light.compat_line"], look=LINES),
        ws(events, start_time="${begin}", entity_ids=["light.compat_line", "light.compat_none"], look=LINES),
        ws(events, start_time=LONG_AGO, end_time="2020-02-01T00:00:00+00:00", entity_ids=["light.compat_line"]),
        ws(events, start_time="2098-01-01T00:00:00+00:00"),
        ws(events, start_time=LONG_AGO, device_ids=["none"], look=LINES),
        ws(events, start_time="x"),
        ws(events, start_time=LONG_AGO, end_time="x"),
        ws(events),
        ws(events, start_time=LONG_AGO, entity_ids=["bad"]),
    ),
    case(
        "a stream of what happens",
        ws("get_config", look=CODE),
        put("light.compat_flow", "off", friendly_name="Flow", save="begin"),
        put("light.compat_flow", "on", friendly_name="Flow"),
        WRITTEN,
        ws(
            "logbook/event_stream", start_time="${begin}", entity_ids=["light.compat_flow"], events=1, look=SPAN,
        ),
        Hear(1, look=SPAN),
        put("light.compat_flow", "off", friendly_name="Flow"),
        Hear(1, look=SPAN),
        ws("unsubscribe_events", subscription=2),
        ws("logbook/event_stream", start_time="x"),
        ws("logbook/event_stream", start_time=LONG_AGO, end_time="x"),
        ws("logbook/event_stream", start_time="2098-01-01T00:00:00+00:00"),
    ),
)  # fmt: skip
