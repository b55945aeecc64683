"""Areas: rooms and other parts of the home. They have a place, which what stands in them inherits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final, TypedDict, Unpack

from linli.bus import EventBus, EventType
from linli.clock import Clock
from linli.ids import AreaId, EntityId, FloorId, LabelId, PersonId, PlaceId
from linli.registry.errors import RegistryRefusal
from linli.registry.index import Index
from linli.registry.keeper import Keeper
from linli.registry.named import NamedRegistry
from linli.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaEntry:
    """One area. Times are seconds since 1970."""

    id: AreaId
    name: str
    aliases: frozenset[str] = field(default=frozenset(), metadata={"read": frozenset})
    floor_id: FloorId | None = None
    humidity_entity_id: EntityId | None = None
    icon: str | None = None
    labels: frozenset[LabelId] = field(default=frozenset(), metadata={"read": frozenset})
    picture: str | None = None
    temperature_entity_id: EntityId | None = None
    place: PlaceId | None = None
    """Where it is; None: at the root."""
    subject: PersonId | None = None
    """Whose room it is."""
    created_at: float = 0.0
    modified_at: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """As Home Assistant's clients know it."""
        return {
            "aliases": sorted(self.aliases),
            "area_id": self.id,
            "floor_id": self.floor_id,
            "humidity_entity_id": self.humidity_entity_id,
            "icon": self.icon,
            "labels": sorted(self.labels),
            "name": self.name,
            "picture": self.picture,
            "temperature_entity_id": self.temperature_entity_id,
            "created_at": self.created_at,
            "modified_at": self.modified_at,
        }


class AreaValues(TypedDict, total=False):
    """What may be said of an area beside its name."""

    aliases: set[str] | frozenset[str] | list[str]
    floor_id: str | None
    humidity_entity_id: str | None
    icon: str | None
    labels: set[str] | frozenset[str] | list[str]
    picture: str | None
    temperature_entity_id: str | None
    place: PlaceId | None
    subject: PersonId | None


class AreaChanges(AreaValues, total=False):
    """The same, and the name."""

    name: str


MEASURES: Final = {"temperature_entity_id": "temperature", "humidity_entity_id": "humidity"}
"""Fields that name a sensor, and its device class."""


class AreaRegistry(NamedRegistry[AreaEntry]):
    """All areas."""

    kind = "core.areas"
    what = "Area"
    event_type: ClassVar[EventType[dict[str, Any]]] = EventType("area_registry_updated")
    """An area was made, changed or taken away.

    action: ``create``, ``update`` or ``remove``
    area_id: which area
    """
    row_type = AreaEntry
    id_key = "area_id"
    changeable: ClassVar[frozenset[str]] = frozenset(AreaValues.__annotations__)
    tells_no_change = True

    def __init__(self, keeper: Keeper, bus: EventBus, clock: Clock, state_of: Callable[[str], State | None]) -> None:
        super().__init__(keeper, bus, clock)
        self._state_of = state_of
        self._by_floor: Index[str] = Index()
        self._by_label: Index[str] = Index()

    def by_floor(self, floor_id: str) -> list[AreaEntry]:
        """The areas of a floor."""
        return [self._rows[key] for key in self._by_floor.of(floor_id)]

    def by_label(self, label_id: str) -> list[AreaEntry]:
        """The areas with a label."""
        return [self._rows[key] for key in self._by_label.of(label_id)]

    async def create(self, name: str, **values: Unpack[AreaValues]) -> AreaEntry:
        """Make one; has committed after. Raises RegistryRefusal when the name is in use."""
        return await self._create(name, values)

    async def update(self, area_id: str, **changes: Unpack[AreaChanges]) -> AreaEntry:
        """Change it; has committed after. Raises UnknownItem, RegistryRefusal."""
        return await self._update(area_id, changes)

    def get_or_make(self, name: str) -> AreaEntry:
        """The area that people would take for ``name``, made if there is none (a device suggested it)."""
        return self.by_name(name) or self.make(name)

    def clear_floor(self, floor_id: str) -> None:
        """The floor goes: its areas are on none."""
        for row in self.by_floor(floor_id):
            self._adjust(row, floor_id=None)

    def clear_label(self, label_id: str) -> None:
        """The label goes."""
        for row in self.by_label(label_id):
            self._adjust(row, labels=row.labels - {label_id})

    def _adjust(self, row: AreaEntry, **values: Any) -> None:
        self._write(row, replace(row, **values, modified_at=self._keeper.now()))
        self._fire("update", area_id=row.id)

    def _index(self, old: AreaEntry | None, new: AreaEntry | None) -> None:
        super()._index(old, new)
        key = (new or old).id  # type: ignore[union-attr]  # one of them is there
        self._by_floor.move(old.floor_id if old else None, new.floor_id if new else None, key)
        self._by_label.move_all(old.labels if old else (), new.labels if new else (), key)

    def _check(self, values: Mapping[str, Any]) -> None:
        for name, device_class in MEASURES.items():
            entity_id = values.get(name)
            if entity_id is None:
                continue
            state = self._state_of(entity_id)
            if state is None:
                raise RegistryRefusal(f"Entity {entity_id} does not exist")
            if state.domain != "sensor" or state.attributes.get("device_class") != device_class:
                raise RegistryRefusal(f"Entity {entity_id} is not a {device_class} sensor")
