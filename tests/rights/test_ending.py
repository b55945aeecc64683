"""A right that ends, ends within a second at every door: socket, stream, signed path, camera key (SAFETY 16).

There is no camera stream yet; whoever adds one adds it to the doors here.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from linli.auth import COMMAND_ACTOR
from rights.estate import ABSENT, FLATS, Estate, Line
from rights.table import TABLE

End = Callable[[Estate, str], Awaitable[object]]
Cause = Callable[[Estate], Awaitable[object]]


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
    await WAYS[way](estate, who)
    async with asyncio.timeout(1):  # since it was committed
        line.heard += [await line.ws.receive_str()] if way == "leaves" else await closed(line)
        for door, path in doors.items():
            answer = await estate.rest(who if door == "token" else "nobody", "GET", path)
            assert answer.outcome in ("401", "not_found"), (door, answer)
    await estate.hub.rooms.services.call("input_boolean", "toggle", {"entity_id": a["helper"]})
    if way == "leaves":
        await line.ask("ping")
        gone = {
            *(a[kind] for kind in ("light", "sensor", "meter", "camera", "todo", "helper")),
            f"input_boolean.{a['kept']}",
        }
        assert [set(json.loads(raw)["event"]["r"]) for raw in line.heard] == [gone]
    for address in re.findall(r"/api/camera_proxy/[^\"]+", "".join(line.heard)):  # keys made anew on the way
        assert (await estate.rest("nobody", "GET", address)).outcome == "not_found"
    await line.ws.close()


async def test_a_camera_that_moves_away_takes_its_new_key_along(estate: Estate) -> None:
    line, camera = await estate.connect("resident of a"), estate.ids["a"]["camera"]
    await line.ask("subscribe_entities", {"entity_ids": [camera]})
    await line.ask("ping")
    line.heard.clear()
    shown = estate.hub.rooms.states.get(camera)
    assert shown is not None
    await estate.hub.rooms.registries.entities.update(camera, place=FLATS["b"])
    await line.ask("ping")
    assert [json.loads(raw)["event"] for raw in line.heard] == [{"r": [camera]}]
    assert (await estate.rest("nobody", "GET", shown.attributes["entity_picture"])).outcome == "not_found"
    await line.ws.close()


@pytest.mark.parametrize("way", ["deactivated", "removed", "revoked"])
async def test_the_stream_of_an_administrator_ends_with_the_right_to_it(estate: Estate, way: str) -> None:
    await estate.add("second admin", "second", "admin", None)
    headers = {"Authorization": f"Bearer {estate.tokens['second admin']}"}
    async with estate.http.get(estate.url + "/api/stream?restrict=never", headers=headers) as stream:
        assert await stream.content.readline() == b"data: ping\n"
        await WAYS[way](estate, "second admin")
        async with asyncio.timeout(1):
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


# whatever is followed on a socket ------------------------------------------------------------------------------------


async def _demoted(estate: Estate, who: str) -> object:
    changes = {"role": "resident", "places": [FLATS["a"]]}
    return await estate.hub.rooms.auth.users.update(estate.users[who].id, changes, actor=COMMAND_ACTOR)


async def _switch(estate: Estate) -> object:
    return await estate.hub.rooms.services.call("input_boolean", "toggle", {"entity_id": estate.ids["a"]["helper"]})


async def _do_a_chore(estate: Estate) -> object:
    state = estate.hub.rooms.states.get(estate.ids["a"]["todo"])
    assert state is not None
    return estate.hub.rooms.states.set(state.entity_id, f"{state.state}1", state.attributes)


async def _rename(estate: Estate) -> object:
    line = await estate.connect("admin")
    found = json.loads((await line.ask("input_boolean/list")).raw)["result"]
    name = next(each["name"] for each in found if each["id"] == estate.ids["a"]["kept"])
    answer = await line.ask("input_boolean/update", {"input_boolean_id": estate.ids["a"]["kept"], "name": f"{name}!"})
    assert answer.outcome == "ok"
    return await line.ws.close()


def _another(kind: str, **fields: object) -> Cause:
    """Another helper is made in flat A; only once it is there is it heard of."""

    async def cause(estate: Estate) -> object:
        line = await estate.connect("admin")
        made = await line.ask(f"{kind}/create", {"name": "Count", **fields})
        item_id = json.loads(made.raw)["result"]["id"]
        await estate.hub.rooms.registries.entities.update(f"{kind}.{item_id}", place=FLATS["a"])
        changed = await line.ask(f"{kind}/update", {f"{kind}_id": item_id, "name": "Counted", **fields})
        assert changed.outcome == "ok", changed.raw
        return await line.ws.close()

    return cause


HELPERS: dict[str, dict[str, object]] = {
    "counter": {}, "input_button": {}, "input_datetime": {"has_time": True}, "input_number": {"min": 0, "max": 9},
    "input_select": {"options": ["a"]}, "input_text": {}, "schedule": {}, "timer": {},
}  # fmt: skip
"""What each kind of helper needs beside its name; input_boolean has one already."""


async def _retitle(estate: Estate) -> object:
    (entry,) = estate.hub.rooms.entries.all("twins")
    return await estate.hub.rooms.entries.update(entry.entry_id, title=f"{entry.title}!")


@dataclass(frozen=True)
class Followed:
    """A command by which something is followed: with what, what makes it tell, and how the right to that ends."""

    fields: dict[str, Any]
    cause: Cause
    end: End = _leaves
    who: str = "resident of a"


FOLLOWED: dict[str, Followed] = {
    "subscribe_entities": Followed({}, _switch),
    "subscribe_events": Followed({"event_type": "state_changed"}, _switch),
    "render_template": Followed({"template": "{{ states('{helper}') }}"}, _switch),
    "history/stream": Followed({"start_time": "2020-01-01T00:00:00+00:00", "entity_ids": ["{helper}"]}, _switch),
    "logbook/event_stream": Followed({"start_time": "2020-01-01T00:00:00+00:00", "entity_ids": ["{helper}"]}, _switch),
    "todo/item/subscribe": Followed({"entity_id": "{todo}"}, _do_a_chore),
    "input_boolean/subscribe": Followed({}, _rename),
    **{f"{kind}/subscribe": Followed({}, _another(kind, **fields)) for kind, fields in HELPERS.items()},
    "config_entries/subscribe": Followed({}, _retitle, _demoted, "second admin"),
    "subscribe_trigger": Followed(
        {"trigger": {"trigger": "state", "entity_id": "{helper}"}}, _switch, _demoted, "second admin"
    ),
}
OWN = {"frontend/subscribe_user_data", "persistent_notification/subscribe"}
"""Tell a user of what is that user's own, which ends with the user alone: then the socket closes."""


async def told(line: Line) -> list[str]:
    """What has come since this was last asked, answers to other turns of the loop included."""
    for _ in range(3):
        await line.ask("ping")
    heard, line.heard[:] = list(line.heard), []
    return heard


@pytest.mark.parametrize("command", FOLLOWED)
async def test_whatever_is_followed_tells_nothing_after_the_right_to_it(estate: Estate, command: str) -> None:
    followed = FOLLOWED[command]
    if followed.who not in estate.users:
        await estate.add(followed.who, "second", "admin", None)
    line = await estate.connect(followed.who)
    assert (await line.ask(command, estate.aimed(followed.fields, "a"))).outcome == "ok"
    await told(line)
    await followed.cause(estate)
    async with asyncio.timeout(10):
        while not await told(line):  # a template is rendered in another process
            await asyncio.sleep(0.01)
    await followed.end(estate, followed.who)
    async with asyncio.timeout(1):
        parting = await told(line)
    if command == "subscribe_entities":
        assert all('"r":' in raw for raw in parting)
        assert parting
    await followed.cause(estate)
    await asyncio.sleep(0.8)  # some gather what they tell
    after = [raw for raw in await told(line) if json.loads(raw)["event"].get("result") != "unknown"]
    assert after == []
    await line.ws.close()


async def test_every_command_that_follows_something_is_among_these(estate: Estate) -> None:
    line, found = await estate.connect("admin"), set()
    for name, row in TABLE["commands"].items():
        answer = await line.ask(name, estate.aimed(row.get("send", {}), "a"))
        if (
            answer.outcome == "ok"
            and (await line.ask("unsubscribe_events", {"subscription": line.last_id})).outcome == "ok"
        ):
            found.add(name)
    assert found == {*FOLLOWED, *OWN}
    await line.ws.close()


async def test_what_moves_away_is_shown_by_no_address_that_was_signed_before(estate: Estate) -> None:
    line, a = await estate.connect("resident of a"), estate.ids["a"]
    paths = [f"/api/states/{a['light']}", f"/api/camera_proxy/{a['camera']}"]
    signed = [json.loads((await line.ask("auth/sign_path", {"path": path})).raw)["result"]["path"] for path in paths]
    for path in signed:
        assert (await estate.rest("nobody", "GET", path)).outcome == "ok"
    await estate.hub.rooms.registries.devices.update(a["device"], place=FLATS["b"])
    async with asyncio.timeout(1):
        for path in signed:
            assert (await estate.rest("nobody", "GET", path)).outcome == "not_found"
    await line.ws.close()


async def test_the_past_is_shown_by_no_address_that_was_signed_before(estate: Estate) -> None:
    who, helper = "resident of a", estate.ids["a"]["helper"]
    line = await estate.connect(who)
    signed = {}
    for entity_id in (helper, ABSENT["light"]):
        for path in (f"/api/history/period?filter_entity_id={entity_id}", f"/api/logbook?entity={entity_id}"):
            said = json.loads((await line.ask("auth/sign_path", {"path": path})).raw)["result"]["path"]
            signed[entity_id, path.split("/")[2].partition("?")[0]] = said
    await _switch(estate)
    for of in ("history", "logbook"):
        assert helper in (await estate.rest("nobody", "GET", signed[helper, of])).raw
    await _leaves(estate, who)
    async with asyncio.timeout(1):
        for of in ("history", "logbook"):
            now = await estate.rest("nobody", "GET", signed[helper, of])
            assert now == await estate.rest("nobody", "GET", signed[ABSENT["light"], of])
    await line.ws.close()


async def test_what_a_narrowed_token_opened_closes_with_it(estate: Estate) -> None:
    line = await estate.connect("screen")
    await line.ask("subscribe_entities")
    path = f"/api/states/{estate.ids['a']['light']}"
    signed = json.loads((await line.ask("auth/sign_path", {"path": path})).raw)["result"]["path"]
    token = json.loads((await line.ask("auth/refresh_tokens")).raw)["result"][0]["id"]
    await estate.hub.rooms.auth.tokens.revoke(token, actor=COMMAND_ACTOR)
    async with asyncio.timeout(1):
        await closed(line)
        assert (await estate.rest("nobody", "GET", signed)).outcome == "401"
        assert (await estate.rest("screen", "GET", path)).outcome == "401"
