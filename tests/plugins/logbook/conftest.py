"""A flat with rules and a past, and one next door."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from house import Client, House, free_port, lived_in
from linli.ids import PlaceId
from linli.testing.hub import Deployment

YAML = """
linli: {{name: House, language: en, time_zone: Asia/Shanghai, trusted: [{trusted}]}}
http: {{port: {port}}}
api: {{}}
home: {{}}
recorder: {{}}
logbook: {{}}
bell: {{}}
helpers:
  input_boolean:
    ours: {{name: Ours, icon: mdi:sofa}}
    theirs: {{name: Theirs}}
automation:
- id: lamp
  alias: Lamp follows
  triggers: [{{trigger: state, entity_id: sensor.door}}]
  actions: [{{action: input_boolean.turn_on, target: {{entity_id: input_boolean.ours}}}}]
script:
  evening: {{alias: Evening, sequence: [{{action: input_boolean.turn_off, target: {{entity_id: input_boolean.ours}}}}]}}
"""
BELL = '''
    """Rings, and says so in the logbook."""
    import voluptuous as vol
    from linli import Capabilities, Manifest, hookimpl
    from linli_logbook.api import Described

    MANIFEST = Manifest(
        domain="bell", layer="perception", requires=("logbook",), capabilities=Capabilities(fires=("rang",))
    )
    CONFIG = vol.Schema({})

    @hookimpl
    def logbook_described():
        return [Described("rang", "bell", {"en": "rang {times} times", "zh-Hans": "响了{times}次"}, name="who")]
'''
OURS, THEIRS = "input_boolean.ours", "input_boolean.theirs"
FLAT, OTHER_FLAT = PlaceId("flat_1"), PlaceId("flat_2")


@pytest.fixture
async def house(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """A parameter says which plugins are trusted; the bell, if none does."""
    port = free_port()
    yaml = YAML.format(port=port, trusted=getattr(request, "param", "bell"))
    deployment = Deployment(tmp_path, yaml).drop_in("bell", BELL)
    async with lived_in(deployment, port) as house:
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
