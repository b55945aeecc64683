"""The six registries of one hub, with what needs several of them: targets, whereabouts, what goes when another goes."""

from collections.abc import Callable, Iterable
from typing import Protocol

from linli.auth.facts import Item, Whereabouts
from linli.bus import EventBus
from linli.clock import Clock
from linli.ids import EntityId, PersonId, PlaceId, PluginDomain
from linli.registry.areas import AreaRegistry
from linli.registry.categories import CategoryRegistry
from linli.registry.devices import DeviceRegistry
from linli.registry.entities import EntityRegistry
from linli.registry.entity_entry import EntityEntry
from linli.registry.facts import EntryFacts, EntryTurn, Facts
from linli.registry.floors import FloorRegistry
from linli.registry.keeper import DocumentBatch, Keeper
from linli.registry.labels import LabelRegistry
from linli.states import StateStore
from linli.storage.document import Damage, DocumentKind, Loaded


class DocumentRoom(DocumentBatch, Protocol):
    """The part of the documents' room that is needed here."""

    def register(self, kind: DocumentKind) -> None: ...
    async def load(self, kind: str) -> Loaded: ...


class Registries:
    """Entities, devices, areas, floors, labels and categories.

    Reads are synchronous. Changes that a person makes are coroutines: memory and events at once, and they return when
    they are on the disk. Implements TargetRegistry (``targets.py``), EntityFacts and ItemFacts (``auth/facts.py``).
    """

    def __init__(
        self, documents: DocumentRoom, bus: EventBus, clock: Clock, states: StateStore, entries: EntryFacts
    ) -> None:
        self._documents = documents
        self._clock = clock
        self._entries = entries
        self.keeper = Keeper(documents, clock, bus.ledger)
        self.areas = AreaRegistry(self.keeper, bus, clock, states.get)
        self.floors = FloorRegistry(self.keeper, bus, clock)
        self.labels = LabelRegistry(self.keeper, bus, clock)
        self.categories = CategoryRegistry(self.keeper, bus, clock)
        self.devices = DeviceRegistry(self.keeper, bus, clock, self.areas)
        self.entities = EntityRegistry(self.keeper, bus, clock, self.devices, states.get)
        self.facts = Facts(
            self.entities, self.devices, self.areas, self.floors, self.labels, self.categories, entries
        )  # fmt: skip
        self._damages: list[Damage] = []
        for member in (self.areas, self.floors, self.labels, self.categories, self.devices, self.entities):
            documents.register(member.document_kind())
        for memory in (self.devices.removed, self.entities.removed):
            documents.register(memory.document_kind())
        self.areas.before_removal(self.devices.clear_area)
        self.areas.before_removal(self.entities.clear_area)
        self.floors.before_removal(self.areas.clear_floor)
        for labelled in (self.areas, self.devices, self.entities):
            self.labels.before_removal(labelled.clear_label)
        self.categories.before_removal(self.entities.clear_category)
        entries.watch(self._entry_turned)

    # life ------------------------------------------------------------------------------------------------------------

    async def load(self) -> list[Damage]:
        """Take up what is on the disk; the rows that were damaged and set aside (each a repair issue)."""
        for member in (self.areas, self.floors, self.labels, self.categories, self.devices, self.entities):
            member.load(await self._read(member.kind))
        now = self._clock.timestamp()
        self.devices.removed.load(await self._read(self.devices.removed.kind), now)
        self.entities.removed.load(await self._read(self.entities.removed.kind), now)
        for entry_id in self._orphaned():
            self._entry_gone(entry_id)
        return self._damages

    def _orphaned(self) -> list[str]:
        """Config entries that rows name but that are gone: a kill came between their removal and that of the rows."""
        named = {*self.entities.entries_named(), *self.devices.entries_named()}
        return sorted(entry_id for entry_id in named if self._entries.get(entry_id) is None)

    async def _read(self, kind: str) -> Loaded:
        loaded = await self._documents.load(kind)
        self._damages += loaded.damages
        return loaded

    async def close(self) -> None:
        """Write what is owed to the disk."""
        await self.keeper.close()

    # config entries --------------------------------------------------------------------------------------------------

    def _entry_turned(self, turn: EntryTurn) -> None:
        """Devices and entities follow their config entry: away with it, off and on with it, inheriting its place."""
        entry, old = turn.entry, turn.old
        if turn.type == "removed":
            self._entry_gone(entry.entry_id)
        elif old is not None and old.disabled != entry.disabled:
            self.devices.entry_disabled(entry.entry_id, self._is_off)
            self.entities.entry_disabled(entry.entry_id, entry.disabled)
        if old is not None and (old.place, old.subject) != (entry.place, entry.subject):
            self.facts.entry_moved(entry.entry_id)

    def _is_off(self, entry_id: str) -> bool:
        entry = self._entries.get(entry_id)
        return entry is None or entry.disabled

    def _entry_gone(self, entry_id: str) -> None:
        self.entities.forget_entry(entry_id)
        self.devices.forget_entry(entry_id)

    # targets ---------------------------------------------------------------------------------------------------------

    def entities_of_device(self, device_id: str) -> Iterable[EntityId]:
        """The entities of a device that a call to it means: no hidden ones, none that configures or diagnoses."""
        return [row.entity_id for row in self.entities.by_device(device_id) if _is_meant(row)]

    def entities_of_area(self, area_id: str) -> Iterable[EntityId]:
        """The same of an area: what has it itself, and what stands there with its device."""
        found = [row.entity_id for row in self.entities.by_area(area_id) if _is_meant(row)]
        for device in self.devices.by_area(area_id):
            rows = self.entities.by_device(device.id)
            found += [row.entity_id for row in rows if row.area_id is None and _is_meant(row)]
        return found

    def entities_of_floor(self, floor_id: str) -> Iterable[EntityId]:
        """The same of all areas of a floor."""
        return [
            entity_id for area in self.areas.by_floor(floor_id) for entity_id in self.entities_of_area(area.id)
        ]  # fmt: skip

    def entities_of_label(self, label_id: str) -> Iterable[EntityId]:
        """The same of a label: on the entity, on its device or on its area."""
        found = {row.entity_id: None for row in self.entities.by_label(label_id) if _is_meant(row)}
        for device in self.devices.by_label(label_id):
            found.update(dict.fromkeys(self.entities_of_device(device.id)))
        for area in self.areas.by_label(label_id):
            found.update(dict.fromkeys(self.entities_of_area(area.id)))
        return list(found)

    def resolve(self, name_or_registry_id: str) -> EntityId | None:
        """The entity id of an entity id or a registry id; None for one that nobody registered."""
        if "." not in name_or_registry_id:
            return self.entities.name_of(name_or_registry_id)
        row = self.entities.get(name_or_registry_id)
        return None if row is None else row.entity_id

    # whose and where (see Facts) -------------------------------------------------------------------------------------

    def place_of(self, entity_id: str) -> PlaceId:
        """Where the entity is."""
        return self.facts.place_of(entity_id)

    def subject_of(self, entity_id: str) -> PersonId | None:
        """Whom it is about."""
        return self.facts.subject_of(entity_id)

    def owner_of(self, entity_id: str) -> PluginDomain | None:
        """The plugin whose entity it is."""
        return self.facts.owner_of(entity_id)

    def category_of(self, entity_id: str) -> str | None:
        """``config``, ``diagnostic`` or None."""
        return self.facts.category_of(entity_id)

    def watch(self, callback: Callable[[EntityId], None]) -> Callable[[], None]:
        """Have ``callback`` told of each entity of which one of these changed."""
        return self.facts.watch(callback)

    def whereabouts(self, item: Item, item_id: str) -> Whereabouts | None:
        """Of a device, area, floor, label or category."""
        return self.facts.whereabouts(item, item_id)


def _is_meant(row: EntityEntry) -> bool:
    return row.hidden_by is None and row.entity_category is None and row.disabled_by is None
