"""Says that the wall clock jumped (SAFETY 6).

Whatever waits goes by monotonic time, so a jump stops nothing; but times of day are wrong now or were wrong before, and
somebody should know: what is timed by the day may come twice or not at all, and rights that expire may have ended.
"""

from datetime import timedelta
from typing import Final

from linli.clock import WALL_STEP, Clock, Timer
from linli.ids import CORE
from linli.issues import Issues, Severity
from linli.messages import Message
from linli.metrics import Metrics

LOOK_EVERY_S: Final = 1.0
JUMPED: Final = "clock_jumped"
"""The issue; it stands until the next start, or until a person ignores it, and tells of the latest jump."""


class ClockWatch:
    """Compares the wall clock with monotonic time once a second; NTP's small steps are none."""

    def __init__(self, clock: Clock, issues: Issues, metrics: Metrics) -> None:
        self._clock = clock
        self._issues = issues
        self._jumps = metrics.counter("linli_clock_jumps_total", "Jumps of the wall clock by more than two seconds")
        self._timer: Timer | None = None
        self._offset = self._now()

    def start(self) -> None:
        """Begin to look, on the running loop."""
        self._offset = self._now()
        self._wait()

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _now(self) -> float:
        return self._clock.timestamp() - self._clock.monotonic()

    def _wait(self) -> None:
        self._timer = self._clock.call_later(LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        before, self._offset = self._offset, self._now()
        step = self._offset - before
        if abs(step) > WALL_STEP:
            self._jumps.add()
            way = "ahead" if step > 0 else "back"
            message = Message(f"{JUMPED}_{way}", {"by": timedelta(seconds=round(abs(step)))})
            self._issues.raise_issue(CORE, JUMPED, severity=Severity.WARNING, message=message)
        self._wait()
