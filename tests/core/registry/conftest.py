"""Registries on simulated time."""

from collections.abc import AsyncIterator

import pytest

from core.registry.rooms import Disk, Entries, Rooms
from linli.clock import SimulatedClock
from linli.registry import Registries


@pytest.fixture
async def rooms(clock: SimulatedClock) -> AsyncIterator[Rooms]:
    entries = Entries()
    entries.set("e1")
    entries.set("e2")
    rooms = Rooms(clock, Disk(), entries)
    yield rooms
    rooms.disk.full = False
    await rooms.registries.close()


@pytest.fixture
def registries(rooms: Rooms) -> Registries:
    return rooms.registries
