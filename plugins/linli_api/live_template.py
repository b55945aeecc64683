"""One template that a client follows: rendered again when what it read has changed, and only then."""

from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any, Final

from linli import Clock, Event, RenderInfo, StateChange, dumps, dumps_anyway
from linli_api.connection import Call
from linli_api.marks import Mark, never
from linli_api.template_words import told

Report = Callable[[str, str], None]
Render = Callable[[Report | None, Collection[str]], Awaitable[RenderInfo]]
"""Given who hears the warnings, and which entities it will probably read."""
Listen = Callable[[Callable[[Event[Any]], None]], Callable[[], None]]
Spawn = Callable[[Coroutine[Any, Any, None]], None]
MINUTE_S: Final = 60.0
RETRY_S: Final = 5.0
"""Until it is tried again what could not be rendered just now."""
MOST_MISSED: Final = 1000
"""Entities that changed while a render was under way; beyond them it is simply rendered again."""


class LiveTemplate:
    """Renders, follows, tells. It ends with :meth:`stop`."""

    def __init__(self, call: Call, render: Render, clock: Clock, spawn: Spawn, *, report_errors: bool) -> None:
        self._call = call
        self._render = render
        self._clock = clock
        self._spawn = spawn
        self._report_errors = report_errors
        self._mark = Mark(never, self._forget_told)
        self._told: tuple[bytes, ...] = ()
        """What was said last; empty: nothing, or it was taken back."""
        self._warnings: dict[tuple[str, str], None] = {}
        """What the last render warned of, in its order."""
        self._rendering = True
        self._wanted = False
        """It is to be rendered again after the render that is under way."""
        self._missed: dict[str, bool] = {}
        """What changed meanwhile, and whether it came or went."""
        self._stopped = False
        self._rendered_at = clock.monotonic()
        self._later: Any = None
        self._minute: Any = None
        self._undo: list[Callable[[], None]] = []
        self.info = RenderInfo()

    async def first(self, listen: Listen) -> None:
        """Render it, and note from now on what changes. Raises Busy where it cannot be rendered just now."""
        self._undo.append(listen(self._changed))
        self._undo.append(self._call.connection.session.watch(lambda turn: self._turned()))
        info = await self._rendered()
        if info.refused is not None:
            raise info.refused
        self.info = info

    def begin(self) -> None:
        """Tell the first result and follow."""
        self._tell()
        self._caught_up()
        if self._wanted:
            self._again()

    def stop(self) -> None:
        """Follow no longer."""
        self._stopped = True
        for timer in (self._later, self._minute):
            if timer is not None:
                timer.cancel()
        while self._undo:
            self._undo.pop()()

    def tell_mistakes(self) -> None:
        """Say what is wrong, if anything is: once before the result of the command, as Home Assistant does."""
        mistakes = self._payloads() if self.info.error is not None else self._payloads()[:-1]
        for payload in mistakes:
            self._call.event(payload, self._mark)

    def _payloads(self) -> tuple[bytes, ...]:
        """The warnings, then the result or the mistake, as events; of mistakes only what was asked for."""
        warnings = tuple(dumps_anyway({"error": sentence, "level": level}) for sentence, level in self._warnings)
        error = self.info.error
        if error is None:
            return (*warnings, self._result())
        return (*warnings, dumps_anyway({"error": told(error), "level": "ERROR"})) if self._report_errors else ()

    def _result(self) -> bytes:
        info = self.info
        listeners = {
            "all": info.all_states or info.all_states_lifecycle,
            "domains": sorted(info.domains | info.domains_lifecycle),
            "entities": sorted(info.entities),
            "time": info.has_time,
        }
        try:
            return dumps({"result": info.result, "listeners": listeners})
        except TypeError:
            return dumps_anyway({"result": str(info.result), "listeners": listeners})

    # when ------------------------------------------------------------------------------------------------------------

    def _turned(self) -> None:
        """The reader's rights changed: what waited was taken back, and it may be another result now."""
        self._again()

    def _forget_told(self) -> None:
        self._told = ()

    def _changed(self, event: Event[Any]) -> None:
        if not isinstance(event, StateChange) or not self._call.view.sees(event.entity_id):
            return
        comes_or_goes = event.old is None or event.new is None
        if not self._rendering:
            self._consider(event.entity_id, comes_or_goes)
        elif len(self._missed) < MOST_MISSED:
            self._missed[event.entity_id] = comes_or_goes or self._missed.get(event.entity_id, False)
        else:
            self._wanted = True

    def _consider(self, entity_id: str, comes_or_goes: bool) -> None:
        info = self.info
        if entity_id in info.entities:
            self._again()
        elif info.reads(entity_id) or (comes_or_goes and info.counts(entity_id)):
            self._soon(info.rate_limit or 0.0)

    def _soon(self, pause: float) -> None:
        """Render again, but not within ``pause`` after the last time."""
        if self._later is not None:
            return
        left = self._rendered_at + pause - self._clock.monotonic()
        if left <= 0:
            self._again()
        else:
            self._later = self._clock.call_later(left, self._again)

    def _next_minute(self) -> None:
        if self.info.has_time and self._minute is None:
            self._minute = self._clock.call_later(MINUTE_S - self._clock.timestamp() % MINUTE_S, self._minute_came)

    def _minute_came(self) -> None:
        self._minute = None
        self._again()

    # rendering -------------------------------------------------------------------------------------------------------

    def _again(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._rendering:
            self._wanted = True
        elif not self._stopped:
            self._rendering = True
            self._spawn(self._render_again())

    async def _render_again(self) -> None:
        """Until nothing that it read has changed meanwhile."""
        while await self._turn():
            pass

    async def _turn(self) -> bool:
        """Render once and tell; whether it is old already."""
        self._rendering, self._wanted = True, False
        info = await self._rendered()
        if self._stopped:
            return False
        if info.refused is not None:
            self._later = self._later or self._clock.call_later(RETRY_S, self._again)
        else:
            self.info = info
            self._tell()
        self._caught_up()
        return self._wanted

    def _caught_up(self) -> None:
        """The render is over; what changed while it was under way may make it old already."""
        self._rendered_at = self._clock.monotonic()
        self._rendering = True
        missed, self._missed = self._missed, {}
        for entity_id, comes_or_goes in missed.items():
            self._consider(entity_id, comes_or_goes)
        self._rendering = False
        self._next_minute()

    async def _rendered(self) -> RenderInfo:
        warnings: dict[tuple[str, str], None] = {}

        def warn(level: str, sentence: str) -> None:
            warnings[sentence, level.upper()] = None

        info = await self._render(warn if self._report_errors else None, self.info.entities)
        self._warnings = warnings
        return info

    def _tell(self) -> None:
        payloads = self._payloads()
        if payloads != self._told:
            for payload in payloads:
                self._call.event(payload, self._mark)
        self._told = payloads
