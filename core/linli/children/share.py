"""How much of the hub's time one child may take with what it asks; for the rest of it the child is not read."""

from collections.abc import Callable
from typing import Final

from linli.clock import RealClock

SHARE: Final = 0.25
"""The part of the hub's time that a child may take with what it asks; it waits for the rest."""
PAUSE_AT_S: Final = 0.005
FLOOD_ENDS_S: Final = 60.0
"""A child that takes its whole share for so long is told of, and ended unless the deployment trusts it."""


class Share:
    """What one child took, and how long it waits for that."""

    def __init__(self, clock: RealClock, flooded: Callable[[str], None], *, unlimited: Callable[[], bool]) -> None:
        """``flooded`` hears, each minute, that the whole share was asked for; ``unlimited``: whether nothing waits."""
        self._clock = clock
        self._flooded = flooded
        self._unlimited = unlimited
        self._since: float | None = None
        self._spent = 0.0

    def waited(self, seconds: float) -> None:
        """The hub waited so long for the child to say something: it asks for less than its share."""
        if seconds > PAUSE_AT_S:
            self._since = None

    async def spend(self, seconds: float) -> None:
        """What it asked took so long; waits where that makes too much."""
        self._spent += seconds
        if self._spent < PAUSE_AT_S or self._unlimited():
            return
        now = self._clock.monotonic()
        if self._since is None:
            self._since = now
        elif now - self._since > FLOOD_ENDS_S:
            self._since = now
            self._flooded(f"it asked for its whole share of the hub's time for {FLOOD_ENDS_S:g} s")
        spent, self._spent = self._spent, 0.0
        await self._clock.sleep(spent * (1 / SHARE - 1))
