"""The feed of changes: each committed change is told once, here at once, from another process within a second."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

import databases
from linli.clock import SimulatedClock
from linli.storage import Change, Storage
from linli.storage.changes import KEPT_ROWS, Told
from linli.storage.tables import changes


def by_another_process(folder: Path, *keys: str, topic: str = "token") -> None:
    """Without a notification: where the server sends some, this one was lost."""
    rows = ", ".join(f"('{topic}', '{key}', 0)" for key in keys)
    databases.current.execute(folder, "safety", f"INSERT INTO changes (topic, key, at_us) VALUES {rows}")


async def until(condition, within_s: float = 3.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)


def change(topic: str, key: str):
    return lambda tx: tx.changed(topic, key)


async def test_a_commit_is_told_before_its_caller_goes_on(storage: Storage):
    heard: list[Change] = []
    storage.changes.subscribe("token", heard.append)
    await storage.safety.transaction(change("token", "a"))
    await storage.hub.transaction(change("dashboard", "b"))
    assert [(entry.topic, entry.key) for entry in heard] == [("token", "a")]


async def test_what_was_not_committed_is_not_told(storage: Storage):
    heard: list[Change] = []
    storage.changes.subscribe("token", heard.append)

    def work(tx) -> None:
        tx.changed("token", "a")
        raise LookupError

    with pytest.raises(LookupError):
        await storage.safety.transaction(work)
    await storage.safety.transaction(change("token", "b"))
    assert [entry.key for entry in heard] == ["b"]


async def test_whoever_unsubscribed_hears_nothing(storage: Storage):
    heard: list[Change] = []
    unsubscribe = storage.changes.subscribe("token", heard.append)
    assert storage.changes.counts()["token"] == 1
    unsubscribe()
    await storage.safety.transaction(change("token", "a"))
    assert heard == []
    assert "token" not in storage.changes.counts()


async def test_a_subscriber_that_raises_is_charged_and_others_hear(storage: Storage):
    heard: list[Change] = []
    storage.changes.subscribe("token", lambda entry: 1 / 0)
    storage.changes.subscribe("token", heard.append)
    await storage.safety.transaction(change("token", "a"))
    assert len(heard) == 1


REVOKE = """
import asyncio, sys
from pathlib import Path
from linli.clock import RealClock
from linli.ledger import Ledger
from linli.storage import SYSTEM, Storage

async def main():
    clock = RealClock()
    storage = await Storage.open_for_command(Path(sys.argv[1]), clock=clock, ledger=Ledger(clock))
    def work(tx):
        tx.changed("token", "stolen")
        tx.journal("token.revoked", actor=SYSTEM, subject="stolen")
    sys.stdin.readline()
    await storage.safety.transaction(work)
    print("done", flush=True)
    await storage.close()

asyncio.run(main())
"""


async def test_a_token_revoked_by_another_process_is_heard_within_a_second(real_storage: Storage, folder, program):
    heard: list[Change] = []
    real_storage.changes.subscribe("token", heard.append)
    process = program(REVOKE, folder)
    loop = asyncio.get_running_loop()
    process.stdin.write("now\n")
    process.stdin.flush()
    assert await loop.run_in_executor(None, process.stdout.readline) == "done\n"
    started = loop.time()
    await until(lambda: heard)
    assert loop.time() - started < 1
    assert await loop.run_in_executor(None, process.wait) == 0
    process.stdin.close()
    process.stdout.close()
    assert [entry.key for entry in heard] == ["stolen"]
    assert {head.writer for head in await real_storage.journal.heads()} == {"cli"}
    assert (await real_storage.journal.verify()).holds


async def test_another_process_is_heard_although_time_is_simulated(storage: Storage, folder: Path):
    heard: list[Change] = []
    storage.changes.subscribe("token", heard.append)
    by_another_process(folder, "a", "b")
    await until(lambda: len(heard) == 2)
    assert [entry.key for entry in heard] == ["a", "b"]


async def test_rows_pruned_before_they_were_seen_say_that_anything_may_have_changed(storage: Storage, folder: Path):
    heard: list[Change] = []
    storage.changes.subscribe("token", heard.append)
    databases.current.execute(
        folder,
        "safety",
        "INSERT INTO changes (topic, key, at_us) VALUES ('token', 'unseen', 0)",
        "DELETE FROM changes WHERE key = 'unseen'",
        "INSERT INTO changes (topic, key, at_us) VALUES ('other', 'seen', 0)",
    )
    await until(lambda: heard)
    assert [(entry.topic, entry.key) for entry in heard] == [("token", None)]


async def test_old_rows_are_pruned(storage: Storage, clock: SimulatedClock):
    count = select(func.count()).select_from(changes)

    def work(tx) -> None:
        for number in range(KEPT_ROWS + 10):
            tx.changed("token", str(number))

    await storage.safety.transaction(work)
    await clock.forward(hours=1)
    assert await storage.safety.read(lambda tx: tx.execute(count).scalar()) == KEPT_ROWS
    await clock.forward(hours=25)
    assert await storage.safety.read(lambda tx: tx.execute(count).scalar()) == 0
    heard: list[Change] = []
    storage.changes.subscribe("token", heard.append)
    await storage.safety.transaction(change("token", "next"))
    [entry] = heard
    assert entry.number > KEPT_ROWS + 10, "numbers go on after pruning"


@settings(max_examples=120, deadline=None)
@given(own=st.lists(st.booleans(), min_size=1, max_size=12), data=st.data())
def test_each_row_is_told_once_however_looks_and_commits_interleave(own: list[bool], data: st.DataObject):
    """Rows are committed in order, by us or by another process; a look sees those so far, at any moment."""
    told = Told(0)
    heard: list[int] = []
    rows = [Change(number, "t", str(number)) for number in range(1, len(own) + 1)]
    unsettled: list[Change] = []

    def look(committed: int, since: int) -> None:
        found = [row for row in rows[:committed] if row.number > since]
        if found:
            new, missed = told.seen(found)
            assert not missed
            heard.extend(row.number for row in new)

    for row, mine in zip(rows, own, strict=True):
        since = data.draw(st.integers(0, told.number), label="a look begun earlier")
        if mine:
            unsettled.append(row)
        if data.draw(st.booleans(), label="look before the own commit reached the loop"):
            look(row.number, since)
        if unsettled and data.draw(st.booleans(), label="own commit reaches the loop"):
            heard += [entry.number for entry in told.own(unsettled)]
            unsettled = []
    heard += [entry.number for entry in told.own(unsettled)]
    look(len(rows), told.number)
    assert sorted(heard) == [row.number for row in rows]


def test_a_missing_number_is_noticed_once():
    told = Told(3)
    assert told.seen([Change(6, "t", "a")]) == ([Change(6, "t", "a")], True)
    assert told.seen([Change(7, "t", "b")]) == ([Change(7, "t", "b")], False)
