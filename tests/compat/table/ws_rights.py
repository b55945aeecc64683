"""WebSocket: what users without the administrator's rights are answered."""

from compat.harness.steps import CODE, Http, Look, Open, Send, Step, case, ws

#: One command each that only an administrator may give.
ADMIN_ONLY: tuple[dict[str, object], ...] = (
    {"type": "subscribe_events"},
    {"type": "subscribe_events", "event_type": "compat_private"},
    {"type": "fire_event", "event_type": "compat_private"},
    {"type": "subscribe_trigger", "trigger": {"platform": "event", "event_type": "compat_private"}},
    {"type": "test_condition", "condition": {"condition": "template", "value_template": "{{ true }}"}},
    {"type": "execute_script", "sequence": []},
    {"type": "config/area_registry/create", "name": "compat forbidden"},
    {"type": "config/area_registry/update", "area_id": "x"},
    {"type": "config/area_registry/delete", "area_id": "x"},
    {"type": "config/floor_registry/create", "name": "compat forbidden"},
    {"type": "config/label_registry/create", "name": "compat forbidden"},
    {"type": "config/category_registry/create", "scope": "automation", "name": "compat forbidden"},
    {"type": "config/entity_registry/update", "entity_id": "sensor.x"},
    {"type": "config/entity_registry/remove", "entity_id": "sensor.x"},
    {"type": "config/device_registry/update", "device_id": "x"},
    {"type": "config_entries/get_single", "entry_id": "x"},
    {"type": "config_entries/disable", "entry_id": "x", "disabled_by": None},
    {"type": "config_entries/update", "entry_id": "x"},
    {"type": "config_entries/flow/progress"},
    {"type": "config/auth/list"},
    {"type": "config/auth/create", "name": "x"},
    {"type": "config/auth/delete", "user_id": "x"},
    {"type": "config/auth_provider/homeassistant/create", "user_id": "x", "username": "x", "password": "x"},
    {"type": "config/auth_provider/homeassistant/admin_change_password", "user_id": "x", "password": "x"},
    {"type": "config/core/update", "location_name": "x"},
    {"type": "input_boolean/create", "name": "compat forbidden"},
    {"type": "input_boolean/update", "input_boolean_id": "x"},
    {"type": "input_boolean/delete", "input_boolean_id": "x"},
    {"type": "lovelace/config/save", "config": {}},
    {"type": "integration/descriptions"},
    {"type": "system_log/list"},
)
#: What a page of the frontend asks for on behalf of anybody.
FOR_ALL: tuple[dict[str, object], ...] = (
    {"type": "get_config"},
    {"type": "get_services"},
    {"type": "get_panels"},
    {"type": "get_states"},
    {"type": "subscribe_events", "event_type": "state_changed"},
    {"type": "subscribe_events", "event_type": "area_registry_updated"},
    {"type": "subscribe_events", "event_type": "component_loaded"},
    {"type": "subscribe_events", "event_type": "core_config_updated"},
    {"type": "subscribe_events", "event_type": "device_registry_updated"},
    {"type": "subscribe_events", "event_type": "entity_registry_updated"},
    {"type": "subscribe_events", "event_type": "floor_registry_updated"},
    {"type": "subscribe_events", "event_type": "label_registry_updated"},
    {"type": "subscribe_events", "event_type": "lovelace_updated"},
    {"type": "subscribe_events", "event_type": "panels_updated"},
    {"type": "subscribe_events", "event_type": "persistent_notifications_updated"},
    {"type": "subscribe_events", "event_type": "repairs_issue_registry_updated"},
    {"type": "subscribe_events", "event_type": "service_registered"},
    {"type": "subscribe_events", "event_type": "service_removed"},
    {"type": "subscribe_events", "event_type": "shopping_list_updated"},
    {"type": "subscribe_events", "event_type": "themes_updated"},
    {"type": "auth/current_user"},
    {"type": "auth/refresh_tokens"},
    {"type": "config/area_registry/list"},
    {"type": "config/floor_registry/list"},
    {"type": "config/label_registry/list"},
    {"type": "config/category_registry/list", "scope": "automation"},
    {"type": "config/device_registry/list"},
    {"type": "config/entity_registry/list"},
    {"type": "config/entity_registry/list_for_display"},
    {"type": "config/entity_registry/get", "entity_id": "sensor.compat_nobody"},
    {"type": "config/entity_registry/get_entries", "entity_ids": []},
    {"type": "entity/source"},
    {"type": "config_entries/get"},
    {"type": "manifest/list"},
    {"type": "frontend/get_themes"},
    {"type": "frontend/get_user_data"},
    {"type": "frontend/get_translations", "language": "en", "category": "state"},
    {"type": "frontend/get_icons", "category": "services"},
    {"type": "repairs/list_issues"},
    {"type": "persistent_notification/get"},
    {"type": "lovelace/config", "url_path": None},
    {"type": "lovelace/resources"},
    {"type": "lovelace/dashboards/list"},
    {"type": "input_boolean/list"},
    {"type": "validate_config", "triggers": []},
    {"type": "auth/sign_path", "path": "/api/"},
    {"type": "sensor/numeric_device_classes"},
    {"type": "trace/contexts"},
    {"type": "blueprint/list", "domain": "automation"},
)

#: What the original tells any user, and linli administrators only: it is about things of the whole house.
OF_THE_HOUSE: tuple[dict[str, object], ...] = (
    {"type": "integration/setup_info"},
    {"type": "repairs/get_issue_data", "domain": "compat", "issue_id": "nobody"},
)


def asked(messages: tuple[dict[str, object], ...]) -> tuple[Step, ...]:
    """Ask each, as whom the socket belongs to; only whether it is allowed is looked at."""
    return tuple(Send(message, look=CODE) for message in messages)


CASES = (
    case("a user: for administrators", Open(user="resident"), *asked(ADMIN_ONLY)),
    case("a user: for all", Open(user="resident"), *asked(FOR_ALL)),
    case("read only: for administrators", Open(user="reader"), *asked(ADMIN_ONLY)),
    case("read only: for all", Open(user="reader"), *asked(FOR_ALL)),
    case("an administrator: for all", *asked(FOR_ALL)),
    case("a user: of the house", Open(user="resident"), *asked(OF_THE_HOUSE)),
    case("an administrator: of the house", *asked(OF_THE_HOUSE)),
    case(
        "calls of services",
        ws("input_boolean/create", name="compat right lamp", look=CODE),
        Open("resident", "resident"),
        Open("reader", "reader"),
        *(
            ws("call_service", socket=who, domain="input_boolean", service=service, target={"entity_id": target})
            for who in ("resident", "reader")
            for service, target in (
                ("turn_on", "input_boolean.compat_right_lamp"),
                ("turn_on", "input_boolean.compat_nobody"),
                ("turn_off", "all"),
            )
        ),
        ws("call_service", socket="resident", domain="input_boolean", service="reload"),
        ws(
            "call_service",
            socket="reader",
            domain="persistent_notification",
            service="create",
            service_data={"message": "x"},
        ),
    ),
    case(
        "templates and live states",
        Http("POST", "/api/states/sensor.compat_right", {"state": "1"}),
        Open("reader", "reader"),
        ws("render_template", socket="reader", template="{{ states('sensor.compat_right') }}", events=1),
        ws("subscribe_entities", socket="reader", entity_ids=["sensor.compat_right"], events=1),
        Send({"type": "subscribe_events", "event_type": "state_changed"}, socket="reader"),
    ),
    case(
        "who they are",
        *(Open(who, who) for who in ("resident", "reader")),
        *(
            ws("auth/current_user", socket=who, look=Look(drop=("result.mfa_modules",)))
            for who in ("resident", "reader")
        ),
    ),
)
