"""Dotted paths into JSON values: what the table uses to save, to drop and to pick."""

from collections.abc import Callable
from typing import Any

MISSING: Any = object()


def find(value: Any, path: str) -> Any:
    """The value at a path, or MISSING. Numbers index lists."""
    for part in path.split(".") if path else ():
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.lstrip("-").isdigit() and -len(value) <= int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
    return value


def change(value: Any, path: str, edit: Callable[[Any], Any]) -> Any:
    """A copy with ``edit`` applied at every place that the path names; an edit to MISSING takes the place away."""
    head, _, rest = path.partition(".")
    if not head:
        return edit(value)
    if isinstance(value, dict):
        changed = {k: change(v, rest, edit) if head in ("*", k) else v for k, v in value.items()}
        return {k: v for k, v in changed.items() if v is not MISSING}
    if isinstance(value, list):
        items = [change(v, rest, edit) if head in ("*", str(i)) else v for i, v in enumerate(value)]
        return [v for v in items if v is not MISSING]
    return value
