"""Entity and item facts that a test sets by hand, told as the real rooms tell them; for testing rights."""

from collections.abc import Callable
from dataclasses import dataclass, field

from linli.auth.facts import Item, Whereabouts
from linli.ids import ROOT_PLACE, EntityId, PersonId, PlaceId, PluginDomain


@dataclass
class SetFacts:
    """Where entities are and whom they are about; an entity that nothing was set for is at the root."""

    places: dict[str, PlaceId] = field(default_factory=dict)
    subjects: dict[str, PersonId] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    """How often a place was asked for."""
    watchers: list[Callable[[EntityId], None]] = field(default_factory=list)

    def place_of(self, entity_id: str) -> PlaceId:
        self.asked += 1
        return self.places.get(entity_id, ROOT_PLACE)

    def subject_of(self, entity_id: str) -> PersonId | None:
        return self.subjects.get(entity_id)

    def owner_of(self, entity_id: str) -> PluginDomain | None:
        return None

    def category_of(self, entity_id: str) -> str | None:
        return self.categories.get(entity_id)

    def watch(self, callback: Callable[[EntityId], None]) -> Callable[[], None]:
        self.watchers.append(callback)
        return lambda: self.watchers.remove(callback)

    def ids(self) -> list[EntityId]:
        """Every entity that has been placed."""
        return [EntityId(entity_id) for entity_id in self.places]

    def move(self, entity_id: str, place: str) -> None:
        """Put the entity elsewhere, and tell."""
        self.places[entity_id] = PlaceId(place)
        self.tell(entity_id)

    def concern(self, entity_id: str, person: str | None) -> None:
        """Say whom the entity is about (None: nobody), and tell."""
        if person is None:
            self.subjects.pop(entity_id, None)
        else:
            self.subjects[entity_id] = PersonId(person)
        self.tell(entity_id)

    def tell(self, entity_id: str) -> None:
        """Tell that some fact about the entity changed."""
        for watcher in list(self.watchers):
            watcher(EntityId(entity_id))


@dataclass
class SetItems:
    """Where devices, areas, floors, labels are, by kind and id; others do not exist."""

    places: dict[tuple[Item, str], Whereabouts] = field(default_factory=dict)

    def whereabouts(self, item: Item, item_id: str) -> Whereabouts | None:
        return self.places.get((item, item_id))
