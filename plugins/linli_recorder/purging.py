"""Forgetting: what is old each night, what somebody wants gone, and giving the disk its space back.

Everything goes in small pieces, each a transaction of its own, so that recording goes on in between. Texts that many
rows share carry the last day on which they were used, and go when no row can refer to them any more.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from linli import Context, Forbidden, PluginContext, StorageError, Transaction
from linli_recorder.api import Intent
from linli_recorder.filters import Named
from linli_recorder.permission import Permission
from linli_recorder.recorder import Recorder
from linli_recorder.sql import change, chunks, holes, run
from linli_recorder.writing import DAY_US

AT_ONCE: Final = 5_000
"""Rows that one transaction takes away."""
AT_NIGHT: Final = time(4, 12)
"""When Home Assistant does it too: few look at their history then."""
REPACK_WEEKDAY: Final = 6


class Purger:
    """Takes rows away."""

    def __init__(self, ctx: PluginContext, recorder: Recorder, permission: Permission) -> None:
        self._ctx = ctx
        self._recorder = recorder
        self._permission = permission
        self._one_at_a_time = asyncio.Lock()

    # what is asked for -----------------------------------------------------------------------------------------------

    async def purge(
        self, keep_days: float, *, repack: bool, apply_filter: bool, context: Context | None
    ) -> None:  # fmt: skip
        """Begin to forget what is older than ``keep_days``. Raises Forbidden where another plugin holds it."""
        before = self._ctx.clock.timestamp() - keep_days * 86_400
        intent = Intent("purge", before)
        await self._permission.ask(intent)
        await self._permission.note(intent, "intended", context)
        self._ctx.spawn(self._run_purge(intent, before, repack, apply_filter, context), name="purge")

    async def purge_entities(self, chosen: Named, keep_days: float, context: Context | None) -> None:
        """Begin to forget what is older of some entities."""
        await self._recorder.settle()
        before = self._ctx.clock.timestamp() - keep_days * 86_400
        names = self._names()
        ids = tuple(sorted({name for name in names.values() if chosen.names(name)}))
        intent = Intent("purge_entities", before, ids)
        await self._permission.ask(intent)
        await self._permission.note(intent, "intended", context)
        self._ctx.spawn(self._run_entities(intent, before, ids, context), name="purge entities")

    async def finished(self) -> None:
        """Return when nothing is being taken away."""
        async with self._one_at_a_time:
            return

    async def _run_purge(
        self, intent: Intent, before: float, repack: bool, apply_filter: bool, context: Context | None
    ) -> None:
        error, rows = None, 0
        async with self._one_at_a_time:
            try:
                await self._recorder.settle()
                rows = await self._older(round(before * 1e6))
                if apply_filter:
                    unwanted = {name for name in self._names().values() if not self._recorder.filter.keeps(name)}
                    rows += await self._of_entities(unwanted, self._now_us())
                if repack:
                    await self._repack()
            except StorageError as trouble:
                error = trouble
        await self._permission.note_end(intent, context, error, rows=rows)

    async def _run_entities(
        self, intent: Intent, before: float, ids: tuple[str, ...], context: Context | None
    ) -> None:  # fmt: skip
        error, rows = None, 0
        async with self._one_at_a_time:
            try:
                await self._recorder.settle()
                rows = await self._of_entities(ids, round(before * 1e6))
            except StorageError as trouble:
                error = trouble
        await self._permission.note_end(intent, context, error, rows=rows)

    # how it is done --------------------------------------------------------------------------------------------------

    async def _older(self, before_us: int) -> int:
        rows = 0
        for stream in list(self._recorder.mirror.keys):
            rows += await self._states_of(stream, before_us)
        for statement in (
            "DELETE FROM events WHERE number IN (SELECT number FROM events WHERE at_us < ? LIMIT ?)",
            "DELETE FROM statistics_short WHERE (series_id, start_us) IN"
            " (SELECT series_id, start_us FROM statistics_short WHERE start_us < ? LIMIT ?)",
        ):
            rows += await self._in_pieces(statement, (before_us, AT_ONCE))
        day = before_us // DAY_US
        for table in ("attributes", "event_data"):
            await self._in_pieces(
                f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE used_day < ? LIMIT ?)", (day, AT_ONCE)
            )
        for statement in (
            "DELETE FROM runs WHERE ended_us < ? AND id < (SELECT max(id) FROM runs)",
            "DELETE FROM gaps WHERE to_us < ?",
        ):
            await self._recorder.reshape(_changing(statement, (before_us,)))
        return rows

    async def _states_of(self, stream: int, before_us: int) -> int:
        return await self._in_pieces(
            "DELETE FROM states WHERE (stream_id, updated_us, number) IN (SELECT stream_id, updated_us, number"
            " FROM states WHERE stream_id = ? AND updated_us < ? ORDER BY updated_us LIMIT ?)",
            (stream, before_us, AT_ONCE),
        )

    async def _in_pieces(self, statement: str, values: tuple[Any, ...]) -> int:
        rows = 0
        while True:
            taken = await self._recorder.reshape(_changing(statement, values))
            rows += taken
            if taken < AT_ONCE:
                return rows

    async def _of_entities(self, ids: Iterable[str], before_us: int) -> int:
        wanted = set(ids)
        streams = [number for number, name in self._names().items() if name in wanted]
        shared = await self._recorder.database.read(lambda tx: _attributes_of(tx, streams))
        rows = 0
        for stream in streams:
            rows += await self._states_of(stream, before_us)
            rows += await self._in_pieces(
                "DELETE FROM events WHERE number IN"
                " (SELECT number FROM events WHERE at_us < ? AND streams LIKE ? LIMIT ?)",
                (before_us, f"%,{stream},%", AT_ONCE),
            )
        await self._recorder.reshape(lambda tx: _drop_unused(tx, shared))
        return rows

    async def _repack(self) -> None:
        database = self._recorder.database

        def rewrite(connection: Any) -> None:
            connection.connection.driver_connection.execute(
                "VACUUM" if connection.dialect.name == "sqlite" else "VACUUM ANALYZE"
            )

        await database.maintain(rewrite)

    def _names(self) -> dict[int, str]:
        """By stream: what its entity is called, or was called where it is gone."""
        mirror, streams = self._recorder.mirror, self._recorder.streams
        found: dict[int, str] = {}
        for entity_id, owners in mirror.owners_called.items():
            for owner in owners:
                found.update(dict.fromkeys(mirror.by_owner[owner], streams.name_of(owner, entity_id) or entity_id))
        return found

    def _now_us(self) -> int:
        return round(self._ctx.clock.timestamp() * 1e6) + 1

    # each night ------------------------------------------------------------------------------------------------------

    def each_night(self, keep_days: float, *, repack: bool) -> None:
        """Purge from now on by itself; on the second Sunday of a month also give space back."""
        self._ctx.call_at(self._next_night(), lambda: self._begin_night(keep_days, repack))

    def _begin_night(self, keep_days: float, repack: bool) -> None:
        self.each_night(keep_days, repack=repack)
        self._ctx.spawn(self._night(keep_days, repack), name="nightly purge")

    async def _night(self, keep_days: float, repack: bool) -> None:
        today = self._ctx.clock.now().astimezone(self._ctx.settings.zone).date()
        repacks = repack and is_second_sunday(today)
        try:
            await self.purge(keep_days, repack=repacks, apply_filter=False, context=None)
        except Forbidden as error:
            self._ctx.log.warning("nothing was purged this night: %s", error)

    def _next_night(self) -> datetime:
        zone = self._ctx.settings.zone
        now = self._ctx.clock.now().astimezone(zone)
        night = datetime.combine(now.date(), AT_NIGHT, zone)
        return night if night > now else datetime.combine(now.date() + timedelta(days=1), AT_NIGHT, zone)


def is_second_sunday(day: date) -> bool:
    """Whether it is the second Sunday of its month."""
    return day.weekday() == REPACK_WEEKDAY and 8 <= day.day <= 14


def _changing(statement: str, values: tuple[Any, ...]) -> Callable[[Transaction], int]:
    return lambda tx: change(tx, statement, values)


def _attributes_of(tx: Transaction, streams: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for chunk in chunks(streams):
        statement = f"SELECT DISTINCT attributes_id FROM states WHERE stream_id IN ({holes(chunk)})"
        found |= {number for (number,) in run(tx, statement, chunk) if number is not None}
    return found


def _drop_unused(tx: Transaction, numbers: Iterable[int]) -> int:
    """Take away those attributes that no row refers to any more: they told of what was to be forgotten."""
    dropped = 0
    for chunk in chunks(numbers):
        used = run(tx, f"SELECT DISTINCT attributes_id FROM states WHERE attributes_id IN ({holes(chunk)})", chunk)
        unused = [number for number in chunk if (number,) not in set(used)]
        if unused:
            dropped += change(tx, f"DELETE FROM attributes WHERE id IN ({holes(unused)})", unused)
    return dropped
