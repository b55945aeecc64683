"""Claims: each row is one process's at a time; a dead one's rows go to another, and what it still writes is refused."""

import asyncio
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text, update

import databases
from linli.storage import Storage
from linli.storage.claims import Claim, ClaimLost, Claims, claim_columns

LEASE = timedelta(seconds=1)


def queue() -> Table:
    return Table(
        "waiting", MetaData(), Column("id", Integer, primary_key=True), Column("work", Integer), *claim_columns()
    )


async def fill(storage: Storage, table: Table, rows: int) -> None:
    def work(tx) -> None:
        table.create(tx.connection)
        tx.execute(insert(table), [{"id": number, "work": number % 2} for number in range(rows)])

    await storage.hub.transaction(work)


async def test_a_row_is_claimed_once_and_free_again_when_it_is_given_back(storage: Storage):
    table = queue()
    await fill(storage, table, 3)
    mine = Claims(table, storage.run, lease=LEASE)
    first = await storage.hub.transaction(lambda tx: mine.take(tx, limit=2))
    assert [claim.key for claim in first] == [0, 1]
    assert [claim.key for claim in await storage.hub.transaction(mine.take)] == [2]
    assert await storage.hub.transaction(mine.take) == []
    await storage.hub.transaction(lambda tx: mine.release(tx, first[0]))
    assert await storage.hub.transaction(mine.take) == [Claim(0, 2)]
    with pytest.raises(ClaimLost):
        await storage.hub.transaction(lambda tx: mine.hold(tx, first[0]))


async def test_only_rows_that_match_are_claimed_in_the_order_asked_for(storage: Storage):
    table = queue()
    await fill(storage, table, 6)
    mine = Claims(table, storage.run, lease=LEASE)
    taken = await storage.hub.transaction(lambda tx: mine.take(tx, table.c.work == 1, order=table.c.id.desc(), limit=2))
    assert [claim.key for claim in taken] == [3, 5]


async def let_time_pass(storage: Storage, table: Table, passing: timedelta) -> None:
    """For the leases only: nothing here waits, so nothing depends on how busy the machine is."""
    earlier = table.c.claimed_until_us - round(passing.total_seconds() * 1_000_000)
    await storage.hub.transaction(lambda tx: tx.execute(update(table).values(claimed_until_us=earlier)).close())


async def test_a_lease_that_is_over_is_nobodys_until_it_is_renewed_in_time(storage: Storage):
    table = queue()
    await fill(storage, table, 1)
    mine = Claims(table, storage.run, lease=timedelta(hours=1))
    (claim,) = await storage.hub.transaction(mine.take)
    for _ in range(3):
        await let_time_pass(storage, table, timedelta(minutes=50))
        await storage.hub.transaction(lambda tx: mine.renew(tx, claim))
    await let_time_pass(storage, table, timedelta(minutes=61))
    for late in (mine.hold, mine.renew, mine.release):
        with pytest.raises(ClaimLost):
            await storage.hub.transaction(lambda tx, late=late: late(tx, claim))
    assert await storage.hub.transaction(mine.take) == [Claim(0, 2)]


async def test_a_lease_ends_by_the_databases_time(real_storage: Storage):
    table = queue()
    await fill(real_storage, table, 1)
    mine = Claims(table, real_storage.run, lease=timedelta(milliseconds=1))
    (claim,) = await real_storage.hub.transaction(mine.take)
    await asyncio.sleep(0.01)
    with pytest.raises(ClaimLost):
        await real_storage.hub.transaction(lambda tx: mine.hold(tx, claim))


CLAIMING = """
import asyncio, os, sys
from datetime import timedelta
from pathlib import Path
from sqlalchemy import Column, Integer, MetaData, Table
from linli.clock import RealClock
from linli.storage import Database
from linli.storage.claims import Claims, claim_columns

table = Table("waiting", MetaData(), Column("id", Integer, primary_key=True), Column("work", Integer), *claim_columns())

async def main():
    hub = Database("hub", sys.argv[1], clock=RealClock())
    await hub.open()
    mine = Claims(table, f"process {os.getpid()}", lease=timedelta(seconds=float(sys.argv[2])))
    print("ready", flush=True)
    sys.stdin.readline()
    while taken := await hub.transaction(lambda tx: mine.take(tx, limit=3)):
        for claim in taken:
            print(claim.key, claim.fence, flush=True)
    sys.stdin.readline()
    await hub.close()

asyncio.run(main())
"""


def lines(said: str) -> list[tuple[int, int]]:
    return [(int(key), int(fence)) for key, fence in (line.split() for line in said.splitlines())]


@pytest.mark.server_only  # on SQLite one process works: whoever has the folder
async def test_two_processes_share_the_rows_and_a_dead_ones_go_to_another(storage: Storage, folder: Path, program):
    table = queue()
    await fill(storage, table, 60)
    url = databases.current.of("hub", folder)
    both = [program(CLAIMING, url, 3600) for _ in range(2)]
    loop = asyncio.get_running_loop()
    for process in both:
        assert await loop.run_in_executor(None, process.stdout.readline) == "ready\n"
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    count = select(table.c.id).where(table.c.claimed_by.is_(None))
    while await storage.hub.read(lambda tx: tx.execute(count).first()) is not None:
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)
    for process in both:
        process.send_signal(signal.SIGKILL)
    said = [lines(process.communicate()[0]) for process in both]
    assert sorted(key for each in said for key, _ in each) == list(range(60)), "each row once, none twice"
    mine = Claims(table, storage.run, lease=LEASE)
    assert await storage.hub.transaction(mine.take) == [], "their leases still run"
    await let_time_pass(storage, table, timedelta(hours=1))
    taken = await storage.hub.transaction(lambda tx: mine.take(tx, limit=100))
    assert sorted((claim.key, claim.fence) for claim in taken) == [(key, 2) for key in range(60)]
    late = Claims(table, f"process {both[0].pid}", lease=LEASE)
    assert said[0], "both had some"
    claim = Claim(*said[0][0])
    with pytest.raises(ClaimLost):
        await storage.hub.transaction(lambda tx: late.hold(tx, claim))


WORKING = """
import asyncio, sys
from datetime import timedelta
from sqlalchemy import Column, Integer, MetaData, Table, update
from linli.clock import RealClock
from linli.storage import Database
from linli.storage.claims import ClaimLost, Claims, claim_columns

table = Table("waiting", MetaData(), Column("id", Integer, primary_key=True), Column("work", Integer), *claim_columns())

async def main():
    hub = Database("hub", sys.argv[1], clock=RealClock())
    await hub.open()
    mine = Claims(table, sys.argv[2], lease=timedelta(seconds=float(sys.argv[4])))
    while not (taken := await hub.transaction(lambda tx: mine.take(tx, limit=1))):
        await asyncio.sleep(0.02)
    print("claimed", taken[0].fence, flush=True)
    sys.stdin.readline()

    def finish(tx):
        tx.execute(update(table).values(work=int(sys.argv[3])))
        mine.hold(tx, taken[0])

    try:
        await hub.transaction(finish)
        print("written", flush=True)
    except ClaimLost:
        print("lost", flush=True)
    await hub.close()

asyncio.run(main())
"""


@pytest.mark.server_only  # the same
async def test_a_process_that_was_stopped_past_its_lease_writes_nothing(storage: Storage, folder: Path, program):
    """Stopped with its row claimed, so that it knows of nothing when it goes on: only the fence tells it."""
    table = queue()
    await fill(storage, table, 1)
    url = databases.current.of("hub", folder)
    loop = asyncio.get_running_loop()

    async def says(process) -> str:
        return (await loop.run_in_executor(None, process.stdout.readline)).strip()

    def go_on(process) -> None:
        process.stdin.write("go\n")
        process.stdin.flush()

    first = program(WORKING, url, "first", 111, 0.5)
    assert await says(first) == "claimed 1"
    first.send_signal(signal.SIGSTOP)
    second = program(WORKING, url, "second", 222, 3600)
    assert await says(second) == "claimed 2"
    go_on(second)
    assert await says(second) == "written"
    go_on(first)
    first.send_signal(signal.SIGCONT)
    assert await says(first) == "lost"
    assert await storage.hub.read(lambda tx: tx.execute(select(table.c.work, table.c.fence)).one()) == (222, 2)
    for process in (first, second):
        process.communicate(timeout=10)
        assert process.returncode == 0


@pytest.mark.sqlite_only
async def test_on_files_a_claim_of_an_earlier_run_ended_with_its_lock_on_the_folder(storage: Storage):
    table = queue()
    await fill(storage, table, 1)
    earlier = text("UPDATE waiting SET claimed_by = 'earlier', claimed_until_us = 1e18, fence = 4")
    await storage.hub.transaction(lambda tx: tx.execute(earlier).close())
    mine = Claims(table, storage.run, lease=LEASE)
    assert await storage.hub.transaction(mine.take) == [Claim(0, 5)]
