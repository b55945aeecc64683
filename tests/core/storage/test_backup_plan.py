"""What the hub does by itself: backups on schedule, some kept, the newest tried every month, each failure told."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import databases
from linli.clock import RealClock, SimulatedClock, stopwatch
from linli.ledger import Ledger
from linli.storage import SYSTEM, Storage
from linli.storage.archive import make_identity
from linli.storage.backup import sidecars
from linli.storage.backup_plan import Backups, Plan

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Office:
    """A hub's store with its plan, and the issues that stand."""

    def __init__(self, folder: Path, clock: SimulatedClock, plan: Plan) -> None:
        self.folder = folder
        self.clock = clock
        self.plan = plan
        self.issues: dict[str, dict] = {}

    def tell(self, key: str, parameters: dict | None) -> None:
        if parameters is None:
            self.issues.pop(key, None)
        else:
            self.issues[key] = parameters

    @asynccontextmanager
    async def runs(self) -> AsyncIterator[Storage]:
        storage = await Storage.open(self.folder, clock=self.clock, ledger=Ledger(self.clock))
        try:
            await storage.keep_backups(Backups(storage, self.clock, Ledger(self.clock), SHANGHAI, self.plan, self.tell))
            yield storage
        finally:
            await storage.close()

    def made(self, storage: Storage) -> list[str]:
        return [
            file.name.partition("-")[2][:13] for file, _ in sidecars(self.plan.folder, storage.instance.instance_id)
        ]


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    return tmp_path / "key"


@pytest.fixture
def office(folder: Path, clock: SimulatedClock, tmp_path: Path, identity: Path) -> Office:
    recipient = make_identity(identity)
    return Office(folder, clock, Plan((recipient,), tmp_path / "shelf", "30 3 * * *", 3, False, None))


async def test_backups_are_made_at_the_local_time_and_the_last_few_kept(office, clock):
    async with office.runs() as storage:
        await clock.forward(hours=19)
        assert office.made(storage) == []
        await clock.forward(hours=1)
        assert office.made(storage) == ["20250101T1930"], "half past three in Shanghai"
        await clock.forward(hours=24 * 4)
        assert office.made(storage) == ["20250103T1930", "20250104T1930", "20250105T1930"]
        assert len(list(office.plan.folder.iterdir())) == 6
        assert not list(storage.folder.copies.glob("*.working")), "no plain copy stays"


async def test_without_a_schedule_none_is_made(office, clock):
    office.plan = replace(office.plan, schedule=None)
    async with office.runs():
        await clock.forward(hours=24 * 3)
    assert not office.plan.folder.exists()


async def test_one_that_was_due_while_the_hub_was_off_is_made_soon(office, clock):
    async with office.runs():
        await clock.forward(hours=24 * 1)
    await clock.forward(hours=24 * 3)
    async with office.runs() as storage:
        await clock.forward(minutes=2)
        assert office.made(storage) == ["20250101T1930", "20250105T0001"]


async def test_one_that_fails_is_told_and_tried_again(office, clock):
    office.plan.folder.write_text("a file where the folder should be")
    async with office.runs() as storage:
        await clock.forward(hours=20)
        assert list(office.issues) == ["backup_failed"]
        office.plan.folder.unlink()
        await clock.forward(hours=1)
        assert office.issues == {}
        assert office.made(storage) == ["20250101T2030"]


@pytest.mark.parametrize("with_identity", [True, False])
async def test_the_newest_is_tried_after_thirty_days(office, clock, identity, with_identity):
    office.plan = replace(office.plan, drills=True, identity=identity if with_identity else None)
    async with office.runs() as storage:
        await storage.journal.append("light.renamed", actor=SYSTEM)
        await clock.forward(hours=24)
    await clock.forward(hours=24 * 27)
    async with office.runs() as storage:
        await clock.forward(hours=24)
        assert "backup.drilled" not in [row.action for row in await storage.journal.rows()]
        await clock.forward(hours=24 * 2)
        [row] = [row for row in await storage.journal.rows() if row.action == "backup.drilled"]
        assert row.details["restored"] is with_identity
        assert row.details["rows"] > 10
        assert office.issues == {}
        assert not list(storage.folder.copies.glob("*.working"))


@pytest.mark.parametrize("fault", ["cut", "another key", "none there"])
async def test_a_drill_that_fails_is_told_and_then_overdue(office, clock, identity, tmp_path, fault):
    office.plan = replace(office.plan, drills=True, identity=identity)
    async with office.runs():
        await clock.forward(hours=24 * 2)
    office.plan = replace(office.plan, schedule=None)
    newest = max(office.plan.folder.glob("*.age"))
    if fault == "cut":
        newest.write_bytes(newest.read_bytes()[:-1])
    elif fault == "another key":
        identity.unlink()
        make_identity(identity)
    else:
        for file in office.plan.folder.iterdir():
            file.unlink()
    await clock.forward(hours=24 * 27)
    async with office.runs():
        await clock.forward(hours=24 * 2)
        assert set(office.issues) == {"backup_drill_failed"}
    await clock.forward(hours=24 * 15)
    async with office.runs():
        await clock.forward(hours=24 * 2)
        assert set(office.issues) == {"backup_drill_failed", "backup_drill_overdue"}


async def test_a_drill_finds_a_journal_that_was_broken_before_the_backup(office, clock, identity):
    office.plan = replace(office.plan, drills=True, identity=identity)
    async with office.runs() as storage:
        await storage.journal.append("light.renamed", actor=SYSTEM, subject="light.1")
    databases.current.unguard(office.folder)
    databases.current.execute(office.folder, "safety", "UPDATE journal SET subject = 'light.2'")
    async with office.runs():
        await clock.forward(hours=24)
    await clock.forward(hours=24 * 28)
    async with office.runs():
        await clock.forward(hours=24 * 2)
    assert "journal" in str(office.issues["backup_drill_failed"]["reason"])


async def test_a_drill_that_goes_well_again_ends_its_issues(office, clock, identity):
    office.plan = replace(office.plan, drills=True, identity=identity, schedule=None)
    async with office.runs():
        await clock.forward(hours=1)
    await clock.forward(hours=24 * 49)
    async with office.runs():
        await clock.forward(hours=1)
    assert set(office.issues) == {"backup_drill_failed", "backup_drill_overdue"}
    office.plan = replace(office.plan, schedule="30 3 * * *")
    async with office.runs():
        await clock.forward(hours=24 * 3)
    assert office.issues == {}


async def test_a_hub_that_stops_gives_its_backup_up(tmp_path, folder, identity):
    clock = RealClock()
    recipient = make_identity(identity)
    storage = await Storage.open(folder, clock=clock, ledger=Ledger(clock))
    for number in range(60):
        await storage.documents.put("core.noise", str(number), {"noise": os.urandom(500_000).hex()})
    plan = Plan((recipient,), tmp_path / "shelf", "* * * * *", 3, False, None)
    begun = clock.now() - timedelta(hours=1)
    value = {"began_us": 0, "backup_us": round(begun.timestamp() * 1_000_000), "drill_us": None}
    await storage.documents.put("core.backups", "plan", value)
    backups = Backups(storage, clock, Ledger(clock), SHANGHAI, plan, lambda key, parameters: None, soon=timedelta(0))
    await storage.keep_backups(backups)
    async with asyncio.timeout(10):
        while not list(storage.folder.copies.glob("backup-*.working/*")):
            await asyncio.sleep(0.001)
    began = stopwatch()
    await storage.close()
    assert stopwatch() - began < 6
    assert not list(storage.folder.copies.glob("*.working"))
    assert not (tmp_path / "shelf").exists() or not list((tmp_path / "shelf").iterdir())
