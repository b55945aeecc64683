"""From rights and facts to decisions, without asking the same twice.

The facts of an entity are asked for once for all views. Entities at the same place, about the same person, of the same
domain and category are decided once per view: a community has many entities and few such kinds.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from linli.auth.facts import (
    NO_ENTITY_FACTS,
    NO_ITEM_FACTS,
    NO_PEOPLE_FACTS,
    Contains,
    EntityFacts,
    Item,
    ItemFacts,
    PeopleFacts,
    Whereabouts,
    only_root_contains,
)
from linli.auth.rights import DENIED, Decision, Rights, decide, in_scope, reaches
from linli.ids import ROOT_PLACE, EntityId, PluginDomain

REMEMBERED: Final = 200_000
"""Answers kept; beyond it all are forgotten and asked for anew."""


def every_id(entity_id: str) -> bool:
    """For a world that does not say which entities there are."""
    return True


def no_names(entity_id: str) -> Any:
    """For a world whose entities name no others."""
    return None


def no_namers(entity_id: str) -> Collection[EntityId]:
    """The same from the other side."""
    return ()


@dataclass(frozen=True, slots=True)
class World:
    """All facts that views are made of."""

    entities: EntityFacts = NO_ENTITY_FACTS
    items: ItemFacts = NO_ITEM_FACTS
    people: PeopleFacts = NO_PEOPLE_FACTS
    contains: Contains = only_root_contains
    entity_ids: Callable[[], Iterable[EntityId]] = tuple
    """Every entity that has a state (``StateStore.ids``): what a whole change of rights goes through."""
    names_of: Callable[[str], Any] = no_names
    """What an entity's attribute ``entity_id`` names now; None: it has none."""
    namers_of: Callable[[str], Collection[EntityId]] = no_namers
    """Which entities name it so: what they show hangs on who sees it."""
    exists: Callable[[str], bool] = every_id
    """Whether there is such an entity, with a state or registered. Answers about others are not kept: whoever asks
    for made-up ids, however long, would fill the memory with them."""


class Kind(NamedTuple):
    """All that a decision about an entity depends on, besides the rights (and a scope that names it)."""

    where: Whereabouts
    domain: str
    category: str | None


class KnownFacts(dict[str, Kind]):
    """The kinds of entities, asked for at the first question and forgotten when told."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.overflowed = False
        """Some were forgotten for want of room since the start."""

    def __missing__(self, entity_id: str) -> Kind:
        entities = self.world.entities
        where = Whereabouts(entities.place_of(entity_id), entities.subject_of(entity_id))
        kind = Kind(where, entity_id.partition(".")[0], entities.category_of(entity_id))
        if not self.world.exists(entity_id):
            return kind
        if len(self) >= REMEMBERED:
            self.clear()
            self.overflowed = True
        self[entity_id] = kind
        return kind


class Decider:
    """Decides for one set of rights."""

    __slots__ = ("_by_kind", "_facts", "_narrowed", "rights")

    def __init__(self, rights: Rights, facts: KnownFacts) -> None:
        self.rights = rights
        self._facts = facts
        self._by_kind: dict[Kind, Decision] = {}
        self._narrowed = rights.domains is not None or rights.entity_ids is not None

    def decide(self, entity_id: str) -> Decision:
        """What the rights give for an entity, as the facts are now."""
        if self._narrowed and not in_scope(self.rights, entity_id):
            return DENIED
        kind = self._facts[entity_id]
        decision = self._by_kind.get(kind)
        if decision is None:
            decision = self._decide_kind(kind)
            if not self.is_remembered(entity_id):
                return decision
            if len(self._by_kind) >= REMEMBERED:
                self._by_kind.clear()
            self._by_kind[kind] = decision
        return decision

    def owner_of(self, entity_id: str) -> PluginDomain | None:
        """The plugin whose entity it is; None for one that nobody registered."""
        return self._facts.world.entities.owner_of(entity_id)

    def names_of(self, entity_id: str) -> Any:
        """What its attribute ``entity_id`` names now; None: it has none."""
        return self._facts.world.names_of(entity_id)

    def is_remembered(self, entity_id: str) -> bool:
        """Whether what was decided about it may be kept; see :attr:`World.exists`."""
        return self._facts.world.exists(entity_id)

    def decide_there(self, entity_id: str, where: Whereabouts) -> Decision:
        """The same, as if the entity were elsewhere or about somebody else: what it was may be another's."""
        if self._narrowed and not in_scope(self.rights, entity_id):
            return DENIED
        kind = self._facts[entity_id]
        return self._decide_kind(kind._replace(where=where))

    def _decide_kind(self, kind: Kind) -> Decision:
        world = self._facts.world
        return decide(self.rights, kind.domain, kind.where, kind.category, world.contains, world.people)

    def redecide(self) -> set[Kind]:
        """The place tree or relationships changed: the kinds that are decided otherwise now."""
        fresh = {kind: self._decide_kind(kind) for kind in self._by_kind}
        changed = {kind for kind, decision in fresh.items() if decision != self._by_kind[kind]}
        self._by_kind = fresh
        return changed

    def sees_item(self, item: Item, item_id: str) -> bool:
        """Whether a device, area, floor, label or category lies within reach of some grant."""
        world = self._facts.world
        where = world.items.whereabouts(item, item_id)
        if where is None or self._narrowed:
            return False
        return any(reaches(self.rights, grant, where, world.contains, world.people) for grant in self.rights.grants)

    def sees_root(self) -> bool:
        """Whether one of the reader's places includes the root."""
        contains = self._facts.world.contains
        return any(contains(place, ROOT_PLACE) for place in self.rights.places)

    def forget(self) -> None:
        """Facts about many entities changed."""
        self._by_kind.clear()
