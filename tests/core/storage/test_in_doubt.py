"""A commit whose answer is lost: what became of it is found out; where nobody can say it, whoever asked hears so.

Between the store and a real server stands a proxy that cuts the connection at the moment of one commit.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

import databases
from linli.clock import RealClock
from linli.ledger import Ledger
from linli.storage import SYSTEM, Status, Storage, StorageError
from linli.storage import writer as writer_module
from linli.storage.errors import DatabaseUnreachable
from linli.storage.postgresql_marks import server_of, was_committed

pytestmark = pytest.mark.server_only


class Proxy:
    """Passes everything on, and cuts the connection on which the next commit of ``only`` is sent, as ``at`` says."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.at: str | None = None
        self.only: bytes | None = None
        self.down = False
        self.cuts = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None] | None] = set()

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.close()
        async with asyncio.timeout(5):
            while self._tasks:
                await asyncio.sleep(0.01)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())
        self._open.add(writer)
        try:
            if not self.down:
                theirs, ours = await asyncio.open_connection("127.0.0.1", self._port)
                self._open.add(ours)
                back = asyncio.create_task(self._back(theirs, writer))
                await self._forth(reader, ours, writer, back)
                ours.close()
                await asyncio.gather(back, return_exceptions=True)
        except ConnectionError:
            pass
        finally:
            writer.close()
            self._tasks.discard(asyncio.current_task())

    async def _forth(self, reader, ours, writer, back) -> None:
        about = False
        while said := await reader.read(65536):
            about = about or (self.only is not None and self.only in said)
            if self.at is not None and about and b"COMMIT\0" in said:
                at, self.at = self.at, None
                self.cuts += 1
                await self._cut(at, said, ours, writer, back)
                return
            ours.write(said)
            await ours.drain()

    async def _cut(self, at: str, said: bytes, ours, writer, back) -> None:
        if at == "before it came":
            return
        if at == "server down for good":
            self.down = True
            return
        back.cancel()  # from here on nothing of the server is heard
        if at == "still on its way":  # whoever asks comes before the commit does
            writer.close()
            await asyncio.sleep(0.3)
        ours.write(said)
        await ours.drain()
        await asyncio.sleep(0.1)  # the server commits and answers, and nobody hears it

    @staticmethod
    async def _back(theirs, writer) -> None:
        try:
            while said := await theirs.read(65536):
                writer.write(said)
                await writer.drain()
        finally:
            writer.close()


@pytest.fixture
async def proxy(folder: Path) -> AsyncIterator[Proxy]:
    made = Proxy(databases.server().port)
    yield made
    await made.stop()


@pytest.fixture
async def storage(folder: Path, proxy: Proxy) -> AsyncIterator[Storage]:
    port = await proxy.start()
    url = make_url(str(databases.current.url(folder))).set(port=port).render_as_string(hide_password=False)
    clock = RealClock()
    opened = await Storage.open(folder, clock=clock, ledger=Ledger(clock), database=url)
    yield opened
    await opened.close()


async def rows(storage: Storage) -> list[str]:
    return [row.action for row in reversed(await storage.journal.rows())]


@pytest.mark.parametrize("at", ["before it came", "after it came", "still on its way"])
async def test_what_became_of_a_commit_is_found_out_and_its_work_stands_once(storage: Storage, proxy: Proxy, at: str):
    heard: list[str | None] = []
    storage.changes.subscribe("journal", lambda change: heard.append(change.key))
    troubles: list[StorageError | None] = []
    storage.safety.on_trouble(troubles.append)
    await storage.journal.append("row.kept", actor=SYSTEM)
    proxy.at, proxy.only = at, b"row.doubted"
    async with asyncio.timeout(10):
        written = await storage.journal.append("row.doubted", actor=SYSTEM)
    assert proxy.cuts == 1
    assert (str(written), troubles, storage.safety.status) == ("hub/2", [], Status.OPEN)
    await storage.journal.append("row.after", actor=SYSTEM)
    assert await rows(storage) == ["row.kept", "row.doubted", "row.after"]
    assert (await storage.journal.verify()).holds
    async with asyncio.timeout(5):
        while "hub/3" not in heard:
            await asyncio.sleep(0.01)
    each = [key for key in heard if key is not None]  # None: a number was given to what was undone
    assert each == ["hub/1", "hub/2", "hub/3"], "each once"


async def test_of_works_in_one_commit_each_stands_once(storage: Storage, proxy: Proxy):
    proxy.at, proxy.only = "after it came", b"row.number"
    each = [storage.journal.append("row.number", actor=SYSTEM, subject=str(number)) for number in range(20)]
    await asyncio.gather(*each)
    assert proxy.cuts == 1
    assert sorted(int(row.subject or "") for row in await storage.journal.rows()) == list(range(20))


async def test_a_server_that_stays_away_leaves_the_doubt_and_whoever_asked_hears_so(
    storage: Storage, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(writer_module, "SETTLE_WITHIN_S", 0.3)
    troubles: list[StorageError | None] = []
    storage.safety.on_trouble(troubles.append)
    proxy.at, proxy.only = "server down for good", b"row.doubted"
    with pytest.raises(DatabaseUnreachable) as refused:
        await storage.journal.append("row.doubted", actor=SYSTEM)
    assert refused.value.in_doubt
    proxy.down = False
    async with asyncio.timeout(5):
        while storage.safety.status is not Status.OPEN or len(troubles) < 2:
            await asyncio.sleep(0.01)
    assert [type(trouble) for trouble in troubles] == [DatabaseUnreachable, type(None)]
    await storage.journal.append("row.after", actor=SYSTEM)
    assert await rows(storage) == ["row.after"], "it never came, and nobody said that it had"


async def test_a_commit_is_settled_after_its_server_has_crashed_and_returned(storage: Storage, proxy: Proxy):
    loop = asyncio.get_running_loop()
    await storage.journal.append("row.kept", actor=SYSTEM)
    proxy.at, proxy.only = "after it came", b"row.doubted"
    writing = asyncio.create_task(storage.journal.append("row.doubted", actor=SYSTEM))
    while not proxy.cuts:
        await asyncio.sleep(0.005)
    proxy.down = True
    await asyncio.sleep(0.15)
    await loop.run_in_executor(None, databases.server().stop)
    await loop.run_in_executor(None, databases.server().start)
    proxy.down = False
    assert str(await writing) == "hub/2"
    assert await rows(storage) == ["row.kept", "row.doubted"]


async def test_a_server_that_is_not_the_one_that_was_asked_to_commit_is_not_believed(folder: Path):
    """A standby that took over has another timeline; a restored copy may not have come to the number yet."""
    with psycopg.connect(str(databases.current.url(folder))) as raw:
        server = server_of(raw)
        assert server is not None
        assert re.fullmatch(r"\d+/[0-9A-F]{8}", server)
        row = raw.execute("SELECT pg_current_xact_id()::text").fetchone()
        raw.commit()
        mark = writer_module.Mark(1, server, row[0])
        assert was_committed(raw, mark, server) is True
        assert was_committed(raw, mark, server[:-1] + "F") is None
        assert was_committed(raw, mark, None) is None
        assert was_committed(raw, writer_module.Mark(1, None, row[0]), server) is None
        raw.execute("SELECT pg_current_xact_id()")
        undone = raw.execute("SELECT pg_current_xact_id()::text").fetchone()
        raw.rollback()
        assert was_committed(raw, writer_module.Mark(1, server, undone[0]), server) is False
        assert was_committed(raw, writer_module.Mark(1, server, str(1 << 40)), server) is None


async def test_an_ordinary_user_of_the_server_may_ask(folder: Path):
    url = str(databases.current.url(folder))
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS ordinary")
        admin.execute("CREATE ROLE ordinary LOGIN")
    with psycopg.connect(url.replace("linli@", "ordinary@")) as raw:
        assert server_of(raw) is not None
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP ROLE ordinary")
