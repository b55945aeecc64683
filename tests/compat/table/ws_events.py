"""WebSocket: states and events as they flow."""

from compat.harness.steps import CODE, Http, Look, case, ws


def put(entity: str, state: str, events: int = 0, **attributes: object) -> Http:
    """Write a state over REST."""
    return Http(
        "POST", f"/api/states/sensor.compat_{entity}", {"state": state, "attributes": attributes}, events=events
    )


CASES = (
    case(
        "all states",
        put("ws_listed", "1"),
        ws("get_states", look=Look(only={"result": ("entity_id", "sensor.compat_ws_listed")})),
        ws("get_states", extra=1),
        ws("get_states", socket="main", look=Look("shape", drop=("result.*.attributes",))),
    ),
    case(
        "subscribe and unsubscribe",
        ws("subscribe_events", event_type="compat_sub"),
        Http("POST", "/api/events/compat_sub", {"n": 1}, events=1),
        ws("subscribe_events", event_type="compat_sub"),
        Http("POST", "/api/events/compat_sub", {"n": 2}, events=2),
        ws("unsubscribe_events", subscription=1),
        Http("POST", "/api/events/compat_sub", {"n": 3}, events=1),
        ws("unsubscribe_events", subscription=1),
        ws("unsubscribe_events", subscription=2),
        Http("POST", "/api/events/compat_sub", {"n": 4}),
        ws("unsubscribe_events", subscription=99),
        ws("unsubscribe_events", subscription=-1),
        ws("unsubscribe_events", subscription="1"),
        ws("unsubscribe_events", subscription="x"),
        ws("unsubscribe_events"),
        ws("unsubscribe_events", subscription=None),
    ),
    case(
        "subscribe wrongly",
        ws("subscribe_events", event_type=5),
        ws("subscribe_events", event_type=None),
        ws("subscribe_events", event_type=["a"]),
        ws("subscribe_events", event_type=""),
        ws("subscribe_events", event_type="compat_x", extra=1),
    ),
    case(
        "all events",
        ws("subscribe_events"),
        Http("POST", "/api/events/compat_any", {"n": 1}, events=1),
        ws("fire_event", event_type="compat_any", event_data={"n": 2}, events=1),
    ),
    case(
        "fire",
        ws("subscribe_events", event_type="compat_fire"),
        ws("fire_event", event_type="compat_fire", events=1),
        ws("fire_event", event_type="compat_fire", event_data={"a": [1, {"b": None}]}, events=1),
        ws("fire_event", event_type="compat_fire", event_data=[1]),
        ws("fire_event", event_type="compat_fire", event_data=None),
        ws("fire_event", event_type=5),
        ws("fire_event"),
        ws("fire_event", event_type="x" * 65),
    ),
    case(
        "a service call as events",
        ws("input_boolean/create", name="compat bus lamp", look=CODE),
        ws("subscribe_events", event_type="call_service"),
        ws("subscribe_events", event_type="state_changed"),
        ws(
            "call_service",
            domain="input_boolean",
            service="turn_on",
            target={"entity_id": "input_boolean.compat_bus_lamp"},
            events=2,
        ),
        ws(
            "call_service",
            domain="input_boolean",
            service="turn_on",
            target={"entity_id": "input_boolean.compat_bus_lamp"},
            events=1,
        ),
    ),
    case(
        "compressed states",
        put("flow_a", "1", unit="W"),
        put("flow_b", "1"),
        ws("subscribe_entities", entity_ids=["sensor.compat_flow_a", "sensor.compat_flow_b"], events=1),
        put("flow_a", "2", 1, unit="W"),
        put("flow_a", "2", 1, unit="kW", more=1),
        put("flow_a", "2", 1, more=2),
        put("flow_a", "3", 1),
        put("flow_a", "3"),
        Http("POST", "/api/states/sensor.compat_flow_a", {"state": "3", "force_update": True}, events=1),
        put("flow_c", "1"),
        Http("DELETE", "/api/states/sensor.compat_flow_b", events=1),
        put("flow_b", "again", 1, x=1),
        ws("unsubscribe_events", subscription=1),
        put("flow_a", "4"),
    ),
    case(
        "compressed states: what is asked",
        put("ask_a", "1"),
        ws("subscribe_entities", entity_ids="sensor.compat_ask_a", events=1),
        ws("subscribe_entities", entity_ids="sensor.compat_ask_a, sensor.compat_ask_b", events=1),
        ws("subscribe_entities", entity_ids=["sensor.compat_nobody"], events=1),
        ws("subscribe_entities", entity_ids=["SENSOR.COMPAT_ASK_A"], events=1),
        ws(
            "subscribe_entities",
            entity_ids=[],
            events=1,
            look=Look("shape", maps=("event.a", "event.a.*.a"), drop=("event.a.*.a",)),
        ),
        ws("subscribe_entities", events=1, look=Look("shape", maps=("event.a", "event.a.*.a"), drop=("event.a.*.a",))),
        ws("subscribe_entities", include={"entities": ["sensor.compat_ask_a"]}, events=1),
        ws("subscribe_entities", include={"entity_globs": ["sensor.compat_ask_*"]}, events=1),
        ws("subscribe_entities", include={"domains": ["sensor"]}, exclude={"entity_globs": ["sensor.[!x]*"]}, events=1),
        ws("subscribe_entities", entity_ids=["nodot"]),
        ws("subscribe_entities", entity_ids=5),
        ws("subscribe_entities", include=5),
        ws("subscribe_entities", extra=1),
    ),
    case(
        "compressed states: the context of a person",
        put("ctx", "1"),
        ws("subscribe_entities", entity_ids=["sensor.compat_ctx"], events=1),
        put("ctx", "2", 1),
    ),
    case(
        "order: result first, then the states that were there, then changes",
        put("order", "1"),
        ws("subscribe_entities", entity_ids=["sensor.compat_order"], events=1),
        ws("subscribe_entities", entity_ids=["sensor.compat_order"], events=1),
        put("order", "2", 2),
    ),
    case(
        "sources of entities",
        ws("input_boolean/create", name="compat source", look=CODE),
        ws("entity/source", look=Look(only={"result": ("", "input_boolean.compat_source")})),
        ws("entity/source", look=Look("shape", maps=("result",))),
        ws("entity/source", extra=1),
    ),
    case(
        "rename and remove reach subscribers",
        ws("input_boolean/create", name="compat moving", save={"id": "result.id"}, look=Look(drop=("result.id",))),
        ws("subscribe_entities", entity_ids=["input_boolean.compat_moving", "input_boolean.compat_moved"], events=1),
        ws("subscribe_events", event_type="entity_registry_updated"),
        ws(
            "config/entity_registry/update",
            entity_id="input_boolean.compat_moving",
            new_entity_id="input_boolean.compat_moved",
            events=3,
            look=Look(drop=("result.entity_entry",)),
        ),
        ws("input_boolean/delete", input_boolean_id="${id}", events=2),
    ),
    case(
        "configuration",
        ws(
            "get_config",
            look=Look(
                "shape",
                drop=tuple(
                    "result." + x + ".*"
                    for x in ("whitelist_external_dirs", "allowlist_external_dirs", "allowlist_external_urls")
                ),
            ),
        ),
        ws("get_config", extra=1),
    ),
)
