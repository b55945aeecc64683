"""When a right has ended, although clocks lie (SAFETY 6).

A right that expires is over as soon as either clock says so: business time, or the monotonic time that has passed since
it was first seen. So a wall clock set back revives nothing. While the wall clock is behind the newest row of the store
it cannot be right, and whatever expires and was not issued in this run counts as expired.
"""

from typing import Final

from linli.clock import Clock

TOLERANCE_S: Final = 2.0
"""Steps of the wall clock up to this are NTP's daily work."""


class Lifetime:
    """The end of one right."""

    __slots__ = ("deadline", "expires_at")

    def __init__(self, expires_at: float | None, deadline: float | None) -> None:
        self.expires_at = expires_at
        """Business time; None: it does not end by itself."""
        self.deadline = deadline
        """Monotonic time; None: not known yet."""


class Expiry:
    """Judges lifetimes; ``newest`` is the business time of the newest row that the store held at the start."""

    def __init__(self, clock: Clock, newest: float = 0.0) -> None:
        self._clock = clock
        self._newest = newest
        self._given: dict[str | bytes, Lifetime] = {}

    @property
    def clock_is_behind(self) -> bool:
        """Whether the wall clock shows a time that is past already."""
        return self._clock.timestamp() < self._newest - TOLERANCE_S

    def starting(self, lifetime_s: float | None, key: str | bytes | None = None) -> Lifetime:
        """Of a right that is given now; by its ``key`` it is known again when it is read back from the store.

        Keys are kept only while the clock is behind: somebody must be able to log in and set it.
        """
        if lifetime_s is None:
            return Lifetime(None, None)
        lifetime = Lifetime(self._clock.timestamp() + lifetime_s, self._clock.monotonic() + lifetime_s)
        if key is not None and self.clock_is_behind:
            self._given[key] = lifetime
        return lifetime

    def stored(self, expires_at: float | None, key: str | bytes | None = None) -> Lifetime:
        """Of a right that was read from the store."""
        if key is not None and key in self._given:
            return self._given[key]
        lifetime = Lifetime(expires_at, None)
        self.is_over(lifetime)
        return lifetime

    def is_over(self, lifetime: Lifetime) -> bool:
        """Whether the right has ended."""
        if lifetime.expires_at is None:
            return False
        now = self._clock.timestamp()
        if lifetime.deadline is None:
            if now < self._newest - TOLERANCE_S:
                return True
            lifetime.deadline = self._clock.monotonic() + lifetime.expires_at - now
        return now >= lifetime.expires_at or self._clock.monotonic() >= lifetime.deadline

    def remaining(self, lifetime: Lifetime) -> float | None:
        """Seconds until it ends, at most; None: never by itself."""
        if lifetime.expires_at is None:
            return None
        if self.is_over(lifetime) or lifetime.deadline is None:
            return 0.0
        return min(lifetime.expires_at - self._clock.timestamp(), lifetime.deadline - self._clock.monotonic())
