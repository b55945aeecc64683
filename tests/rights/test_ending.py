"""A right that ends, ends within a second at every door: socket, stream, signed path, camera key (SAFETY 16)."""

import asyncio
import contextlib
import json
import re
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from linli.auth import COMMAND_ACTOR
from rights.estate import FLATS, Estate, Line

End = Callable[[Estate, str], Awaitable[object]]


async def _leaves(estate: Estate, who: str) -> object:
    return await estate.hub.rooms.auth.users.update(estate.users[who].id, {"places": []}, actor=COMMAND_ACTOR)


async def _deactivated(estate: Estate, who: str) -> object:
    return await estate.hub.rooms.auth.users.update(estate.users[who].id, {"is_active": False}, actor=COMMAND_ACTOR)


async def _removed(estate: Estate, who: str) -> object:
    return await estate.hub.rooms.auth.users.remove(estate.users[who].id, actor=COMMAND_ACTOR)


async def _revoked(estate: Estate, who: str) -> object:
    return await estate.hub.rooms.auth.tokens.revoke_all(estate.users[who].id, actor=COMMAND_ACTOR)


WAYS: dict[str, End] = {"leaves": _leaves, "deactivated": _deactivated, "removed": _removed, "revoked": _revoked}


async def closed(line: Line) -> list[str]:
    """What still came before the socket closed."""
    heard = []
    while True:
        message = await line.ws.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            return heard
        heard.append(message.data)


@pytest.mark.parametrize("way", WAYS)
async def test_every_door_of_a_resident_closes_within_a_second(estate: Estate, way: str) -> None:
    who, a = "resident of a", estate.ids["a"]
    line = await estate.connect(who)
    await line.ask("subscribe_entities")
    await line.ask("ping")
    signed = json.loads((await line.ask("auth/sign_path", {"path": f"/api/states/{a['light']}"})).raw)["result"]["path"]
    camera = estate.hub.rooms.states.get(a["camera"])
    assert camera is not None
    doors = {"token": f"/api/states/{a['light']}", "signed": signed, "camera key": camera.attributes["entity_picture"]}
    for door, path in doors.items():
        assert (await estate.rest(who if door == "token" else "nobody", "GET", path)).outcome == "ok", door
    line.heard.clear()
    async with asyncio.timeout(1):
        await WAYS[way](estate, who)
        line.heard += [await line.ws.receive_str()] if way == "leaves" else await closed(line)
        for door, path in doors.items():
            answer = await estate.rest(who if door == "token" else "nobody", "GET", path)
            assert answer.outcome in ("401", "not_found"), (door, answer)
    await estate.hub.rooms.services.call("input_boolean", "toggle", {"entity_id": a["helper"]})
    if way == "leaves":
        await line.ask("ping")
        gone = {*(a[kind] for kind in ("light", "sensor", "camera", "todo", "helper")), f"input_boolean.{a['kept']}"}
        assert [set(json.loads(raw)["event"]["r"]) for raw in line.heard] == [gone]
    for address in re.findall(r"/api/camera_proxy/[^\"]+", "".join(line.heard)):  # keys made anew on the way
        assert (await estate.rest("nobody", "GET", address)).outcome == "not_found"
    await line.ws.close()


async def test_a_camera_that_moves_away_takes_its_new_key_along(estate: Estate) -> None:
    line, camera = await estate.connect("resident of a"), estate.ids["a"]["camera"]
    await line.ask("subscribe_entities", {"entity_ids": [camera]})
    await line.ask("ping")
    line.heard.clear()
    await estate.hub.rooms.registries.entities.update(camera, place=FLATS["b"])
    await line.ask("ping")
    assert [json.loads(raw)["event"] for raw in line.heard] == [{"r": [camera]}]
    await line.ws.close()


@pytest.mark.parametrize("way", ["deactivated", "removed", "revoked"])
async def test_the_stream_of_an_administrator_ends_with_the_right_to_it(estate: Estate, way: str) -> None:
    await estate.add("second admin", "second", "admin", None)
    headers = {"Authorization": f"Bearer {estate.tokens['second admin']}"}
    async with estate.http.get(estate.url + "/api/stream?restrict=never", headers=headers) as stream:
        assert await stream.content.readline() == b"data: ping\n"
        async with asyncio.timeout(1):
            await WAYS[way](estate, "second admin")
            with contextlib.suppress(aiohttp.ClientPayloadError):  # it was cut off, not finished
                while await stream.content.readline():
                    pass


async def test_who_may_only_read_from_now_on_switches_nothing(estate: Estate) -> None:
    who, helper = "resident of a", estate.ids["a"]["helper"]
    line = await estate.connect(who)
    call = {"domain": "input_boolean", "service": "turn_on", "target": {"entity_id": helper}}
    await estate.hub.rooms.auth.users.update(estate.users[who].id, {"role": "read-only"}, actor=COMMAND_ACTOR)
    assert (await line.ask("call_service", call)).outcome != "ok"
    state = estate.hub.rooms.states.get(helper)
    assert state is not None
    assert state.state == "off"
    await line.ws.close()
