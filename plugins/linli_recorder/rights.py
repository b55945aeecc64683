"""Which streams of an entity a reader may read, and from when: the one place where the past is cut (SAFETY 15, 18).

Three questions, all of which must be answered yes: does the reader see the entity now; would they see it where, and
about whom, it was then; is the tenancy of that time theirs. The hub itself (a context without a user) may read all.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from linli import Context, PluginContext, UserId
from linli_recorder.recorder import Recorder
from linli_recorder.whose import StreamKey


@dataclass(frozen=True, slots=True)
class Readable:
    """What one reader may read of one entity."""

    entity_id: str
    streams: tuple[tuple[int, int], ...]
    """Number of each stream, and from when (microseconds) it may be read."""
    hides: frozenset[str] = frozenset()
    """Attributes that do not exist for this reader."""

    @property
    def domain(self) -> str:
        return self.entity_id.partition(".")[0]


class Rights:
    """Asks the questions."""

    def __init__(self, ctx: PluginContext, recorder: Recorder) -> None:
        self._ctx = ctx
        self._recorder = recorder

    async def of(self, entity_ids: Iterable[str], reader: Context) -> list[Readable]:
        """The entities of which the reader may read something, in this order."""
        found = []
        for entity_id in dict.fromkeys(entity_ids):
            readable = await self.of_one(entity_id, reader)
            if readable is not None:
                found.append(readable)
        return [each for each in found if self._ctx.view_of(reader).sees(each.entity_id)]

    async def of_one(self, entity_id: str, reader: Context) -> Readable | None:
        """What may be read of one entity; None: nothing."""
        if not self._ctx.view_of(reader).sees(entity_id):
            return None
        streams = []
        for number, key in self._streams_of(entity_id).items():
            since = await self.since(entity_id, key, reader)
            if since is not None:
                streams.append((number, since))
        if not streams:
            return None
        return Readable(entity_id, tuple(streams), self._ctx.view_of(reader).hides(entity_id))

    async def since(self, entity_id: str, key: StreamKey, reader: Context) -> int | None:
        """From when (microseconds) the reader may read what was recorded under ``key``; None: nothing of it."""
        if reader.user_id is None:
            return 0
        place, subject = key.where
        if not self._ctx.view_of(reader).saw(entity_id, place, subject):
            return None
        fact = await self._recorder.tenancies.of(place, UserId(reader.user_id))
        if fact is None or fact.id != key.tenancy:
            return None
        return round(max(fact.since, self._recorder.withheld_before) * 1e6)

    def _streams_of(self, entity_id: str) -> dict[int, StreamKey]:
        """What was recorded of what bears this name now; of a name that nothing bears, of what bore it last."""
        streams, mirror = self._recorder.streams, self._recorder.mirror
        own = mirror.of_owner(streams.owner_of(entity_id))
        if own or self._ctx.states.get(entity_id) is not None:
            return own
        former = mirror.owners_called.get(entity_id, ())
        return {
            number: key
            for owner in former
            if streams.name_of(owner, entity_id) == entity_id
            for number, key in mirror.of_owner(owner).items()
        }

    def names(self) -> dict[int, str]:
        """What the entity of each stream is called now; those whose entity is gone and whose name is another's are
        missing."""
        streams, recorder = self._recorder.streams, self._recorder
        found = {}
        for entity_id, owners in recorder.mirror.owners_called.items():
            for owner in owners:
                name = streams.name_of(owner, entity_id)
                if name is not None:
                    found.update(dict.fromkeys(recorder.mirror.of_owner(owner), name))
        return found
