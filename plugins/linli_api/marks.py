"""What a queued message hangs on, so that it is taken back when its reader's rights change before it has left.

A message about one entity simply names it. For everything else there is a :class:`Mark`: it can say whether the reader
may still learn of the message under the new rights, and how what is left of it is said anew.
"""

from collections.abc import Callable, Collection

from linli import Turn

Holds = Callable[[Turn], bool]
Again = Callable[[], None]


class Mark(str):
    """What a message is about where that is not one entity. Each one is its own; no entity is called so."""

    __slots__ = ("again", "holds")
    holds: Holds
    """Whether the message may still be sent after this turn of rights."""
    again: Again | None
    """Called after the message was dropped: says anew what may still be said."""

    def __new__(cls, holds: Holds, again: Again | None = None) -> "Mark":
        mark = super().__new__(cls, "")
        mark.holds = holds
        mark.again = again
        return mark


def never(turn: Turn) -> bool:
    """For what was made of more than can be told: it falls with every change of rights."""
    return False


def bound_to(subject: str | Collection[str] | None) -> str | None:
    """One entity as it is; several as a mark that falls with the right to see any of them."""
    if subject is None or isinstance(subject, str):
        return subject
    entity_ids = frozenset(subject)
    return Mark(lambda turn: entity_ids.isdisjoint(turn.removed) and entity_ids.isdisjoint(turn.added))


class Ended:
    """What one turn of rights takes out of a queue; collects what is to be said anew."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self.again: list[Again] = []

    def __contains__(self, about: object) -> bool:
        if not isinstance(about, Mark):
            return about in self._turn.removed or about in self._turn.added
        if about.holds(self._turn):
            return False
        if about.again is not None:
            self.again.append(about.again)
        return True


class Everything:
    """Whatever tells of something: all that waits but for plain answers."""

    def __contains__(self, about: object) -> bool:
        return about is not None
