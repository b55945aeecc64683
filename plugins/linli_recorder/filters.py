"""Which entities and event types are kept: Home Assistant's rules for include and exclude.

An entity that is named wins over a pattern, a pattern over a domain; of two that are alike, ``include`` wins. What
neither names is out where whole domains or patterns are included, or only entities are named; otherwise it is in.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import translate
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Named:
    """Entities that a filter names."""

    entities: frozenset[str]
    domains: frozenset[str]
    globs: re.Pattern[str] | None

    @classmethod
    def of(cls, entities: Collection[str] = (), domains: Collection[str] = (), globs: Collection[str] = ()) -> Self:
        """From what was written."""
        pattern = re.compile("|".join(map(translate, globs))) if globs else None
        return cls(frozenset(entities), frozenset(domains), pattern)

    @property
    def empty(self) -> bool:
        return not (self.entities or self.domains or self.globs)

    def matches_pattern(self, entity_id: str) -> bool:
        return self.globs is not None and self.globs.match(entity_id) is not None

    def names(self, entity_id: str) -> bool:
        """By whatever of the three."""
        return (
            entity_id in self.entities or entity_id.partition(".")[0] in self.domains or self.matches_pattern(entity_id)
        )


class Filter:
    """What the deployment wants to be recorded."""

    def __init__(self, include: Mapping[str, Any], exclude: Mapping[str, Any]) -> None:
        self._include = _named(include)
        self._exclude = _named(exclude)
        self._silent = frozenset(exclude.get("event_types", ()))

    def keeps(self, entity_id: str) -> bool:
        """Whether the entity's states are recorded."""
        include, exclude = self._include, self._exclude
        if entity_id in include.entities:
            return True
        if entity_id in exclude.entities:
            return False
        domain = entity_id.partition(".")[0]
        if include.matches_pattern(entity_id):
            return True
        if exclude.matches_pattern(entity_id):
            return False
        if domain in include.domains:
            return True
        if domain in exclude.domains:
            return False
        if include.domains or include.globs is not None:
            return False
        return include.empty or bool(exclude.domains) or exclude.globs is not None

    def keeps_event(self, event_type: str) -> bool:
        """Whether events of this type are recorded."""
        return event_type not in self._silent


def _named(section: Mapping[str, Any]) -> Named:
    return Named.of(section.get("entities", ()), section.get("domains", ()), section.get("entity_globs", ()))
