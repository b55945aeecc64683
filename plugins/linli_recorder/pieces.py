"""Taking rows away in pieces, each a transaction that holds the writing thread for some tens of milliseconds.

A piece is a function of where the last one ended, and says where the next begins: a transaction that has to be run
again does the same again. Every statement seeks along a key; none of them looks through a table (a test asks SQLite).
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from linli import Transaction
from linli_recorder.sql import change, chunks, holes, run

AT_ONCE: Final = 2_000
"""Rows that one piece takes away."""
LOOKED_AT: Final = 250
"""Streams that one piece looks at: most of them have little that is old."""

Reshape = Callable[[Callable[[Transaction], "Piece"]], Awaitable["Piece"]]


@dataclass(frozen=True, slots=True)
class Piece:
    """What one piece took away, and where the next begins (None: that was all)."""

    rows: int
    goes_on: int | None


async def all_pieces(reshape: Reshape, begin: int, take: Callable[[Transaction, int], Piece]) -> int:
    """Piece after piece; how many rows went."""
    rows, place = 0, begin
    while True:
        at = place
        piece = await reshape(lambda tx, at=at: take(tx, at))  # type: ignore[misc]  # mypy knows no lambda's default
        rows += piece.rows
        if piece.goes_on is None:
            return rows
        place = piece.goes_on


@dataclass(frozen=True, slots=True)
class Timed:
    """A table whose key is (``key``, ``at``, …): each key's rows lie side by side in their order."""

    table: str
    keys: str
    """The table in which each key is a row."""
    key: str
    at: str

    def older(self, keys: Sequence[int], before_us: int) -> Callable[[Transaction, int], Piece]:
        """Takes what is older of these keys."""

        def take(tx: Transaction, place: int) -> Piece:
            rows = 0
            last = min(len(keys), place + LOOKED_AT)
            while place < last and rows < AT_ONCE:
                taken, is_all = self._of_one(tx, keys[place], before_us, AT_ONCE - rows)
                rows += taken
                place += is_all
            return Piece(rows, place if place < len(keys) else None)

        return take

    def _of_one(self, tx: Transaction, key: int, before_us: int, most: int) -> tuple[int, bool]:
        """How many rows of one key went, and whether those were all; more than ``most`` only where times are equal."""
        which = f"{self.key} = ? AND {self.at} < ?"
        cut = f"SELECT {self.at} + 1 FROM {self.table} WHERE {which} ORDER BY {self.at} LIMIT 1 OFFSET ?"
        statement = f"DELETE FROM {self.table} WHERE {self.key} = ? AND {self.at} < COALESCE(({cut}), ?)"
        rows = change(tx, statement, (key, key, before_us, most, before_us))
        return rows, rows <= most

    def with_older(self, tx: Transaction, before_us: int) -> list[int]:
        """The keys that have anything older, in one question."""
        older = f"SELECT 1 FROM {self.table} WHERE {self.key} = owner.id AND {self.at} < ?"
        return [key for (key,) in run(tx, f"SELECT id FROM {self.keys} owner WHERE EXISTS ({older})", (before_us,))]


STATES: Final = Timed("states", "streams", "stream_id", "updated_us")
SHORT: Final = Timed("statistics_short", "series", "series_id", "start_us")


def older_events(before_us: int) -> Callable[[Transaction, int], Piece]:
    """Takes events that are older."""

    def take(tx: Transaction, place: int) -> Piece:
        which = "SELECT number FROM events WHERE at_us < ? ORDER BY at_us LIMIT ?"
        rows = change(tx, f"DELETE FROM events WHERE number IN ({which})", (before_us, AT_ONCE))
        return Piece(rows, place if rows == AT_ONCE else None)

    return take


def events_of_types(types: Sequence[int]) -> Callable[[Transaction, int], Piece]:
    """Takes all events of these types; begins at -1. It looks through the events along their key."""
    unwanted = frozenset(types)

    def take(tx: Transaction, place: int) -> Piece:
        rows = run(tx, "SELECT number, type_id FROM events WHERE number > ? ORDER BY number LIMIT ?", (place, AT_ONCE))
        going = [number for number, kind in rows if kind in unwanted]
        for chunk in chunks(going):
            change(tx, f"DELETE FROM events WHERE number IN ({holes(chunk)})", chunk)
        return Piece(len(going), rows[-1][0] if len(rows) == AT_ONCE else None)

    return take


def unused_texts(table: str, day: int) -> Callable[[Transaction, int], Piece]:
    """Takes the texts that no row was given since a day; begins at 0.

    The newest stays: SQLite would give its number to the next one, and whoever reads remembers texts by number.
    """

    def take(tx: Transaction, place: int) -> Piece:
        following = f"SELECT id FROM {table} WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?"
        found = run(tx, following, (place, AT_ONCE))
        until = found[0][0] if found else 1 << 62
        newest = f"(SELECT max(id) FROM {table})"
        which = f"DELETE FROM {table} WHERE id > ? AND id <= ? AND used_day < ? AND id < {newest}"
        return Piece(change(tx, which, (place, until, day)), until if found else None)

    return take


def numbered(statement: str, numbers: Sequence[int], also: str = "") -> Callable[[Transaction, int], Piece]:
    """Changes the rows with these numbers; ``statement`` ends before the list, and ``also`` follows it."""

    def take(tx: Transaction, place: int) -> Piece:
        piece = numbers[place : place + AT_ONCE]
        rows = sum(change(tx, f"{statement} IN ({holes(chunk)}){also}", chunk) for chunk in chunks(piece))
        following = place + AT_ONCE
        return Piece(rows, following if following < len(numbers) else None)

    return take


def events_naming(tx: Transaction, streams: Iterable[int], before_us: int) -> tuple[list[int], set[int]]:
    """The numbers of older events whose data name one of these streams, and of their data."""
    wanted = {str(stream) for stream in streams}
    numbers, data = [], set()
    place = -1
    while True:
        rows = run(
            tx, "SELECT number, at_us, streams, data_id FROM events WHERE number > ? ORDER BY number LIMIT ?",
            (place, AT_ONCE),
        )  # fmt: skip
        for number, at_us, named, data_id in rows:
            if named is not None and at_us < before_us and not wanted.isdisjoint(named.split(",")):
                numbers.append(number)
                data.add(data_id)
        if len(rows) < AT_ONCE:
            return numbers, data - {None}
        place = rows[-1][0]


def attributes_of(tx: Transaction, streams: Iterable[int], before_us: int) -> set[int]:
    """The numbers of the attributes that older rows of these streams have."""
    found: set[int] = set()
    for chunk in chunks(streams):
        rows = run(
            tx,
            f"SELECT DISTINCT attributes_id FROM states WHERE stream_id IN ({holes(chunk)}) AND updated_us < ?",
            (*chunk, before_us),
        )
        found |= {number for (number,) in rows if number is not None}
    return found


def data_of_types(tx: Transaction, types: Iterable[int]) -> set[int]:
    """The numbers of the data that events of these types have. Looks through the whole table."""
    found: set[int] = set()
    for chunk in chunks(types):
        rows = run(tx, f"SELECT DISTINCT data_id FROM events WHERE type_id IN ({holes(chunk)})", chunk)
        found |= {number for (number,) in rows if number is not None}
    return found


def used_among(tx: Transaction, rows: str, column: str, numbers: set[int]) -> set[int]:
    """Those of the texts that rows still refer to. Looks through the whole table: in a thread of its own."""
    return numbers & {number for (number,) in run(tx, f"SELECT DISTINCT {column} FROM {rows}")}
