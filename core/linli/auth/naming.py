"""Which entities name which others by their attribute ``entity_id``: scenes, groups and the like."""

from collections.abc import Collection
from typing import Any, Final

from linli.ids import EntityId
from linli.state import StateChange

NAMES: Final = "entity_id"
"""The attribute by which scenes, groups and the like name the entities in them (Home Assistant's word)."""


def each_named(named: Any) -> tuple[str, ...]:
    """The ids in a value of the attribute, whatever an API wrote there."""
    each = named if isinstance(named, list | tuple | set | frozenset) else (named,)
    return tuple(name for name in each if isinstance(name, str))


class Naming:
    """Kept as states change: who names an entity is known without a look at all the others."""

    def __init__(self) -> None:
        self._named: dict[EntityId, Any] = {}
        self._namers: dict[str, dict[EntityId, None]] = {}

    def heard(self, change: StateChange) -> None:
        """A state is another one."""
        namer, new = change.entity_id, change.new
        named = None if new is None else new.attributes.get(NAMES)
        before = self._named.get(namer)
        if named is before or named == before:
            return
        for name in each_named(before):
            namers = self._namers.get(name, {})
            namers.pop(namer, None)
            if not namers:
                self._namers.pop(name, None)
        if named is None:
            del self._named[namer]
            return
        self._named[namer] = named
        for name in each_named(named):
            self._namers.setdefault(name, {})[namer] = None

    def namers_of(self, entity_id: str) -> Collection[EntityId]:
        """The entities that name it now."""
        return tuple(self._namers.get(entity_id, ()))
