"""When the past is forgotten: each night what is old, and what somebody wants gone. ``forgetting.py`` says how."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from linli import Context, Forbidden, PluginContext, Recurrence, StorageError
from linli_recorder.api import Intent
from linli_recorder.doubt import ClockDoubt
from linli_recorder.filters import Named
from linli_recorder.forgetting import Forgetting
from linli_recorder.permission import Permission
from linli_recorder.recorder import Recorder

AT_NIGHT: Final = time(4, 12)
"""When Home Assistant does it too: few look at their history then."""
REPACK_WEEKDAY: Final = 6


class Purger:
    """Takes rows away."""

    def __init__(self, ctx: PluginContext, recorder: Recorder, permission: Permission) -> None:
        self._ctx = ctx
        self._recorder = recorder
        self._permission = permission
        self._forgetting = Forgetting(ctx, recorder)
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
                rows = await self._forgetting.older(round(before * 1e6))
                if apply_filter:
                    names = self._names()
                    unwanted = [stream for stream, name in names.items() if not self._recorder.filter.keeps(name)]
                    rows += await self._forgetting.of_streams(unwanted, None)
                    rows += await self._forgetting.of_event_types(self._recorder.filter.keeps_event)
                if repack:
                    await self._recorder.database.give_back()
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
                chosen = set(ids)
                streams = [number for number, name in self._names().items() if name in chosen]
                rows = await self._forgetting.of_streams(streams, round(before * 1e6))
            except StorageError as trouble:
                error = trouble
        await self._permission.note_end(intent, context, error, rows=rows)

    def _names(self) -> dict[int, str]:
        """By stream: what its entity is called, or was called where it is gone."""
        mirror, streams = self._recorder.mirror, self._recorder.streams
        found: dict[int, str] = {}
        for entity_id, owners in mirror.owners_called.items():
            for owner in owners:
                found.update(dict.fromkeys(mirror.of_owner(owner), streams.name_of(owner, entity_id) or entity_id))
        return found

    # each night ------------------------------------------------------------------------------------------------------

    def each_night(self, keep_days: float, clock: ClockDoubt, *, repack: bool) -> None:
        """Purge from now on by itself, once a night; on the second Sunday of a month also give space back."""

        def begin() -> None:
            if clock.believes():
                self._ctx.spawn(self._night(keep_days, repack), name="nightly purge")
            else:
                self._ctx.log.warning("nothing was purged this night: the clock went ahead by more than a day at once")

        Recurrence(self._ctx, self._night_after, begin)

    async def _night(self, keep_days: float, repack: bool) -> None:
        today = self._ctx.clock.now().astimezone(self._ctx.settings.zone).date()
        repacks = repack and is_second_sunday(today)
        try:
            await self.purge(keep_days, repack=repacks, apply_filter=False, context=None)
        except Forbidden as error:
            self._ctx.log.warning("nothing was purged this night: %s", error)

    def _night_after(self, after: datetime) -> datetime:
        zone = self._ctx.settings.zone
        today = after.astimezone(zone).date()
        nights = (datetime.combine(today + timedelta(days=day), AT_NIGHT, zone).astimezone(UTC) for day in range(3))
        return next(night for night in nights if night > after)


def is_second_sunday(day: date) -> bool:
    """Whether it is the second Sunday of its month."""
    return day.weekday() == REPACK_WEEKDAY and 8 <= day.day <= 14
