"""Who is served next: users in turn, each with one job at a time, and whoever took much lately after the others."""

import math
from collections import deque
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from linli.template.errors import NotNow

J = TypeVar("J")

FORGOTTEN_IN_S: Final = 30.0
"""What a user took fades with this time constant."""
HEAVY_S: Final = 2.0
"""More than so many seconds taken lately: a heavy user."""


class FairQueue(Generic[J]):
    """Jobs by user, bounded for each and in all: beyond it whoever has most jobs waiting loses the newest of them."""

    def __init__(self, *, each: int, most: int, monotonic: Callable[[], float]) -> None:
        self._each = each
        self._most = most
        self._monotonic = monotonic
        self._waiting: dict[str, deque[J]] = {}
        """In the order in which the users' turns come."""
        self._served: set[str] = set()
        self._taken: dict[str, tuple[float, float]] = {}
        """Seconds that a user took, as they counted at a moment."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, user: str, job: J) -> J | None:
        """Wait; raises NotNow where too many of this user do. The job that lost its place to this one, if one did."""
        line = self._waiting.get(user)
        mine = 0 if line is None else len(line)
        if mine >= self._each:
            raise NotNow("too_many")
        lost = None if self._count < self._most else self._make_room(mine)
        if line is None:
            line = self._waiting[user] = deque()
        line.append(job)
        self._count += 1
        return lost

    def _make_room(self, mine: int) -> J:
        """Take the newest of the longest line, unless one's own would be as long as it then; raises NotNow."""
        longest = max(self._waiting.values(), key=len)
        if len(longest) <= mine + 1:
            raise NotNow("too_many")
        self._count -= 1
        return longest.pop()

    def take(self, *, heavy: bool) -> tuple[str, J] | None:
        """The next job and whose it is, to be followed by :meth:`done`; None where nobody can be served now.

        ``heavy``: also one of a user who took much lately, if nobody else waits.
        """
        for allowed in (False, True) if heavy else (False,):
            for user, line in self._waiting.items():
                if user in self._served or self.is_heavy(user) is not allowed:
                    continue
                job = line.popleft()
                self._count -= 1
                del self._waiting[user]
                if line:
                    self._waiting[user] = line  # its next turn comes after everybody else's
                self._served.add(user)
                return user, job
        return None

    def done(self, user: str, seconds: float) -> None:
        """The user's job has ended after so long."""
        self._served.discard(user)
        taken = self._lately(user) + seconds
        self._taken.pop(user, None)
        if taken > HEAVY_S / 100:
            self._taken[user] = (taken, self._monotonic())
        if len(self._taken) > self._most:
            del self._taken[next(iter(self._taken))]

    def is_heavy(self, user: str) -> bool:
        """Whether the user took much lately."""
        return self._lately(user) > HEAVY_S

    def _lately(self, user: str) -> float:
        found = self._taken.get(user)
        return 0.0 if found is None else found[0] * math.exp((found[1] - self._monotonic()) / FORGOTTEN_IN_S)

    def drain(self) -> list[J]:
        """All that wait, which nobody will serve."""
        left = [job for line in self._waiting.values() for job in line]
        self._waiting.clear()
        self._count = 0
        return left
