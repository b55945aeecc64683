"""How the things of the flat are registered: each a device in its room, marked as simulated."""

from collections.abc import Mapping
from typing import Any, Final, TypedDict

from linli import DeviceInfo, PluginContext
from linli_demo.things import Room

SIMULATED: Final[Mapping[str, Any]] = {"simulated": True}
BRIDGE: Final = ("demo", "flat")


class Common(TypedDict):
    """What every description here begins with."""

    unique_id: str
    suggested_object_id: str
    device: DeviceInfo
    attributes: Mapping[str, Any]


def bridge(ctx: PluginContext) -> DeviceInfo:
    """The flat itself, through which everything is reached; its name says that nothing here is real."""
    return DeviceInfo(
        identifiers=frozenset({BRIDGE}),
        translation_key="flat",
        manufacturer=ctx.text("made_by"),
        model=ctx.text("model"),
        entry_type="service",
    )


def common(ctx: PluginContext, device: str, room: Room, entity: str | None = None) -> Common:
    """The beginning of a description: ``device`` is its key in the translations, ``entity`` the unique id."""
    return {
        "unique_id": entity or device,
        "suggested_object_id": entity or device,
        "device": DeviceInfo(
            identifiers=frozenset({("demo", device)}),
            translation_key=device,
            manufacturer=ctx.text("made_by"),
            model=ctx.text("model"),
            suggested_area=ctx.text(f"area.{room.value}"),
            via_device=BRIDGE,
        ),
        "attributes": SIMULATED,
    }
