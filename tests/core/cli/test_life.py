"""What a hub tells its parent on the way: how far it has come, whether the same ran before, that tables are changed."""

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from linli import PluginDomain
from linli.cli.deployments import checked
from linli.cli.life import Life
from linli.clock import RealClock
from linli.hub import VERSION
from linli.process.birth import Birth
from linli.process.last_good import LastGood
from linli.process.watched import Watched
from linli.storage import Database
from linli.storage.migrate import migrate
from linli.storage.storage import CORE_HISTORY
from linli.testing import Deployment, running_hub


class Ear:
    """The parent's end."""

    def __init__(self, home: Path) -> None:
        self._ours, self.theirs = socket.socketpair()
        self._ours.setblocking(False)
        self.life = Life(Watched(Birth(), self.theirs), home)

    def heard(self) -> list[dict[str, object]]:
        data, found = self._ours.recv(65536), []
        while data:
            (length,) = struct.unpack_from(">I", data)
            found.append(json.loads(data[4 : 4 + length]))
            data = data[4 + length :]
        return [frame for frame in found if "phase" in frame]

    def close(self) -> None:
        self._ours.close()
        self.theirs.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "linli.yaml").write_text("linli: {name: Flat}\noverview: {}\n")
    return tmp_path


@pytest.fixture
def ear(home: Path) -> Iterator[Ear]:
    ear = Ear(home)
    yield ear
    ear.close()


def hold() -> None:
    time.sleep(0.4)


async def test_the_loop_is_held_by_nobody_while_plugins_are_imported_and_by_somebody_afterwards(
    ear: Ear, home: Path, tmp_path: Path
) -> None:
    async with running_hub(Deployment(tmp_path / "hub", "overview: {}")) as hub:
        charged = hub.rooms.ledger.account(PluginDomain("core")).counts
        ear.life.begin(checked(home), ())
        ear.life.take(hub)
        try:
            for phase, expected in (("starting", False), ("ready", True)):
                ear.life.tell(phase)
                await asyncio.sleep(0.15)
                hold()
                await asyncio.sleep(0.2)
                assert ("held" in charged) == expected, phase
        finally:
            ear.life.end()


async def test_a_migration_is_told_so_that_it_is_no_start_that_hangs(ear: Ear, home: Path) -> None:
    ear.life.begin(checked(home), ())
    database = Database("hub", f"sqlite:///{home / 'hub.db'}", clock=RealClock())
    await database.open()
    try:
        for _ in range(2):  # the second finds nothing to do
            await asyncio.create_task(
                migrate(database, CORE_HISTORY, clock=RealClock(), copies=home / "backups")
            )  # fmt: skip
    finally:
        ear.life.end()
        await database.close()
    assert [frame["phase"] for frame in ear.heard()] == ["checking", "starting", "migrating", "starting"]


def test_that_it_stops_is_the_last_word(ear: Ear) -> None:
    ear.life.tell("stopping")
    ear.life.tell("ready")
    assert [frame["phase"] for frame in ear.heard()] == ["checking", "stopping"]


@pytest.mark.parametrize("changed", [False, True], ids=["as it ran", "changed since"])
async def test_a_start_says_whether_the_very_same_ran_before(home: Path, *, changed: bool) -> None:
    LastGood.of(checked(home).deployment, (), at=1.0, code=VERSION).write(home)
    if changed:
        (home / "linli.yaml").write_text("linli: {name: House}\noverview: {}\n")
    ear = Ear(home)
    ear.life.begin(checked(home), ())
    ear.life.end()
    assert [frame.get("proven") for frame in ear.heard()] == [None, not changed]
    ear.close()


LAMP = """
import voluptuous as vol
from linli import Manifest, hookimpl

MANIFEST = Manifest(domain="{name}", layer="perception")
CONFIG = vol.Schema({{vol.Optional("watts", default=5): int}})

@hookimpl
def linli_setup_entry(ctx, entry): ...
"""


@pytest.mark.parametrize(
    ("yaml", "is_kept"),
    [
        pytest.param("lamp: {watts: 9}\nbell: {}", True, id="all of it holds"),
        pytest.param("lamp: {watts: 9}\nbell: {}\npump: {}", False, id="a plugin is new, which only a start brings in"),
        pytest.param("lamp: {watts: 9}\nbell: {watts: 2}", False, id="another section has changed, too"),
    ],
)
async def test_a_reload_is_kept_once_it_has_lasted_where_all_of_it_holds(
    tmp_path: Path, yaml: str, *, is_kept: bool
) -> None:
    made = Deployment(tmp_path, "linli: {trusted: [lamp, bell, pump]}\nlamp: {}\nbell: {}")
    for name in ("lamp", "bell", "pump"):
        made.drop_in(name, LAMP.format(name=name))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        life = Life(Watched(Birth(sound_s=0.1), theirs), made.data)
        assert await keeps(life, made, yaml) == is_kept


async def keeps(life: Life, made: Deployment, yaml: str) -> bool:
    """Whether what is kept becomes another one when the files say this, and one section is taken up."""
    async with running_hub(made) as hub:
        life.begin(hub.rooms.checked, ())
        proving = asyncio.create_task(life.prove(hub, lambda why: None))
        first = await kept(made.data, lambda good: good is not None)
        assert first is not None
        (made.folder / "linli.yaml").write_text(f"linli: {{trusted: [lamp, bell, pump]}}\n{yaml}")
        await hub.rooms.renewal.take_up({"lamp"})
        then = await kept(made.data, lambda good: good is not None and good.files != first.files)
        proving.cancel()
        life.end()
        return then is not None


async def kept(data: Path, wanted: Callable[[LastGood | None], bool]) -> LastGood | None:
    """What is kept as soon as it is as wanted, or None."""
    for _ in range(60):
        found = LastGood.read(data)
        if wanted(found):
            return found
        await asyncio.sleep(0.02)
    return None
