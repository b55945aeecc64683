"""Conditions that were parsed once and are tested again and again, as those of rules are."""

from collections import OrderedDict
from copy import deepcopy
from typing import Any, Final, NamedTuple

from linli_triggers.conditions.language import Condition

MOST: Final = 4_000
"""What was not tested for the longest time goes first. A rule has two or three."""
LONGEST: Final = 8_000
"""Characters; what is longer is parsed each time, so that all of them together stay small."""


class _Entry(NamedTuple):
    written: Any
    """Held, so that nothing else gets its identity meanwhile."""
    copy: Any
    """As it was when it was parsed: whoever changes what they wrote is not answered by the old."""
    conditions: list[Condition]


class Compiled:
    """By the identity of what was written: whoever tests often, a rule, holds the same object and hands it in again.

    What conditions depend on besides (states, helpers, templates) is looked at when they are tested, never here.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[int, _Entry] = OrderedDict()

    def get(self, written: Any) -> list[Condition] | None:
        """The conditions, where just this was parsed before."""
        entry = self._known.get(id(written))
        if entry is None or entry.copy != written:
            return None
        self._known.move_to_end(id(written))
        return entry.conditions

    def put(self, written: Any, conditions: list[Condition]) -> None:
        """Remember what was parsed."""
        if len(str(written)) > LONGEST:
            return
        self._known[id(written)] = _Entry(written, deepcopy(written), conditions)
        self._known.move_to_end(id(written))
        if len(self._known) > MOST:
            self._known.popitem(last=False)
