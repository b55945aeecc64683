"""Whether what a layer changes under a lock is allowed: only where the key's schema gives a direction, and in it."""

from typing import Any

from linli.config.deployment import CORE_SECTION
from linli.config.merge import LockChange
from linli.config.nodes import Items, Node, Scalar, find, plain, walk
from linli.config.phrases import phrase, shown
from linli.config.position import KeyPath
from linli.config.problem import Problem
from linli.config.structure import at_path
from linli.config.validators.directions import Direction


def weakened(change: LockChange, schema: Any) -> Problem | None:
    """The problem that a change under a lock is; None where the schema allows it."""
    direction: Direction | None = None
    for path in _upwards(change):
        direction = _direction(change, schema, path)
        if direction is None:
            continue
        above, below = find(change.above, path), find(change.below, path)
        if above is not None and below is not None and direction.allows(plain(above), plain(below)):
            return None
        return _problem(change, direction, above, below)
    return _problem(change, None, None, None)


def _upwards(change: LockChange) -> list[KeyPath]:
    """The changed path, and what holds it up to the lock."""
    return [change.path[:length] for length in range(len(change.path), len(change.lock_path) - 1, -1)]


def _direction(change: LockChange, schema: Any, path: KeyPath) -> Direction | None:
    if schema is None or not path:
        return None
    start: KeyPath = path[:1]
    if isinstance(find(change.below, start), Items):
        start = path[:2]
    if path[: len(start)] != start or len(path) <= len(start):
        return None
    node = find(change.below, start)
    if node is None:
        return None
    for candidate, _ in at_path(schema, plain(node), path[len(start) :]):
        if isinstance(candidate, Direction):
            return candidate
    return None


def _problem(change: LockChange, direction: Direction | None, above: Node | None, below: Node | None) -> Problem:
    parameters: dict[str, Any] = {"where": str(change.lock)}
    key = "locked"
    if direction is not None and above is not None and below is not None:
        key = "locked_direction"
        parameters |= {"direction": phrase(direction.noun), "above": _shown(above), "below": _shown(below)}
    return Problem(key, parameters, change.position, change.path)


def _shown(node: Node) -> Any:
    if any(isinstance(part, Scalar) and part.hidden for _, part in walk(node)):
        return phrase("got_hidden")
    value = plain(node)
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return shown(", ".join(str(item) for item in value))
    return shown(value)


def domain_of(change: LockChange) -> str:
    """The section in which the lock stands."""
    return str(change.path[0]) if change.path else CORE_SECTION
