"""What rights ask about the world: whose an entity is and where, what lies within what, who is what to whom.

Facts, never decisions: another room answers, ``rights.py`` decides. Nothing known means no right.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from linli.ids import ROOT_PLACE, EntityId, PersonId, PlaceId, PluginDomain

Contains = Callable[[PlaceId, PlaceId], bool]
"""``contains(outer, inner)``: does ``inner`` lie in ``outer`` (every place lies in itself)?"""

Item = Literal["device", "area", "floor", "label", "category"]
"""The registries beside that of the entities."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where something is and whom it is about."""

    place: PlaceId
    subject: PersonId | None = None


class EntityFacts(Protocol):
    """What the entity room knows of each entity. Asked once per view and entity, then remembered until it changes."""

    def place_of(self, entity_id: str) -> PlaceId: ...
    def subject_of(self, entity_id: str) -> PersonId | None: ...
    def owner_of(self, entity_id: str) -> PluginDomain | None: ...
    def category_of(self, entity_id: str) -> str | None: ...
    def watch(self, callback: Callable[[EntityId], None]) -> Callable[[], None]:
        """Have ``callback`` told, at once, of each entity whose place, subject, category or name changed."""


class ItemFacts(Protocol):
    """What the registries know of their other items."""

    def whereabouts(self, item: Item, item_id: str) -> Whereabouts | None:
        """Of a device, area, floor, label or category; None: no such item."""


class PeopleFacts(Protocol):
    """Who is what to whom (the census; until it comes, nobody is anything)."""

    def relationships(self, person: PersonId, subject: PersonId) -> frozenset[str]:
        """What ``person`` is to ``subject``: ``daughter``, ``nurse`` …"""


class NoEntityFacts:
    """For a command line without a hub: everything is at the root and about nobody."""

    def place_of(self, entity_id: str) -> PlaceId:
        return ROOT_PLACE

    def subject_of(self, entity_id: str) -> PersonId | None:
        return None

    def owner_of(self, entity_id: str) -> PluginDomain | None:
        return None

    def category_of(self, entity_id: str) -> str | None:
        return None

    def watch(self, callback: Callable[[EntityId], None]) -> Callable[[], None]:
        return lambda: None


class NoItemFacts:
    """Every item is at the root: who reaches the root sees it, nobody else."""

    def whereabouts(self, item: Item, item_id: str) -> Whereabouts | None:
        return Whereabouts(ROOT_PLACE)


class NoPeopleFacts:
    """Nobody is anything to anybody."""

    def relationships(self, person: PersonId, subject: PersonId) -> frozenset[str]:
        return frozenset()


NO_ENTITY_FACTS: Final = NoEntityFacts()
NO_ITEM_FACTS: Final = NoItemFacts()
NO_PEOPLE_FACTS: Final = NoPeopleFacts()


def only_root_contains(outer: PlaceId, inner: PlaceId) -> bool:
    """The place tree of a deployment without a census: a root, and places that lie directly in it."""
    return outer in (inner, ROOT_PLACE)
