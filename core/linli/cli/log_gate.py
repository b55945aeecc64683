"""How many lines at once one plugin or library may write to the terminal with a logger of its own.

What a plugin says with ``ctx.log`` is counted at its door. Lines of ``logging.getLogger(…)`` come past it: they are
counted here, by the first part of the logger's name, which is the plugin's package or the library's. The core's own are
not.
"""

import logging
import threading
from functools import partial
from typing import Final

from linli.clock import Clock
from linli.plugin.flood import LOG_LINES, Meter

CORE: Final = "linli"
TOLD_EVERY_S: Final = 60.0


class LineGate(logging.Filter):
    """For a handler: passes as many lines of each name as one plugin may write, and says how many it dropped."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        self._meters: dict[str, Meter] = {}
        self._dropped: dict[str, int] = {}
        self._told: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """False: the line is dropped. The first that passes after others were dropped says how many."""
        name = record.name.partition(".")[0]
        if name == CORE:
            return True
        with self._lock:
            meter = self._meters.get(name)
            if meter is None:
                meter = self._meters[name] = Meter(self._clock, LOG_LINES, partial(self._drop, name))
            meter.left -= 1
            if meter.left < 0 and meter.spent():
                return False
            self._tell(name, record)
            return True

    def _drop(self, name: str) -> None:
        self._dropped[name] = self._dropped.get(name, 0) + 1

    def _tell(self, name: str, record: logging.LogRecord) -> None:
        now = self._clock.monotonic()
        if name in self._dropped and now - self._told.get(name, -TOLD_EVERY_S) >= TOLD_EVERY_S:
            self._told[name] = now
            dropped = self._dropped.pop(name)
            record.msg = f"{record.getMessage()} (before it {dropped} lines of {name} were dropped: too many at once)"
            record.args = None
