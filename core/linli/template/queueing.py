"""Who is served next: users in turn, each with one job at a time, and whoever took much lately after the others.

Among the jobs of one user their connections take turns by the same rules: a screen that asks for too much keeps no
other screen of the same user waiting for all of it.
"""

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


class _Line(Generic[J]):
    """The jobs of one user, by connection, in the order in which the connections' turns come."""

    def __init__(self) -> None:
        self._jobs: dict[str, deque[J]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def of(self, connection: str) -> int:
        """How many of one connection wait."""
        jobs = self._jobs.get(connection)
        return 0 if jobs is None else len(jobs)

    def append(self, connection: str, job: J) -> None:
        self._jobs.setdefault(connection, deque()).append(job)
        self._count += 1

    def popleft(self, is_heavy: Callable[[str], bool]) -> J:
        """The next one; a connection that took much lately comes after the others."""
        connection = next((name for name in self._jobs if not is_heavy(name)), None) or next(iter(self._jobs))
        jobs = self._jobs.pop(connection)
        job = jobs.popleft()
        if jobs:
            self._jobs[connection] = jobs
        self._count -= 1
        return job

    def longest(self) -> str:
        """The connection with most jobs."""
        return max(self._jobs, key=self.of)

    def pop_newest(self) -> J:
        """The newest job of that connection."""
        connection = self.longest()
        job = self._jobs[connection].pop()
        if not self._jobs[connection]:
            del self._jobs[connection]
        self._count -= 1
        return job

    def all(self) -> list[J]:
        return [job for jobs in self._jobs.values() for job in jobs]


class FairQueue(Generic[J]):
    """Jobs by user and connection, bounded for each user and in all: beyond it whoever has most jobs waiting loses the
    newest of them."""

    def __init__(self, *, each: int, most: int, monotonic: Callable[[], float]) -> None:
        self._each = each
        self._most = most
        self._monotonic = monotonic
        self._waiting: dict[str, _Line[J]] = {}
        """In the order in which the users' turns come."""
        self._served: set[str] = set()
        self._taken: dict[str, tuple[float, float]] = {}
        """Seconds that a user, or a connection of one, took, as they counted at a moment."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, user: str, job: J, connection: str = "") -> J | None:
        """Wait; raises NotNow where too many of this user's, or of this connection's, do. The job that lost its place
        to this one, if one did."""
        line = self._waiting.get(user)
        mine = 0 if line is None else len(line)
        lost: J | None = None
        if line is not None and mine >= self._each:
            if line.of(line.longest()) <= line.of(connection) + 1:
                raise NotNow("too_many")
            lost = line.pop_newest()
            self._count -= 1
        elif self._count >= self._most:
            lost = self._make_room(mine)
        if line is None:
            line = self._waiting[user] = _Line()
        line.append(connection, job)
        self._count += 1
        return lost

    def _make_room(self, mine: int) -> J:
        """Take the newest of the longest line, unless one's own would be as long as it then; raises NotNow."""
        longest = max(self._waiting.values(), key=len)
        if len(longest) <= mine + 1:
            raise NotNow("too_many")
        self._count -= 1
        return longest.pop_newest()

    def take(self, *, heavy: bool) -> tuple[str, J] | None:
        """The next job and whose it is, to be followed by :meth:`done`; None where nobody can be served now.

        ``heavy``: also one of a user who took much lately, if nobody else waits.
        """
        for allowed in (False, True) if heavy else (False,):
            for user, line in self._waiting.items():
                if user in self._served or self.is_heavy(user) is not allowed:
                    continue
                job = line.popleft(lambda connection, user=user: self.is_heavy(user, connection))  # type: ignore[misc]  # bound now
                self._count -= 1
                del self._waiting[user]
                if line:
                    self._waiting[user] = line  # its next turn comes after everybody else's
                self._served.add(user)
                return user, job
        return None

    def done(self, user: str, seconds: float, connection: str = "") -> None:
        """The user's job has ended after so long."""
        self._served.discard(user)
        for who in (user, _of(user, connection)):
            taken = self._lately(who) + seconds
            self._taken.pop(who, None)
            if taken > HEAVY_S / 100:
                self._taken[who] = (taken, self._monotonic())
            if len(self._taken) > 2 * self._most:
                del self._taken[next(iter(self._taken))]

    def is_heavy(self, user: str, connection: str | None = None) -> bool:
        """Whether the user, or one connection of theirs, took much lately."""
        return self._lately(user if connection is None else _of(user, connection)) > HEAVY_S

    def _lately(self, who: str) -> float:
        found = self._taken.get(who)
        return 0.0 if found is None else found[0] * math.exp((found[1] - self._monotonic()) / FORGOTTEN_IN_S)

    def drain(self) -> list[J]:
        """All that wait, which nobody will serve."""
        left = [job for line in self._waiting.values() for job in line.all()]
        self._waiting.clear()
        self._count = 0
        return left


def _of(user: str, connection: str) -> str:
    return f"{user}\0{connection}"
