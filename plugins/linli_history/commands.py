"""The message commands ``history/history_during_period`` and ``history/stream``."""

from collections.abc import Sequence
from dataclasses import replace

from linli import CommandCall, PluginContext
from linli_history.asking import FIELDS, as_object, asked_by
from linli_history.stream import HistoryStream, past_event
from linli_recorder.api import RecorderApi, StatesAsked, WrongEnd, WrongStart, up_to_now

Answer = Sequence[tuple[str, bytes]]


class HistoryCommands:
    """The handlers."""

    def __init__(self, ctx: PluginContext, recorder: RecorderApi) -> None:
        self._ctx = ctx
        self._recorder = recorder

    async def during_period(self, call: CommandCall) -> bytes:
        """What entities were from ``start_time`` to ``end_time`` (now), each as a list of states in short."""
        now = self._ctx.clock.timestamp()
        asked = asked_by(call.message, now, self._ctx.settings.zone)
        if asked.start > now:
            return b"{}"
        await up_to_now(self._recorder, asked.end, self._ctx)
        return as_object(await self._recorder.states(replace(asked, end=max(asked.start, asked.end)), call.context))

    async def stream(self, call: CommandCall) -> None:
        """The same as an event, and then, without ``end_time`` or until it comes, events with what changes."""
        now = self._ctx.clock.timestamp()
        asked = asked_by(call.message, now, self._ctx.settings.zone)
        if asked.start > now:
            raise WrongStart("Invalid start_time")
        if asked.end < asked.start:
            raise WrongEnd("Invalid end_time")
        if "end_time" in call.message and asked.end <= now:
            await self._past_only(call)
            return
        stream = HistoryStream(self._ctx, call, asked, asked.end if "end_time" in call.message else None)
        call.on_unsubscribe(stream.end)
        until, answer = await self._read(asked, call)
        self._ctx.spawn(self._open(stream, asked, call, until, answer), name="open a stream of history")

    async def _open(
        self, stream: HistoryStream, asked: StatesAsked, call: CommandCall, until: float, answer: Answer
    ) -> None:
        """Once the result is on its way; what there was no room to hold meanwhile is read."""
        while stream.has_gap(until):
            until, answer = await self._read(asked, call)
        stream.open(answer, until)

    async def _read(self, asked: StatesAsked, call: CommandCall) -> tuple[float, Answer]:
        until = await up_to_now(self._recorder, asked.end, self._ctx)
        return until, await self._recorder.states(replace(asked, end=until), call.context)

    async def _past_only(self, call: CommandCall) -> None:
        asked = asked_by(call.message, self._ctx.clock.timestamp(), self._ctx.settings.zone)
        await up_to_now(self._recorder, asked.end, self._ctx)
        answer = await self._recorder.states(asked, call.context)
        call.on_unsubscribe(lambda: None)
        entity_ids = [entity_id for entity_id, _ in answer]
        self._ctx.call_later(0, lambda: call.event(past_event(answer, asked.start, asked.end), entity_ids))


def add(ctx: PluginContext, recorder: RecorderApi) -> None:
    """Offer them."""
    commands = HistoryCommands(ctx, recorder)
    ctx.commands.add("history/history_during_period", commands.during_period, FIELDS)
    ctx.commands.add("history/stream", commands.stream, FIELDS)
