"""One template that a client follows: rendered again when what it read has changed, and only then."""

from collections.abc import Callable
from typing import Any, Final

from linli import Clock, Event, RenderInfo, StateChange, dumps
from linli_api.connection import Call
from linli_api.template_words import told

Render = Callable[[], RenderInfo]
Listen = Callable[[Callable[[Event[Any]], None]], Callable[[], None]]
MINUTE_S: Final = 60.0


class LiveTemplate:
    """Renders, follows, tells. It ends with :meth:`stop`."""

    def __init__(self, call: Call, render: Render, clock: Clock, *, report_errors: bool) -> None:
        self._call = call
        self._render = render
        self._clock = clock
        self._report_errors = report_errors
        self._mark = f"render_template {call.id}"
        """What its messages are about; no entity is called so."""
        self._told: bytes | None = None
        self._rendered_at = clock.monotonic()
        self._later: Any = None
        self._minute: Any = None
        self._unlisten: Callable[[], None] | None = None
        self._unwatch: Callable[[], None] | None = None
        self.info = render()

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

    def payload(self) -> bytes | None:
        """The present result, or mistake, as an event; None: a mistake that nobody asked to be told."""
        info = self.info
        if info.error is not None:
            return dumps({"error": told(info.error), "level": "ERROR"}) if self._report_errors else None
        listeners = {
            "all": info.all_states or info.all_states_lifecycle,
            "domains": sorted(info.domains | info.domains_lifecycle),
            "entities": sorted(info.entities),
            "time": info.has_time,
        }
        try:
            return dumps({"result": info.result, "listeners": listeners})
        except TypeError:
            return dumps({"result": str(info.result), "listeners": listeners})

    def _turned(self) -> None:
        """The reader's rights changed: results that wait may tell of what is not the reader's any more."""
        self._call.connection.revoke({self._mark})
        self._told = None
        self._again()

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
        self.info = self._render()
        self._rendered_at = self._clock.monotonic()
        self._tell()
        self._next_minute()

    def _next_minute(self) -> None:
        if self.info.has_time and self._minute is None:
            self._minute = self._clock.call_later(MINUTE_S - self._clock.timestamp() % MINUTE_S, self._minute_came)

    def _minute_came(self) -> None:
        self._minute = None
        self._again()

    def _tell(self) -> None:
        payload = self.payload()
        if payload is not None and payload != self._told:
            self._call.event(payload, self._mark)
        self._told = payload
