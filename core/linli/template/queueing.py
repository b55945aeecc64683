"""Who is served next: flats in turn, each with one job at a time, and whoever took much lately after the others.

Within a flat its users take turns by the same rules, and among the jobs of one user their connections: a resident who
asks for too much keeps no other of the family waiting for all of it, nor does one screen another of the same user. Who
is of no one flat (a guard, an administrator) is a flat of their own.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from linli.template.errors import NotNow

J = TypeVar("J")

FORGOTTEN_IN_S: Final = 30.0
"""What somebody took fades with this time constant."""
HEAVY_S: Final = 2.0
"""More than so many seconds taken lately: heavy."""
Path = Sequence[str]
"""Below a flat: the user, then the connection."""


class _Line(Generic[J]):
    """Jobs of one flat, user or connection, in the order in which the turns of its parts come."""

    def __init__(self) -> None:
        self._parts: dict[str, _Line[J]] = {}
        self._jobs: deque[J] = deque()
        """Of what has no parts."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, path: Path, job: J) -> None:
        self._count += 1
        if path:
            self._parts.setdefault(path[0], _Line()).append(path[1:], job)
        else:
            self._jobs.append(job)

    def popleft(self, is_heavy: Callable[[Path], bool], path: Path = ()) -> J:
        """The next one; a part that took much lately comes after the others."""
        self._count -= 1
        if not self._parts:
            return self._jobs.popleft()
        name = next((name for name in self._parts if not is_heavy((*path, name))), None) or next(iter(self._parts))
        part = self._parts.pop(name)
        job = part.popleft(is_heavy, (*path, name))
        if part:
            self._parts[name] = part
        return job

    def _longest(self) -> str:
        return max(self._parts, key=lambda name: len(self._parts[name]))

    def has_more_than(self, path: Path) -> bool:
        """Whether somebody else's part of it would still be longer than this one with one more job."""
        if not self._parts or not path:
            return False
        longest = self._longest()
        if longest == path[0]:
            return self._parts[longest].has_more_than(path[1:])
        mine = self._parts.get(path[0])
        return len(self._parts[longest]) > (0 if mine is None else len(mine)) + 1

    def pop_newest(self) -> J:
        """The newest job of its longest part."""
        self._count -= 1
        if not self._parts:
            return self._jobs.pop()
        name = self._longest()
        job = self._parts[name].pop_newest()
        if not self._parts[name]:
            del self._parts[name]
        return job

    def all(self) -> list[J]:
        return [*self._jobs, *(job for part in self._parts.values() for job in part.all())]


class FairQueue(Generic[J]):
    """Jobs by flat, user and connection, bounded for each flat and in all: beyond it whoever has most jobs waiting
    loses the newest of them."""

    def __init__(self, *, each: int, most: int, monotonic: Callable[[], float]) -> None:
        self._each = each
        self._most = most
        self._monotonic = monotonic
        self._waiting: dict[str, _Line[J]] = {}
        """By flat, in the order in which their turns come."""
        self._served: set[str] = set()
        self._taken: dict[str, tuple[float, float]] = {}
        """Seconds that each took, as they counted at a moment."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, user: str, job: J, connection: str = "", flat: str | None = None) -> J | None:
        """Wait; raises NotNow where too many of this flat's do, and no other of it has more than this connection. The
        job that lost its place to this one, if one did."""
        flat = flat or user
        line = self._waiting.get(flat)
        mine = 0 if line is None else len(line)
        lost: J | None = None
        if line is not None and mine >= self._each:
            if not line.has_more_than((user, connection)):
                raise NotNow("too_many")
            lost = line.pop_newest()
            self._count -= 1
        elif self._count >= self._most:
            lost = self._make_room(mine)
        if line is None:
            line = self._waiting[flat] = _Line()
        line.append((user, connection), job)
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
        """The next job and of which flat it is, to be followed by :meth:`done`; None where nobody can be served now.

        ``heavy``: also one of a flat that took much lately, if nobody else waits.
        """
        for allowed in (False, True) if heavy else (False,):
            for flat, line in self._waiting.items():
                if flat in self._served or self.is_heavy(flat) is not allowed:
                    continue
                job = line.popleft(lambda path, flat=flat: self.is_heavy(flat, *path))  # type: ignore[misc]  # bound now
                self._count -= 1
                del self._waiting[flat]
                if line:
                    self._waiting[flat] = line  # its next turn comes after everybody else's
                self._served.add(flat)
                return flat, job
        return None

    def done(self, user: str, seconds: float, connection: str = "", flat: str | None = None) -> None:
        """The job has ended after so long."""
        flat = flat or user
        self._served.discard(flat)
        for who in (flat, _of(flat, user), _of(flat, user, connection)):
            taken = self._lately(who) + seconds
            self._taken.pop(who, None)
            if taken > HEAVY_S / 100:
                self._taken[who] = (taken, self._monotonic())
            if len(self._taken) > 3 * self._most:
                del self._taken[next(iter(self._taken))]

    def is_heavy(self, flat: str, *path: str) -> bool:
        """Whether the flat, a user of it, or one of their connections took much lately."""
        return self._lately(_of(flat, *path)) > HEAVY_S

    def _lately(self, who: str) -> float:
        found = self._taken.get(who)
        return 0.0 if found is None else found[0] * math.exp((found[1] - self._monotonic()) / FORGOTTEN_IN_S)

    def drain(self) -> list[J]:
        """All that wait, which nobody will serve."""
        left = [job for line in self._waiting.values() for job in line.all()]
        self._waiting.clear()
        self._count = 0
        return left


def _of(*path: str) -> str:
    return "\0".join(path)
