"""What the registry knows of an entity."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from linli.ids import AreaId, DeviceId, EntityId, EntryId, LabelId, PersonId, PlaceId, PluginDomain, RegistryId
from linli.registry.device_entry import NOTHING


class EntityDisabler(StrEnum):
    """Who switched an entity off."""

    CONFIG_ENTRY = "config_entry"
    DEVICE = "device"
    INTEGRATION = "integration"
    USER = "user"


class EntityHider(StrEnum):
    """Who took an entity off the screens."""

    INTEGRATION = "integration"
    USER = "user"


CATEGORY_NUMBERS: Final = {"config": 0, "diagnostic": 1}
"""How the short listing writes a category."""

EntityKey = tuple[str, str, str]
"""Domain, plugin and unique id: which entity it is, for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityEntry:
    """One entity. ``original_*`` is what its plugin says; what people said stands beside it and wins."""

    id: RegistryId
    entity_id: EntityId
    unique_id: str
    platform: PluginDomain
    config_entry_id: EntryId | None = None
    device_id: DeviceId | None = None
    area_id: AreaId | None = None
    """Its own area; None: where its device is."""
    labels: frozenset[LabelId] = field(default=frozenset(), metadata={"read": frozenset})
    aliases: frozenset[str] = field(default=frozenset(), metadata={"read": frozenset})
    categories: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """Category id by scope."""
    name: str | None = None
    original_name: str | None = None
    icon: str | None = None
    original_icon: str | None = None
    device_class: str | None = None
    original_device_class: str | None = None
    entity_category: str | None = None
    disabled_by: EntityDisabler | None = field(default=None, metadata={"read": EntityDisabler})
    hidden_by: EntityHider | None = field(default=None, metadata={"read": EntityHider})
    has_entity_name: bool = False
    translation_key: str | None = None
    unit_of_measurement: str | None = None
    capabilities: Mapping[str, Any] | None = None
    supported_features: int = 0
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: NOTHING)
    previous_unique_id: str | None = None
    place: PlaceId | None = None
    original_place: PlaceId | None = None
    subject: PersonId | None = None
    original_subject: PersonId | None = None
    created_at: float = 0.0
    modified_at: float = 0.0
    deleted_at: float | None = None
    """Among the remembered ones: since when it is gone."""

    @property
    def domain(self) -> str:
        """The part of the entity id before the dot."""
        return self.entity_id.partition(".")[0]

    @property
    def key(self) -> EntityKey:
        """Which entity it is, for ever."""
        return self.domain, self.platform, self.unique_id

    @property
    def disabled(self) -> bool:
        """It does not live, and has no state."""
        return self.disabled_by is not None

    @property
    def hidden(self) -> bool:
        """Screens and broad targets leave it out."""
        return self.hidden_by is not None

    def as_dict(self) -> dict[str, Any]:
        """As Home Assistant's clients know it in a list."""
        return {
            "area_id": self.area_id,
            "categories": dict(self.categories),
            "config_entry_id": self.config_entry_id,
            "config_subentry_id": None,
            "created_at": self.created_at,
            "device_id": self.device_id,
            "disabled_by": self.disabled_by,
            "entity_category": self.entity_category,
            "entity_id": self.entity_id,
            "has_entity_name": self.has_entity_name,
            "hidden_by": self.hidden_by,
            "icon": self.icon,
            "id": self.id,
            "labels": sorted(self.labels),
            "modified_at": self.modified_at,
            "name": self.name,
            "options": {domain: dict(options) for domain, options in self.options.items()},
            "original_name": self.original_name,
            "platform": self.platform,
            "translation_key": self.translation_key,
            "unique_id": self.unique_id,
        }

    def as_extended_dict(self) -> dict[str, Any]:
        """As Home Assistant's clients know it alone."""
        return {
            **self.as_dict(),
            "aliases": sorted(self.aliases),
            "capabilities": None if self.capabilities is None else dict(self.capabilities),
            "device_class": self.device_class,
            "original_device_class": self.original_device_class,
            "original_icon": self.original_icon,
        }

    def as_display_dict(self) -> dict[str, Any]:
        """As Home Assistant's screens read it: short keys, and only what is set. Leave disabled ones out yourself."""
        shown = {"ei": self.entity_id, "pl": self.platform, "lb": sorted(self.labels)}
        optional = (
            ("ai", self.area_id), ("di", self.device_id), ("ic", self.icon), ("tk", self.translation_key),
            ("ec", CATEGORY_NUMBERS.get(self.entity_category or "")), ("en", self.name or self.original_name),
            ("hb", self.hidden or None), ("hn", self.has_entity_name or None), ("dp", self._precision()),
        )  # fmt: skip
        return {**shown, **{short: value for short, value in optional if value is not None}}

    def _precision(self) -> int | None:
        """The digits behind the point that a person, or else the plugin, wants to see."""
        options = self.options.get("sensor", NOTHING)
        wanted: int | None = options.get("display_precision")
        return wanted if wanted is not None else options.get("suggested_display_precision")
