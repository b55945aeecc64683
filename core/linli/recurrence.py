"""What comes again and again at certain moments: each of them exactly once, whatever the wall clock does.

The rule is cron's. A moment that the clock was put past fires once, late, if that was at most three hours ago; older
ones are left out, since a clock that was set by more was simply wrong. A moment that has fired does not fire again
when the clock is put back over it, unless it is put back by more than three hours.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

from linli.clock import Clock

AT_MOST_LATE: Final = timedelta(hours=3)


class Alarms(Protocol):
    """A plugin's door, as far as time goes by it."""

    @property
    def clock(self) -> Clock: ...

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Callable[[], None]: ...

    def on_clock_step(self, callback: Callable[[], None]) -> Callable[[], None]: ...


def look_from(now: datetime, last: datetime | None) -> datetime:
    """After which moment the next one is to be sought: not before ``last``, which has fired, unless the clock was set.

    A timer may also run a little early by the wall clock; then ``last`` is still to come.
    """
    return now if last is None or last - now > AT_MOST_LATE else max(now, last)


def is_too_late(now: datetime, when: datetime) -> bool:
    """Whether ``when`` is so long ago that it is left out."""
    return now - when > AT_MOST_LATE


class Recurrence:
    """Calls ``fire`` at each moment that ``following`` gives after the one before.

    ``cadence``: what counts is the beat, not which moment it is; it goes on by what the clock shows now when that is
    put back, instead of waiting until the clock has come again to where it was.
    """

    def __init__(
        self, alarms: Alarms, following: Callable[[datetime], datetime], fire: Callable[[], None],
        *, cadence: bool = False,
    ) -> None:  # fmt: skip
        self._alarms = alarms
        self._following = following
        self._fire = fire
        self._cadence = cadence
        self._last: datetime | None = None
        self._when, self._cancel = self._wait(alarms.clock.now())
        self._unfollow = alarms.on_clock_step(self._stepped)

    def cancel(self) -> None:
        """Fire no more."""
        self._cancel()
        self._unfollow()

    def _wait(self, after: datetime) -> tuple[datetime, Callable[[], None]]:
        when = self._following(after)
        return when, self._alarms.call_at(when, lambda: self._reached(when))

    def _reached(self, when: datetime) -> None:
        now = self._alarms.clock.now()
        self._last = when
        self._when, self._cancel = self._wait(max(now, when))
        if not is_too_late(now, when):
            self._fire()

    def _stepped(self) -> None:
        now = self._alarms.clock.now()
        if self._when > now:  # otherwise it is due
            self._cancel()
            self._when, self._cancel = self._wait(look_from(now, None if self._cadence else self._last))
