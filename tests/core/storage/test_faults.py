"""Nothing acknowledged is ever lost: kill -9, a full disk, a disk that fails to sync. With real processes."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from linli.clock import SimulatedClock
from linli.ledger import Ledger
from linli.storage import Storage

PREAMBLE = """
import asyncio, os, sys
from pathlib import Path
from sqlalchemy import text
from linli.clock import RealClock
from linli.ledger import Ledger
from linli.storage import SYSTEM, DatabaseFailed, DatabaseFull, Put, Status, Storage, StorageError

FOLDER, FAULTS = Path(sys.argv[1]), Path(os.environ.get("LINLI_FAULTS", "/nowhere"))

def say(*words):
    print(*words, flush=True)

def fault(name, on):
    (FAULTS / name).touch() if on else (FAULTS / name).unlink()

async def opened():
    clock = RealClock()
    url = os.environ.get("LINLI_TEST_URL")
    return await Storage.open(FOLDER, clock=clock, ledger=Ledger(clock), database=url)
"""

WRITING = (
    PREAMBLE
    + """
async def write(storage, writer):
    for number in range(10**6):
        key = f"{writer}.{number}"
        def work(tx):
            tx.changed("kill", key)
            return tx.journal("row.written", actor=SYSTEM, subject=key, details={"key": key})
        row = await storage.safety.transaction(work)
        document = await storage.documents.put("thing", key, {"n": number})
        say(row.sequence, key)

async def main():
    storage = await opened()
    await asyncio.gather(*(write(storage, writer) for writer in range(8)))

asyncio.run(main())
"""
)


@pytest.mark.parametrize("rows", [1, 1000])
async def test_kill_9_among_thousands_of_transactions_loses_nothing_acknowledged(
    folder: Path, program, clock: SimulatedClock, rows: int
):
    process = program(WRITING, folder)
    acknowledged = [process.stdout.readline() for _ in range(rows)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [line for line in process.stdout.readlines() if line.endswith("\n")]
    process.wait()
    process.stdin.close()
    process.stdout.close()
    storage = await Storage.open(folder, clock=clock, ledger=Ledger(clock))
    documents = await storage.documents.load("thing")
    verification = await storage.journal.verify()
    found = {row.id.sequence: row.subject for row in await read_all(storage)}
    await storage.close()
    assert storage.rescued == []
    assert documents.damages == ()
    assert verification.holds
    for line in acknowledged:
        sequence, key = line.split()
        assert found[int(sequence)] == key
        assert key in documents
    assert len(acknowledged) >= rows


async def read_all(storage: Storage):
    rows, last = [], None
    while page := await storage.journal.rows(limit=1000, before=last):
        rows += page
        last = page[-1]
    return rows


MIGRATING = (
    PREAMBLE
    + """
asyncio.run(opened())
"""
)


async def test_kill_9_during_a_first_start_leaves_a_folder_that_starts(folder: Path, program, clock: SimulatedClock):
    for delay_ms in (1, 15, 40):
        process = program(MIGRATING.replace("asyncio.run", "say('go'); asyncio.run"), folder)
        process.stdout.readline()
        time.sleep(delay_ms / 1000)
        process.kill()
        process.communicate()
        storage = await Storage.open(folder, clock=clock, ledger=Ledger(clock))
        assert (await storage.journal.verify()).holds
        await storage.close()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def faulty_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that makes the disk fail on demand."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler: a failing disk cannot be played")
    library = tmp_path_factory.mktemp("faults") / "faults.so"
    source = Path(__file__).with_name("faults.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.fixture
def on_faulty_disk(program, faulty_disk: Path, folder: Path, tmp_path: Path):
    """Run source on a disk that fails on demand; what it said, line by line."""
    faults = tmp_path / "faults"
    faults.mkdir()

    def run(body: str) -> list[str]:
        source = f"{PREAMBLE}\nasync def main():\n    storage = await opened()\n{body}\nasyncio.run(main())"
        process = program(source, folder, LINLI_FAULTS=str(faults), LD_PRELOAD=str(faulty_disk))
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said
        return said.splitlines()

    return run


FULL = """
    first = await storage.journal.append("row.kept", actor=SYSTEM)
    os.unlink(FOLDER / "safety.reserve")
    fault("full", True)
    for _ in range(3):
        try:
            await storage.journal.append("row.lost", actor=SYSTEM)
        except DatabaseFull as error:
            say(error.code, storage.safety.status)
    say(len(await storage.journal.rows()))
    fault("full", False)
    await storage.journal.append("row.after", actor=SYSTEM)
    say([row.action for row in await storage.journal.rows()], (await storage.journal.verify()).holds)
    await storage.close()
"""


@pytest.mark.sqlite_only
def test_a_full_disk_is_a_clear_error_and_keeps_what_was_acknowledged(on_faulty_disk):
    assert on_faulty_disk(FULL) == [
        "database_full open",
        "database_full open",
        "database_full open",
        "1",
        "['row.after', 'row.kept'] True",
    ]


UNSYNCED = """
    troubles = []
    storage.safety.on_trouble(troubles.append)
    await storage.journal.append("row.kept", actor=SYSTEM)
    fault("fsync", True)
    for _ in range(2):
        try:
            await storage.journal.append("row.in doubt", actor=SYSTEM)
        except DatabaseFailed:
            say("not acknowledged", storage.safety.status)
    say(len(await storage.journal.rows()), "readable")
    try:
        await storage.safety.reopen()
    except DatabaseFailed:
        say("still failed", storage.safety.status)
    fault("fsync", False)
    await storage.safety.reopen()
    say("reopened", storage.safety.status)
    await storage.journal.append("row.after", actor=SYSTEM)
    actions = [row.action for row in await storage.journal.rows()]
    say(actions[0], actions[-1], (await storage.journal.verify()).holds)
    say([type(trouble).__name__ for trouble in troubles])
    await storage.close()
"""


@pytest.mark.sqlite_only
def test_after_a_sync_error_nothing_is_acknowledged_until_rows_were_read_back(on_faulty_disk):
    assert on_faulty_disk(UNSYNCED) == [
        "not acknowledged failed",
        "not acknowledged failed",
        "1 readable",
        "still failed failed",
        "reopened open",
        "row.after row.kept True",
        "['DatabaseFailed', 'NoneType']",
    ]


MENDED = """
    fault("fsync", True)
    try:
        await storage.journal.append("row.in doubt", actor=SYSTEM)
    except DatabaseFailed:
        pass
    fault("fsync", False)
    while storage.safety.status is not Status.OPEN:
        await asyncio.sleep(0.01)
    await storage.journal.append("row.after", actor=SYSTEM)
    say("mended")
    await storage.close()
"""


@pytest.mark.sqlite_only
def test_a_database_whose_disk_answers_again_is_opened_by_itself(on_faulty_disk):
    assert on_faulty_disk(MENDED) == ["mended"]


LOST = """
    for _ in range(3):
        await storage.journal.append("row.acknowledged", actor=SYSTEM)
    fault("fsync", True)
    try:
        await storage.journal.append("row.in doubt", actor=SYSTEM)
    except DatabaseFailed:
        pass
    await asyncio.sleep(0.05)
    fault("fsync", False)
    import sqlite3
    other = sqlite3.connect(FOLDER / "safety.db")
    other.execute("UPDATE linli_commits SET number = number - 2")
    other.commit()
    try:
        await storage.safety.reopen()
    except DatabaseFailed as error:
        say(error.key, error.parameters["count"], storage.safety.status)
    other.close()
    await storage.close()
"""


@pytest.mark.sqlite_only
def test_a_disk_that_lost_acknowledged_rows_is_not_trusted_again(on_faulty_disk):
    assert on_faulty_disk(LOST) == ["storage.rows_lost 2 failed"]


RESERVE = (
    PREAMBLE
    + """
async def main():
    storage = await opened()
    fat = {"text": "x" * 20_000}
    rows = 0
    while (FOLDER / "safety.reserve").exists():
        await storage.journal.append("row.kept", actor=SYSTEM, details=fat)
        rows += 1
    say("reserve used", rows > 10)
    for _ in range(20):
        await storage.journal.append("row.kept", actor=SYSTEM, details=fat)
        rows += 1
    try:
        while True:
            await storage.journal.append("row.kept", actor=SYSTEM, details=fat)
            rows += 1
    except DatabaseFull as error:
        say("full", storage.safety.status)
    verification = await storage.journal.verify()
    say(verification.holds, verification.rows == rows)
    os._exit(0)

asyncio.run(main())
"""
)


@pytest.mark.sqlite_only
@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk is mounted by root only")
def test_the_reserve_lets_safety_write_on_a_disk_that_is_full(folder: Path, program):
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=0700", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        said, _ = program(RESERVE, folder).communicate(timeout=60)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
    assert said.splitlines() == ["reserve used True", "full open", "True True"]
