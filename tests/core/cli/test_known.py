"""What a hub kept in its data folder is known to the check; what cannot be read is no mistake of the deployment."""

import asyncio
from pathlib import Path

import pytest

from linli.cli.known import known_names
from linli.storage.folder import DataFolder, Instance
from linli.testing import Deployment, running_hub

BELL = '''
    """Bell: names entities, areas and a role."""
    import voluptuous as vol
    from linli import Manifest, schema as sv

    MANIFEST = Manifest(domain="bell", layer="application")
    CONFIG = vol.Schema({
        vol.Optional("lamps", default=[]): sv.list_of(sv.entity_id()),
        vol.Optional("room"): sv.area_id,
        vol.Optional("who"): sv.reference("role"),
    })
'''


@pytest.fixture
def home(tmp_path: Path):
    def write(bell: str) -> Deployment:
        return Deployment(tmp_path, f"linli: {{trusted: [bell]}}\ndemo: {{}}\nbell: {bell}").drop_in("bell", BELL)

    return write


def test_a_mistyped_entity_is_a_warning_and_a_mistyped_role_an_error(linli, home):
    said = linli("check", home("{lamps: [light.living_room_lmap], who: residnet}").folder)
    assert said.code == 1
    lamp, role, count = said.complaints
    assert lamp.endswith('no entity "light.living_room_lmap" is known yet (did you mean "light.living_room_lamp"?)')
    assert role.endswith('there is no role "residnet" (did you mean "resident"?)')
    assert count == "1 error, 1 warning."


def test_a_good_deployment_has_no_line_before_and_after_it_ran(linli, home):
    deployment = home("{lamps: [light.living_room_lamp, event.doorbell], who: resident}")

    async def once() -> str:
        async with running_hub(deployment) as hub:
            return next(hub.rooms.registries.areas.all()).id

    room = asyncio.run(once())
    assert linli("check", deployment.folder, "--data", deployment.data).complaints == []
    deployment = home(f"{{room: {room}, lamps: [light.living_room_lamp]}}")
    assert linli("check", deployment.folder, "--data", deployment.data).complaints == []
    said = linli("check", home("{room: cellar}").folder, "--data", deployment.data)
    assert (said.code, said.complaints[0].split(": ")[-1]) == (0, 'no area "cellar" is known yet')
    assert linli("check", deployment.folder).complaints == [], "another folder says nothing of areas"


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0 and then nothing", b"x" * 9000])
def test_a_store_that_cannot_be_read_is_not_the_deployments_mistake(tmp_path, content):
    (tmp_path / "hub.db").write_bytes(content)
    known = known_names(tmp_path)
    assert (known("entity"), known("area")) == (None, None)
    assert known("role") is not None


def test_a_folder_in_which_only_a_user_was_added_says_nothing_of_entities(linli, tmp_path):
    linli("user", "add", "anna", "--role", "admin", "--data", tmp_path, typed="\n")
    assert known_names(tmp_path)("entity") is None


@pytest.mark.server_only
@pytest.mark.parametrize("address", ["postgresql://linli@127.0.0.1:1/linli", "EMPTY"])
def test_a_server_that_is_away_or_empty_is_not_the_deployments_mistake(tmp_path, address, on_database):
    url = address.replace("EMPTY", str(on_database.url(tmp_path)))
    DataFolder(tmp_path).write_instance(Instance("x", None, url))
    known = known_names(tmp_path)
    assert (known("entity"), known("area")) == (None, None)
    assert known("role") is not None
    assert on_database.rows(tmp_path, "public", "SELECT 1 FROM pg_namespace WHERE nspname = 'hub'") == []
