"""A damaged store of users closes log-in and nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from linli.auth import COMMAND_ACTOR, Auth
from linli.auth.errors import LoginsClosed
from linli.auth.faults import report_to
from linli.bus import EventBus
from linli.clock import RealClock, SimulatedClock
from linli.issues import Issues
from linli.ledger import Ledger
from linli.pool import BlockingPool
from linli.storage import DatabaseFailed, Storage

from .conftest import CLIENT, LAN, PASSWORD, SETTINGS, Home

DAMAGE = {
    "places are no list": "UPDATE auth_user SET places = '{\"a\": 1}'",
    "places are no JSON": "UPDATE auth_user SET places = 'root'",
    "a table is gone": "DROP TABLE auth_setup",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
async def test_with_rows_that_cannot_be_nobody_is_let_in(home: Home, damage: str) -> None:
    user = await home.user("lilei", password=PASSWORD)
    grant = await home.log_in(user)
    await home.storage.safety.transaction(lambda tx: tx.execute(text(damage)).close())
    await home.restart()
    assert home.auth.failed_closed
    assert home.auth.issue_key == "auth_store_damaged"
    with pytest.raises(LoginsClosed):
        await home.auth.log_in("lilei", PASSWORD, LAN)
    with pytest.raises(LoginsClosed):
        await home.auth.authenticate_or_load(grant.access_token)
    form = home.auth.flows.start(CLIENT, CLIENT, LAN)
    with pytest.raises(LoginsClosed):
        await home.auth.log_in_by_form(form["flow_id"], CLIENT, {"username": "lilei", "password": PASSWORD}, LAN)
    assert home.auth.views.everything.sees("alarm_control_panel.home"), "the hub itself goes on"


async def test_a_damaged_store_never_offers_the_set_up(home: Home) -> None:
    await home.user("lilei")
    await home.storage.safety.transaction(lambda tx: tx.execute(text("UPDATE auth_user SET places = '1'")).close())
    await home.restart()
    assert await home.auth.first_owner.begin() is None
    assert not home.auth.first_owner.is_needed


async def test_who_was_let_in_before_stays_while_the_disk_has_failed(home: Home) -> None:
    user = await home.user("lilei", password=PASSWORD)
    known, unknown = await home.log_in(user), await home.log_in(user)
    assert await home.session(known) is not None
    access = home.storage.safety._opened()
    access.writer.failed = DatabaseFailed("the disk failed")
    assert home.auth.failed_closed
    assert home.auth.authenticate(known.access_token) is not None
    with pytest.raises(LoginsClosed):
        await home.session(unknown)
    with pytest.raises(LoginsClosed):
        await home.auth.log_in("lilei", PASSWORD, LAN)
    access.writer.failed = None
    assert await home.session(unknown) is not None


async def test_a_mended_store_opens_without_a_restart(home: Home) -> None:
    await home.user("lilei", password=PASSWORD)
    await home.storage.safety.transaction(lambda tx: tx.execute(text("UPDATE auth_user SET places = '1'")).close())
    await home.restart()
    await home.storage.safety.transaction(lambda tx: tx.execute(text("UPDATE auth_user SET places = '[]'")).close())
    await home.auth.reload()
    assert not home.auth.failed_closed
    assert (await home.auth.log_in("lilei", PASSWORD, LAN)).username == "lilei"


@pytest.mark.sqlite_only
async def test_a_store_that_was_lost_offers_nothing_until_the_command_line_makes_a_user(tmp_path: Path) -> None:
    data, clock = tmp_path / "data", RealClock()
    pool = BlockingPool(clock)

    @asynccontextmanager
    async def opened(*, as_command: bool = False) -> AsyncIterator[Auth]:
        way = Storage.open_for_command if as_command else Storage.open
        storage = await way(data, clock=clock, ledger=Ledger(clock))
        auth = await Auth.open(storage, clock, pool.run, settings=SETTINGS)
        yield auth
        await auth.close()
        await storage.close()

    async with opened() as auth:
        await auth.users.create("n", role="admin", is_owner=True, actor=COMMAND_ACTOR)
    for part in ("safety.db", "safety.db-wal"):
        if (data / part).exists():
            (data / part).write_bytes(b"scratched" * 1000)
    for _ in range(2):
        async with opened() as auth:
            assert auth.failed_closed
            assert await auth.first_owner.begin() is None
            assert not auth.first_owner.is_needed
    async with opened(as_command=True) as auth:
        await auth.users.create("n", role="admin", username="n", password=PASSWORD, is_owner=True, actor=COMMAND_ACTOR)
    async with opened() as auth:
        assert not auth.failed_closed
        assert (await auth.log_in("n", PASSWORD, LAN)).is_owner
    pool.close()


async def test_damage_stands_as_a_repair_issue_until_it_is_mended(home: Home) -> None:
    ledger = Ledger(home.clock)
    issues = Issues(home.clock, EventBus(home.clock, ledger), ledger, home.storage.documents, "0.1.0")
    await home.user("lilei")
    await home.storage.safety.transaction(lambda tx: tx.execute(text("UPDATE auth_user SET places = '1'")).close())
    await home.restart()
    report_to(issues, home.auth)
    assert [issue.message.key for issue in issues.all()] == ["auth_store_damaged"]
    await home.storage.safety.transaction(lambda tx: tx.execute(text("UPDATE auth_user SET places = '[]'")).close())
    await home.auth.reload()
    assert issues.all() == []


async def test_with_a_clock_behind_the_store_old_tokens_are_over_and_a_password_still_opens(tmp_path: Path) -> None:
    async def opened(clock: SimulatedClock) -> tuple[Storage, Auth, BlockingPool]:
        storage = await Storage.open(tmp_path / "data", clock=clock, ledger=Ledger(clock))
        pool = BlockingPool(clock)
        return storage, await Auth.open(storage, clock, pool.run, settings=SETTINGS), pool

    clock = SimulatedClock()
    storage, auth, pool = await opened(clock)
    user = await auth.users.create("n", role="admin", username="lilei", password=PASSWORD, actor=COMMAND_ACTOR)
    old = await auth.tokens.create(user.id, client_id=CLIENT, actor=COMMAND_ACTOR)
    await auth.close()
    await storage.close()
    pool.close()

    clock = SimulatedClock()
    clock.step_wall(-86400 * 365)
    storage, auth, pool = await opened(clock)
    assert str(auth.issue_key) == "auth_clock_behind"
    assert await auth.authenticate_or_load(old.access_token) is None
    await auth.log_in("lilei", PASSWORD, LAN)
    new = await auth.tokens.create(user.id, client_id=CLIENT, actor=COMMAND_ACTOR)
    assert await auth.authenticate_or_load(new.access_token) is not None
    clock.step_wall(86400 * 365 + 60)
    assert auth.issue_key is None
    assert await auth.authenticate_or_load(old.access_token) is not None
    await auth.close()
    await storage.close()
    pool.close()
