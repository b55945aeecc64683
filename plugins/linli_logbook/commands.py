"""The message commands ``logbook/get_events`` and ``logbook/event_stream``."""

from typing import Any

import voluptuous as vol

from linli import CommandCall, PluginContext
from linli_logbook.asking import FIELDS, asked_by
from linli_logbook.book import Book, Manner
from linli_logbook.descriptions import Descriptions
from linli_logbook.stream import LogbookStream
from linli_recorder.api import RecorderApi, WrongStart, up_to_now


class LogbookCommands:
    """The handlers."""

    def __init__(self, ctx: PluginContext, recorder: RecorderApi, book: Book, descriptions: Descriptions) -> None:
        self._ctx = ctx
        self._recorder = recorder
        self._book = book
        self._descriptions = descriptions

    async def get_events(self, call: CommandCall) -> list[dict[str, Any]]:
        """The lines from ``start_time`` to ``end_time`` (now): all, of some entities, or of one context."""
        now = self._ctx.clock.timestamp()
        asked = asked_by(call.message, now, self._ctx.settings.zone)
        if asked.start > now:
            return []
        await up_to_now(self._recorder, asked.end, self._ctx)
        return await self._book.lines(asked, call.context, self._manner(call))

    async def event_stream(self, call: CommandCall) -> None:
        """The same as an event, and then, without ``end_time`` or until it comes, events with what happens."""
        now = self._ctx.clock.timestamp()
        asked = asked_by(call.message, now, self._ctx.settings.zone)
        if asked.start > now:
            raise WrongStart("Invalid start_time")
        until = asked.end if "end_time" in call.message else None
        stream = LogbookStream(self._ctx, self._recorder, self._book, call, asked, self._manner(call), until)
        if until is None or until > now:
            await self._descriptions.bring_up_to_date()
            stream.follow(self._descriptions)
        call.on_unsubscribe(stream.end)
        lines = await stream.past()
        self._ctx.spawn(stream.tell_past(lines), name="begin a stream of the logbook")

    def _manner(self, call: CommandCall) -> Manner:
        return Manner(call.user.language or self._ctx.settings.language, named=False)


def add(ctx: PluginContext, recorder: RecorderApi, book: Book, descriptions: Descriptions) -> None:
    """Offer them."""
    commands = LogbookCommands(ctx, recorder, book, descriptions)
    ctx.commands.add("logbook/get_events", commands.get_events, {**FIELDS, vol.Optional("context_id"): str})
    ctx.commands.add("logbook/event_stream", commands.event_stream, FIELDS)
