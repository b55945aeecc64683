"""Gives back to the machine, once a minute, what the hub has freed.

glibc keeps what is free between things that are still in use: a hub that answered a hundred thousand broken requests
held some MB of such holes, and more with each hour. ``malloc_trim`` hands their pages back. It runs in a thread and
takes some ms; meanwhile whatever needs memory waits.

glibc also gives each thread that finds the others busy an arena of its own (eight for each core), and what one of them
has free no other uses: a hub has a thread for each database and some for work that blocks, so it keeps to few arenas.
"""

import asyncio
import ctypes
from collections.abc import Callable
from typing import Final

from linli.clock import Clock, Timer
from linli.pool import BlockingPool

EVERY_S: Final = 60.0
ARENAS: Final = 2
_M_ARENA_MAX: Final = -8
"""``mallopt(3)``: the most arenas."""


def keep_to_few_arenas() -> None:
    """Before any thread begins; nothing happens where the C library knows no such thing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Once; nothing happens where the C library knows no such thing."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class GivingBack:
    """Again and again, until it is stopped."""

    def __init__(self, clock: Clock, blocking: BlockingPool, give: Callable[[], None] = give_back) -> None:
        self._clock = clock
        self._blocking = blocking
        self._give = give
        self._timer: Timer | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, on the running loop."""
        self._timer = self._clock.call_later(EVERY_S, self._due)

    def stop(self) -> None:
        """No more; what is under way ends by itself."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._blocking.run(self._give), name="core:giving back")
        self.start()
