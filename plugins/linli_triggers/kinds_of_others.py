"""What other plugins say which kinds are theirs: of whom each kind is, whatever nonsense one of them tells."""

import re
from collections.abc import Container, Iterable, Mapping
from typing import Any, Final

A_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


def owners(told: Mapping[Any, Any], ours: Container[str]) -> dict[str, str]:
    """The plugin of each kind, from what each told; the first in order has it, and ``ours`` are nobody else's."""
    found: dict[str, str] = {}
    for owner, kinds in told.items():
        for kind in texts(kinds):
            if A_KIND.fullmatch(kind) and kind not in ours:
                found.setdefault(kind, owner)
    return found


def texts(told: Any) -> Iterable[str]:
    """The texts in an answer; a plugin that gives something else has told none."""
    return [each for each in told if isinstance(each, str)] if isinstance(told, list | tuple | set | frozenset) else []
