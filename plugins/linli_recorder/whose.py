"""Whose a row is: the entity, its place, the person it is about and the tenancy, at the time when it is heard."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from linli import EntityId, PersonId, PlaceId, PluginContext
from linli_recorder.filters import Filter

UNREGISTERED: Final = "~"
"""Before the name of an entity that nobody registered, where others have their registry id."""


class StreamKey(NamedTuple):
    """What makes a stream; empty text: none."""

    owner: str
    place: str
    subject: str
    tenancy: str

    @property
    def where(self) -> tuple[PlaceId, PersonId | None]:
        return PlaceId(self.place), PersonId(self.subject) if self.subject else None


class Stream:
    """One entity during one time. The loop makes it; its key is whole when the tenancy is known.

    The rest is the writing thread's: under which number the stream is kept, and what attributes it wrote last.
    """

    __slots__ = ("attributes", "attributes_id", "day", "entity_id", "epoch", "id", "key", "owner", "place", "subject")

    def __init__(self, owner: str, entity_id: str, place: PlaceId, subject: PersonId | None) -> None:
        self.owner = owner
        self.entity_id = entity_id
        self.place = place
        self.subject = subject
        self.key: StreamKey | None = None
        self.epoch = -1
        self.id = 0
        self.attributes: Mapping[str, Any] | None = None
        self.attributes_id: int | None = None
        self.day = 0
        """The last day on which its attributes were noted as used."""

    def belongs(self, tenancy: str) -> None:
        """The tenancy of its time is known."""
        self.key = StreamKey(self.owner, self.place, self.subject or "", tenancy)


class Streams:
    """The stream of each entity now; remembered until something about the entity changes."""

    def __init__(self, ctx: PluginContext, filter: Filter, tenancy_at: Callable[[PlaceId], str | None]) -> None:
        """``tenancy_at``: who lives somewhere; None: it must be asked first."""
        self._registries = ctx.registries
        self._filter = filter
        self._tenancy_at = tenancy_at
        self._known: dict[str, Stream | None] = {}
        ctx.on_unload(self._registries.watch(self._moved))

    def of(self, entity_id: str) -> Stream | None:
        """The stream that a change of the entity belongs to; None: it is not recorded."""
        try:
            return self._known[entity_id]
        except KeyError:
            stream = self._known[entity_id] = self._make(entity_id) if self._filter.keeps(entity_id) else None
            return stream

    def _make(self, entity_id: str) -> Stream:
        registries = self._registries
        place = registries.place_of(entity_id)
        stream = Stream(self.owner_of(entity_id), entity_id, place, registries.subject_of(entity_id))
        tenancy = self._tenancy_at(place)
        if tenancy is not None:
            stream.belongs(tenancy)
        return stream

    def owner_of(self, entity_id: str) -> str:
        """The registry id of the entity of that name, or the name itself, marked."""
        row = self._registries.entities.get(entity_id)
        return UNREGISTERED + entity_id if row is None else row.id

    def name_of(self, owner: str, last_name: str) -> str | None:
        """What the owner of a stream is called now; None: it is gone, and its last name may be another's."""
        if owner.startswith(UNREGISTERED):
            return owner[1:] if self.owner_of(owner[1:]) == owner else None
        row = self._registries.entities.get(owner)
        if row is not None:
            return row.entity_id
        return last_name if last_name not in self._registries.entities else None

    def forget(self, *, place: PlaceId | None = None) -> None:
        """Somebody moved in or out."""
        if place is None:
            self._known.clear()
            return
        for entity_id in [each for each, stream in self._known.items() if stream is not None and stream.place == place]:
            del self._known[entity_id]

    def gone(self, entity_id: str) -> None:
        """The entity has no state any more: what it said last is of no use."""
        self._known.pop(entity_id, None)

    def _moved(self, entity_id: EntityId) -> None:
        """The entity has another place, subject or name, or came or went."""
        self._known.pop(entity_id, None)


def entities_named(data: Any) -> list[str]:
    """The entity ids that an event's data name at its first level."""
    named: list[str] = []
    if isinstance(data, Mapping):
        for key in ("entity_id", "entity_ids"):
            value = data.get(key)
            if isinstance(value, str):
                named.append(value)
            elif isinstance(value, list | tuple | set | frozenset):
                named += [each for each in value if isinstance(each, str)]
    return named


__all__ = ["UNREGISTERED", "Stream", "StreamKey", "Streams", "entities_named"]
