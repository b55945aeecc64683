"""What clients are told while the hub's own storage fails: 503 with a code and a sentence, and when to come again."""

import contextlib
import sqlite3
from typing import Any

from linli.auth import COMMAND_ACTOR
from linli.ids import PluginDomain
from linli.services import Service, ServiceAccess, ServiceCall, SupportsResponse
from linli.storage import Database, DatabaseFull

from .conftest import House

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


async def test_a_full_disk_lets_nobody_log_in_and_says_so(house: House) -> None:
    await owner(house)
    await fill(house.hub.rooms.storage.safety)
    status, entry = await log_in(house)
    assert (status, entry["type"]) == (200, "create_entry")
    status, said, again = await exchange(house, entry["result"])
    assert (status, said["code"], again) == (503, "database_full", "30")
    assert "sqlite" not in said["message"].lower()


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
