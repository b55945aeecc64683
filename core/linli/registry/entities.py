"""Entities: a row each, whose own id no rename touches; found by name, key, device, area, label and config entry."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final, TypedDict, Unpack, cast

from linli.bus import EventBus, EventType
from linli.clock import Clock
from linli.ids import EntityId, PersonId, PlaceId, PluginDomain, RegistryId, new_id
from linli.registry.base import Registry, differing, only
from linli.registry.codec import plain
from linli.registry.device_entry import NOTHING
from linli.registry.devices import DeviceRegistry
from linli.registry.entity_entry import EntityDisabler, EntityEntry, EntityHider, EntityKey
from linli.registry.errors import RegistryRefusal
from linli.registry.index import Index
from linli.registry.keeper import Keeper
from linli.registry.memory import Memory
from linli.registry.slugs import unique_slug
from linli.states import State

_ENTITY_ID: Final = re.compile(r"(?!.*__)[a-z0-9][a-z0-9_]*(?<!_)\.[a-z0-9][a-z0-9_]*(?<!_)")
MAX_ENTITY_ID: Final = 255


class EntityChanges(TypedDict, total=False):
    """What a person may change. ``new_entity_id`` renames; ``categories`` and ``options`` replace what there was,
    ``some_categories`` and ``some_options`` only those that they name (None: take it away)."""

    aliases: set[str] | frozenset[str] | list[str]
    area_id: str | None
    categories: Mapping[str, str]
    device_class: str | None
    disabled_by: str | None
    hidden_by: str | None
    icon: str | None
    labels: set[str] | frozenset[str] | list[str]
    name: str | None
    new_entity_id: str
    options: Mapping[str, Mapping[str, Any]]
    place: PlaceId | None
    some_categories: Mapping[str, str | None]
    some_options: Mapping[str, Mapping[str, Any] | None]
    subject: PersonId | None


SOME_OF: Final = {"categories": "some_categories", "options": "some_options"}
"""Two people (or two messages of one) may each change a part at once: what stays is read when the change is made."""


class EntityGiven(TypedDict, total=False):
    """What a plugin says of an entity; None counts as said."""

    config_entry_id: str | None
    device_id: str | None
    original_name: str | None
    original_icon: str | None
    original_device_class: str | None
    original_place: PlaceId | None
    original_subject: PersonId | None
    entity_category: str | None
    has_entity_name: bool
    translation_key: str | None
    unit_of_measurement: str | None
    capabilities: Mapping[str, Any] | None
    supported_features: int


class EntityRegistry(Registry[EntityEntry]):
    """All entities, and for 30 days those that were removed."""

    kind = "core.entities"
    what = "Entity"
    event_type: ClassVar[EventType[dict[str, Any]]] = EventType("entity_registry_updated")
    """An entity was registered, changed or taken away.

    action: ``create``, ``update`` or ``remove``
    entity_id: which entity
    changes: at ``update``, the changed fields with their values before; null for readers who do not see everything
    old_entity_id: at ``update``, its id before, where it was renamed
    """
    row_type = EntityEntry

    def __init__(
        self, keeper: Keeper, bus: EventBus, clock: Clock, devices: DeviceRegistry,
        state_of: Callable[[str], State | None],
    ) -> None:  # fmt: skip
        super().__init__(keeper, bus, clock)
        self._devices = devices
        self._state_of = state_of
        self._by_entity_id: dict[str, str] = {}
        self._by_key: dict[EntityKey, str] = {}
        self._by_device: Index[str] = Index()
        self._by_area: Index[str] = Index()
        self._by_label: Index[str] = Index()
        self._by_entry: Index[str] = Index()
        self.removed: Memory[EntityEntry] = Memory(
            "core.removed_entities", EntityEntry, lambda row: iter((row.key,)), keeper
        )
        devices.follow(self._device_changed)
        devices.before_removal(self._device_leaves)

    # reading ---------------------------------------------------------------------------------------------------------

    def get(self, item_id: str) -> EntityEntry | None:
        """The row of a registry id or an entity id, or None."""
        row = self._rows.get(item_id)
        if row is None and (found := self._by_entity_id.get(item_id)) is not None:
            row = self._rows[found]
        return row

    def name_of(self, registry_id: str) -> EntityId | None:
        """The entity id that goes by a registry id now, in one look-up whether there is one or not."""
        row = self._rows.get(registry_id)
        return None if row is None else row.entity_id

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._rows or item_id in self._by_entity_id

    def need(self, item_id: str) -> EntityEntry:
        """The same; raises UnknownItem."""
        row = self.get(item_id)
        return row if row is not None else super().need(item_id)

    def by_key(self, domain: str, platform: str, unique_id: str) -> EntityEntry | None:
        """The row of a plugin's unique id, or None."""
        found = self._by_key.get((domain, platform, unique_id))
        return None if found is None else self._rows[found]

    def by_device(self, device_id: str) -> list[EntityEntry]:
        """The entities of a device, disabled ones too."""
        return [self._rows[key] for key in self._by_device.of(device_id)]

    def by_area(self, area_id: str) -> list[EntityEntry]:
        """The entities that have the area themselves (not through their device)."""
        return [self._rows[key] for key in self._by_area.of(area_id)]

    def by_label(self, label_id: str) -> list[EntityEntry]:
        """The entities with a label."""
        return [self._rows[key] for key in self._by_label.of(label_id)]

    def by_entry(self, entry_id: str) -> list[EntityEntry]:
        """The entities of a config entry."""
        return [self._rows[key] for key in self._by_entry.of(entry_id)]

    def entries_named(self) -> set[str]:
        """The config entries that have any."""
        return set(self._by_entry.values())

    # what plugins say ------------------------------------------------------------------------------------------------

    def register(
        self, domain: str, platform: PluginDomain, unique_id: str, *, object_id: str,
        disabled_by: EntityDisabler | None = None, hidden_by: EntityHider | None = None,
        initial_options: Mapping[str, Mapping[str, Any]] | None = None, **given: Unpack[EntityGiven],
    ) -> EntityEntry:  # fmt: skip
        """The row of a unique id, made or brought up to date. A post: it is owed to the disk.

        A removed one comes back: under its own config entry whole, under another with its ids only, since it may be
        in another flat by now. ``object_id`` (any text), ``disabled_by``, ``hidden_by`` and ``initial_options`` count
        only for a new one.
        """
        only(given, frozenset(EntityGiven.__annotations__))
        row = self.by_key(domain, platform, unique_id)
        if row is not None:
            return self._change(row, given)
        now = self._keeper.now()
        old = self.removed.recall((domain, platform, unique_id))
        entity_id = None if old is None else old.entity_id
        if entity_id is None or self._taken(entity_id):
            made = unique_slug(object_id, self._taken, prefix=f"{domain}.", limit=MAX_ENTITY_ID)
            entity_id = EntityId(made)
        values: dict[str, Any] = {**given, "entity_id": entity_id, "modified_at": now}
        if old is not None and old.config_entry_id == given.get("config_entry_id"):
            row = replace(old, **values)
        else:
            row = EntityEntry(
                id=RegistryId(new_id(now)) if old is None else old.id,
                unique_id=unique_id,
                platform=platform,
                disabled_by=disabled_by,
                hidden_by=hidden_by,
                options=initial_options or NOTHING,
                created_at=now if old is None else old.created_at,
                **values,
            )
        self._write(None, row)
        self._fire("create", entity_id=row.entity_id)
        return row

    def redefine(self, entity_id: str, **given: Unpack[EntityGiven]) -> EntityEntry:
        """What its plugin says of it has changed. A post."""
        only(given, frozenset(EntityGiven.__annotations__))
        return self._change(self.need(entity_id), given)

    def forget(self, entity_id: str) -> None:
        """Its plugin takes it away for good, and it is remembered; raises UnknownItem. A post."""
        self._remove(self.need(entity_id))

    async def change_unique_id(self, entity_id: str, unique_id: str) -> EntityEntry:
        """Its plugin calls it something else from now on (a migration); has committed after."""

        def work() -> EntityEntry:
            row = self.need(entity_id)
            other = self.by_key(row.domain, row.platform, unique_id)
            if other is not None and other.id != row.id:
                raise RegistryRefusal(f"Unique id '{unique_id}' is already in use by '{other.entity_id}'")
            return self._change(row, {"unique_id": unique_id, "previous_unique_id": row.unique_id})

        return await self._keeper.change(work)

    # what people say -------------------------------------------------------------------------------------------------

    async def update(self, entity_id: str, **changes: Unpack[EntityChanges]) -> EntityEntry:
        """Change it; has committed after. Raises UnknownItem, RegistryRefusal."""
        only(changes, frozenset(EntityChanges.__annotations__))
        return await self._keeper.change(lambda: self._update(entity_id, changes))

    def _update(self, entity_id: str, changes: Mapping[str, Any]) -> EntityEntry:
        row = self.need(entity_id)
        values: dict[str, Any] = dict(changes)
        for field, several in SOME_OF.items():
            if several in values:
                present = {**values.get(field, getattr(row, field)), **values.pop(several)}
                values[field] = {key: value for key, value in present.items() if value is not None}
        new_entity_id = values.pop("new_entity_id", row.entity_id)
        if new_entity_id != row.entity_id:
            self._check_rename(row, new_entity_id)
            values["entity_id"] = EntityId(new_entity_id)
        if "disabled_by" in values:
            values["disabled_by"] = self._disabler(row, values["disabled_by"])
        if values.get("hidden_by") is not None:
            values["hidden_by"] = EntityHider(values["hidden_by"])
        return self._change(row, values)

    async def set_options(self, entity_id: str, domain: str, options: Mapping[str, Any] | None) -> EntityEntry:
        """Replace the options of one domain (None: take them away); has committed after."""
        return await self.update(entity_id, some_options={domain: None if options is None else dict(options)})

    async def remove(self, entity_id: str) -> None:
        """Take it away, and remember it; raises UnknownItem. One whose device is still there comes back at a reload."""
        await self._keeper.change(lambda: self._remove(self.need(entity_id)))

    # what follows from other changes ---------------------------------------------------------------------------------

    def forget_entry(self, entry_id: str) -> None:
        """The config entry is gone, and its entities with it."""
        for row in self.by_entry(entry_id):
            self._remove(row)

    def entry_disabled(self, entry_id: str, disabled: bool) -> None:
        """The config entry was switched off or on: its entities follow."""
        for row in self.by_entry(entry_id):
            self._follow(row, disabled, EntityDisabler.CONFIG_ENTRY)

    def clear_area(self, area_id: str) -> None:
        """The area goes."""
        for row in self.by_area(area_id):
            self._change(row, {"area_id": None})

    def clear_label(self, label_id: str) -> None:
        """The label goes."""
        for row in self.by_label(label_id):
            self._change(row, {"labels": row.labels - {label_id}})

    def clear_category(self, scope: str, category_id: str) -> None:
        """The category goes."""
        for row in list(self.all()):
            if row.categories.get(scope) == category_id:
                self._change(row, {"categories": {s: c for s, c in row.categories.items() if s != scope}})

    def _device_leaves(self, device_id: str) -> None:
        for row in self.by_device(device_id):
            self._remove(row)

    def _device_changed(self, old: Any, new: Any) -> None:
        if old is None or new is None:
            return
        if old.config_entries - new.config_entries:
            for row in self.by_device(new.id):
                if row.config_entry_id is not None and row.config_entry_id not in new.config_entries:
                    self._remove(row)
        if old.disabled_by != new.disabled_by and new.disabled_by != "config_entry":
            for row in self.by_device(new.id):
                self._follow(row, new.disabled, EntityDisabler.DEVICE)

    def _follow(self, row: EntityEntry, disabled: bool, by: EntityDisabler) -> None:
        """Switch off what is on, for ``by``; switch on only what was off for ``by``."""
        if disabled and not row.disabled:
            self._change(row, {"disabled_by": by})
        elif not disabled and row.disabled_by is by:
            self._change(row, {"disabled_by": None})

    # changing --------------------------------------------------------------------------------------------------------

    def _taken(self, entity_id: str) -> bool:
        return entity_id in self._by_entity_id or self._state_of(entity_id) is not None

    def _check_rename(self, row: EntityEntry, new: str) -> None:
        if self._taken(new):
            raise RegistryRefusal("Entity with this ID is already registered")
        if not _ENTITY_ID.fullmatch(new) or len(new) > MAX_ENTITY_ID:
            raise RegistryRefusal("Invalid entity ID")
        if new.partition(".")[0] != row.domain:
            raise RegistryRefusal("New entity ID should be same domain")

    def _disabler(self, row: EntityEntry, wanted: str | None) -> EntityDisabler | None:
        if wanted is not None:
            return EntityDisabler(wanted)
        device = None if row.device_id is None else self._devices.get(row.device_id)
        if device is not None and device.disabled:
            raise RegistryRefusal("Device is disabled")
        return None

    def _change(self, old: EntityEntry, values: Mapping[str, Any]) -> EntityEntry:
        new_values = differing(old, values)
        if not new_values:
            return old
        row = replace(old, **new_values, modified_at=self._keeper.now())
        self._write(old, row)
        before = {name: plain(getattr(old, name)) for name in new_values}
        renamed = {"old_entity_id": old.entity_id} if "entity_id" in new_values else {}
        self._fire("update", entity_id=row.entity_id, changes=before, **renamed)
        return row

    def _remove(self, row: EntityEntry) -> None:
        self._write(row, None)
        self.removed.keep(row, self._keeper.now())
        self._fire("remove", entity_id=row.entity_id)

    def _index(self, old: EntityEntry | None, new: EntityEntry | None) -> None:
        key = cast("EntityEntry", new if new is not None else old).id
        if old is not None and (new is None or new.entity_id != old.entity_id or new.unique_id != old.unique_id):
            del self._by_entity_id[old.entity_id]
            del self._by_key[old.key]
        if new is not None:
            self._by_entity_id[new.entity_id] = key
            self._by_key[new.key] = key
        self._by_device.move(old.device_id if old else None, new.device_id if new else None, key)
        self._by_area.move(old.area_id if old else None, new.area_id if new else None, key)
        self._by_entry.move(old.config_entry_id if old else None, new.config_entry_id if new else None, key)
        self._by_label.move_all(old.labels if old else (), new.labels if new else (), key)
