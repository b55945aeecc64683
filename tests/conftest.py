"""On which database a test runs; see ``databases.py``."""

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import databases
from linli.storage import Storage

# How long an example takes is the machine's affair: the workers share it, and speed is measured by the benchmark.
settings.register_profile("linli", deadline=None)
settings.load_profile("linli")
LONG = (
    "soak/", "scenarios/", "plugins/recorder/", "browser/", "compat/", "rights/", "docs/", "core/process/",
    "core/children/", "core/storage/", "examples/",
)  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # whoever starts the tests in the background hands that on to every process of theirs, which no Ctrl+C ends then
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "sqlite_only: opens the file of a database, or speaks of SQLite")
    config.addinivalue_line("markers", "server_only: speaks of a PostgreSQL server")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Workers are handed files in this order: those that wait for processes first, so that none of them is left over
    with half a minute to go; then those with the most tests."""
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (_turn(item.path), -tests[item.path], str(item.path)))


def _turn(path: Path) -> int:
    below = path.relative_to(Path(__file__).parents[1]).as_posix().removeprefix("tests/")
    return next((number for number, start in enumerate(LONG) if below.startswith(start)), len(LONG))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    kinds = databases.kinds_for(Path(metafunc.definition.path), marks)
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
