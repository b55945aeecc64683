"""Labels: marks that people put on areas, devices and entities."""

from dataclasses import dataclass
from typing import Any, ClassVar, TypedDict, Unpack

from linli.bus import EventType
from linli.ids import LabelId
from linli.registry.named import NamedRegistry


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelEntry:
    """One label."""

    id: LabelId
    name: str
    color: str | None = None
    description: str | None = None
    icon: str | None = None
    created_at: float = 0.0
    modified_at: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """As Home Assistant's clients know it."""
        return {
            "color": self.color,
            "created_at": self.created_at,
            "description": self.description,
            "icon": self.icon,
            "label_id": self.id,
            "name": self.name,
            "modified_at": self.modified_at,
        }


class LabelValues(TypedDict, total=False):
    """What may be said of a label beside its name."""

    color: str | None
    description: str | None
    icon: str | None


class LabelChanges(LabelValues, total=False):
    """The same, and the name."""

    name: str


class LabelRegistry(NamedRegistry[LabelEntry]):
    """All labels."""

    kind = "core.labels"
    what = "Label"
    event_type: ClassVar[EventType[dict[str, Any]]] = EventType("label_registry_updated")
    """A label was made, changed or taken away.

    action: ``create``, ``update`` or ``remove``
    label_id: which label
    """
    row_type = LabelEntry
    id_key = "label_id"
    changeable: ClassVar[frozenset[str]] = frozenset(LabelValues.__annotations__)

    async def create(self, name: str, **values: Unpack[LabelValues]) -> LabelEntry:
        """Make one; has committed after. Raises RegistryRefusal when the name is in use."""
        return await self._create(name, values)

    async def update(self, label_id: str, **changes: Unpack[LabelChanges]) -> LabelEntry:
        """Change it; has committed after. Raises UnknownItem, RegistryRefusal."""
        return await self._update(label_id, changes)
