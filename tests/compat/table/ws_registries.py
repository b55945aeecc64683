"""WebSocket: areas, floors, labels and categories."""

from typing import Any

from compat.harness.steps import CODE, SHAPE, Look, Send, case, ws

AREA, FLOOR, LABEL, CATEGORY = (f"config/{kind}_registry" for kind in ("area", "floor", "label", "category"))


def ours(field: str, name: str) -> Look:
    """A list with only the named item."""
    return Look(only={"result": (field, name)})


def make(registry: str, name: str, **fields: Any) -> Send:
    """Create an item whose answer is looked at elsewhere."""
    return ws(f"{registry}/create", name=name, look=CODE, **fields)


CASES = (
    case(
        "an area lives",
        ws("subscribe_events", event_type="area_registry_updated"),
        ws(f"{AREA}/create", name="Compat Kitchen", events=1),
        ws(f"{AREA}/list", look=ours("area_id", "compat_kitchen")),
        ws(f"{AREA}/list", look=SHAPE),
        ws(
            f"{AREA}/update",
            area_id="compat_kitchen",
            name="Compat Küche",
            icon="mdi:stove",
            aliases=["cook"],
            events=1,
        ),
        ws(f"{AREA}/update", area_id="compat_kitchen", name="Compat Küche"),
        ws(f"{AREA}/update", area_id="compat_kitchen", icon=None, aliases=[], picture=None, events=1),
        ws(f"{AREA}/create", name="compat küche"),
        ws(f"{AREA}/create", name=" Compat  KÜCHE "),
        ws(f"{AREA}/delete", area_id="compat_kitchen", events=1),
        ws(f"{AREA}/delete", area_id="compat_kitchen"),
        ws(f"{AREA}/list", look=ours("area_id", "compat_kitchen")),
    ),
    case(
        "areas that are wrong",
        ws(f"{AREA}/create"),
        ws(f"{AREA}/create", name=5),
        ws(f"{AREA}/create", name="compat x", extra=1),
        ws(f"{AREA}/create", name="compat floorless", floor_id="compat_no_floor", look=Look(drop=("result.floor_id",))),
        ws(f"{AREA}/create", name="compat labelless", labels=["compat_no_label"]),
        ws(f"{AREA}/create", name="compat wrong icon", icon=5),
        ws(f"{AREA}/create", name="compat wrong labels", labels="x"),
        ws(f"{AREA}/create", name="compat meters", temperature_entity_id="sensor.compat_nobody"),
        ws(f"{AREA}/update", area_id="compat_nobody", name="x", look=CODE),
        ws(f"{AREA}/update", name="x"),
        ws(f"{AREA}/update", area_id="compat_nobody"),
        ws(f"{AREA}/delete", area_id="compat_nobody"),
        ws(f"{AREA}/delete"),
        ws(f"{AREA}/list", extra=1),
    ),
    case(
        "names make ids",
        *(
            ws(f"{AREA}/create", name=name, look=Look(drop=("result.created_at", "result.modified_at")))
            for name in (
                "Compat Two Words",
                "compat-two-words",
                "Compat  two  words!",
                "compat 2",
                "Ünï çødé compat",
                "!!!",
            )
        ),
        ws(f"{AREA}/create", name=""),
        ws(f"{AREA}/create", name="   "),
    ),
    case(
        "an area on a floor with a label",
        make(FLOOR, "Compat Ground", level=0),
        make(LABEL, "Compat Warm"),
        ws(f"{AREA}/create", name="Compat Living", floor_id="compat_ground", labels=["compat_warm"]),
        ws(f"{FLOOR}/delete", floor_id="compat_ground"),
        ws(f"{LABEL}/delete", label_id="compat_warm"),
        ws(f"{AREA}/list", look=ours("area_id", "compat_living")),
    ),
    case(
        "a floor lives",
        ws("subscribe_events", event_type="floor_registry_updated"),
        ws(f"{FLOOR}/create", name="Compat First", level=1, icon="mdi:home", aliases=["one"], events=1),
        ws(f"{FLOOR}/list", look=ours("floor_id", "compat_first")),
        ws(f"{FLOOR}/update", floor_id="compat_first", level=None, name="Compat 1", events=1),
        ws(f"{FLOOR}/update", floor_id="compat_first", level=None, name="Compat 1"),
        ws(f"{FLOOR}/create", name="compat 1"),
        ws(f"{FLOOR}/create"),
        ws(f"{FLOOR}/create", name="compat x", level="high"),
        ws(f"{FLOOR}/create", name="compat x", level=1.5),
        ws(f"{FLOOR}/update", floor_id="compat_nobody", name="y", look=CODE),
        ws(f"{FLOOR}/delete", floor_id="compat_first", events=1),
        ws(f"{FLOOR}/delete", floor_id="compat_first"),
    ),
    case(
        "a label lives",
        ws("subscribe_events", event_type="label_registry_updated"),
        ws(
            f"{LABEL}/create",
            name="Compat Bright",
            color="red",
            icon="mdi:lamp",
            description="what is bright",
            events=1,
        ),
        ws(f"{LABEL}/list", look=ours("label_id", "compat_bright")),
        ws(f"{LABEL}/update", label_id="compat_bright", color="#00ff00", description=None, events=1),
        ws(f"{LABEL}/update", label_id="compat_bright", color=None, name="Compat Light", events=1),
        ws(f"{LABEL}/create", name="compat light"),
        ws(f"{LABEL}/create"),
        ws(f"{LABEL}/create", name="compat x", color=5),
        ws(f"{LABEL}/create", name="compat x", color="no colour"),
        ws(f"{LABEL}/create", name="compat x", icon="noicon"),
        ws(f"{LABEL}/update", label_id="compat_nobody", name="y", look=CODE),
        ws(f"{LABEL}/delete", label_id="compat_bright", events=1),
        ws(f"{LABEL}/delete", label_id="compat_bright"),
    ),
    case(
        "a category lives",
        ws("subscribe_events", event_type="category_registry_updated"),
        ws(f"{CATEGORY}/list", scope="compat"),
        ws(
            f"{CATEGORY}/create",
            scope="compat",
            name="Compat One",
            icon="mdi:numeric-1",
            save={"id": "result.category_id"},
            events=1,
        ),
        ws(f"{CATEGORY}/create", scope="compat", name="compat one"),
        ws(f"{CATEGORY}/list", scope="compat"),
        ws(f"{CATEGORY}/update", scope="compat", category_id="${id}", name="Compat Uno", icon=None, events=1),
        ws(f"{CATEGORY}/update", scope="compat", category_id="compat_nobody", name="x", look=CODE),
        ws(f"{CATEGORY}/delete", scope="compat", category_id="${id}", events=1),
        ws(f"{CATEGORY}/delete", scope="compat", category_id="${id}"),
        ws(f"{CATEGORY}/create", name="x"),
        ws(f"{CATEGORY}/create", scope="compat"),
        ws(f"{CATEGORY}/list"),
    ),
)
