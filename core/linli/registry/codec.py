"""Registry rows as plain values and back: what stands in a document, and what an event says of a change.

A document leaves out what has its default value, so that a row of a registry of 100 000 is as short as it can be.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from typing import Any, TypeVar, cast

from linli.ids import CORE, PluginDomain

E = TypeVar("E")

Reader = Callable[[Any], Any]


def pairs(value: Any) -> frozenset[tuple[str, ...]]:
    """A set of pairs (identifiers, connections) as JSON keeps it: a list of lists."""
    return frozenset(tuple(pair) for pair in value)


def plain(value: Any) -> Any:
    """A field's value as JSON knows it; sets become sorted lists, so that equal rows are equal texts."""
    if isinstance(value, frozenset):
        return sorted(list(item) if isinstance(item, tuple) else item for item in value)
    if isinstance(value, Mapping):
        return dict(value)
    return value


def to_value(entry: Any) -> dict[str, Any]:
    """The document of a registry row."""
    value: dict[str, Any] = {}
    for name, default in _defaults(cast("Hashable", type(entry))):
        present = getattr(entry, name)
        if present != default:
            value[name] = plain(present)
    return value


def giver(entry: Any) -> PluginDomain:
    """Whose plugin filled the row: an entity's platform, the domain of a device's identifier; otherwise the core."""
    platform = getattr(entry, "platform", None)
    if platform is None:
        platform = next((pair[0] for pair in getattr(entry, "identifiers", ())), CORE)
    return PluginDomain(str(platform))


def from_value(cls: type[E], value: Mapping[str, Any]) -> E:
    """The row of a document; raises TypeError, ValueError or KeyError when it cannot be one."""
    readers = _readers(cast("Hashable", cls))
    return cls(**{name: readers[name](item) if name in readers else item for name, item in value.items()})


@cache
def _defaults(cls: Hashable) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, _default(field)) for field in fields(cast("type[Any]", cls)) if field.init)


def _default(field: Field[Any]) -> Any:
    if field.default is not MISSING:
        return field.default
    return MISSING if field.default_factory is MISSING else field.default_factory()


@cache
def _readers(cls: Hashable) -> Mapping[str, Reader]:
    known = fields(cast("type[Any]", cls))
    return {field.name: field.metadata["read"] for field in known if "read" in field.metadata}
