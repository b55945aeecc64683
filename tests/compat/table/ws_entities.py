"""WebSocket: the registries of entities and devices."""

from compat.harness.steps import CODE, Http, Look, Send, case, ws

E = "config/entity_registry"
D = "config/device_registry"
OPTIONS = Look(
    "shape", maps=("result.*.options", "result.*.categories"), drop=("result.*.options.*", "result.*.categories.*")
)
DEVICES = Look(
    "shape",
    maps=("result.*.config_entries_subentries",),
    drop=("result.*.identifiers", "result.*.connections"),
)
#: What a person may change of a device; the rest belongs to the device.
CHANGED = Look(
    drop=tuple(
        f"result.{field}"
        for field in (
            "config_entries", "config_entries_subentries", "configuration_url", "connections", "entry_type",
            "hw_version", "identifiers", "manufacturer", "model", "model_id", "name",
            "primary_config_entry", "serial_number", "sw_version", "via_device_id",
        )
    )
)  # fmt: skip


def made(name: str) -> Send:
    """An entity of the registry: a helper."""
    return ws("input_boolean/create", name=name, save={"helper": "result.id"}, look=CODE)


CASES = (
    case(
        "an entry",
        made("compat reg"),
        ws(f"{E}/get", entity_id="input_boolean.compat_reg"),
        ws(f"{E}/get", entity_id="INPUT_BOOLEAN.COMPAT_REG", look=CODE),
        ws(f"{E}/get_entries", entity_ids=["input_boolean.compat_reg", "sensor.compat_nobody"]),
        ws(f"{E}/get_entries", entity_ids="input_boolean.compat_reg"),
        ws(f"{E}/get_entries", entity_ids=[]),
        ws(f"{E}/get_entries", entity_ids=["nodot"]),
        ws(f"{E}/get_entries"),
        ws(f"{E}/list", look=Look(only={"result": ("entity_id", "input_boolean.compat_reg")})),
        ws(f"{E}/list", look=OPTIONS),
        ws(f"{E}/list_for_display", look=Look(only={"result.entities": ("ei", "input_boolean.compat_reg")})),
        ws(f"{E}/list_for_display", look=Look("shape", maps=("result.entity_categories",))),
        ws(f"{E}/get", entity_id="sensor.compat_nobody"),
        ws(f"{E}/get", entity_id="nodot"),
        ws(f"{E}/get"),
        ws(f"{E}/list", extra=1),
    ),
    case(
        "changes",
        made("compat change"),
        ws("config/area_registry/create", name="compat entity area", look=CODE),
        ws("config/label_registry/create", name="compat entity label", look=CODE),
        ws("subscribe_events", event_type="entity_registry_updated"),
        ws(f"{E}/update", entity_id="input_boolean.compat_change", name="Given", icon="mdi:flag", events=1),
        ws(f"{E}/update", entity_id="input_boolean.compat_change", name="Given"),
        ws(
            f"{E}/update",
            entity_id="input_boolean.compat_change",
            area_id="compat_entity_area",
            labels=["compat_entity_label"],
            events=1,
        ),
        ws(f"{E}/list_for_display", look=Look(only={"result.entities": ("ei", "input_boolean.compat_change")})),
        ws(f"{E}/update", entity_id="input_boolean.compat_change", aliases=["b"], hidden_by="user", events=1),
        ws(f"{E}/update", entity_id="input_boolean.compat_change", categories={"automation": "x"}, events=1),
        ws(f"{E}/update", entity_id="input_boolean.compat_change", categories={"automation": None}, events=1),
        ws(f"{E}/update", entity_id="input_boolean.compat_change", options_domain="compat", options={"a": 1}, events=1),
        ws(
            f"{E}/update",
            entity_id="input_boolean.compat_change",
            name=None,
            icon=None,
            area_id=None,
            labels=[],
            aliases=[],
            hidden_by=None,
            events=1,
        ),
        ws(f"{E}/update", entity_id="input_boolean.compat_change", device_class="door", events=1),
        ws("get_states", look=Look(only={"result": ("entity_id", "input_boolean.compat_change")})),
    ),
    case(
        "disabled and enabled",
        made("compat off"),
        ws(f"{E}/update", entity_id="input_boolean.compat_off", disabled_by="user"),
        Http("GET", "/api/states/input_boolean.compat_off"),
        ws(f"{E}/list_for_display", look=Look(only={"result.entities": ("ei", "input_boolean.compat_off")})),
        ws(f"{E}/update", entity_id="input_boolean.compat_off", disabled_by=None),
        ws(f"{E}/update", entity_id="input_boolean.compat_off", disabled_by="integration"),
        ws(f"{E}/update", entity_id="input_boolean.compat_off", disabled_by="compat"),
        ws(f"{E}/update", entity_id="input_boolean.compat_off", hidden_by="integration"),
    ),
    case(
        "renamed",
        made("compat name one"),
        made("compat name two"),
        ws(f"{E}/update", entity_id="input_boolean.compat_name_one", new_entity_id="input_boolean.compat_name_three"),
        Http("GET", "/api/states/input_boolean.compat_name_one"),
        Http("GET", "/api/states/input_boolean.compat_name_three"),
        ws(f"{E}/update", entity_id="input_boolean.compat_name_three", new_entity_id="input_boolean.compat_name_two"),
        ws(f"{E}/update", entity_id="input_boolean.compat_name_three", new_entity_id="sensor.compat_name_four"),
        ws(f"{E}/update", entity_id="input_boolean.compat_name_three", new_entity_id="nodot"),
        ws(f"{E}/update", entity_id="input_boolean.compat_name_three", new_entity_id="input_boolean.Compat Upper"),
        ws(f"{E}/update", entity_id="input_boolean.compat_name_three", new_entity_id=5),
        ws(
            f"{E}/update",
            entity_id="input_boolean.compat_name_three",
            new_entity_id="input_boolean.compat_name_three",
            look=CODE,
        ),
    ),
    case(
        "changes that are wrong",
        made("compat wrong"),
        ws(f"{E}/update", entity_id="input_boolean.compat_nobody", name="x"),
        ws(f"{E}/update"),
        ws(f"{E}/update", entity_id="nodot", name="x"),
        ws(f"{E}/update", entity_id="input_boolean.compat_wrong", name=5),
        ws(f"{E}/update", entity_id="input_boolean.compat_wrong", labels="x"),
        ws(f"{E}/update", entity_id="input_boolean.compat_wrong", aliases="x"),
        ws(f"{E}/update", entity_id="input_boolean.compat_wrong", options_domain="x"),
        ws(f"{E}/update", entity_id="input_boolean.compat_wrong", area_id="compat_no_such_area", look=CODE),
        ws(f"{E}/update", entity_id="input_boolean.compat_wrong", extra=1),
        ws(f"{E}/update", entity_id="input_boolean.compat_wrong"),
    ),
    case(
        "removed",
        made("compat gone"),
        ws("subscribe_events", event_type="entity_registry_updated"),
        ws(f"{E}/remove", entity_id="input_boolean.compat_gone", events=1),
        ws(f"{E}/remove", entity_id="input_boolean.compat_gone"),
        ws(f"{E}/remove", entity_id="nodot"),
        ws(f"{E}/remove"),
    ),
    case(
        "devices",
        ws(f"{D}/list", look=DEVICES),
        ws(f"{D}/list", extra=1),
        ws(f"{D}/update", device_id="compat_nobody", name_by_user="x", look=CODE),
        ws(f"{D}/update"),
        ws(f"{D}/update", device_id=5),
        ws(f"{D}/update", device_id="compat_nobody", disabled_by="integration"),
        ws(f"{D}/update", device_id="compat_nobody", labels="x"),
        ws(f"{D}/remove_config_entry", device_id="compat_nobody", config_entry_id="compat_nobody"),
    ),
    case(
        "a device changes",
        ws(f"{D}/list", save={"device": "result.0.id"}, look=CODE),
        ws("config/area_registry/create", name="compat device area", look=CODE),
        ws("config/label_registry/create", name="compat device label", look=CODE),
        ws("subscribe_events", event_type="device_registry_updated"),
        ws(f"{D}/update", device_id="${device}", name_by_user="Compat", look=CHANGED, events=1),
        ws(f"{D}/update", device_id="${device}", name_by_user="Compat", look=CHANGED),
        ws(
            f"{D}/update",
            device_id="${device}",
            area_id="compat_device_area",
            labels=["compat_device_label"],
            look=CHANGED,
            events=1,
        ),
        ws(f"{D}/update", device_id="${device}", area_id=None, labels=[], name_by_user=None, look=CHANGED, events=1),
        ws(f"{D}/remove_config_entry", device_id="${device}", config_entry_id="compat_nobody"),
    ),
    case(
        "what devices can do",
        ws("device_automation/trigger/list", device_id="compat_nobody"),
        ws("device_automation/condition/list", device_id="compat_nobody"),
        ws("device_automation/action/list", device_id="compat_nobody"),
        ws("device_automation/trigger/list"),
        ws("search/related", item_type="entity", item_id="sensor.compat_nobody"),
        ws("search/related", item_type="compat", item_id="x"),
        ws("extract_from_target", target={"entity_id": ["sensor.x"]}),
    ),
)
