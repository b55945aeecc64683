"""How the past is forgotten: row by row in pieces, and then the texts that only those rows had.

Texts that many rows share carry the last day on which they were used. What is forgotten by age leaves no more to look
for: a text that was not used since that day is no row's. Where single entities are forgotten, or everything, it is
looked, since what they said must be gone at once.
"""

from collections.abc import Callable, Sequence
from functools import partial

from linli import PluginContext, Transaction
from linli_recorder import pieces
from linli_recorder.pieces import SHORT, STATES, Piece, all_pieces
from linli_recorder.recorder import Recorder
from linli_recorder.sql import change, run
from linli_recorder.writing import DAY_US

TEXTS = {"attributes": ("states", "attributes_id"), "event_data": ("events", "data_id")}
"""Table of texts → table and column of the rows that refer to it."""


class Forgetting:
    """Takes rows away while recording goes on."""

    def __init__(self, ctx: PluginContext, recorder: Recorder) -> None:
        self._ctx = ctx
        self._recorder = recorder

    async def older(self, before_us: int) -> int:
        """Everything that is older than this; how many rows went."""
        rows = 0
        for timed in (STATES, SHORT):
            keys = await self._recorder.database.read_apart(partial(timed.with_older, before_us=before_us))
            rows += await self._all(0, timed.older(sorted(keys), before_us))
        rows += await self._all(0, pieces.older_events(before_us))
        day = before_us // DAY_US
        for table in TEXTS:
            await self._all(0, pieces.unused_texts(table, day))
            if before_us >= self._now_us() - DAY_US:  # everything went: so does what was said today
                await self._without_rows(table, await self._recorder.database.read(_numbers_of(table)))
        await self._recorder.reshape(_without_runs(before_us))
        return rows

    async def of_streams(self, streams: Sequence[int], before_us: int | None) -> int:
        """What is older of these streams, and the events that name one of them (None: all of it)."""
        before = self._now_us() + 1 if before_us is None else before_us
        database = self._recorder.database
        attributes = await database.read_apart(lambda tx: pieces.attributes_of(tx, streams, before))
        events, data = await database.read_apart(lambda tx: pieces.events_naming(tx, streams, before))
        rows = await self._all(0, STATES.older(streams, before))
        rows += await self._all(0, pieces.numbered("DELETE FROM events WHERE number", events))
        await self._without_rows("attributes", attributes)
        await self._without_rows("event_data", data)
        return rows

    async def of_event_types(self, keeps: Callable[[str], bool]) -> int:
        """All events of types that are not kept, with what only they said."""
        database = self._recorder.database
        known = await database.read(lambda tx: run(tx, "SELECT id, name FROM event_types"))
        unwanted = [number for number, name in known if not keeps(name)]
        if not unwanted:
            return 0
        data = await database.read_apart(lambda tx: pieces.data_of_types(tx, unwanted))
        rows = await self._all(-1, pieces.events_of_types(unwanted))
        await self._without_rows("event_data", data)
        return rows

    async def _without_rows(self, table: str, numbers: set[int]) -> None:
        """Those of these texts go that no row refers to any more.

        First nobody can find them any more, so that a row which is written meanwhile gets a text of its own: then who
        refers to them can be looked for without haste, beside the recording.
        """
        if not numbers:
            return
        chosen = sorted(numbers)
        await self._all(0, pieces.numbered(f"UPDATE {table} SET hash = 0 WHERE id", chosen))
        await self._recorder.forget_numbers()
        rows, column = TEXTS[table]
        used = await self._recorder.database.read_apart(lambda tx: pieces.used_among(tx, rows, column, numbers))
        unused = [number for number in chosen if number not in used]
        newest = f" AND id < (SELECT max(id) FROM {table})"  # see unused_texts
        await self._all(0, pieces.numbered(f"DELETE FROM {table} WHERE id", unused, newest))
        await self._all(0, pieces.numbered(f"UPDATE {table} SET text = '{{}}' WHERE id", unused[-1:]))

    async def _all(self, begin: int, take: Callable[[Transaction, int], Piece]) -> int:
        return await all_pieces(self._recorder.reshape, begin, take)

    def _now_us(self) -> int:
        return round(self._ctx.clock.timestamp() * 1e6)


def _numbers_of(table: str) -> Callable[[Transaction], set[int]]:
    return lambda tx: {number for (number,) in run(tx, f"SELECT id FROM {table}")}


def _without_runs(before_us: int) -> Callable[[Transaction], None]:
    def take(tx: Transaction) -> None:
        change(tx, "DELETE FROM runs WHERE ended_us < ? AND id < (SELECT max(id) FROM runs)", (before_us,))
        change(tx, "DELETE FROM gaps WHERE to_us < ?", (before_us,))

    return take
