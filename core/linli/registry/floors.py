"""Floors: storeys, which hold areas."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, TypedDict, Unpack

from linli.bus import EventType
from linli.ids import FloorId
from linli.registry.named import NamedRegistry


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorEntry:
    """One floor; ``level`` counts from the ground (0), cellars are negative."""

    id: FloorId
    name: str
    aliases: frozenset[str] = field(default=frozenset(), metadata={"read": frozenset})
    icon: str | None = None
    level: int | None = None
    created_at: float = 0.0
    modified_at: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """As Home Assistant's clients know it."""
        return {
            "aliases": sorted(self.aliases),
            "created_at": self.created_at,
            "floor_id": self.id,
            "icon": self.icon,
            "level": self.level,
            "modified_at": self.modified_at,
            "name": self.name,
        }


class FloorValues(TypedDict, total=False):
    """What may be said of a floor beside its name."""

    aliases: set[str] | frozenset[str] | list[str]
    icon: str | None
    level: int | None


class FloorChanges(FloorValues, total=False):
    """The same, and the name."""

    name: str


class FloorRegistry(NamedRegistry[FloorEntry]):
    """All floors."""

    kind = "core.floors"
    what = "Floor"
    event_type: ClassVar[EventType[dict[str, Any]]] = EventType("floor_registry_updated")
    """A floor was made, changed or taken away.

    action: ``create``, ``update`` or ``remove``
    floor_id: which floor
    """
    row_type = FloorEntry
    id_key = "floor_id"
    changeable: ClassVar[frozenset[str]] = frozenset(FloorValues.__annotations__)

    async def create(self, name: str, **values: Unpack[FloorValues]) -> FloorEntry:
        """Make one; has committed after. Raises RegistryRefusal when the name is in use."""
        return await self._create(name, values)

    async def update(self, floor_id: str, **changes: Unpack[FloorChanges]) -> FloorEntry:
        """Change it; has committed after. Raises UnknownItem, RegistryRefusal."""
        return await self._update(floor_id, changes)
