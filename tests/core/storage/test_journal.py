"""The journal: one changed byte anywhere is found, details can be forgotten, refusals are counted, not flooded."""

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, delete, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from linli.clock import SimulatedClock
from linli.context import Context, Purpose
from linli.errors import NotFound
from linli.ids import PluginDomain, UserId
from linli.storage import SYSTEM, Actor, Break, Database, Head, Journal, JournalFilter, RowId, Storage
from linli.storage.chain import FIRST, Link, digest
from linli.storage.journal_writer import JournalWriter
from linli.storage.tables import journal, journal_details

OWNER = Actor("user", "01OWNER", PluginDomain("api"), Purpose.ROUTINE)


@pytest.fixture
def book(database: Database, clock: SimulatedClock) -> Journal:
    return Journal(database, clock)


NUL = "x'00'"


async def write_three(book: Journal) -> None:
    for number in range(3):
        await book.append("light.renamed", actor=OWNER, subject=f"light.{number}", details={"to": f"灯 {number}"})


def tamper(database: Database, *statements: str) -> None:
    """Write past every guard, as somebody with the file in hand would."""
    with unguarded(database) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace(NUL, "'\\x00'") if on_server(database) else statement)


def on_server(database: Database) -> bool:
    return database.backend.path is None


@contextmanager
def unguarded(database: Database) -> Iterator[Connection]:
    with closing(database.backend.writer()) as connection, connection.begin():
        if on_server(database):
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        else:
            for trigger in ("no_update", "no_delete", "no_replace", "details_no_update"):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS journal_{trigger}")
        yield connection


def alter(database: Database, table: Table, column: str, row: int, change: Callable[[Any], Any]) -> None:
    """Change one value of one row, as another value of its own kind."""
    with unguarded(database) as connection:
        value = connection.execute(select(table.c[column]).where(table.c.sequence == row)).scalar_one()
        connection.execute(update(table).where(table.c.sequence == row).values({column: change(value)}))


def other_first(value: Any) -> Any:
    """Another number, or another first letter or byte."""
    if isinstance(value, int):
        return value + 100
    if isinstance(value, str):
        return ("n" if value[0] == "o" else "o") + value[1:]
    return (b"n" if value[:1] == b"o" else b"o") + value[1:]


async def test_an_untouched_journal_holds(book: Journal):
    await write_three(book)
    verification = await book.verify()
    assert verification.holds
    assert verification.rows == 3
    assert verification.heads == tuple(await book.heads())


COLUMNS = [column.name for column in journal.columns]


@pytest.mark.parametrize("row", [1, 2, 3], ids=["first row", "middle row", "last row"])
@pytest.mark.parametrize("column", COLUMNS)
async def test_one_changed_byte_of_any_column_is_found(book: Journal, database: Database, column: str, row: int):
    await write_three(book)
    alter(database, journal, column, row, other_first)
    assert not (await book.verify()).holds


@pytest.mark.parametrize("column", ["writer", "sequence", "salt", "details"])
async def test_one_changed_byte_of_the_details_is_found(book: Journal, database: Database, column: str):
    await write_three(book)
    alter(database, journal_details, column, 2, other_first)
    assert not (await book.verify()).holds


@pytest.mark.sqlite_only
@pytest.mark.parametrize("column", ["writer", "salt", "details"])
async def test_details_that_are_no_text_any_more_are_found(book: Journal, database: Database, column: str):
    await write_three(book)
    changed = f"x'ff' || substr(CAST({column} AS BLOB), 2)"
    tamper(database, f"UPDATE journal_details SET {column} = {changed} WHERE sequence = 2")
    assert not (await book.verify()).holds


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DELETE FROM journal WHERE sequence = 2", Break(RowId("hub", 3), "missing")),
        ("DELETE FROM journal WHERE sequence = 1", Break(RowId("hub", 2), "missing")),
        ("DELETE FROM journal_details WHERE sequence = 2", Break(RowId("hub", 2), "details_missing")),
        ("INSERT INTO journal_details VALUES ('hub', 9, x'00', '{}')", Break(RowId("hub", 9), "orphan")),
        ("UPDATE journal SET action = 'x' WHERE sequence = 2", Break(RowId("hub", 2), "hash")),
        ("UPDATE journal SET details_digest = NULL WHERE sequence = 3", Break(RowId("hub", 3), "hash")),
        ("UPDATE journal SET previous = x'00' WHERE sequence = 2", Break(RowId("hub", 2), "previous")),
    ],
    ids=["row removed", "beginning cut", "details removed", "details added", "changed", "digest removed", "unlinked"],
)
async def test_the_first_broken_row_is_named(book: Journal, database: Database, statement: str, expected: Break):
    await write_three(book)
    tamper(database, statement)
    assert expected in (await book.verify()).breaks


async def test_each_chain_is_judged_by_itself(book: Journal, database: Database, clock: SimulatedClock):
    await write_three(book)
    other = JournalWriter("cli")
    for _ in range(2):
        await database.transaction(
            lambda tx: other.append(tx, "user.created", actor=SYSTEM, subject=None, details=None)
        )
    tamper(database, "UPDATE journal SET subject = 'x' WHERE writer = 'cli' AND sequence = 1")
    verification = await book.verify()
    assert verification.breaks == (Break(RowId("cli", 1), "hash"),)
    assert Head("hub", 3, (await book.heads())[1].hash) in verification.heads


async def test_a_cut_tail_is_found_by_a_head_kept_elsewhere(book: Journal, database: Database):
    await write_three(book)
    anchors = await book.heads()
    assert (await book.verify(anchors)).holds
    tamper(database, "DELETE FROM journal WHERE sequence = 3", "DELETE FROM journal_details WHERE sequence = 3")
    assert (await book.verify()).holds, "a chain alone does not know how long it was"
    assert (await book.verify(anchors)).breaks == (Break(RowId("hub", 3), "anchor"),)


async def test_a_chain_written_anew_is_found_by_a_head_kept_elsewhere(book: Journal, database: Database):
    await write_three(book)
    anchors = await book.heads()
    tamper(database, "DELETE FROM journal", "DELETE FROM journal_details")
    await write_three(book)
    assert (await book.verify()).holds
    assert [found.what for found in (await book.verify(anchors)).breaks] == ["anchor"]


@pytest.mark.parametrize(
    "statement",
    [
        update(journal).values(action="nothing happened"),
        delete(journal),
        journal.insert().prefix_with("OR REPLACE", dialect="sqlite").from_select(list(journal.c), journal.select()),
        update(journal_details).values(details="{}"),
    ],
    ids=["update", "delete", "replace", "details"],
)
async def test_the_database_itself_refuses_to_change_a_row(book: Journal, database: Database, statement: Any):
    await write_three(book)
    with pytest.raises(DBAPIError, match=r"append-only|forgotten"):
        await database.transaction(lambda tx: tx.execute(statement).rowcount)
    assert (await book.verify()).rows == 3


@pytest.mark.server_only  # SQLite knows no TRUNCATE
async def test_a_server_refuses_to_empty_the_journal(book: Journal, database: Database):
    await write_three(book)
    with pytest.raises(DBAPIError, match="append-only"):
        await database.transaction(lambda tx: tx.execute(text("TRUNCATE journal")).rowcount)
    assert (await book.verify()).rows == 3


async def test_forgotten_details_are_gone_from_the_file_and_the_chain_holds(book: Journal, database: Database):
    row = await book.append("person.renamed", actor=OWNER, subject="p1", details={"name": "王秀英 was her name"})
    await book.forget(row, actor=OWNER, reason="erasure asked for")
    assert (await book.verify()).holds
    forgotten, renamed = await book.rows()
    assert (forgotten.action, forgotten.subject) == ("journal.details_forgotten", "hub/1")
    assert renamed.details is None
    assert renamed.has_details
    await database.close()
    path = database.backend.path
    assert path is None or "王秀英".encode() not in path.read_bytes()
    await database.open()


async def test_details_that_are_not_there_cannot_be_forgotten(book: Journal):
    row = await book.append("hub.started", actor=SYSTEM)
    with pytest.raises(NotFound):
        await book.forget(row, actor=OWNER, reason="")
    assert [found.action for found in await book.rows()] == ["hub.started"]


async def test_a_row_commits_with_what_it_speaks_of_or_not_at_all(book: Journal, database: Database):
    def work(tx) -> None:
        tx.journal("user.created", actor=OWNER)
        raise LookupError

    with pytest.raises(LookupError):
        await database.transaction(work)
    assert await book.rows() == []
    await write_three(book)
    assert (await book.verify()).holds


async def test_refusals_are_one_row_for_plugin_reason_and_minute(book: Journal, clock: SimulatedClock):
    for _ in range(500):
        book.refused(PluginDomain("demo"), "calls")
    book.refused(PluginDomain("demo"), "personal_data")
    await clock.forward(seconds=61)
    book.refused(PluginDomain("demo"), "calls")
    await book.close()
    rows = [(row.actor.id, row.subject, row.details) for row in await book.rows()]
    assert rows == [
        ("demo", "calls", {"count": 1}),
        ("demo", "personal_data", {"count": 1}),
        ("demo", "calls", {"count": 500}),
    ]


async def test_reasons_without_end_are_counted_together(book: Journal):
    for number in range(3000):
        book.refused(PluginDomain("demo"), f"reason {number}")
    await book.close()
    rows = await book.rows(limit=1000)
    assert rows[0].subject in {"other", "reason 999"}
    assert {"count": 2000} in [row.details for row in rows]


async def test_an_action_on_another_database_is_intended_and_then_done(book: Journal):
    async def rename() -> str:
        assert [row.action for row in await book.rows()] == ["light.renamed.intended"]
        return "renamed"

    assert await book.around("light.renamed", rename, actor=OWNER, subject="light.hall") == "renamed"
    done, intended = await book.rows()
    assert done.action == "light.renamed.done"
    assert done.details == intended.details
    assert done.details.keys() == {"idempotency_key"}


async def test_an_action_that_failed_stays_intended(book: Journal):
    async def rename() -> None:
        raise OSError("the disk")

    with pytest.raises(OSError, match="the disk"):
        await book.around("light.renamed", rename, actor=OWNER)
    assert [row.action for row in await book.rows()] == ["light.renamed.intended"]


async def test_rows_are_filtered_and_read_page_by_page(book: Journal, clock: SimulatedClock):
    context = Context(UserId("01CHILD"), plugin=PluginDomain("api"))
    for number in range(7):
        await book.record("light.renamed", context=context, subject=f"light.{number}")
        await book.append("lightning.seen", actor=SYSTEM)
        await clock.forward(seconds=number % 2)
    everything = await book.rows(limit=100)
    pages, last = [], None
    while page := await book.rows(limit=4, before=last):
        pages += page
        last = page[-1]
    assert pages == everything
    assert [row.at_us for row in everything] == sorted((row.at_us for row in everything), reverse=True)
    assert len(await book.rows(JournalFilter(action="light"))) == 7, "a dotted beginning, not any beginning"
    assert len(await book.rows(JournalFilter(actor_id="01CHILD", plugin="api", writer="hub"))) == 7
    assert [row.subject for row in await book.rows(JournalFilter(subject="light.3"))] == ["light.3"]
    half = everything[6].at_us
    older, newer = JournalFilter(until_us=half), JournalFilter(since_us=half)
    assert len(await book.rows(older)) + len(await book.rows(newer)) == 14


async def test_each_row_is_told_on_the_feed(storage: Storage):
    heard: list[str | None] = []
    storage.changes.subscribe("journal", lambda change: heard.append(change.key))
    await storage.journal.append("hub.started", actor=SYSTEM)
    assert heard == ["hub/1"]


async def test_many_writers_at_once_make_one_unbroken_chain(book: Journal):
    await asyncio.gather(*(book.append("x.y", actor=SYSTEM, details={"n": number}) for number in range(200)))
    assert (await book.verify()).holds
    assert (await book.heads())[0].sequence == 200


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (Context(UserId("u"), plugin=PluginDomain("api")), Actor("user", "u", PluginDomain("api"))),
        (Context(plugin=PluginDomain("demo")), Actor("plugin", "demo", PluginDomain("demo"))),
        (Context(purpose=Purpose.INCIDENT), Actor("system", None, PluginDomain("core"), Purpose.INCIDENT)),
    ],
    ids=["user", "plugin", "system"],
)
def test_a_context_says_who_acts(context: Context, expected: Actor):
    assert Actor.of(context) == expected


fields = st.none() | st.text() | st.binary() | st.integers()


@given(st.lists(fields), st.lists(fields))
def test_no_two_lists_of_fields_have_one_digest(left: list[Any], right: list[Any]):
    assert (digest(*left) == digest(*right)) == (left == right and [*map(type, left)] == [*map(type, right)])


def test_a_hash_can_be_computed_by_hand_as_documented():
    link = Link("hub", 1, FIRST, 5, "a", "user", None, "core", "routine", "灯", None)
    by_hand = (
        b"T\0\0\0\x0flinli journal 1" + b"T\0\0\0\x03hub" + b"I\0\0\0\x011" + b"B\0\0\0\x20" + bytes(32)
        + b"I\0\0\0\x015" + b"T\0\0\0\x01a" + b"T\0\0\0\x04user" + b"N\0\0\0\0" + b"T\0\0\0\x04core"
        + b"T\0\0\0\x07routine" + b"T\0\0\0\x03\xe7\x81\xaf" + b"N\0\0\0\0"
    )  # fmt: skip
    assert link.hash() == hashlib.sha256(by_hand).digest()


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=2)), min_size=1, max_size=5),
    data=st.data(),
)
async def test_whatever_is_written_holds_and_whatever_byte_is_flipped_breaks(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any], data: st.DataObject, make_book: Callable[[Path], Any]
):
    async with make_book(tmp_path_factory.mktemp("journal")) as (database, book):
        for action, subject, details in rows:
            await book.append(action, actor=SYSTEM, subject=subject, details=details)
        assert (await book.verify()).holds
        table, column = data.draw(st.sampled_from([
            *(("journal", name) for name in COLUMNS if name != "actor_id"),
            *(("journal_details", name) for name in ("salt", "details", "writer", "sequence")),
        ]))  # fmt: skip
        row = data.draw(st.integers(1, len(rows)))
        position = data.draw(st.integers(0, 1000))
        flip(database, table, column, row, position, data.draw(st.integers(0, 7)))
        assert not (await book.verify()).holds


def _other_at(value: Any, place: int) -> Any:
    return value[:place] + other_first(value[place:])


def flip(database: Database, table: str, column: str, row: int, position: int, bit: int) -> None:
    """Flip one bit of one stored value."""
    if on_server(database):
        alter(database, journal if table == "journal" else journal_details, column, row, lambda value: (
            value ^ (1 << (bit + 20)) if isinstance(value, int) else _other_at(value, position % len(value))
        ))  # fmt: skip
        return
    tamper(database)
    raw = sqlite3.connect(database.backend.path)
    kind, content = raw.execute(
        f"SELECT typeof({column}), CAST({column} AS BLOB) FROM {table} WHERE sequence = ?", (row,)
    ).fetchone()
    if kind == "integer":
        (value,) = raw.execute(f"SELECT {column} FROM {table} WHERE sequence = ?", (row,)).fetchone()
        raw.execute(f"UPDATE {table} SET {column} = ? WHERE sequence = ?", (value ^ (1 << (bit + 20)), row))
    else:
        damaged = bytearray(content)
        damaged[position % len(damaged)] ^= 1 << bit
        cast = "CAST(? AS TEXT)" if kind == "text" else "?"
        raw.execute(f"UPDATE {table} SET {column} = {cast} WHERE sequence = ?", (bytes(damaged), row))
    raw.commit()
    raw.close()
