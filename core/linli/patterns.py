"""Regular expressions that people write: matched only where that cannot take long.

Python's ``re`` tries every way in which repeats can share a text, in one call that nobody interrupts: ``(a+)+b`` and 40
letters take years. So a pattern is matched only if it has at most three repeats beside each other, none within another,
and no alternatives, references or looks ahead within one: then a text of 255 characters costs at most some 3 million
steps, a tenth of a second. Any other pattern is shown to whoever types, and not enforced here (as Home Assistant does).
"""

import re
from re import _constants, _parser  # type: ignore[attr-defined]  # the only parser of Python's own syntax
from typing import Any, Final

from linli.remembered import remembered

LONGEST: Final = 255
LONGEST_PATTERN: Final = 1000
"""Compiling one takes as long as it is long; a longer one is not enforced either."""
REPEATS: Final = 3
_REPEATS: Final = frozenset({_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT})
_PLAIN: Final = frozenset(
    {
        _constants.LITERAL, _constants.NOT_LITERAL, _constants.ANY, _constants.IN, _constants.CATEGORY,
        _constants.RANGE, _constants.AT,
    }
)  # fmt: skip


def fits_pattern(pattern: str, text: str) -> bool:
    """Whether ``pattern`` matches the whole of ``text``, or cannot be asked. Raises re.error for what is no pattern."""
    if len(text) > LONGEST or len(pattern) > LONGEST_PATTERN:
        return True
    quick = _quick(pattern)
    return quick is None or quick.fullmatch(text) is not None


@remembered(256)
def _quick(pattern: str) -> re.Pattern[str] | None:
    """The compiled pattern; None where matching it may take long."""
    compiled = re.compile(pattern)
    repeats = _repeats(_parser.parse(pattern))
    return compiled if repeats is not None and repeats <= REPEATS else None


def _repeats(parsed: Any) -> int | None:
    """How many repeats of varying length stand beside each other; None: one that may take exponentially long."""
    found = 0
    for kind, argument in parsed:
        inner: int | None
        if kind in _PLAIN:
            inner = 0
        elif kind is _constants.SUBPATTERN:
            inner = _repeats(argument[3])
        elif kind is _constants.ATOMIC_GROUP:
            inner = _repeats(argument)
        elif kind is _constants.BRANCH:
            each = [_repeats(branch) for branch in argument[1]]
            inner = None if None in each else sum(count for count in each if count is not None)
        elif kind in _REPEATS:
            least, most, body = argument
            inner = 1 if least != most else 0
            if not _is_plain(body):
                inner = None
        else:
            inner = None
        if inner is None:
            return None
        found += inner
    return found


def _is_plain(parsed: Any) -> bool:
    """Whether it has one length, whatever it matches."""
    return all(
        kind in _PLAIN or (kind is _constants.SUBPATTERN and _is_plain(argument[3])) for kind, argument in parsed
    )
