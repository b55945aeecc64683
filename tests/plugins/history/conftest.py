"""A flat whose past is recorded, and one next door."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from house import Client, House, free_port, lived_in
from linli.ids import PlaceId
from linli.testing.hub import Deployment

YAML = """
linli: {{name: House, language: en, time_zone: Asia/Shanghai}}
http: {{port: {port}}}
api: {{}}
home: {{}}
recorder: {{}}
history: {{}}
helpers:
  input_boolean:
    ours: {{name: Ours, icon: mdi:sofa}}
    theirs: {{name: Theirs}}
"""
OURS, THEIRS = "input_boolean.ours", "input_boolean.theirs"
FLAT, OTHER_FLAT = PlaceId("flat_1"), PlaceId("flat_2")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    port = free_port()
    async with lived_in(Deployment(tmp_path, YAML.format(port=port)), port) as house:
        entities = house.hub.rooms.registries.entities
        await entities.update(OURS, place=FLAT)
        await entities.update(THEIRS, place=OTHER_FLAT)
        yield house


@pytest.fixture
async def admin(house: House) -> Client:
    return await house.connect((await house.user("owner", "admin"))[1])


@pytest.fixture
async def resident(house: House) -> Client:
    """Somebody of flat 1."""
    return await house.connect((await house.user("li", "resident", FLAT))[1])
