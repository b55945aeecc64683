"""Config entries on simulated time, with a plugin that does what a test tells it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from core.registry.rooms import Disk
from linli.clock import SimulatedClock
from linli.entries import ConfigEntries, ConfigEntry, EntryChange, EntryHooks, EntryVersion
from linli.ids import PluginDomain
from linli.ledger import Ledger

DEMO = PluginDomain("demo")


class Plugin:
    """Notes what it is asked; ``troubles`` are raised by set-up one after the other, then it succeeds."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self.calls: list[tuple[str, str]] = []
        self.at: list[float] = []
        self.troubles: list[BaseException] = []
        self.takes = 0.0
        self.lets_go: bool | Exception = True
        self.version, self.minor = 1, 1
        self.migrated: Mapping[str, Any] | Exception | None = None
        self.at_once: dict[str, int] = {}
        self.most_at_once = 0

    async def set_up(self, entry: ConfigEntry) -> None:
        self.at.append(self._clock.monotonic())
        await self._work("set up", entry)
        if self.troubles:
            raise self.troubles.pop(0)

    async def unload(self, entry: ConfigEntry) -> bool:
        await self._work("unload", entry)
        if isinstance(self.lets_go, Exception):
            raise self.lets_go
        return self.lets_go

    async def migrate(self, entry: ConfigEntry, version: EntryVersion) -> Mapping[str, Any] | None:
        self.calls.append((f"migrate to {version.major}.{version.minor}", entry.unique_id))
        if isinstance(self.migrated, Exception):
            raise self.migrated
        return self.migrated

    async def _work(self, what: str, entry: ConfigEntry) -> None:
        self.calls.append((what, entry.unique_id))
        mine = self.at_once[entry.unique_id] = self.at_once.get(entry.unique_id, 0) + 1
        self.most_at_once = max(self.most_at_once, mine)
        try:
            await self._clock.sleep(self.takes)
        finally:
            self.at_once[entry.unique_id] -= 1


class House:
    """The entries of one hub, and what happened to them."""

    def __init__(self, clock: SimulatedClock, disk: Disk) -> None:
        self.clock, self.disk = clock, disk
        self.ledger = Ledger(clock)
        self.plugin = Plugin(clock)
        self.entries = ConfigEntries(
            disk,
            clock,
            self.ledger,
            EntryHooks(self.plugin.set_up, self.plugin.unload, self.plugin.migrate, self._version_of),
        )
        self.changes: list[EntryChange] = []
        self.entries.watch(self.changes.append)

    def _version_of(self, domain: PluginDomain) -> EntryVersion:
        return EntryVersion(self.plugin.version, self.plugin.minor)

    async def again(self) -> "House":
        """The hub was killed: another begins on what the disk has."""
        house = House(self.clock, self.disk)
        await house.entries.load()
        return house

    async def make(self, unique_id: str = "a", **data: Any) -> ConfigEntry:
        return await self.entries.create(DEMO, unique_id, title=unique_id.upper(), data=data)

    def states_told(self) -> list[str]:
        return [change.entry.state.value for change in self.changes]


@pytest.fixture
async def house(clock: SimulatedClock):
    house = House(clock, Disk())
    await house.entries.set_up_domain(DEMO)
    yield house
    house.plugin.takes = 0
    await house.entries.close()
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("core:")]
