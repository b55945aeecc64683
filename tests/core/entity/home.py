"""A home without plugins: storage, entries, registries and platforms as the hub builds them, and two entity domains."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from linli.bus import EventBus
from linli.clock import Clock
from linli.entity import (
    NO_ATTRIBUTES,
    Command,
    EntityDescription,
    EntityHandle,
    EntityPlatforms,
    Names,
    Rendered,
    given,
)
from linli.entries import ConfigEntries, ConfigEntry, EntryHooks, EntryVersion
from linli.ids import PluginDomain
from linli.ledger import Ledger
from linli.plugin.nursery import Nursery
from linli.registry import Registries
from linli.settings import UnitSystem
from linli.states import State, StateStore
from linli.storage import Storage

DEMO = PluginDomain("demo")
TEXTS = {
    ("demo", "entity.gauge.outside.name"): "室外 {side}",
    ("demo", "device.box.name"): "盒子 {number}",
    ("core", "entity_component.gauge.temperature.name"): "温度",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Lamp(EntityDescription[bool]):
    """On or off."""

    domain: ClassVar[str] = "lamp"
    turn_on: Command | None = None

    def render(self, reading: bool) -> Rendered:
        return ("on" if reading else "off"), NO_ATTRIBUTES

    def commands(self) -> Mapping[str, Command]:
        return given(turn_on=self.turn_on)


@dataclass(frozen=True, kw_only=True, eq=False)
class Gauge(EntityDescription[float]):
    """A number, shown in °F to who wants it; ``trend`` changes with it."""

    domain: ClassVar[str] = "gauge"
    named_by_device_class: ClassVar[bool] = True
    fahrenheit: bool = False

    def render(self, reading: float) -> Rendered:
        shown = reading * 9 / 5 + 32 if self.fahrenheit else reading
        return f"{shown:g}", {"trend": "up" if reading > 20 else "down"}

    def capabilities(self) -> dict[str, Any]:
        return {"state_class": "measurement"}

    def adapted(
        self, options: Mapping[str, Mapping[str, Any]], system: UnitSystem = UnitSystem.METRIC
    ) -> EntityDescription[float]:
        if options.get("gauge", {}).get("unit_of_measurement") != "°F":
            return self
        return replace(self, fahrenheit=True, unit_of_measurement="°F")


class Door:
    """What a plugin holds, reduced to what entities need."""

    def __init__(self, home: "Home", entry: ConfigEntry) -> None:
        self.domain = DEMO
        self.entry: ConfigEntry | None = entry
        self.nursery = Nursery(DEMO, home.clock, home.ledger)
        self._home = home

    def add(self, description: EntityDescription[Any]) -> EntityHandle[Any]:
        return self._home.platforms.add(self, description)


class Home:
    """The rooms of one hub; ``doors`` are those of the loaded entries by unique id."""

    def __init__(self, clock: Clock, storage: Storage, ledger: Ledger, bus: EventBus, states: StateStore) -> None:
        self.clock, self.storage, self.ledger, self.bus, self.states = clock, storage, ledger, bus, states
        self.doors: dict[str, Door] = {}
        hooks = EntryHooks(self._set_up, self._unload, _never, lambda _: EntryVersion())
        self.entries = ConfigEntries(storage.documents, clock, ledger, hooks)
        self.registries = Registries(storage.documents, bus, clock, states, self.entries)
        self.platforms: EntityPlatforms

    @classmethod
    async def open(cls, folder: Path, clock: Clock) -> "Home":
        ledger = Ledger(clock)
        storage = await Storage.open(folder, clock=clock, ledger=ledger)
        bus = EventBus(clock, ledger)
        home = cls(clock, storage, ledger, bus, StateStore(clock, bus, ledger))
        await home.entries.load()
        await home.registries.load()
        names = Names(lambda plugin, key: TEXTS.get((plugin, key)))
        home.platforms = await EntityPlatforms.open(clock, home.states, ledger, home.registries, names, storage)
        home.entries.adopt(DEMO, [{"name": "main"}])
        home.platforms.restore_states()
        return home

    async def door(self, unique_id: str = "main") -> Door:
        """Set the entries up; the door of one of them."""
        await self.entries.set_up_domain(DEMO)
        return self.doors[unique_id]

    def state(self, entity_id: str) -> State:
        state = self.states.get(entity_id)
        assert state is not None, f"{entity_id} has no state"
        return state

    def shown(self, entity_id: str) -> str | None:
        state = self.states.get(entity_id)
        return None if state is None else state.state

    async def stop(self) -> None:
        await self.entries.unload_domain(DEMO)
        await self.platforms.close()
        await self.entries.close()
        await self.registries.close()
        await self.storage.close()

    async def kill(self) -> None:
        """Nothing that is still owed is written."""
        for door in self.doors.values():
            await door.nursery.close()
        await self.storage.close()

    async def _set_up(self, entry: ConfigEntry) -> None:
        self.doors[entry.unique_id] = Door(self, entry)

    async def _unload(self, entry: ConfigEntry) -> bool:
        door = self.doors.pop(entry.unique_id)
        await self.platforms.close_entry(entry.entry_id)
        await door.nursery.close()
        return True


async def _never(entry: ConfigEntry, version: int) -> None:
    raise AssertionError("nothing is migrated here")
