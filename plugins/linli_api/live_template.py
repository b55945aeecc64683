"""One template that a client follows: rendered again when what it read has changed, and only then."""

from collections.abc import Callable
from typing import Any, Final

from linli import Clock, Event, RenderInfo, StateChange, dumps, dumps_anyway
from linli_api.connection import Call
from linli_api.marks import Mark, never
from linli_api.template_words import told

Report = Callable[[str, str], None]
Render = Callable[[Report | None], RenderInfo]
Listen = Callable[[Callable[[Event[Any]], None]], Callable[[], None]]
MINUTE_S: Final = 60.0
MOST_WARNINGS: Final = 20
"""Different ones that one render may say; a loop can name a thousand undefined variables."""


class LiveTemplate:
    """Renders, follows, tells. It ends with :meth:`stop`."""

    def __init__(self, call: Call, render: Render, clock: Clock, *, report_errors: bool) -> None:
        self._call = call
        self._render = render
        self._clock = clock
        self._report_errors = report_errors
        self._mark = Mark(never, self._forget_told)
        self._told: tuple[bytes, ...] = ()
        """What was said last; empty: nothing, or it was taken back."""
        self._warnings: dict[tuple[str, str], None] = {}
        """What the last render warned of, in its order."""
        self._rendered_at = clock.monotonic()
        self._later: Any = None
        self._minute: Any = None
        self._unlisten: Callable[[], None] | None = None
        self._unwatch: Callable[[], None] | None = None
        self.info = self._rendered()

    def begin(self, listen: Listen) -> None:
        """Tell the first result and follow."""
        self._tell()
        self._next_minute()
        self._unlisten = listen(self._changed)
        self._unwatch = self._call.connection.session.watch(lambda turn: self._turned())

    def stop(self) -> None:
        """Follow no longer."""
        for timer in (self._later, self._minute):
            if timer is not None:
                timer.cancel()
        for undo in (self._unlisten, self._unwatch):
            if undo is not None:
                undo()

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

    def _turned(self) -> None:
        """The reader's rights changed: what waited was taken back, and it may be another result now."""
        self._again()

    def _forget_told(self) -> None:
        self._told = ()

    def _changed(self, event: Event[Any]) -> None:
        if not isinstance(event, StateChange) or not self._call.view.sees(event.entity_id):
            return
        info, comes_or_goes = self.info, event.old is None or event.new is None
        if event.entity_id in info.entities:
            self._again()
        elif info.reads(event.entity_id) or (comes_or_goes and info.counts(event.entity_id)):
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

    def _again(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self.info = self._rendered()
        self._rendered_at = self._clock.monotonic()
        self._tell()
        self._next_minute()

    def _next_minute(self) -> None:
        if self.info.has_time and self._minute is None:
            self._minute = self._clock.call_later(MINUTE_S - self._clock.timestamp() % MINUTE_S, self._minute_came)

    def _minute_came(self) -> None:
        self._minute = None
        self._again()

    def _rendered(self) -> RenderInfo:
        self._warnings.clear()
        return self._render(self._warn if self._report_errors else None)

    def _warn(self, level: str, sentence: str) -> None:
        """Take up what the render says about undefined variables."""
        if len(self._warnings) < MOST_WARNINGS:
            self._warnings[sentence, level.upper()] = None

    def _tell(self) -> None:
        payloads = self._payloads()
        if payloads != self._told:
            for payload in payloads:
                self._call.event(payload, self._mark)
        self._told = payloads
