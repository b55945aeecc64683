"""The picture of a camera over the API: who may see it, by which key, and what is answered to whom."""

import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from linli.auth import COMMAND_ACTOR
from linli.clock import RealClock
from linli.ids import EntityId
from linli.testing.hub import Deployment, running_hub

from .conftest import FLAT, OTHER_FLAT, House

EYES = """
import voluptuous as vol
from linli import Capabilities, Manifest, hookimpl
from linli_home.api import Camera, CameraReading

CAN = Capabilities(entities=("camera",))
MANIFEST = Manifest(domain="eyes", layer="perception", requires=("home",), capabilities=CAN)
CONFIG = vol.Schema({})

async def picture(width, height):
    return f"{width}x{height}".encode(), "image/test"

async def broken(width, height):
    raise RuntimeError("no eye")

@hookimpl
def linli_setup_entry(ctx, entry):
    def add(name, take, **reading):
        camera = Camera(unique_id=name, name=name, has_entity_name=False, picture=take)
        ctx.entities.add(camera).write(CameraReading(**reading))
    add("door", picture)
    add("yard", picture)
    add("off", picture, on=False)
    add("broken", broken)
    add("blind", None)
"""
YAML = """
linli: {{trusted: [eyes], allowlist_external_dirs: [{shared}]}}
http: {{port: {port}}}
api: {{}}
home: {{}}
helpers: {{input_boolean: {{lamp: }}}}
eyes: {{}}
"""
PROXY = "/api/camera_proxy/"


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[House]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    (tmp_path / "shared").mkdir()
    deployment = Deployment(tmp_path, YAML.format(port=port, shared=tmp_path / "shared")).drop_in("eyes", EYES)
    async with contextlib.AsyncExitStack() as stack:
        hub = await stack.enter_async_context(running_hub(deployment, clock=RealClock()))
        await hub.rooms.registries.entities.update("camera.door", place=FLAT)
        await hub.rooms.registries.entities.update("camera.yard", place=OTHER_FLAT)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield House(hub, f"http://127.0.0.1:{port}", session, stack)


def shown(house: House, entity_id: str) -> dict[str, Any]:
    state = house.hub.rooms.states.get(entity_id)
    assert state is not None
    return dict(state.attributes)


async def test_the_address_in_the_attributes_opens_the_picture_without_a_header(watched: House) -> None:
    attributes = shown(watched, "camera.door")
    assert attributes["entity_picture"] == f"{PROXY}camera.door?token={attributes['access_token']}"
    assert await watched.rest("GET", attributes["entity_picture"]) == (200, "NonexNone")
    assert await watched.rest("GET", f"{attributes['entity_picture']}&width=320&height=240") == (200, "320x240")
    assert "entity_picture" not in shown(watched, "camera.blind")


async def test_who_comes_without_a_good_key_learns_of_no_camera(watched: House) -> None:
    _, admin = await watched.user("owner", "admin")
    key = shown(watched, "camera.door")["access_token"]
    door, yard = f"{PROXY}camera.door", f"{PROXY}camera.yard"
    for path, token, status in (
        (door, None, 404),
        (f"{door}?token=wrong", None, 404),
        (f"{yard}?token={key}", None, 404),
        (door, "wrong", 404),
        (f"{door}?token=wrong", admin, 200),
        (f"{PROXY}camera.nobody", None, 404),
        (f"{PROXY}input_boolean.lamp", admin, 404),
        (f"{PROXY}camera.off", admin, 503),
        (f"{PROXY}camera.blind", admin, 503),
        (f"{PROXY}camera.broken", admin, 500),
        (f"{door}?width=wide", admin, 400),
        (f"{door}?width=-1", admin, 400),
        (f"{door}?height=100000", admin, 400),
    ):
        assert (await watched.rest("GET", path, token))[0] == status, path


async def test_a_reader_opens_no_camera_that_is_not_theirs_to_see(watched: House) -> None:
    _, li = await watched.user("li", "resident", FLAT)
    assert (await watched.rest("GET", f"{PROXY}camera.door", li))[0] == 200
    assert await watched.rest("GET", f"{PROXY}camera.yard", li) == (404, "404: Not Found")
    key = shown(watched, "camera.yard")["access_token"]
    assert (await watched.rest("GET", f"{PROXY}camera.yard?token={key}", li))[0] == 404


async def test_a_key_ends_with_the_right_of_anybody_who_may_have_read_it(watched: House) -> None:
    user, _ = await watched.user("li", "resident", FLAT)
    before = shown(watched, "camera.door")["entity_picture"]
    assert (await watched.rest("GET", before))[0] == 200
    await watched.hub.rooms.auth.users.update(user.id, {"role": "read-only"}, actor=COMMAND_ACTOR)
    assert (await watched.rest("GET", before))[0] == 404
    moved = shown(watched, "camera.door")["entity_picture"]
    assert (await watched.rest("GET", moved))[0] == 200
    await watched.hub.rooms.registries.entities.update("camera.door", place=OTHER_FLAT)
    assert (await watched.rest("GET", moved))[0] == 404
    for token in await watched.hub.rooms.auth.tokens.of_user(user.id):
        last = shown(watched, "camera.door")["entity_picture"]
        await watched.hub.rooms.auth.tokens.revoke(token.id, actor=COMMAND_ACTOR)
        assert (await watched.rest("GET", last))[0] == 404


async def test_a_snapshot_is_kept_where_the_deployment_allows_it(watched: House, tmp_path: Path) -> None:
    _, admin = await watched.user("owner", "admin")
    snapshot = "/api/services/camera/snapshot"
    own = {"entity_id": "camera.door", "filename": "{{ entity_id.name }}/now.test"}
    assert (await watched.rest("POST", snapshot, admin, json=own))[0] == 200
    assert (tmp_path / "data" / "snapshots" / "door" / "now.test").read_bytes() == b"NonexNone"
    shared = {"entity_id": ["camera.door", "camera.yard"], "filename": f"{tmp_path}/shared/{{{{ entity_id.name }}}}"}
    assert (await watched.rest("POST", snapshot, admin, json=shared))[0] == 200
    assert {path.name for path in (tmp_path / "shared").iterdir()} == {"door", "yard"}
    (tmp_path / "shared" / "link").symlink_to(tmp_path)
    for name in (f"{tmp_path}/out", "../out", f"{tmp_path}/shared/link/out", "", "a/"):
        refused = await watched.rest("POST", snapshot, admin, json={"entity_id": "camera.door", "filename": name})
        assert refused[0] == 400, name
    assert not (tmp_path / "out").exists()
    _, config = await watched.rest("GET", "/api/config", admin)
    assert config["allowlist_external_dirs"] == [str(tmp_path / "shared")]


async def test_a_snapshot_of_anothers_camera_is_not_taken(watched: House, tmp_path: Path) -> None:
    _, li = await watched.user("li", "resident", FLAT)
    data = {"entity_id": "all", "filename": "{{ entity_id.name }}.test"}
    await watched.rest("POST", "/api/services/camera/snapshot", li, json=data)
    kept = tmp_path / "data" / "snapshots"
    assert not (kept / "yard.test").exists()


async def test_players_here_have_nothing_to_browse(watched: House) -> None:
    client = await watched.connect((await watched.user("owner", "admin"))[1])
    watched.hub.rooms.states.set(EntityId("media_player.radio"), "idle", {})
    answer = await client.ask("media_player/browse_media", entity_id="media_player.radio")
    assert answer["error"] == {"code": "not_supported", "message": "Player does not support browsing media"}
    assert await client.code("media_player/browse_media", entity_id="media_player.nobody") == "entity_not_found"
