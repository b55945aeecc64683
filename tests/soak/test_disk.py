"""A disk that is full, read-only or busy, a clock that jumps, a power cut: what a real hub says, does and keeps."""

import asyncio
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from scenarios.processes import Client, HubProcess, linli
from soak.faulty import Faulty
from soak.kills import kill_often

pytestmark = [
    pytest.mark.sqlite_only,
    pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs a C compiler on Linux"),
]
DAY = 86_400
PASSWORD = "correct horse battery staple"


class House:
    """A hub on a faulty disk, with one client."""

    def __init__(self, hub: HubProcess, faulty: Faulty, client: Client) -> None:
        self.hub, self.faulty, self.client = hub, faulty, client
        self.areas: list[str] = []
        self.asked = 0

    async def add_area(self) -> str | None:
        """The code of the refusal, or None where it was acknowledged."""
        self.asked += 1
        name = f"Area {self.asked}"
        try:
            self.areas.append((await self.client.call("config/area_registry/create", name=name))["area_id"])
        except AssertionError as refused:
            return str(refused.args[0]["error"]["code"])
        return None

    async def add_user(self) -> str | None:
        """The same, for what only ``safety.db`` holds."""
        try:
            await self.client.call("config/auth/create", name="somebody", group_ids=["system-users"])
        except AssertionError as refused:
            return str(refused.args[0]["error"]["code"])
        return None

    async def issues(self) -> set[str]:
        return {issue["issue_id"] for issue in (await self.client.call("repairs/list_issues"))["issues"]}

    async def writable(self) -> None:
        """Wait until both databases take changes again, by themselves."""
        async with asyncio.timeout(20):
            while await self.add_area() is not None or await self.add_user() is not None:
                await asyncio.sleep(0.1)
            while await self.issues():
                await asyncio.sleep(0.1)

    async def nothing_is_lost(self) -> None:
        """Neither is anything there that was refused."""
        assert {area["area_id"] for area in await self.client.call("config/area_registry/list")} == set(self.areas)
        verified = await asyncio.to_thread(linli, "journal", "verify", "--data", self.hub.data)
        assert verified.returncode == 0, verified.stderr


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    faulty = Faulty(tmp_path / "faulty")
    hub = HubProcess(tmp_path / "hub", environment=faulty.environment)
    hub.write_deployment()
    await hub.start()
    try:
        async with _client(hub, await asyncio.to_thread(hub.token)) as client:
            yield House(hub, faulty, client)
    finally:
        hub.kill(signal.SIGTERM)


@asynccontextmanager
async def _client(hub: HubProcess, token: str) -> AsyncIterator[Client]:
    """A session that ends does not end its sockets: one that nobody closed complains in a later test."""
    async with aiohttp.ClientSession() as session:
        client = await Client.enter(session, hub, token)
        try:
            yield client
        finally:
            await client.socket.close()


@pytest.mark.parametrize(("fault", "code", "issue"), [
    ("full", "database_full", "storage_full"),
    ("read_only", "database_failed", "storage_failed"),
])  # fmt: skip
async def test_a_disk_that_takes_nothing_is_said_and_mends_without_a_restart(
    house: House, fault: str, code: str, issue: str
) -> None:
    assert await house.add_area() is None
    house.faulty.start(fault)
    assert [await house.add_area(), await house.add_user()] == [code, code]
    assert await house.issues() == {f"{issue}_hub", f"{issue}_safety"}
    assert {user["name"] for user in await house.client.call("config/auth/list")} == {"owner"}
    house.faulty.end(fault)
    await house.writable()
    await house.nothing_is_lost()


@contextmanager
def _held(*files: Path) -> Iterator[None]:
    """Another program has them to itself."""
    with ExitStack() as held:
        for file in files:
            database = held.enter_context(closing(sqlite3.connect(file, isolation_level=None)))
            database.execute("BEGIN IMMEDIATE")
        yield


async def test_a_database_that_another_program_holds_is_said_after_five_seconds_and_not_waited_for(
    house: House,
) -> None:
    with _held(house.hub.data / "hub.db", house.hub.data / "safety.db"):
        asked = asyncio.create_task(_refusals(house))
        await asyncio.sleep(0.1)
        async with aiohttp.ClientSession() as session, session.get(f"{house.hub.url}/api/linli/health") as answer:
            assert answer.status == 200
        assert not asked.done()
        began = time.perf_counter()
        assert await asked == ["database_busy", "database_busy"]
        assert 2 * 5 - 2 < time.perf_counter() - began < 2 * 5 + 4
        assert await house.issues() >= {"storage_busy_hub", "storage_busy_safety"}
    await house.writable()
    await house.nothing_is_lost()


async def _refusals(house: House) -> list[Any]:
    return [await house.add_area(), await house.add_user()]


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["a day ahead", "a day back"])
async def test_a_clock_that_jumps_is_said_stops_nothing_and_logs_nobody_out(house: House, jump: int) -> None:
    changed = linli("user", "password", "owner", "--data", house.hub.data, given=f"{PASSWORD}\n")
    assert changed.returncode == 0, changed.stderr
    async with aiohttp.ClientSession() as session:
        granted = await house.hub.log_in(session, "owner", PASSWORD)
    async with _client(house.hub, granted["access_token"]) as house.client:
        assert await house.add_area() is None
        house.faulty.jump(jump)
        async with asyncio.timeout(5):
            while await house.issues() != {"clock_jumped"}:
                await asyncio.sleep(0.1)
        assert [await house.add_area(), await house.add_user()] == [None, None]
        async with aiohttp.ClientSession() as session:
            form = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
            refreshed = await house.hub.grant(session, **form)
        async with _client(house.hub, refreshed["access_token"]) as other:
            assert await other.call("ping") is None
        house.faulty.jump(0)
        assert [await house.add_area(), await house.add_user()] == [None, None]
        await house.nothing_is_lost()


async def test_a_power_cut_that_loses_unsynced_writes_loses_nothing_acknowledged(tmp_path: Path) -> None:
    faulty = Faulty(tmp_path / "faulty", unsynced=True)
    seen = await kill_often(tmp_path / "hub", seed=3, kills=3, faulty=faulty)
    assert seen.losses == []
    assert seen.acknowledged > 10
    assert seen.unsynced > 0


CARELESS = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA journal_mode=WAL"); database.execute("PRAGMA synchronous=FULL")
database.execute("CREATE TABLE row (number)"); database.execute("INSERT INTO row VALUES (1)"); database.commit()
database.execute("PRAGMA synchronous=OFF")
database.execute("INSERT INTO row VALUES (2)"); database.commit()
os._exit(0)
"""


def test_the_played_power_cut_takes_what_a_careless_program_did_not_sync(tmp_path: Path) -> None:
    faulty = Faulty(tmp_path / "faulty", unsynced=True)
    subprocess.run([sys.executable, "-c", CARELESS, tmp_path / "x.db"], env=faulty.environment, check=True)
    assert faulty.lose_unsynced(tmp_path) > 0
    with closing(sqlite3.connect(tmp_path / "x.db")) as database:
        assert database.execute("SELECT number FROM row").fetchall() == [(1,)]
