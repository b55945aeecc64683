"""What clients are told while the hub's own storage fails: 503 with a code and a sentence, and when to come again."""

import contextlib
import sqlite3
from decimal import Decimal
from typing import Any

import pytest

from linli.auth import COMMAND_ACTOR
from linli.context import Context
from linli.ids import EntityId, PluginDomain
from linli.jsonbytes import MOST_SENT_DEPTH
from linli.services import Service, ServiceAccess, ServiceCall, SupportsResponse
from linli.storage import Database, DatabaseFull

from .conftest import FLAT, OURS, Client, House

CLIENT = "http://127.0.0.1/"
START = {"client_id": CLIENT, "handler": ["homeassistant", None], "redirect_uri": CLIENT}


async def set_pragma(database: Database, pragma: str) -> None:
    """On the connection that writes."""
    await database.maintain(lambda found: found.connection.driver_connection.execute(f"PRAGMA {pragma}"))


async def fill(database: Database) -> None:
    """Let the database grow no more, and use up what room its pages have left."""
    await set_pragma(database, "max_page_count=1")
    for size in (4000, 100, 1):
        details = {"room": "x" * size}
        with contextlib.suppress(DatabaseFull):
            while True:
                await database.transaction(
                    lambda tx, details=details: tx.journal("disk.filled", actor=COMMAND_ACTOR, details=details)
                )


async def log_in(house: House) -> tuple[int, Any]:
    """The form as far as it leads: status and body."""
    _, form = await house.rest("POST", "/auth/login_flow", json=START)
    filled = {"client_id": CLIENT, "username": "owner", "password": "a good password"}
    return await house.rest("POST", f"/auth/login_flow/{form['flow_id']}", json=filled)


async def exchange(house: House, code: str) -> tuple[int, Any, str]:
    """The token endpoint's answer to a code, with its Retry-After."""
    form = {"grant_type": "authorization_code", "code": code, "client_id": CLIENT}
    async with house.session.post(house.url + "/auth/token", data=form) as answer:
        return answer.status, await answer.json(), answer.headers.get("Retry-After", "")


async def owner(house: House) -> str:
    """The token of an owner who can log in."""
    user, token = await house.user("owner", "admin")
    await house.hub.rooms.auth.set_password(user.id, "a good password", actor=COMMAND_ACTOR)
    return token


@pytest.mark.sqlite_only
async def test_a_full_disk_lets_nobody_log_in_and_says_so(house: House) -> None:
    await owner(house)
    await fill(house.hub.rooms.storage.safety)
    status, entry = await log_in(house)
    assert (status, entry["type"]) == (200, "create_entry")
    status, said, again = await exchange(house, entry["result"])
    assert (status, said["code"], again) == (503, "database_full", "30")
    assert "sqlite" not in said["message"].lower()


@pytest.mark.sqlite_only
async def test_a_database_that_somebody_holds_is_worth_another_try_soon(house: House) -> None:
    await owner(house)
    safety = house.hub.rooms.storage.safety
    await set_pragma(safety, "busy_timeout=1")
    _, entry = await log_in(house)
    holder = sqlite3.connect(house.hub.rooms.storage.folder.path / "safety.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        status, said, again = await exchange(house, entry["result"])
    finally:
        holder.close()
    assert (status, said["code"], again) == (503, "database_busy", "1")


async def test_while_the_store_of_users_is_away_log_in_is_closed_and_who_is_in_stays(house: House) -> None:
    token = await owner(house)
    assert (await house.rest("GET", "/api/", token))[0] == 200
    await house.hub.rooms.storage.safety.close()
    status, said = await log_in(house)
    assert (status, said["code"]) == (503, "logins_closed")
    status, said = await house.rest("GET", "/api/", token="A" * 20)
    assert status == 401
    assert (await house.rest("GET", "/api/", token))[0] == 200


async def test_what_must_be_journaled_is_not_done_without_the_journal(house: House) -> None:
    token = await owner(house)
    assert (await house.rest("GET", "/api/", token))[0] == 200
    await house.hub.rooms.storage.safety.close()
    path = "/api/states/input_boolean.ours"
    before = await house.rest("GET", path, token)
    status, said = await house.rest("POST", path, token, json={"state": "on"})
    assert (status, said["code"]) == (503, "database_closed")
    assert await house.rest("GET", path, token) == before


async def test_a_service_that_meets_failing_storage_is_no_bad_request(house: House) -> None:
    token = await owner(house)
    rooms = house.hub.rooms

    async def keep(call: ServiceCall) -> None:
        await rooms.storage.hub.transaction(lambda tx: None)

    owned, anyone = PluginDomain("made_up"), ServiceAccess.ANYONE
    rooms.services.register(
        Service("made_up", "keep", owned, keep, None, SupportsResponse.NONE, anyone, target=None, within=None)
    )
    assert (await house.rest("POST", "/api/services/made_up/keep", token))[0] == 200
    await rooms.storage.hub.close()
    status, said = await house.rest("POST", "/api/services/made_up/keep", token)
    assert (status, said["code"]) == (503, "database_closed")


@pytest.mark.sqlite_only
async def test_no_answer_says_where_the_hub_keeps_its_files_and_the_log_does(
    house: House, admin: Client, caplog: pytest.LogCaptureFixture
) -> None:
    storage = house.hub.rooms.storage
    await fill(storage.safety)
    said = [await admin.ask("config/auth/create", name="x", group_ids=["system-users"])]
    await storage.hub.close()
    said.append(await admin.ask("config/area_registry/create", name="Hall"))
    assert [answer["error"]["code"] for answer in said] == ["database_full", "database_closed"]
    assert "safety" not in str(said)
    assert str(storage.folder.path) not in str(said)
    logged = [record.getMessage() for record in caplog.records if record.name == "linli.storage.database"]
    assert f"no space is left for safety ({storage.folder.path / 'safety.db'})" in logged


ODD = {"half": "\ud800", "step": Decimal("0.5"), "most": 2**70}
"""What a plugin writes out of a message that is no text, a number of its own kind, or a counter."""


async def test_one_state_that_json_cannot_write_takes_nobodys_screen_away(house: House) -> None:
    states, ledger = house.hub.rooms.states, house.hub.rooms.ledger
    _, token = await house.user("owner", "admin")
    owner, resident = await house.connect(token), await house.connect((await house.user("li", "resident", FLAT))[1])
    for client in (owner, resident):
        await client.result("subscribe_entities")
        await client.event()
    follower = await house.connect(token)
    await follower.result("subscribe_events", event_type="state_changed")
    states.slot(EntityId(OURS)).owner = PluginDomain("bad")
    states.write(states.slot(EntityId(OURS)), "odd", ODD)
    written = {"half": "?", "step": "0.5", "most": str(2**70)}
    for client in (owner, resident):
        told = await client.event()
        assert told["c"][OURS]["+"]["a"] == written
        assert [state["attributes"] for state in await client.result("get_states") if state["entity_id"] == OURS]
        await client.result("subscribe_entities")
        assert (await client.event())["a"][OURS]["a"] == written
    assert (await follower.event())["data"]["new_state"]["attributes"] == written
    status, all_states = await house.rest("GET", "/api/states", token)
    assert status == 200
    assert next(state for state in all_states if state["entity_id"] == OURS)["attributes"] == written
    assert (await house.rest("GET", f"/api/states/{OURS}", token))[0] == 200
    assert ledger.account(PluginDomain("bad")).counts["error"] == 1
    assert "error" not in ledger.account(PluginDomain("api")).counts


async def test_an_event_that_json_cannot_write_is_told_and_charged_to_who_fired(house: House, admin: Client) -> None:
    await admin.result("subscribe_events", event_type="rang")
    house.hub.rooms.bus.fire("rang", ODD, Context(plugin=PluginDomain("bad")))
    assert (await admin.event())["data"] == {"half": "?", "step": "0.5", "most": str(2**70)}
    assert house.hub.rooms.ledger.account(PluginDomain("bad")).counts["error"] == 1


@pytest.mark.parametrize("depth", [MOST_SENT_DEPTH, 230, 500, 1000])
async def test_a_state_that_could_be_read_by_nobody_is_refused_before_it_stands(house: House, depth: int) -> None:
    _, token = await house.user("owner", "admin")
    client = await house.connect(token)
    await client.result("subscribe_entities")
    await client.event()
    path, body = "/api/states/sensor.x", '{"state": "1", "attributes": {"a": %s}}' % ("[" * depth + "]" * depth)
    assert await house.rest("POST", path, token, data=body) == (400, {"message": "Invalid JSON specified."})
    assert house.hub.rooms.states.get("sensor.x") is None
    await client.quiet()
    body = body.replace("[" * depth, "[" * (MOST_SENT_DEPTH - 2)).replace("]" * depth, "]" * (MOST_SENT_DEPTH - 2))
    assert (await house.rest("POST", path, token, data=body))[0] == 201
    assert "sensor.x" in (await client.event())["a"]
    assert (await house.rest("POST", path, token, data=body.replace('"1"', '"2"')))[0] == 200


async def test_half_a_character_that_a_template_makes_is_shown_as_a_question_mark(house: House, admin: Client) -> None:
    _, token = await house.user("li", "admin")
    answer = await house.rest("POST", "/api/template", token, json={"template": '{{ "\\ud800" }}'})
    assert answer == (200, "?")
    await admin.result("render_template", template='{{ "\\ud800" }}')
    assert (await admin.event())["result"] == "?"
    await admin.quiet()


async def test_one_odd_name_in_the_registry_takes_nobodys_list_away(house: House, admin: Client) -> None:
    entities = house.hub.rooms.registries.entities
    entities.register("sensor", PluginDomain("bad"), "1", object_id="odd", original_name="half \ud800")
    rows = await admin.result("config/entity_registry/list")
    assert [row["original_name"] for row in rows if row["entity_id"] == "sensor.odd"] == ["half ?"]
    assert len(rows) > 2
