"""A store in a folder of its own, on simulated time and on real time."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

import databases
import linli
from linli.clock import RealClock, SimulatedClock
from linli.ledger import Ledger
from linli.storage import Database, Journal, Storage
from linli.storage.journal_writer import JournalWriter
from linli.storage.migrate import migrate
from linli.storage.storage import CORE_HISTORY, JOURNAL_HISTORY


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
async def database(tmp_path: Path, clock: SimulatedClock) -> AsyncIterator[Database]:
    """The database ``safety`` by itself, with the core's tables."""
    database = Database("safety", databases.current.of("safety", tmp_path), clock=clock, journal=JournalWriter("hub"))
    await database.open()
    for history in (CORE_HISTORY, JOURNAL_HISTORY):
        await migrate(database, history, clock=clock, copies=tmp_path / "backups")
    yield database
    await database.close()


@pytest.fixture
async def storage(folder: Path, clock: SimulatedClock) -> AsyncIterator[Storage]:
    storage = await Storage.open(folder, clock=clock, ledger=Ledger(clock))
    yield storage
    await storage.close()


@pytest.fixture
async def real_storage(folder: Path) -> AsyncIterator[Storage]:
    clock = RealClock()
    storage = await Storage.open(folder, clock=clock, ledger=Ledger(clock))
    yield storage
    await storage.close()


@pytest.fixture
def make_book(clock: SimulatedClock) -> Callable[[Path], AbstractAsyncContextManager[tuple[Database, Journal]]]:
    """A fresh journal in a folder, for tests that need many."""

    @asynccontextmanager
    async def make(path: Path) -> AsyncIterator[tuple[Database, Journal]]:
        address = databases.current.of("safety", path)
        database = Database("safety", address, clock=clock, journal=JournalWriter("hub"))
        await database.open()
        for history in (CORE_HISTORY, JOURNAL_HISTORY):
            await migrate(database, history, clock=clock, copies=path / "backups")
        yield database, Journal(database, clock)
        await database.close()

    return make


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def program(folder: Path) -> Start:
    """Start Python source as a process of its own that can import linli; ``LINLI_TEST_URL`` is the store's address."""

    def start(source: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
        url = databases.current.url(folder)
        if url is not None:
            environment = {"LINLI_TEST_URL": url, **environment}
        roots = str(Path(linli.__file__).parents[1])
        return subprocess.Popen(
            [sys.executable, "-c", source, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": roots, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    return start
