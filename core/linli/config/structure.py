"""Schema and data walked side by side: what looks at which value, and which keys a map may have.

Schemas here are thorough ones (:func:`linli.config.validators.thorough.thorough`): no bare lists, no ``vol.Any``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import voluptuous as vol

from linli.config.position import KeyPath
from linli.config.validators.base import Child, Validator
from linli.config.validators.describe import keys_of


def walk_schema(schema: Any, value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any, Any]]:
    """Every (path, what looks at it, value), parents first; one value may be looked at by several."""
    yield path, schema, value
    for steps, part, inside in _parts(schema, value):
        yield from walk_schema(part, inside, (*path, *steps))


def at_path(schema: Any, value: Any, path: KeyPath) -> Iterator[tuple[Any, Any]]:
    """Everything that looks at the value at ``path``, outermost first."""
    pending: list[tuple[KeyPath, Any, Any]] = [((), schema, value)]
    while pending:
        at, candidate, part = pending.pop(0)
        if at == path:
            yield candidate, part
        for steps, inner, inside in _parts(candidate, part):
            below = (*at, *steps)
            if path[: len(below)] == below:
                pending.append((below, inner, inside))


def keys_at(schema: Any, value: Any, path: KeyPath) -> list[str]:
    """The names that the map at ``path`` may have."""
    names: list[str] = []
    for candidate, _ in at_path(schema, value, path):
        mapping = candidate.schema if isinstance(candidate, vol.Schema) else candidate
        if isinstance(mapping, Mapping):
            names += [name for _, name, _ in keys_of(mapping) if name is not None and name not in names]
    return names


def marker_at(schema: Any, value: Any, path: KeyPath) -> Any:
    """The Required or Optional key by which the value at ``path`` stands in its map, or None."""
    for candidate, _ in at_path(schema, value, path[:-1]) if path else ():
        mapping = candidate.schema if isinstance(candidate, vol.Schema) else candidate
        if isinstance(mapping, Mapping):
            for key, name, _ in keys_of(mapping):
                if name == path[-1]:
                    return key
    return None


def _parts(schema: Any, value: Any) -> Iterator[Child]:
    if isinstance(schema, Validator):
        yield from schema.children(value)
    elif isinstance(schema, vol.Schema):
        yield from _parts(schema.schema, value)
    elif isinstance(schema, vol.All):
        for validator in schema.validators:
            yield (), validator, value
    elif isinstance(schema, Mapping) and isinstance(value, Mapping):
        named: set[str] = set()
        others: list[Any] = []
        for _, name, part in keys_of(schema):
            if name is None:
                others.append(part)
            elif name in value:
                named.add(name)
                yield (name,), part, value[name]
        for key in value.keys() - named if others else ():
            for part in others:
                yield (str(key),), part, value[key]
