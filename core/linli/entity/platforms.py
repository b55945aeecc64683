"""All entities that live: added through a plugin's door, following the registry, ended with their entry."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol, TypeVar

from linli.clock import Clock, Timer
from linli.entity.access_keys import ROTATE_EVERY_S
from linli.entity.attributes import registered
from linli.entity.description import DeviceInfo, EntityDescription
from linli.entity.handle import EntityHandle
from linli.entity.last_states import LastStates, Store
from linli.entity.life import NO_GATE, EntityLife
from linli.entity.naming import Names, object_id
from linli.entity.publishing import move, park
from linli.errors import ContractError, LinliError
from linli.ids import CORE, EntryId, PluginDomain, RegistryId
from linli.ledger import Ledger
from linli.plugin.flood import ENDLESS, StateMeter
from linli.plugin.nursery import Nursery
from linli.registry import DeviceEntry, EntityDisabler, EntityEntry, EntityHider, Registries
from linli.settings import UnitSystem
from linli.states import Doubt, StateStore

log = logging.getLogger(__name__)

R = TypeVar("R")

CORE_TASK: Final = "core:entities"


class Entry(Protocol):
    """What is asked of a config entry."""

    @property
    def entry_id(self) -> EntryId: ...
    @property
    def title(self) -> str: ...
    @property
    def pref_disable_new_entities(self) -> bool: ...
    @property
    def pref_disable_polling(self) -> bool: ...


class Door(Protocol):
    """What is asked of a plugin's door."""

    @property
    def domain(self) -> PluginDomain: ...
    @property
    def nursery(self) -> Nursery: ...
    @property
    def entry(self) -> Entry | None: ...


class EntityPlatforms:
    """Makes lives, ends them, and keeps each in step with its row in the registry."""

    def __init__(
        self, clock: Clock, states: StateStore, ledger: Ledger, registries: Registries, names: Names,
        last_states: LastStates, unit_system: UnitSystem = UnitSystem.METRIC,
    ) -> None:  # fmt: skip
        self.clock = clock
        self.states = states
        self.ledger = ledger
        self.last_states = last_states
        self.unit_system = unit_system
        """In which units readings are shown, where no person chose another one."""
        self._registries = registries
        self._names = names
        self._lives: dict[RegistryId, EntityLife] = {}
        self._by_entity_id: dict[str, EntityLife] = {}
        self._by_domain: dict[str, dict[RegistryId, EntityLife]] = {}
        self._unpolled: set[EntryId] = set()
        """Config entries whose entities a person does not want polled."""
        self._gates: dict[tuple[EntryId, str, int], asyncio.Semaphore] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.meter_of: Callable[[PluginDomain, str], StateMeter] = lambda plugin, entity_id: ENDLESS
        """On what the readings of an entity are counted; the hub says it."""
        self._key_timer: Timer | None = None
        """Runs while an entity with a picture lives."""
        registries.entities.observe(self._row_changed)
        registries.devices.observe(self._device_changed)
        last_states.follow(self._lives.values, self._doubts_of_parked)

    @classmethod
    async def open(
        cls, clock: Clock, states: StateStore, ledger: Ledger, registries: Registries, names: Names, storage: Store,
        unit_system: UnitSystem = UnitSystem.METRIC,
    ) -> "EntityPlatforms":  # fmt: skip
        """The room, with the last states read; they are saved every minute from now on."""

        def owner_of(registry_id: RegistryId) -> PluginDomain:
            row = registries.entities.get(registry_id)
            return CORE if row is None else row.platform

        last_states = LastStates(storage, clock, ledger, owner_of)
        await last_states.load()
        last_states.keep_only(lambda registry_id: registry_id in registries.entities)
        last_states.start()
        return cls(clock, states, ledger, registries, names, last_states, unit_system)

    async def close(self) -> None:
        """Save the last states; the lives have ended with their entries."""
        if self._key_timer is not None:
            self._key_timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        await self.last_states.close()

    def measure_anew(self) -> None:
        """What readings are counted on may have changed."""
        for life in self._lives.values():
            life.measure_anew()

    # what plugins do -------------------------------------------------------------------------------------------------

    def add(self, ctx: Door, description: EntityDescription[R]) -> EntityHandle[R]:
        """Register the entity and let it live, unless it is disabled.

        A second one of the same unique id is charged, and its handle does nothing: the rest of the entry lives.
        """
        entry = _entry_of(ctx)
        device = None if description.device is None else self._register_device(ctx.domain, entry, description.device)
        row = self._register(ctx.domain, entry, description, device)
        gate = self._gate(entry.entry_id, description)
        life = EntityLife(self, ctx.domain, entry.entry_id, ctx.nursery, description, row, gate)
        if row.id in self._lives:
            self.ledger.note(ctx.domain, "refused", f"add {row.entity_id}", "it has added this unique id before")
            return life.handle
        self._lives[row.id] = life
        if entry.pref_disable_polling:
            self._unpolled.add(entry.entry_id)
        if row.disabled_by is None:
            self._begin(life)
        return life.handle

    def add_device(self, ctx: Door, info: DeviceInfo) -> DeviceEntry:
        """Register a device that has no entity (a bridge)."""
        return self._register_device(ctx.domain, _entry_of(ctx), info)

    async def remove(self, life: EntityLife) -> None:
        """Take an entity away for good; has committed after, unless the disk takes nothing: then its row goes later.

        What the plugin removed it for (a helper that a person deleted) stands already, so this is not refused.
        """
        if self._lives.get(life.registry_id) is not life:
            return
        if life.alive:
            await life.say_goodbye()
        if life.registry_id not in self._registries.entities:
            return  # a person was quicker, while it said goodbye
        self._registries.entities.forget(life.registry_id)
        try:
            await self._registries.keeper.commit()
        except LinliError as error:
            log.error("the row of a removed entity goes as soon as the disk takes it (%s)", error)

    async def close_entry(self, entry_id: EntryId) -> None:
        """End every life of a config entry; the entities stay registered, and show that they cannot be reached."""
        lives = [life for life in self._lives.values() if life.entry_id == entry_id]
        await asyncio.gather(*(life.say_goodbye() for life in lives if life.alive))
        for life in lives:
            self._end(life, stays_registered=True)
            self._lives.pop(life.registry_id, None)
        self._unpolled.discard(entry_id)
        for key in [key for key in self._gates if key[0] == entry_id]:
            del self._gates[key]

    def _gate(self, entry_id: EntryId, description: EntityDescription[Any]) -> AbstractAsyncContextManager[Any]:
        if description.parallel <= 0:
            return NO_GATE
        key = (entry_id, description.domain, description.parallel)
        return self._gates.setdefault(key, asyncio.Semaphore(description.parallel))

    def _register_device(self, plugin: PluginDomain, entry: Entry, info: DeviceInfo) -> DeviceEntry:
        return self._registries.devices.register(
            entry.entry_id,
            identifiers=info.identifiers,
            connections=info.connections,
            via_device=info.via_device,
            title=entry.title,
            name=self._names.of_device(plugin, info),
            manufacturer=info.manufacturer,
            model=info.model,
            model_id=info.model_id,
            sw_version=info.sw_version,
            hw_version=info.hw_version,
            serial_number=info.serial_number,
            configuration_url=info.configuration_url,
            entry_type=info.entry_type,
            suggested_area=info.suggested_area,
            original_place=info.place,
            original_subject=info.subject,
        )

    def _register(
        self, plugin: PluginDomain, entry: Entry, said: EntityDescription[Any], device: DeviceEntry | None
    ) -> EntityEntry:
        name = self._names.of_entity(plugin, said)
        wanted = object_id(name, said.has_entity_name, device, f"{plugin} {said.unique_id}")
        disabler = EntityDisabler.DEVICE if device is not None and device.disabled else None
        if not said.enabled_default or entry.pref_disable_new_entities:
            disabler = EntityDisabler.INTEGRATION
        known = self._registries.entities.by_key(said.domain, plugin, said.unique_id)
        shown = said.adapted({} if known is None else known.options, self.unit_system)
        return self._registries.entities.register(
            said.domain,
            plugin,
            said.unique_id,
            object_id=said.suggested_object_id or wanted,
            disabled_by=disabler,
            hidden_by=None if said.visible_default else EntityHider.INTEGRATION,
            initial_options=shown.initial_options(),
            config_entry_id=entry.entry_id,
            device_id=None if device is None else device.id,
            original_name=name,
            original_icon=said.icon,
            original_device_class=said.device_class,
            original_place=said.place,
            original_subject=said.subject,
            entity_category=None if said.entity_category is None else said.entity_category.value,
            has_entity_name=said.has_entity_name,
            translation_key=said.translation_key,
            unit_of_measurement=shown.unit_of_measurement,
            capabilities=shown.capabilities() or None,
            supported_features=said.supported_features or 0,
        )

    def redefine(self, life: EntityLife) -> None:
        """What its plugin says of an entity has changed: so does its row."""
        said = life.description
        shown = said.adapted(life.row.options, self.unit_system)
        life.row = self._registries.entities.redefine(
            life.registry_id,
            original_name=self._names.of_entity(life.plugin, said),
            original_icon=said.icon,
            original_device_class=said.device_class,
            entity_category=None if said.entity_category is None else said.entity_category.value,
            translation_key=said.translation_key,
            unit_of_measurement=shown.unit_of_measurement,
            capabilities=shown.capabilities() or None,
            supported_features=said.supported_features or 0,
        )

    # lives -----------------------------------------------------------------------------------------------------------

    def live(self, entity_id: str) -> EntityLife | None:
        """The entity of that name, if it lives."""
        return self._by_entity_id.get(entity_id)

    def is_guarded(self, entity_id: str) -> bool:
        """Whether a lock, panel, door release or siren of that name lives."""
        life = self._by_entity_id.get(entity_id)
        return life is not None and life.guarded

    def live_in(self, domain: str) -> Iterable[EntityLife]:
        """Those that live in an entity domain."""
        return list(self._by_domain.get(domain, {}).values())

    async def poll(self, entity_id: str) -> None:
        """Ask an entity's device now; returns when it has answered. Nothing for one that is not polled."""
        life = self._by_entity_id.get(entity_id)
        if life is not None:
            await life.poll_now()

    def __len__(self) -> int:
        return len(self._by_entity_id)

    def row(self, registry_id: RegistryId) -> EntityEntry | None:
        """The registry's row, or None."""
        return self._registries.entities.get(registry_id)

    def device(self, row: EntityEntry) -> DeviceEntry | None:
        """The device of a row, or None."""
        return None if row.device_id is None else self._registries.devices.get(row.device_id)

    def restore_states(self) -> None:
        """Before anything is set up: every registered entity shows that it is known and cannot be reached."""
        for row in self._registries.entities.all():
            if row.disabled_by is None and row.id not in self._lives:
                self._park(row)

    def _park(self, row: EntityEntry) -> None:
        slot = self.states.slot(row.entity_id)
        if slot.state is not None:
            return
        slot.owner = row.platform
        park(self.states, slot, registered(row, self.device(row)))
        slot.doubts = self.last_states.doubts_of(row.id) or slot.doubts

    def _doubts_of_parked(self, registry_id: RegistryId) -> tuple[Doubt, ...] | None:
        row = self._registries.entities.get(registry_id)
        if row is None or self.states.get(row.entity_id) is None:
            return None
        return self.states.doubts(row.entity_id)

    def _begin(self, life: EntityLife) -> None:
        self._by_entity_id[life.entity_id] = life
        self._by_domain.setdefault(life.domain, {})[life.registry_id] = life
        life.begin(polls=life.entry_id not in self._unpolled)
        if life.keys is not None and self._key_timer is None:
            self._key_timer = self.clock.call_later(ROTATE_EVERY_S, self._rotate_keys)

    def _end(self, life: EntityLife, *, stays_registered: bool) -> None:
        if not life.alive:
            return
        del self._by_entity_id[life.entity_id]
        del self._by_domain[life.domain][life.registry_id]
        life.end(stays_registered=stays_registered)

    # pictures --------------------------------------------------------------------------------------------------------

    def void_keys(self, entity_id: str | None = None) -> None:
        """Somebody's right has ended: no key that was shown opens the picture any more, of all or of one entity."""
        for life in list(self._by_entity_id.values()) if entity_id is None else [self._by_entity_id.get(entity_id)]:
            if life is not None:
                life.change_keys(at_once=True)

    def _rotate_keys(self) -> None:
        self._key_timer = None
        lives = [life for life in self._by_entity_id.values() if life.keys is not None]
        for life in lives:
            life.change_keys(at_once=False)
        if lives:
            self._key_timer = self.clock.call_later(ROTATE_EVERY_S, self._rotate_keys)

    # following the registry ------------------------------------------------------------------------------------------

    def _row_changed(self, old: EntityEntry | None, new: EntityEntry | None) -> None:
        row = old or new
        life = None if row is None else self._lives.get(row.id)
        if life is None:
            self._parked_changed(old, new)
        elif new is None:
            if life.alive:
                self._spawn(life.say_goodbye())
            self._end(life, stays_registered=False)
            self._lives.pop(life.registry_id, None)
            self.last_states.forget(life.registry_id)
        elif life.alive and new.disabled_by is not None:
            self._spawn(life.say_goodbye())
            self._end(life, stays_registered=False)
            life.row = new
        elif not life.alive:
            life.row = new
            if new.disabled_by is None:
                self._begin(life)
        elif new != life.row:
            self._by_entity_id.pop(life.entity_id, None)
            self._by_entity_id[new.entity_id] = life
            life.follow(new)

    def _parked_changed(self, old: EntityEntry | None, new: EntityEntry | None) -> None:
        """An entity that does not live: only its name and whether it is shown at all matter."""
        if old is None:
            return
        slot = self.states.slot(old.entity_id)
        if new is None:
            self.states.release(slot)
            self.last_states.forget(old.id)
        elif new.disabled_by is not None:
            self.states.release(slot)
        elif old.disabled_by is not None:
            self._park(new)
        elif slot.state is None:
            self.states.release(slot)
        else:
            if old.entity_id != new.entity_id:
                slot = move(self.states, slot, new.entity_id)
            park(self.states, slot, registered(new, self.device(new)))

    def _device_changed(self, old: DeviceEntry | None, new: DeviceEntry | None) -> None:
        if old is None or new is None or old.shown_name == new.shown_name:
            return
        for row in self._registries.entities.by_device(new.id):
            life = self._lives.get(row.id)
            if life is not None:
                life.follow(row)
            else:
                self._parked_changed(row, row)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name=CORE_TASK)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _entry_of(ctx: Door) -> Entry:
    if ctx.entry is None:
        raise ContractError(f"{ctx.domain} adds entities in linli_setup; do it in linli_setup_entry")
    return ctx.entry
