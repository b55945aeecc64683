"""What SQLite and PostgreSQL say differently, in one place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from itertools import chain
from typing import Any, Final, TypeVar

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from linli import Transaction

T = TypeVar("T")
CHUNK: Final = 500
"""How many values one statement names: SQLite of old takes 999."""


def is_sqlite(tx: Transaction) -> bool:
    return tx.connection.dialect.name == "sqlite"


def upsert(tx: Transaction, table: Table, row: Mapping[str, Any], key: Sequence[str]) -> None:
    """Write a row; where ``key`` stands already, the rest of it is replaced."""
    upsert_all(tx, table, [row], key)


def upsert_all(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
    """The same for many rows with the same names."""
    if not rows:
        return
    insert = sqlite.insert(table) if is_sqlite(tx) else postgresql.insert(table)
    rest = {name: insert.excluded[name] for name in rows[0] if name not in key}
    tx.execute(insert.on_conflict_do_update(index_elements=list(key), set_=rest), list(rows))


def marks(tx: Transaction, statement: str) -> str:
    """A statement with ``?`` for its values, as the driver wants it."""
    return statement if is_sqlite(tx) else statement.replace("?", "%s")


def run(tx: Transaction, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a statement as plain tuples, past SQLAlchemy's rows: 10 000 of them cost 5 ms less."""
    raw: Any = tx.connection.connection.driver_connection
    cursor = raw.execute(marks(tx, statement), values)
    if tx.limit is None:
        return cursor.fetchall()  # type: ignore[no-any-return]  # of the driver
    rows: list[tuple[Any, ...]] = cursor.fetchmany(tx.limit.rows_left + 1)
    tx.limit.take(len(rows))
    return rows


def in_pieces(
    tx: Transaction, statement: str, values: Sequence[Any], size: int
) -> Iterator[list[tuple[Any, ...]]]:  # fmt: skip
    """The same rows, so many at a time: for what needs none of them any more when it has the next."""
    raw: Any = tx.connection.connection.driver_connection
    cursor = raw.execute(marks(tx, statement), values)
    try:
        while rows := cursor.fetchmany(size):
            if tx.limit is not None:
                tx.limit.take(len(rows))
            yield rows
    finally:
        cursor.close()


def change(tx: Transaction, statement: str, values: Sequence[Any] = ()) -> int:
    """How many rows a statement changed."""
    raw: Any = tx.connection.connection.driver_connection
    return int(raw.execute(marks(tx, statement), values).rowcount)


def add_all(tx: Transaction, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Whole rows. On SQLite many in one statement: its driver lets the interpreter go and takes it back at each one,
    which beside a busy loop made a row a quarter dearer."""
    if not rows:
        return
    raw: Any = tx.connection.connection.driver_connection
    cursor, one, begin = raw.cursor(), f"({holes(rows[0])})", 0
    if is_sqlite(tx):
        most = CHUNK // len(rows[0])
        statement = f"INSERT INTO {table} VALUES {','.join([one] * most)}"
        while begin + most <= len(rows):
            cursor.execute(statement, list(chain.from_iterable(rows[begin : begin + most])))
            begin += most
    cursor.executemany(marks(tx, f"INSERT INTO {table} VALUES {one}"), rows[begin:])


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """At most :data:`CHUNK` at a time."""
    chunk: list[T] = []
    for value in values:
        chunk.append(value)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def holes(values: Sized) -> str:
    """``?,?,?`` for so many values."""
    return ",".join("?" * len(values))
