"""The hub that other people's clients are tried on: linli, or by the environment another one.

LINLI_COMPAT_HASS names the ``hass`` command of a real Home Assistant, which is then started instead: this is how the
tests themselves are tested. LINLI_COMPAT_URL and LINLI_COMPAT_TOKEN name a hub that runs already.
"""

import asyncio
import os
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from compat.harness import original as theirs
from compat.harness.original import original, provision
from compat.harness.ours import PAST, ours, why_not
from compat.harness.player import Target

REQUIRE_ALL = os.environ.get("LINLI_REQUIRE_ALL") == "1"


def leave_out(reason: str) -> None:
    """Skip with a reason, or fail where everything is required."""
    if REQUIRE_ALL:
        pytest.fail(f"required and not possible: {reason}")
    pytest.skip(reason)


@asynccontextmanager
async def _running_already(url: str, token: str) -> AsyncIterator[Target]:
    async with aiohttp.ClientSession() as session:
        yield Target(url, await provision(session, url, token))


def _chosen(folder: Path, *, past: bool = False) -> AbstractAsyncContextManager[Target]:
    if hass := os.environ.get("LINLI_COMPAT_HASS"):
        return original(Path(hass), folder, theirs.PAST if past else "")
    if url := os.environ.get("LINLI_COMPAT_URL"):
        return _running_already(url.rstrip("/"), os.environ["LINLI_COMPAT_TOKEN"])
    if reason := why_not():
        leave_out(reason)
    return ours(folder, PAST if past else "")


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One hub for all tests of this folder; each test uses names of its own. Its loop lives in a thread."""
    yield from _lived_in(_chosen(tmp_path_factory.mktemp("hub")))


@pytest.fixture(scope="session")
def past_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The same with a recorder, history and logbook."""
    yield from _lived_in(_chosen(tmp_path_factory.mktemp("past"), past=True))


def _lived_in(context: AbstractAsyncContextManager[Target]) -> Iterator[Target]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="compat hub")
    thread.start()

    def wait(make: Callable[[], object]) -> object:
        return asyncio.run_coroutine_threadsafe(make(), loop).result(180)  # type: ignore[arg-type]  # a coroutine

    try:
        yield wait(context.__aenter__)  # type: ignore[misc]  # the target of the context
        wait(lambda: context.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="session")
def is_original() -> bool:
    """Whether the tests run against a real Home Assistant, with its known oddities."""
    return bool(os.environ.get("LINLI_COMPAT_HASS"))


@pytest.fixture(scope="session")
def node() -> Path:
    """The node command."""
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        leave_out("node and npm are needed for home-assistant-js-websocket")
    return Path(found or "")


NOT_YET = Path(__file__).parent / "not_yet.txt"
"""What linli does not answer as the original yet: one test a line, by the name that pytest prints after the file's."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of what is not built yet are expected to fail; one that passes fails the run until its line goes."""
    if os.environ.get("LINLI_COMPAT_HASS") or not NOT_YET.is_file():
        return
    lines = NOT_YET.read_text(encoding="utf-8").splitlines()
    waiting = {line for line in lines if line and not line.startswith("#")}
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and f"{item.path.name}::{item.name}" in waiting:
            item.add_marker(pytest.mark.xfail(strict=True, reason="not built yet: tests/compat/not_yet.txt"))
