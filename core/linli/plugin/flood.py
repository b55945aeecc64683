"""How much one plugin may do in a time: token buckets on the hub's clock, generous, and never on what is for safety.

The common case is one subtraction and one comparison; the clock is asked only when the tokens are used up. What is too
much is counted, and charged once a minute. Readings are not lost: of each entity the newest waits and follows.
"""

import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from linli.clock import Clock, Timer

FLUSH_EVERY_S: Final = 0.1
MOST_HELD: Final = 20_000
"""Entities whose newest reading waits; of further ones it is dropped."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in a second in the long run, and so many at once."""

    per_second: float
    burst: float


EVENTS: Final = Rate(1_000, 10_000)
STATES: Final = Rate(5_000, 25_000)
CALLS: Final = Rate(500, 5_000)
LOG_LINES: Final = Rate(50, 500)

Over = Callable[[], None]
"""Told of each that was too much."""


class Meter:
    """The bucket of one plugin for one thing: ``meter.left -= 1``, and below zero ask :meth:`spent`."""

    __slots__ = ("_at", "_clock", "_over", "_rate", "left")

    def __init__(self, clock: Clock, rate: Rate, over: Over) -> None:
        self._clock = clock
        self._rate = rate
        self._over = over
        self._at = clock.monotonic()
        self.left: float = rate.burst

    def _fill(self) -> None:
        now = self._clock.monotonic()
        self.left = min(self.left + (now - self._at) * self._rate.per_second, self._rate.burst)
        self._at = now

    def spent(self) -> bool:
        """After a subtraction that went below zero: whether it was really too much, which is then counted."""
        self._fill()
        if self.left >= 0:
            return False
        self.left += 1
        self._over()
        return True


class StateMeter(Meter):
    """The same for states: what is too much waits, the newest of each entity, and follows as tokens come."""

    __slots__ = ("_charge", "_flushing", "_held", "_saved", "_timer")

    def __init__(
        self, clock: Clock, rate: Rate, over: Over, charge: Callable[[Exception], None] = lambda error: None
    ) -> None:
        super().__init__(clock, rate, over)
        self._charge = charge
        self._held: dict[Hashable, Callable[[], object]] = {}
        self._timer: Timer | None = None
        self._flushing = False
        self._saved = 0.0
        """Tokens that have come while something waits; :attr:`left` is below zero then, so that all ask here."""

    def holds(self, key: Hashable, publish: Callable[[], object]) -> bool:
        """After a subtraction that went below zero: whether ``publish`` waits. False: publish it now.

        ``publish`` takes the way through the meter again, and finds one token there. While anything waits everything
        does, so that an older reading never follows a newer one.
        """
        if not self._held and not self._flushing:
            self._fill()
            if self.left >= 0:
                return False
            self._saved = self.left + 1
        if key in self._held or len(self._held) >= MOST_HELD:
            self._over()
        if key in self._held or len(self._held) < MOST_HELD:
            self._held[key] = publish
        self.left = -1.0
        if self._timer is None and not self._flushing:
            self._timer = self._clock.call_later(FLUSH_EVERY_S, self._flush)
        return True

    def _flush(self) -> None:
        self._timer = None
        self.left = self._saved
        self._fill()
        self._saved, self._flushing = self.left, True
        while self._held and self._saved >= 1:
            publish = self._held.pop(next(iter(self._held)))
            self._saved -= 1
            self.left = 1.0  # for this one; what its listeners write has to wait behind what waits already
            try:
                publish()
            except Exception as error:  # noqa: BLE001 - the guard: the plugin's own code renders the reading
                self._charge(error)
        self._flushing = False
        self.left = self._saved
        if self._held:
            self.left = -1.0
            self._timer = self._clock.call_later(FLUSH_EVERY_S, self._flush)

    def close(self) -> None:
        """What waits is not published any more."""
        self._held.clear()
        if self._timer is not None:
            self._timer.cancel()


class _Endless(StateMeter):
    """For what is for safety: never spent."""

    __slots__ = ()

    def __init__(self) -> None:  # no clock is ever asked
        self.left = float("inf")

    def close(self) -> None:
        """Nothing waits."""


ENDLESS: Final[StateMeter] = _Endless()
"""Infinity less one is infinity."""


class LogGate(logging.Filter):
    """Lets as many lines of a plugin's own logger through as its meter has."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def filter(self, record: logging.LogRecord) -> bool:
        """False: the line is dropped."""
        self._meter.left -= 1
        return not (self._meter.left < 0 and self._meter.spent())


def gated_logger(name: str, meter: Meter) -> logging.Logger:
    """A logger below the one of that name which no other hub in this process shares, so its gate is this hub's."""
    logger = logging.Logger(name)
    logger.parent = logging.getLogger(name)
    logger.addFilter(LogGate(meter))
    return logger


@dataclass(slots=True)
class Allowance:
    """The meters of one plugin."""

    events: Meter
    states: StateMeter
    calls: Meter
    log: Meter

    def free(self) -> None:
        """From now on nothing of it is held up; what waits follows as it would have."""
        self.events = self.states = self.calls = ENDLESS


UNLIMITED: Final = Allowance(ENDLESS, ENDLESS, ENDLESS, ENDLESS)
