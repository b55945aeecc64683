"""Texts that are one look-up among the variables (``{{ trigger.to_state.state }}``): written out without a render.

Most templates of rules are of this kind, and rendering one costs ten times as much as finding what it names. Only what
is plain on the whole way is found here: maps, states, and a short text or a number at the end. All else is rendered,
so that what a name means that is not there, or is a method of a map, is said in one place.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from linli.states import State

Path = tuple[str, ...]
LONGEST: Final = 255
_ONE: Final = re.compile(r"\{\{\s{0,4}([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*){0,8})\s{0,4}\}\}")
_WORDS: Final = frozenset(
    {
        "and", "caller", "else", "false", "if", "in", "is", "kwargs", "loop", "none", "not", "or", "recursive", "self",
        "super", "true", "varargs", "context", "environment",
    }
)  # fmt: skip
"""Names that mean something of their own where an expression begins."""
_OF_STATES: Final = frozenset({"attributes", "entity_id", "state"})
_PLAIN: Final = frozenset({str, int, float, bool})
_METHODS: Final = frozenset(dir(dict))
"""In a map a template finds these before what the map holds."""


def path_of(text: str) -> Path | None:
    """What a text that is one look-up names; None: it is something else."""
    found = _ONE.fullmatch(text)
    if found is None:
        return None
    path = tuple(found.group(1).split("."))
    return None if path[0] in _WORDS or not _METHODS.isdisjoint(path[1:]) else path


def looked_up(path: Path, variables: Mapping[str, Any]) -> str | None:
    """What the text renders to; None: it has to be rendered."""
    value: Any = variables.get(path[0])
    for name in path[1:]:
        kind = type(value)
        if kind is dict:
            value = value.get(name)
        elif kind is State and name in _OF_STATES:
            value = getattr(value, name)
        else:
            return None
    if type(value) not in _PLAIN:
        return None
    text = str(value)
    return text.strip() if len(text) <= LONGEST else None
