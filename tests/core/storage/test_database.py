"""Transactions: acknowledged means committed, all or nothing, also for those who leave early or wait together."""

import asyncio
import gc
import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

import databases
from linli.clock import SimulatedClock
from linli.errors import ContractError
from linli.storage import Database, DatabaseBusy, DatabaseClosed, Status, StorageError, StorageRefused, Transaction
from linli.storage.actor import SYSTEM
from linli.storage.sqlite import STATEMENTS, set_pragmas
from linli.storage.tables import changes
from linli.storage.worker import Worker


def write(key: str):
    return lambda tx: tx.execute(insert(changes), {"topic": "t", "key": key, "at_us": tx.now_us}).rowcount


def keys(tx: Transaction) -> list[str]:
    return list(tx.execute(select(changes.c.key).order_by(changes.c.number)).scalars())


def keys_on_disk(folder: Path) -> list[str]:
    return [key for (key,) in databases.current.rows(folder, "safety", "SELECT key FROM changes ORDER BY number")]


async def test_what_is_acknowledged_another_connection_sees(database: Database, tmp_path: Path):
    await database.transaction(write("a"))
    assert keys_on_disk(tmp_path) == ["a"]


async def test_a_transaction_that_raises_leaves_nothing(database: Database):
    def work(tx: Transaction) -> None:
        write("half")(tx)
        raise LookupError("no such person")

    with pytest.raises(LookupError):
        await database.transaction(work)
    assert await database.read(keys) == []


async def test_one_that_fails_undoes_nothing_of_those_that_share_its_commit(database: Database):
    def twice(tx: Transaction) -> None:
        write("x")(tx)
        tx.execute(insert(changes), {"number": 1, "topic": "t", "key": "x", "at_us": 0})
        tx.execute(insert(changes), {"number": 1, "topic": "t", "key": "x", "at_us": 0})

    outcomes = await asyncio.gather(
        *(database.transaction(work) for work in (write("a"), twice, write("b"), write("c"))), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [int, IntegrityError, int, int]
    assert await database.read(keys) == ["a", "b", "c"]


async def test_whoever_leaves_before_his_turn_has_written_nothing(database: Database):
    turn = threading.Event()
    first = asyncio.create_task(database.transaction(lambda tx: turn.wait(5)))
    await asyncio.sleep(0.01)
    leaving = asyncio.create_task(database.transaction(write("left")))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.sleep(0)  # he hears of it in the next turn of the loop; until then his place may still be taken
    turn.set()
    await first
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await database.transaction(keys) == []


async def test_whoever_leaves_during_his_transaction_leaves_it_whole(database: Database):
    begun, turn = threading.Event(), threading.Event()

    def work(tx: Transaction) -> None:
        write("first half")(tx)
        begun.set()
        turn.wait(5)
        write("second half")(tx)

    leaving = asyncio.create_task(database.transaction(work))
    await asyncio.get_running_loop().run_in_executor(None, begun.wait)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    turn.set()
    assert await database.transaction(keys) == ["first half", "second half"]


async def test_a_long_read_holds_no_writer_up(database: Database):
    begun, written = threading.Event(), threading.Event()

    def long_read(tx: Transaction) -> list[str]:
        keys(tx)
        begun.set()
        assert written.wait(5)
        return keys(tx)

    reading = asyncio.create_task(database.read(long_read))
    await asyncio.get_running_loop().run_in_executor(None, begun.wait)
    await database.transaction(write("meanwhile"))
    written.set()
    assert await reading == [], "a read sees one snapshot"
    assert await database.read(keys) == ["meanwhile"]


async def test_a_read_cannot_write(database: Database):
    with pytest.raises(DBAPIError, match=r"read.?only"):
        await database.read(write("a"))
    with pytest.raises(ContractError):
        await database.read(lambda tx: tx.changed("t", "k"))


async def test_simulated_time_stands_still_during_a_transaction(database: Database, clock: SimulatedClock):
    rang = []
    clock.call_later(10, lambda: rang.append("timer"))

    async def slow() -> None:
        await database.transaction(lambda tx: threading.Event().wait(0.05))
        rang.append("committed")

    task = asyncio.create_task(slow())
    await clock.forward(seconds=20)
    await task
    assert rang == ["committed", "timer"]


async def test_an_error_that_undid_the_transaction_cannot_be_swallowed(database: Database):
    def work(tx: Transaction) -> None:
        write("before")(tx)
        tx.connection.connection.driver_connection.execute("ROLLBACK")
        write("after")(tx)

    with pytest.raises(StorageError, match="undid"):
        await database.transaction(work)
    assert await database.read(keys) == []


@pytest.mark.sqlite_only
async def test_another_process_that_holds_the_database_is_an_error_that_passes(tmp_path: Path, database: Database):
    await database.maintain(lambda connection: connection.connection.driver_connection.execute("PRAGMA busy_timeout=1"))
    other = sqlite3.connect(database.backend.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy):
        await database.transaction(write("a"))
    other.execute("COMMIT")
    other.close()
    await database.transaction(write("b"))
    assert await database.read(keys) == ["b"]


async def test_work_outside_transactions_may_not_leave_one_open(database: Database):
    with pytest.raises(ContractError):
        await database.maintain(lambda connection: connection.execute(text("SELECT 1")))
    await database.transaction(write("a"))


async def test_only_safety_db_has_a_journal(tmp_path: Path, clock: SimulatedClock):
    hub = Database("hub", databases.current.of("hub", tmp_path), clock=clock)
    await hub.open()
    with pytest.raises(ContractError, match=r"safety\.db"):
        await hub.transaction(lambda tx: tx.journal("light.renamed", actor=SYSTEM))
    await hub.close()


async def test_a_closed_database_says_so(database: Database):
    await database.close()
    await database.close()
    assert database.status is Status.CLOSED
    with pytest.raises(DatabaseClosed):
        await database.transaction(write("a"))


async def test_a_full_queue_makes_callers_wait(clock: SimulatedClock):
    worker = Worker("test", clock, bound=2)
    turn = threading.Event()
    jobs = [asyncio.create_task(worker.run(lambda: turn.wait(5))) for _ in range(5)]
    await asyncio.sleep(0.01)
    assert len(worker._jobs) <= 2
    turn.set()
    assert await asyncio.gather(*jobs) == [True] * 5
    await worker.close()


@pytest.mark.sqlite_only
async def test_every_connection_runs_as_asked(tmp_path: Path, database: Database):
    def said(tx: Transaction) -> list[object]:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete", "cache_size")
        return [tx.execute(text(f"PRAGMA {pragma}")).scalar() for pragma in pragmas]

    assert await database.transaction(said) == ["wal", 2, 1, 5000, 1, -512]
    assert await database.read(said) == ["wal", 2, 1, 5000, 1, -512]
    assert await database.read_apart(said) == ["wal", 2, 1, 5000, 1, -512]


@pytest.mark.sqlite_only
async def test_a_connection_keeps_few_statements_however_many_it_is_asked(database: Database):
    def kept() -> int:
        return sum(type(thing).__qualname__ == "Statement" for thing in gc.get_objects())

    def ask(tx: Transaction) -> None:
        for number in range(100):
            tx.execute(text(f"SELECT {number}"))

    gc.collect()
    before = kept()
    await database.read(ask)
    gc.collect()
    assert kept() - before <= STATEMENTS


@pytest.mark.sqlite_only
async def test_the_recorder_may_ask_for_less_syncing(tmp_path: Path, clock: SimulatedClock):
    recorder = Database("recorder", f"sqlite:///{tmp_path}/r.db", clock=clock, synchronous="NORMAL")
    await recorder.open()
    assert await recorder.read(lambda tx: tx.execute(text("PRAGMA synchronous")).scalar()) == 1
    await recorder.close()


@pytest.mark.sqlite_only
def test_a_pragma_that_does_not_take_is_refused(tmp_path: Path):
    raw = sqlite3.connect(":memory:")
    with pytest.raises(StorageRefused, match="journal_mode is 'memory'"):
        set_pragmas(raw, "safety", tmp_path, [("journal_mode", "WAL", "wal")])
    raw.close()


@pytest.mark.sqlite_only
def test_a_database_in_memory_is_refused(clock: SimulatedClock):
    with pytest.raises(StorageRefused):
        Database("safety", "sqlite://", clock=clock)


@pytest.mark.sqlite_only
def test_the_files_belong_to_their_owner_only(tmp_path: Path, database: Database):
    assert {file.stat().st_mode & 0o077 for file in tmp_path.glob("safety.db*")} == {0}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(st.sampled_from(["keep", "fail", "leave"]), max_size=6), max_size=4))
async def test_exactly_what_was_acknowledged_is_there(database: Database, batches: list[list[str]]):
    await database.transaction(lambda tx: tx.execute(text("DELETE FROM changes")).rowcount)
    acknowledged: list[str] = []
    unknown: set[str] = set()

    def work(fate: str, name: str):
        def run(tx: Transaction) -> str:
            write(name)(tx)
            if fate == "fail":
                raise ValueError(name)
            return name

        return run

    for number, batch in enumerate(batches):
        names = [f"{number}.{place}" for place in range(len(batch))]
        tasks = [asyncio.create_task(database.transaction(work(*pair))) for pair in zip(batch, names, strict=True)]
        await asyncio.sleep(0)
        for fate, task, name in zip(batch, tasks, names, strict=True):
            if fate == "leave":
                task.cancel()
                unknown.add(name)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        acknowledged += [outcome for outcome in outcomes if isinstance(outcome, str)]
    found = await database.read(keys)
    assert [key for key in found if key not in unknown] == acknowledged
