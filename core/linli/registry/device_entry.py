"""What the registry knows of a device."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from linli.ids import AreaId, DeviceId, EntryId, LabelId, PersonId, PlaceId
from linli.registry.codec import pairs

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

Pair = tuple[str, str]


class DeviceDisabler(StrEnum):
    """Who switched a device off."""

    CONFIG_ENTRY = "config_entry"
    INTEGRATION = "integration"
    USER = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEntry:
    """One device. What people said of it (name_by_user, area, labels, place …) outlives what plugins say of it."""

    id: DeviceId
    config_entries: frozenset[EntryId] = field(default=frozenset(), metadata={"read": frozenset})
    primary_config_entry: EntryId | None = None
    identifiers: frozenset[Pair] = field(default=frozenset(), metadata={"read": pairs})
    connections: frozenset[Pair] = field(default=frozenset(), metadata={"read": pairs})
    name: str | None = None
    name_by_user: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    model_id: str | None = None
    sw_version: str | None = None
    hw_version: str | None = None
    serial_number: str | None = None
    configuration_url: str | None = None
    entry_type: str | None = None
    suggested_area: str | None = None
    via_device_id: DeviceId | None = None
    area_id: AreaId | None = None
    labels: frozenset[LabelId] = field(default=frozenset(), metadata={"read": frozenset})
    disabled_by: DeviceDisabler | None = field(default=None, metadata={"read": DeviceDisabler})
    place: PlaceId | None = None
    original_place: PlaceId | None = None
    subject: PersonId | None = None
    original_subject: PersonId | None = None
    created_at: float = 0.0
    modified_at: float = 0.0
    deleted_at: float | None = None
    """Among the remembered ones: since when it is gone."""

    @property
    def disabled(self) -> bool:
        """Nothing of it lives."""
        return self.disabled_by is not None

    @property
    def shown_name(self) -> str | None:
        """As people call it."""
        return self.name_by_user or self.name

    def as_dict(self) -> dict[str, Any]:
        """As Home Assistant's clients know it."""
        return {
            "area_id": self.area_id,
            "configuration_url": self.configuration_url,
            "config_entries": sorted(self.config_entries),
            "config_entries_subentries": {entry: [None] for entry in sorted(self.config_entries)},
            "connections": [list(pair) for pair in sorted(self.connections)],
            "created_at": self.created_at,
            "disabled_by": self.disabled_by,
            "entry_type": self.entry_type,
            "hw_version": self.hw_version,
            "id": self.id,
            "identifiers": [list(pair) for pair in sorted(self.identifiers)],
            "labels": sorted(self.labels),
            "manufacturer": self.manufacturer,
            "model": self.model,
            "model_id": self.model_id,
            "modified_at": self.modified_at,
            "name_by_user": self.name_by_user,
            "name": self.name,
            "primary_config_entry": self.primary_config_entry,
            "serial_number": self.serial_number,
            "sw_version": self.sw_version,
            "via_device_id": self.via_device_id,
        }
