"""Statistics of the last five minutes, every five minutes; of the hour, every hour; and what was missed, later.

Ten seconds after each full five minutes everything that ended since the last time is compiled, one piece after
another, so that a hub that slept catches up by itself. A time in which nothing was recorded gets none.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from linli import AT_MOST_LATE, PluginContext, Recurrence, StorageError, Transaction
from linli_recorder.api import HOURLY_STATISTICS, SHORT_STATISTICS
from linli_recorder.reading import Reader
from linli_recorder.recorder import Recorder
from linli_recorder.sql import change, chunks, holes, run, upsert
from linli_recorder.statistics import book
from linli_recorder.statistics.book import Meta
from linli_recorder.statistics.model import (
    FIVE_MINUTES_US,
    HOUR_US,
    NOTHING,
    MeanType,
    Point,
    Values,
    counted,
    floor,
    joined,
    measured,
    numeric,
)
from linli_recorder.statistics.sources import Source, Traits, sources
from linli_recorder.statistics.trouble import Trouble
from linli_recorder.statistics.units import convert, convertible
from linli_recorder.tables import marks
from linli_recorder.whose import StreamKey

AFTER_US: Final = 10_000_000
MARK: Final = "statistics_short"
WRONG_US: Final = round(AT_MOST_LATE.total_seconds() * 1e6)
"""A clock that was put back by more was wrong before: what ends from now on is compiled, whatever stands ahead."""

Row = tuple[int, str | None, int | None, int]
"""When, what, which attributes, and its number: rows are counted in the order in which they came."""


@dataclass(slots=True)
class Found:
    """What one window gave."""

    known: Mapping[str, Meta]
    """What stood before, by owner."""
    rows: list[tuple[Meta, StreamKey, Values]] = field(default_factory=list)
    odd_units: dict[str, str | None] = field(default_factory=dict)
    """Sensors whose unit is none of their statistics': nothing is compiled of them."""
    held: dict[int, Row] = field(default_factory=dict)
    """The last row of each stream."""


class Compiler:
    """Compiles, in turn with what else changes statistics."""

    def __init__(self, ctx: PluginContext, recorder: Recorder, trouble: Trouble, keep_days: int) -> None:
        self._ctx = ctx
        self._recorder = recorder
        self._trouble = trouble
        self._keep_us = keep_days * 24 * HOUR_US
        self._texts = Reader()
        self._traits: dict[int, Traits] = {}
        self._held: dict[int, Row] = {}
        self._held_until = -1
        self.turn = asyncio.Lock()
        """Held by whoever changes statistics."""
        self._odd_units: dict[str, str | None] = {}
        recorder.on_new_database(self._forget)

    def start(self) -> None:
        """From now on, ten seconds after each full five minutes."""
        Recurrence(
            self._ctx, _due_after, lambda: self._ctx.spawn(self.compile(), name="statistics"), cadence=True
        )  # fmt: skip

    def _forget(self) -> None:
        self._texts.forget()
        self._traits.clear()
        self._held.clear()
        self._held_until = -1

    async def compile(self) -> None:
        """Everything that has ended and is not compiled yet; when nothing can be written, the next time."""
        try:
            async with self.turn:
                await self._recorder.settle()
                missing = await self._missing()
                before = self._odd_units
                for start_us in missing:
                    await self._window(start_us)
            if before != self._odd_units or any((start + FIVE_MINUTES_US) % HOUR_US == 0 for start in missing):
                await self._trouble.update()
        except StorageError as error:
            self._ctx.log.warning("statistics wait until something can be written: %s", error)

    async def _missing(self) -> list[int]:
        """The starts of the windows in which the hub recorded, and which are not compiled."""
        now_us = round(self._ctx.clock.timestamp() * 1e6)
        end_us = floor(now_us, FIVE_MINUTES_US)

        def read(tx: Transaction) -> tuple[int | None, list[tuple[int, int]]]:
            mark = run(tx, "SELECT value FROM marks WHERE name = ?", (MARK,))
            return (mark[0][0] if mark else None), [
                (begin, end) for begin, end in run(tx, "SELECT started_us, ended_us FROM runs ORDER BY id")
            ]

        mark, runs = await self._recorder.database.read(read)
        begin, _ = runs[-1]
        runs[-1] = (begin, now_us)
        first = floor(runs[0][0] if mark is None else mark, FIVE_MINUTES_US)
        first = max(first, floor(now_us - self._keep_us, FIVE_MINUTES_US))
        if max(first, begin) - now_us > WRONG_US:
            first, runs[-1] = end_us - FIVE_MINUTES_US, (end_us - FIVE_MINUTES_US, now_us)
        starts = {
            start
            for begin, end in runs
            for start in range(max(first, floor(begin, FIVE_MINUTES_US)), min(end + 1, end_us), FIVE_MINUTES_US)
        }
        return sorted(starts)

    async def _window(self, start_us: int) -> None:
        made_of = sources(self._ctx, self._recorder)
        held = self._held if self._held_until == start_us else {}
        found = await self._recorder.database.read(lambda tx: self._measure(tx, made_of, start_us, held))
        end_us = start_us + FIVE_MINUTES_US
        await self._recorder.database.transaction(lambda tx: self._keep(tx, found, start_us))
        self._held, self._held_until = found.held, end_us
        self._odd_units = found.odd_units
        self._ctx.bus.fire(SHORT_STATISTICS)
        if end_us % HOUR_US == 0:
            self._ctx.bus.fire(HOURLY_STATISTICS)

    # in the database's threads ---------------------------------------------------------------------------------------

    def _measure(self, tx: Transaction, made_of: Sequence[Source], start_us: int, held: Mapping[int, Row]) -> Found:
        known = book.all_meta(tx)
        streams = [number for source in made_of for number, _ in source.streams]
        rows = _rows_between(tx, streams, start_us, start_us + FIVE_MINUTES_US)
        self._learn(tx, {row[2] for of_one in rows.values() for row in of_one if row[2] is not None})
        found = Found(known)
        for source in made_of:
            for number, key in source.streams:
                self._of_stream(tx, source, number, key, start_us, rows.get(number, []), held, known, found)
        return found

    def _of_stream(
        self, tx: Transaction, source: Source, number: int, key: StreamKey, start_us: int, rows: list[Row],
        held: Mapping[int, Row], known: dict[str, Meta], found: Found,
    ) -> None:  # fmt: skip
        is_present = number == source.streams[-1][0]
        if not rows and not is_present:
            return
        opening = held.get(number) or _opening(tx, number, start_us)
        if opening is not None:
            self._learn(tx, set() if opening[2] is None else {opening[2]})
            rows = [opening, *rows]
        if rows:
            found.held[number] = rows[-1]
        meta = known.get(source.owner)
        if (
            source.has_sum
        ):  # where the clock was put back, the order of their times is not the order in which it counted
            rows.sort(key=lambda row: row[3])
        readings = [(row, value) for row in rows if (value := numeric(row[1])) is not None]
        if not readings:
            return
        unit = self._unit(readings[0][0]) if meta is None else meta.unit
        odd = next((one for row, _ in readings if not convertible(one := self._unit(row), unit)), unit)
        if odd != unit:
            found.odd_units[source.entity_id] = odd
            return
        points = [
            Point(row[0], convert(value, self._unit(row), unit), self._traits_of(row).last_reset_us)
            for row, value in readings
        ]
        number_now, name = (0, None) if meta is None else (meta.id, meta.name)
        now = Meta(number_now, source.owner, source.entity_id, book.OURS, unit, source.mean_type, source.has_sum, name)
        found.rows.append((now, key, self._values(tx, source, now, key, points, start_us)))

    def _values(
        self, tx: Transaction, source: Source, meta: Meta, key: StreamKey, points: Sequence[Point], start_us: int
    ) -> Values:  # fmt: skip
        if not source.has_sum:
            return measured(points, start_us, start_us + FIVE_MINUTES_US, source.mean_type)
        series = _find_series(tx, meta.id, key)
        last = None if series is None else last_standing(tx, series, start_us)
        return counted(points, last, only_grows=source.only_grows)

    def _keep(self, tx: Transaction, found: Found, start_us: int) -> None:
        short = []
        metas: dict[str, Meta] = {}
        for meta, key, values in found.rows:
            if values != NOTHING:
                if meta.owner not in metas:
                    stands = meta == found.known.get(meta.owner)
                    metas[meta.owner] = meta if stands else book.keep_meta(tx, meta)
                short.append((book.series_of(tx, metas[meta.owner].id, key), start_us, values))
        book.write(tx, "statistics_short", short)
        end_us = start_us + FIVE_MINUTES_US
        if end_us % HOUR_US == 0:
            sum_up_hour(tx, end_us - HOUR_US)
        upsert(tx, marks, {"name": MARK, "value": end_us}, ("name",))

    def _learn(self, tx: Transaction, numbers: set[int]) -> None:
        new = numbers - self._traits.keys()
        if len(self._traits) + len(new) > 50_000:
            self._traits.clear()
            new = numbers
        for number, text in self._texts.texts(tx, new).items():
            self._traits[number] = Traits.of(text)

    def _traits_of(self, row: Row) -> Traits:
        return self._traits.get(row[2] or 0, Traits(None, None))

    def _unit(self, row: Row) -> str | None:
        return self._traits_of(row).unit


def _due_after(after: datetime) -> datetime:
    """Ten seconds after the next full five minutes."""
    due_us = floor(round(after.timestamp() * 1e6) - AFTER_US, FIVE_MINUTES_US) + FIVE_MINUTES_US + AFTER_US
    return datetime.fromtimestamp(due_us / 1e6, UTC)


def _rows_between(tx: Transaction, streams: Sequence[int], start_us: int, end_us: int) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for chunk in chunks(streams):
        rows = run(
            tx,
            "SELECT stream_id, updated_us, state, attributes_id, number FROM states"
            f" WHERE stream_id IN ({holes(chunk)}) AND updated_us >= ? AND updated_us < ?"
            " ORDER BY stream_id, updated_us, number",
            (*chunk, start_us, end_us),
        )
        for stream, *row in rows:
            found.setdefault(stream, []).append((row[0], row[1], row[2], row[3]))
    return found


def _opening(tx: Transaction, stream: int, start_us: int) -> Row | None:
    rows = run(
        tx,
        "SELECT updated_us, state, attributes_id, number FROM states WHERE stream_id = ? AND updated_us < ?"
        " ORDER BY updated_us DESC, number DESC LIMIT 1",
        (stream, start_us),
    )
    return (rows[0][0], rows[0][1], rows[0][2], rows[0][3]) if rows else None


def _find_series(tx: Transaction, meta_id: int, key: StreamKey) -> int | None:
    rows = run(
        tx, "SELECT id FROM series WHERE meta_id = ? AND place = ? AND subject = ? AND tenancy = ?",
        (meta_id, key.place, key.subject, key.tenancy),
    )  # fmt: skip
    return rows[0][0] if rows else None


def last_standing(tx: Transaction, series: int, start_us: int) -> Values | None:
    """Where a meter and its sum stood when a window begins: by the short rows, or where those are gone, the hourly."""
    found = [book.before(tx, table, series, start_us) for table in book.TABLES]
    rows = [row for row in found if row is not None]
    return max(rows, key=lambda row: row[0])[1] if rows else None


def sum_up_hour(tx: Transaction, hour_us: int) -> None:
    """The hourly rows of an hour out of its short ones; those that stand are replaced."""
    rows = run(
        tx,
        "SELECT s.series_id, m.mean_type, s.mean, s.min, s.max, s.state, s.sum, s.last_reset_us"
        # CROSS: SQLite is to seek each series' hour, not to look through the short rows of ten days
        " FROM series CROSS JOIN statistics_short s JOIN statistics_meta m ON m.id = series.meta_id"
        " WHERE s.series_id = series.id AND s.start_us >= ? AND s.start_us < ? ORDER BY s.series_id, s.start_us",
        (hour_us, hour_us + HOUR_US),
    )
    by_series: dict[tuple[int, int], list[Values]] = {}
    for series, mean_type, *values in rows:
        by_series.setdefault((series, mean_type), []).append(Values(*values))
    book.write(
        tx,
        "statistics_hourly",
        [(series, hour_us, joined(parts, MeanType(kind))) for (series, kind), parts in by_series.items()],
    )


def forget_series(tx: Transaction, meta_id: int) -> None:
    """Everything of one statistic goes."""
    for (series,) in run(tx, "SELECT id FROM series WHERE meta_id = ?", (meta_id,)):
        for table in book.TABLES:
            change(tx, f"DELETE FROM {table} WHERE series_id = ?", (series,))
    change(tx, "DELETE FROM series WHERE meta_id = ?", (meta_id,))
    change(tx, "DELETE FROM statistics_meta WHERE id = ?", (meta_id,))
