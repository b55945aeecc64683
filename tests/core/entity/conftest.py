"""A home on simulated time, in a folder of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.entity.home import Door, Home
from linli.clock import SimulatedClock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
async def home(folder: Path, clock: SimulatedClock) -> AsyncIterator[Home]:
    home = await Home.open(folder, clock)
    yield home
    await home.stop()


@pytest.fixture
async def door(home: Home) -> Door:
    return await home.door()
