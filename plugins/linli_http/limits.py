"""How much one caller may ask for. Pure: the caller brings the time, in monotonic seconds."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

KEPT_CALLERS: Final = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateLimit:
    """A bucket of tokens per key: ``burst`` at once, ``per_second`` in the long run.

    At most :data:`KEPT_CALLERS` keys are remembered; of more, the one quiet for longest is forgotten first.
    """

    def __init__(self, per_second: float, burst: float) -> None:
        self.per_second = per_second
        self.burst = burst
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """Take one token; 0: go on, otherwise the seconds until there is one again (nothing was taken)."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self.burst, now)
            if len(self._buckets) > KEPT_CALLERS:
                self._buckets.popitem(last=False)
        else:
            bucket.tokens = min(self.burst, bucket.tokens + (now - bucket.at) * self.per_second)
            bucket.at = now
            self._buckets.move_to_end(key)
        if bucket.tokens >= 1.0:
            bucket.tokens -= 1.0
            return 0.0
        return (1.0 - bucket.tokens) / self.per_second

    def __len__(self) -> int:
        return len(self._buckets)
