"""On which database a test runs; see ``databases.py``."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import databases
from linli.storage import Storage

# How long an example takes is the machine's affair: three workers share it, and speed is measured by the benchmark.
settings.register_profile("linli", deadline=None)
settings.load_profile("linli")


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # whoever starts the tests in the background hands that on to every process of theirs, which no Ctrl+C ends then
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "sqlite_only: opens the file of a database, or speaks of SQLite")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marked = any(mark.name == "sqlite_only" for mark in metafunc.definition.iter_markers())
    kinds = databases.kinds_for(Path(metafunc.definition.path), sqlite_only=marked)
    if kinds != [databases.SQLITE]:
        metafunc.parametrize("on_database", kinds, indirect=True)


def pytest_unconfigure() -> None:
    databases.end_server()


@pytest.fixture(autouse=True)
def on_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[databases.Databases]:
    """The databases of this test; on PostgreSQL every store that is opened without an address gets one of them."""
    kind = getattr(request, "param", databases.SQLITE)
    found = databases.Databases(kind)
    monkeypatch.setattr(databases, "current", found)
    if kind == databases.POSTGRESQL:
        databases.server()
        for way in ("open", "open_for_command"):
            monkeypatch.setattr(Storage, way, _placed(getattr(Storage, way), found))
    yield found
    found.drop()


def _placed(opening: Any, found: databases.Databases) -> Any:
    async def opened(path: Path, **said: Any) -> Storage:
        if said.get("database") is None:
            said["database"] = found.url(path)
        storage: Storage = await opening(path, **said)
        return storage

    return opened
