"""WebSocket: calling services, and the list of them."""

from typing import Any

from compat.harness.steps import CODE, Look, Send, case, ws

LAMP = "input_boolean.compat_call_lamp"
LEVEL = "input_number.compat_call_level"


def call(service: str, **fields: Any) -> Send:
    """A call of DOMAIN.SERVICE."""
    domain, _, name = service.partition(".")
    return ws("call_service", domain=domain, service=name, **fields)


LISTED = Look(
    "shape", maps=("result", "result.*", "result.*.*.fields"), drop=("result.*.*.fields", "result.*.*.target")
)
ONE = Look(only={"result": ("", "input_number"), "result.input_number": ("", "set_value")})

CASES = (
    case(
        "targets",
        ws("input_boolean/create", name="compat call lamp", look=CODE),
        call("input_boolean.turn_on", target={"entity_id": LAMP}),
        call("input_boolean.turn_off", target={"entity_id": [LAMP, LAMP]}),
        call("input_boolean.turn_on", service_data={"entity_id": LAMP}),
        call("input_boolean.turn_off", service_data={"entity_id": LAMP}, target={"entity_id": LAMP}),
        call("input_boolean.turn_on", target={"entity_id": "input_boolean.compat_nobody"}),
        call("input_boolean.turn_on", target={"entity_id": "light.compat_nobody"}),
        call("input_boolean.turn_on", target={"entity_id": "sensor.with space"}),
        call("input_boolean.turn_on", target={"entity_id": 5}),
        call("input_boolean.turn_on", target={"entity_id": []}),
        call("input_boolean.turn_on", target={}),
        call("input_boolean.turn_on"),
        call("input_boolean.turn_on", target={"area_id": "compat_no_area"}),
        call("input_boolean.turn_on", target={"device_id": ["compat_no_device"], "floor_id": "x", "label_id": "y"}),
        call("input_boolean.turn_on", target={"unknown": 1}),
        call("input_boolean.turn_on", target=5),
        call("input_boolean.turn_on", target={"entity_id": "{{ 'x.y' }}"}),
        call("input_boolean.turn_on", target={"entity_id": "none"}),
    ),
    case(
        "areas, floors and labels as targets",
        ws("input_boolean/create", name="compat placed", look=CODE),
        ws("config/floor_registry/create", name="compat call floor", save={"floor": "result.floor_id"}),
        ws(
            "config/area_registry/create",
            name="compat call area",
            floor_id="${floor}",
            save={"area": "result.area_id"},
            look=CODE,
        ),
        ws("config/label_registry/create", name="compat call label", save={"label": "result.label_id"}),
        ws(
            "config/entity_registry/update",
            entity_id="input_boolean.compat_placed",
            area_id="${area}",
            labels=["${label}"],
            look=CODE,
        ),
        ws("subscribe_entities", entity_ids=["input_boolean.compat_placed"], events=1),
        call("input_boolean.toggle", target={"area_id": "${area}"}, events=1),
        call("input_boolean.toggle", target={"floor_id": "${floor}"}, events=1),
        call("input_boolean.toggle", target={"label_id": "${label}"}, events=1),
        call("input_boolean.toggle", target={"area_id": "${area}", "label_id": "${label}"}, events=1),
        call("input_boolean.turn_on", target={"area_id": "none"}),
        ws("config/entity_registry/update", entity_id="input_boolean.compat_placed", hidden_by="user", look=CODE),
        call("input_boolean.toggle", target={"area_id": "${area}"}),
    ),
    case(
        "data",
        ws("input_number/create", name="compat call level", min=0, max=10, step=0.5, look=CODE),
        call("input_number.set_value", target={"entity_id": LEVEL}, service_data={"value": 3}),
        call("input_number.set_value", target={"entity_id": LEVEL}, service_data={"value": "3.5"}),
        call("input_number.set_value", target={"entity_id": LEVEL}, service_data={"value": 11}),
        call("input_number.set_value", target={"entity_id": LEVEL}, service_data={"value": "x"}),
        call("input_number.set_value", target={"entity_id": LEVEL}, service_data={}),
        call("input_number.set_value", target={"entity_id": LEVEL}),
        call("input_number.set_value", target={"entity_id": LEVEL}, service_data={"value": 3, "extra": 1}),
        call("input_number.set_value", target={"entity_id": LEVEL}, service_data=[]),
        call("input_number.set_value", target={"entity_id": LEVEL}, service_data=None),
        call("input_number.increment", target={"entity_id": LEVEL}),
        call("input_number.decrement", target={"entity_id": LEVEL}),
        ws("get_states", look=Look(only={"result": ("entity_id", LEVEL)})),
    ),
    case(
        "services that are not there",
        call("input_boolean.compat_none"),
        call("compat_none.turn_on"),
        ws("call_service", domain="input_boolean"),
        ws("call_service", service="turn_on"),
        ws("call_service", domain=5, service="turn_on"),
        ws("call_service", domain="input_boolean", service="turn_on", extra=1),
        call("Input_Boolean.Turn_On", target={"entity_id": "none"}),
    ),
    case(
        "responses",
        call("input_boolean.turn_on", target={"entity_id": "none"}, return_response=True),
        call("input_boolean.turn_on", target={"entity_id": "none"}, return_response=False),
        call("input_boolean.turn_on", target={"entity_id": "none"}, return_response="x"),
    ),
    case(
        "homeassistant's own services",
        ws("input_boolean/create", name="compat core lamp", look=CODE),
        call("homeassistant.turn_on", target={"entity_id": "input_boolean.compat_core_lamp"}),
        call("homeassistant.toggle", service_data={"entity_id": "input_boolean.compat_core_lamp"}),
        call("homeassistant.update_entity", target={"entity_id": "input_boolean.compat_core_lamp"}),
        call("homeassistant.update_entity", target={"entity_id": "input_boolean.compat_nobody"}),
        call("homeassistant.turn_on"),
        call("persistent_notification.create", service_data={"message": "compat", "notification_id": "compat_core"}),
        call("persistent_notification.create", service_data={}),
        call("persistent_notification.dismiss", service_data={"notification_id": "compat_core"}),
        call("persistent_notification.dismiss", service_data={"notification_id": "compat_nobody"}),
    ),
    case(
        "the list",
        ws("get_services", look=LISTED),
        ws("get_services", extra=1),
        ws("get_services", look=Look("shape", only=ONE.only, drop=("result.*.*.name", "result.*.*.description"))),
    ),
)
