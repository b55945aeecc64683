"""How long whoever failed must wait. Pure: the caller brings the time, in monotonic seconds."""

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(slots=True)
class Failures:
    """What one key has done wrong lately."""

    count: int = 0
    last: float = 0.0


@dataclass(frozen=True, slots=True)
class Pace:
    """``free`` failures cost nothing, each one more doubles the wait, up to ``longest_s``."""

    free: int = 5
    first_s: float = 1.0
    longest_s: float = 300.0
    forget_after_s: float = 3600.0
    """After so long without a failure, all is forgotten."""

    def wait_after(self, failures: int) -> float:
        """How long to wait after so many failures in a row."""
        if failures < self.free:
            return 0.0
        return min(self.longest_s, self.first_s * 2.0 ** min(failures - self.free, 64))


class Throttle:
    """Counts failures by key; at most ``kept`` keys, of which the one that has been quiet longest goes first."""

    def __init__(self, pace: Pace, kept: int = 10_000) -> None:
        self._pace = pace
        self._kept = kept
        self._failures: OrderedDict[str, Failures] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """Seconds until the next attempt is allowed; 0: now."""
        failures = self._failures.get(key)
        if failures is None:
            return 0.0
        since = now - failures.last
        if since > self._pace.forget_after_s:
            del self._failures[key]
            return 0.0
        return max(0.0, self._pace.wait_after(failures.count) - since)

    def failed(self, key: str, now: float) -> int:
        """Count one failure; gives how many in a row there are."""
        failures = self._failures.get(key)
        if failures is None or now - failures.last > self._pace.forget_after_s:
            failures = self._failures[key] = Failures()
        failures.count += 1
        failures.last = now
        self._failures.move_to_end(key)
        while len(self._failures) > self._kept:
            self._failures.popitem(last=False)
        return failures.count

    def take_back(self, key: str) -> None:
        """The last failure counted was none (nothing was tried)."""
        failures = self._failures.get(key)
        if failures is not None:
            failures.count -= 1
            if failures.count <= 0:
                del self._failures[key]

    def forget(self, key: str) -> None:
        """It succeeded: begin anew."""
        self._failures.pop(key, None)

    def count(self, key: str) -> int:
        """Failures in a row."""
        failures = self._failures.get(key)
        return 0 if failures is None else failures.count

    def __len__(self) -> int:
        return len(self._failures)
