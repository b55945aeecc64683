"""``logbook/event_stream``: what happened, and then what happens, read from the recorder again and again.

So each line comes with its causes, no line is missing and none comes twice, and rights are asked anew each time.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from linli import CommandCall, EntityId, Event, PluginContext, StateChange, dumps
from linli_logbook.book import Book, Manner
from linli_logbook.descriptions import Descriptions
from linli_recorder.api import HappeningsAsked, RecorderApi, up_to_now

GATHER_S: Final = 0.5
"""So long after something happened it is told, with all that came meanwhile."""
TICK_S: Final = 1e-6
"""What the recorder tells apart; the ends of a stretch do not belong to it."""
STATE_CHANGED: Final = "state_changed"


class LogbookStream:
    """One subscription."""

    def __init__(
        self, ctx: PluginContext, recorder: RecorderApi, book: Book, call: CommandCall, asked: HappeningsAsked,
        manner: Manner, until: float | None,
    ) -> None:  # fmt: skip
        """``until``: business time at which it ends; None: with the subscription."""
        self._ctx = ctx
        self._recorder = recorder
        self._book = book
        self._call = call
        self._asked = asked
        self._manner = manner
        self._until = until
        self._read_until = asked.start
        self._waits = self._reads = self._is_over = False
        self._ends: list[Callable[[], None]] = []

    def follow(self, descriptions: Descriptions) -> None:
        """Be told when something happens."""
        if self._asked.entity_ids is None:
            self._ends.append(self._ctx.bus.listen(STATE_CHANGED, self._any_changed))
        else:
            entity_ids = [EntityId(each) for each in self._asked.entity_ids if not self._book.is_measuring(each)]
            self._ends.append(self._ctx.states.track(entity_ids, self._changed))
        self._ends += [self._ctx.bus.listen(each, self._happened) for each in descriptions.types]

    def end(self) -> None:
        """The client wants no more."""
        self._is_over = True
        while self._ends:
            self._ends.pop()()

    async def past(self) -> list[dict[str, Any]]:
        """The lines until now; what comes after them is told by :meth:`told`."""
        self._read_until = min(await up_to_now(self._recorder, self._asked.end, self._ctx), self._until or float("inf"))
        return await self._book.lines(replace(self._asked, end=self._read_until), self._call.context, self._manner)

    async def tell_past(self, lines: list[dict[str, Any]]) -> None:
        """The first event; it comes after the result. Where more follows, an empty one ends what was."""
        told: dict[str, Any] = {"events": lines, "start_time": self._asked.start, "end_time": self._read_until}
        if not self._ends:
            self._call.event(dumps(told), about(lines))
            return
        self._call.event(dumps({**told, "partial": True}), about(lines))
        self._call.event(dumps({**told, "events": []}))

    def _any_changed(self, event: Event[Any]) -> None:
        if isinstance(event, StateChange):
            self._changed(event)

    def _changed(self, change: StateChange) -> None:
        if change.old is None or change.new is None or change.old.state == change.new.state:
            return
        if not self._book.is_measuring(change.entity_id):
            self._happened(change)

    def _happened(self, event: Event[Any]) -> None:
        if not self._waits:
            self._waits = True
            self._ctx.call_later(GATHER_S, self._begin)

    def _begin(self) -> None:
        self._waits = False
        if self._is_over:
            return
        if self._reads:  # the one that reads now may have begun before this was written
            self._happened_meanwhile()
            return
        self._reads = True
        self._ctx.spawn(self._tell(), name="read the logbook for a stream")

    def _happened_meanwhile(self) -> None:
        self._waits = True
        self._ctx.call_later(GATHER_S, self._begin)

    async def _tell(self) -> None:
        try:
            until = await up_to_now(self._recorder, self._ctx.clock.timestamp(), self._ctx)
            until = min(until, self._until or until)
            asked = replace(self._asked, start=self._read_until - TICK_S, end=until)
            lines = await self._book.lines(asked, self._call.context, self._manner)
            self._read_until = until
            if lines and not self._is_over:
                self._call.event(dumps({"events": lines}), about(lines))
            if until == self._until:
                self.end()
        finally:
            self._reads = False


def about(lines: list[dict[str, Any]]) -> set[str]:
    """The entities that are named, with whose rights the lines fall."""
    keys = ("entity_id", "context_entity_id")
    return {line[key] for line in lines for key in keys if isinstance(line.get(key), str)}
