"""Which attributes stay true whatever a reading is worth, under Home Assistant's names."""

from typing import Any

from linli.entity.description import EntityDescription
from linli.entity.naming import friendly_name
from linli.registry.device_entry import DeviceEntry
from linli.registry.entity_entry import EntityEntry

RESTORED = "restored"

COMMON = frozenset({
    "unit_of_measurement", "assumed_state", "attribution", "device_class", "entity_picture", "icon", "friendly_name",
    "supported_features", RESTORED, "doubt_since", "access_token",
})  # fmt: skip
"""What the core says of every entity; a last state gives these back to nobody."""


def common_of(shown: EntityDescription[Any], row: EntityEntry, device: DeviceEntry | None) -> dict[str, Any]:
    """The common attributes of a living entity; what a person chose wins."""
    said = {
        "unit_of_measurement": shown.unit_of_measurement,
        "assumed_state": shown.assumed_state or None,
        "attribution": shown.attribution,
        "device_class": row.device_class or shown.device_class,
        "entity_picture": shown.entity_picture,
        "icon": row.icon or shown.icon,
        "friendly_name": friendly_name(row, device),
        "supported_features": shown.supported_features,
    }
    return {name: value for name, value in said.items() if value is not None}


def registered(row: EntityEntry, device: DeviceEntry | None) -> dict[str, Any]:
    """What the registry alone knows to say of an entity that does not live now."""
    said = {
        **(row.capabilities or {}),
        "device_class": row.device_class or row.original_device_class,
        "icon": row.icon or row.original_icon,
        "friendly_name": friendly_name(row, device),
        "supported_features": row.supported_features,
        "unit_of_measurement": row.unit_of_measurement,
    }
    return {name: value for name, value in said.items() if value is not None}
