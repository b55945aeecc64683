"""Changing statistics: importing, correcting, clearing, other units. Each is asked for, journaled, and done in turn."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from linli import Context, PluginContext, StorageError, Transaction, is_entity_id
from linli_recorder.api import Intent, StatisticsMeta, StatisticsRow
from linli_recorder.permission import Permission
from linli_recorder.recorder import Recorder
from linli_recorder.sql import change, run
from linli_recorder.statistics import book
from linli_recorder.statistics.book import OURS, Meta
from linli_recorder.statistics.catalog import Catalog, Known
from linli_recorder.statistics.compiling import Compiler, forget_series
from linli_recorder.statistics.errors import BadStatistics, UnknownStatistic
from linli_recorder.statistics.model import HOUR_US, MeanType, Values
from linli_recorder.statistics.units import convert, convertible
from linli_recorder.whose import StreamKey

T = TypeVar("T")
NOBODYS: Final = StreamKey("", "", "", "")
"""The series of somebody else's statistics: it has no place and no tenancy."""
KEEP: Final = object()


class Changing:
    """What administrators and other plugins may change."""

    def __init__(
        self, ctx: PluginContext, recorder: Recorder, catalog: Catalog, compiler: Compiler, permission: Permission
    ) -> None:
        self._ctx = ctx
        self._recorder = recorder
        self._catalog = catalog
        self._compiler = compiler
        self._permission = permission

    async def imported(self, meta: StatisticsMeta, rows: Sequence[StatisticsRow], context: Context | None) -> None:
        """Keep rows, replacing those of the same hours; what stands is converted into their unit.

        Raises Forbidden, and BadStatistics where it does not convert: clear it first, or say that its unit was wrong.
        """
        _check(meta, rows)
        intent = Intent("import", None, (meta.statistic_id,))
        key = await self._present_series(meta)
        owner = key.owner or meta.statistic_id
        mean_type = MeanType.ARITHMETIC if meta.has_mean else MeanType.NONE

        def keep(tx: Transaction) -> None:
            stands = book.all_meta(tx).get(owner)
            if stands is not None and stands.unit != meta.unit and book.has_rows(tx, stands.id):
                check_convertible(stands.unit, meta.unit)
                _rewrite(tx, stands, meta.unit)  # what stands in another unit is not mixed with it
            kept = book.keep_meta(
                tx, Meta(0, owner, meta.statistic_id, meta.source, meta.unit, mean_type, meta.has_sum, meta.name)
            )
            series = book.series_of(tx, kept.id, key)
            book.write(tx, "statistics_hourly", [(series, round(row.start * 1e6), _values(row)) for row in rows])

        await self._do(intent, keep, context, rows=len(rows))

    async def _present_series(self, meta: StatisticsMeta) -> StreamKey:
        """To whom what is imported belongs: of an entity, to those whose it is now."""
        if meta.source != OURS:
            return NOBODYS
        stream = self._recorder.streams.of(meta.statistic_id)
        owner = self._recorder.streams.owner_of(meta.statistic_id)
        if stream is None:
            return StreamKey(owner, "root", "", "")
        if stream.key is None:
            await self._recorder.tenancies.ask({stream.place})
            stream.belongs(self._recorder.tenancies.known(stream.place))
        assert stream.key is not None
        return stream.key

    async def clear(self, ids: Sequence[str], context: Context) -> None:
        """Everything of these goes; unknown ones are fine."""
        known = await self._catalog.all(context, ids)
        intent = Intent("clear_statistics", None, tuple(ids))

        def forget(tx: Transaction) -> None:
            for each in known:
                forget_series(tx, each.meta.id)

        await self._do(intent, forget, context)

    async def adjust_sum(self, known: Known, start_us: int, by: float, context: Context) -> None:
        """Raise every sum from a time on, in the unit of the statistics."""

        def raise_sums(tx: Transaction) -> None:
            for series, _ in known.series:
                for table in book.TABLES:
                    change(
                        tx, f"UPDATE {table} SET sum = sum + ? WHERE series_id = ? AND start_us >= ?",
                        (by, series, start_us),
                    )  # fmt: skip

        intent = Intent("adjust_statistics", None, (known.statistic_id,))
        await self._do(intent, raise_sums, context, by=by)

    async def tell_in(self, known: Known, unit: str | None, context: Context, *, name: Any = KEEP) -> None:
        """The numbers stay, and count as ``unit`` from now on (their unit was wrong)."""
        fresh = replace(known.meta, unit=unit, name=known.meta.name if name is KEEP else name)
        intent = Intent("change_statistics", None, (known.statistic_id,))
        await self._do(intent, lambda tx: book.keep_meta(tx, fresh), context, unit=unit)

    async def convert_to(self, known: Known, unit: str | None, context: Context) -> None:
        """The numbers become those of another unit of the same class. Raises BadStatistics."""
        check_convertible(known.meta.unit, unit)

        def rewrite(tx: Transaction) -> None:
            _rewrite(tx, known.meta, unit)
            book.keep_meta(tx, replace(known.meta, unit=unit))

        intent = Intent("change_statistics", None, (known.statistic_id,))
        await self._do(intent, rewrite, context, unit=unit)

    async def find(self, statistic_id: str, reader: Context) -> Known:
        """One that is kept; raises UnknownStatistic."""
        known = await self._catalog.all(reader, [statistic_id])
        if not known:
            raise UnknownStatistic("Unknown statistic ID")
        return known[0]

    async def _do(
        self, intent: Intent, work: Callable[[Transaction], T], context: Context | None, **more: Any
    ) -> None:  # fmt: skip
        await self._permission.ask(intent)
        await self._permission.note(intent, "intended", context, **more)
        error: StorageError | None = None
        try:
            async with self._compiler.turn:
                await self._recorder.database.transaction(work)
        except StorageError as trouble:
            error = trouble
            raise
        finally:
            await self._permission.note_end(intent, context, error)


def _check(meta: StatisticsMeta, rows: Sequence[StatisticsRow]) -> None:
    source, colon, _ = meta.statistic_id.partition(":")
    if not is_entity_id(meta.statistic_id.replace(":", ".", 1)):
        raise BadStatistics("Invalid statistic_id")
    if colon:
        if source != meta.source:
            raise BadStatistics("Invalid source")
    elif meta.source != OURS:
        raise BadStatistics("Invalid source")
    for row in rows:
        numbers = (row.start, row.mean, row.min, row.max, row.state, row.sum, row.last_reset)
        if not all(math.isfinite(number) for number in numbers if number is not None):
            raise BadStatistics("Invalid number: statistics are finite")
        if round(row.start * 1e6) % HOUR_US:
            raise BadStatistics(
                "Invalid timestamp: timestamps must be from the top of the hour (minutes and seconds = 0)"
            )


def _values(row: StatisticsRow) -> Values:
    reset = None if row.last_reset is None else round(row.last_reset * 1e6)
    return Values(row.mean, row.min, row.max, row.state, row.sum, reset)


def _rewrite(tx: Transaction, meta: Meta, unit: str | None) -> None:
    """Every row in another unit of its class."""
    for (series,) in run(tx, "SELECT id FROM series WHERE meta_id = ?", (meta.id,)):
        for table in book.TABLES:
            rows = book.read(tx, table, series, 0, 1 << 62)
            book.write(tx, table, [(series, at, _in_unit(row, meta.unit, unit)) for at, row in rows])


def _in_unit(row: Values, unit: str | None, wanted: str | None) -> Values:
    def told(value: float | None) -> float | None:
        return None if value is None else convert(value, unit, wanted)

    return Values(told(row.mean), told(row.min), told(row.max), told(row.state), told(row.sum), row.last_reset_us)


def check_convertible(unit: str | None, wanted: str | None) -> None:
    """Raises BadStatistics where numbers of one unit are none of the other."""
    if not convertible(unit, wanted):
        raise BadStatistics(f"Can't convert {unit} to {wanted}")
