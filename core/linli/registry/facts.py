"""Whose and where: what an entity inherits from its device, its area and its config entry."""

from collections.abc import Callable, Iterable
from typing import Protocol

from linli.auth.facts import Item, Whereabouts
from linli.ids import ROOT_PLACE, AreaId, DeviceId, EntityId, EntryId, PersonId, PlaceId, PluginDomain
from linli.registry.areas import AreaEntry, AreaRegistry
from linli.registry.categories import CategoryRegistry
from linli.registry.device_entry import DeviceEntry
from linli.registry.devices import DeviceRegistry
from linli.registry.entities import EntityRegistry
from linli.registry.entity_entry import EntityEntry
from linli.registry.floors import FloorRegistry
from linli.registry.labels import LabelRegistry

NOWHERE = Whereabouts(ROOT_PLACE)
NO_DEVICE = DeviceEntry(id=DeviceId(""))
"""Asked where it is in place of one that is not there."""


class EntryRow(Protocol):
    """What is asked of a config entry."""

    @property
    def entry_id(self) -> EntryId: ...
    @property
    def disabled(self) -> bool: ...
    @property
    def place(self) -> PlaceId | None: ...
    @property
    def subject(self) -> PersonId | None: ...


class EntryTurn(Protocol):
    """What is heard of a change: ``added``, ``updated`` or ``removed``."""

    @property
    def type(self) -> str: ...
    @property
    def entry(self) -> EntryRow: ...
    @property
    def old(self) -> EntryRow | None: ...


class EntryFacts(Protocol):
    """What is asked of the config entries' room."""

    def get(self, entry_id: str) -> EntryRow | None: ...
    def watch(self, callback: Callable[[EntryTurn], None]) -> Callable[[], None]: ...


class Facts:
    """Answers where something is and whom it is about, and tells whose answer changed.

    Place and subject go down separately: entity, device, area, config entry, root; the nearest that says one wins.
    """

    def __init__(
        self, entities: EntityRegistry, devices: DeviceRegistry, areas: AreaRegistry, floors: FloorRegistry,
        labels: LabelRegistry, categories: CategoryRegistry, entries: EntryFacts,
    ) -> None:  # fmt: skip
        self._entities = entities
        self._devices = devices
        self._areas = areas
        self._floors = floors
        self._labels = labels
        self._categories = categories
        self._entries = entries
        self._watchers: list[Callable[[EntityId], None]] = []
        entities.observe(self._entity_changed)
        devices.observe(self._device_changed)
        areas.observe(self._area_changed)

    # entities --------------------------------------------------------------------------------------------------------

    def place_of(self, entity_id: str) -> PlaceId:
        """Where the entity is; the root for one that nobody registered."""
        row = self._entities.get(entity_id)
        if row is None:
            return ROOT_PLACE
        return row.place or row.original_place or self._around(row).place

    def subject_of(self, entity_id: str) -> PersonId | None:
        """Whom the entity is about, if anybody."""
        row = self._entities.get(entity_id)
        if row is None:
            return None
        return row.subject or row.original_subject or self._around(row).subject

    def owner_of(self, entity_id: str) -> PluginDomain | None:
        """The plugin whose entity it is; None for one that nobody registered."""
        row = self._entities.get(entity_id)
        return None if row is None else row.platform

    def category_of(self, entity_id: str) -> str | None:
        """``config``, ``diagnostic`` or None."""
        row = self._entities.get(entity_id)
        return None if row is None else row.entity_category

    def area_of(self, entity_id: str) -> AreaId | None:
        """The area in which the entity is, its own or its device's."""
        row = self._entities.get(entity_id)
        return None if row is None else self._area_of(row)

    def watch(self, callback: Callable[[EntityId], None]) -> Callable[[], None]:
        """Have ``callback`` told, at once, of each entity whose place, subject, owner, category or name changed."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    # other items -----------------------------------------------------------------------------------------------------

    def whereabouts(self, item: Item, item_id: str) -> Whereabouts | None:
        """Of a device, area, floor, label or category; None: no such item."""
        if item == "device":  # what is not there is looked up as often as what is
            device = self._devices.get(item_id)
            where = self._of_device(device or NO_DEVICE)
            return None if device is None else where
        if item == "area":
            area = self._areas.get(item_id)
            return None if area is None else _of_area(area)
        registry = {"floor": self._floors, "label": self._labels, "category": self._categories}[item]
        return NOWHERE if item_id in registry else None  # type: ignore[operator]  # each is a registry

    def of_entry(self, entry_id: str) -> Whereabouts:
        """Of a config entry."""
        entry = self._entries.get(entry_id)
        return NOWHERE if entry is None else Whereabouts(entry.place or ROOT_PLACE, entry.subject)

    # inheriting ------------------------------------------------------------------------------------------------------

    def _area_of(self, row: EntityEntry) -> AreaId | None:
        if row.area_id is not None or row.device_id is None:
            return row.area_id
        device = self._devices.get(row.device_id)
        return None if device is None else device.area_id

    def _around(self, row: EntityEntry) -> Whereabouts:
        """What an entity that says nothing itself inherits."""
        device = None if row.device_id is None else self._devices.get(row.device_id)
        area = self._areas.get(self._area_of(row) or "")
        entry = NOWHERE if row.config_entry_id is None else self.of_entry(row.config_entry_id)
        return _inherit(device, area, entry)

    def _of_device(self, device: DeviceEntry) -> Whereabouts:
        area = self._areas.get(device.area_id or "")
        entry_id = device.primary_config_entry or min(device.config_entries, default="")
        return _inherit(device, area, self.of_entry(entry_id))

    # telling ---------------------------------------------------------------------------------------------------------

    def entry_moved(self, entry_id: str) -> None:
        """Place or subject of a config entry changed."""
        self._tell(row.entity_id for row in self._entities.by_entry(entry_id))

    def _entity_changed(self, old: EntityEntry | None, new: EntityEntry | None) -> None:
        if old is not None and new is not None and _said(old) == _said(new):
            return
        self._tell(dict.fromkeys(row.entity_id for row in (old, new) if row is not None))

    def _device_changed(self, old: DeviceEntry | None, new: DeviceEntry | None) -> None:
        if old is None or new is None or _device_said(old) == _device_said(new):
            return
        self._tell(row.entity_id for row in self._entities.by_device(new.id))

    def _area_changed(self, old: AreaEntry | None, new: AreaEntry | None) -> None:
        if old is None or new is None or (old.place, old.subject) == (new.place, new.subject):
            return
        self._tell(row.entity_id for row in self._entities.by_area(new.id))
        for device in self._devices.by_area(new.id):
            self._tell(row.entity_id for row in self._entities.by_device(device.id) if row.area_id is None)

    def _tell(self, entity_ids: Iterable[EntityId]) -> None:
        if not self._watchers:
            return
        for entity_id in list(entity_ids):
            for watcher in tuple(self._watchers):
                watcher(entity_id)


def _inherit(device: DeviceEntry | None, area: AreaEntry | None, entry: Whereabouts) -> Whereabouts:
    place = (device and (device.place or device.original_place)) or (area and area.place) or entry.place
    subject = (device and (device.subject or device.original_subject)) or (area and area.subject) or entry.subject
    return Whereabouts(place, subject)


def _of_area(area: AreaEntry) -> Whereabouts:
    return Whereabouts(area.place or ROOT_PLACE, area.subject)


def _said(row: EntityEntry) -> tuple[object, ...]:
    """What rights depend on, as the row itself says it."""
    return (
        row.entity_id, row.place, row.original_place, row.subject, row.original_subject, row.device_id, row.area_id,
        row.config_entry_id, row.entity_category, row.platform,
    )  # fmt: skip


def _device_said(row: DeviceEntry) -> tuple[object, ...]:
    return row.place, row.original_place, row.subject, row.original_subject, row.area_id
