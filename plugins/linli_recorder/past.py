"""What other plugins may ask: implements :class:`linli_recorder.api.RecorderApi` over rights and reading."""

from collections.abc import Mapping, Sequence

from linli import Context, PlaceId, PluginContext
from linli_recorder.api import Happening, HappeningsAsked, StatesAsked
from linli_recorder.happenings import Happenings
from linli_recorder.reading import Reader
from linli_recorder.recorder import Recorder
from linli_recorder.rights import Rights
from linli_recorder.turns import Turns

LONG_S = 7 * 86_400.0
"""What goes further back is read in a thread of its own, so that nobody waits behind it."""


class Past:
    """Reads for whoever asks."""

    def __init__(self, ctx: PluginContext, recorder: Recorder, turns: Turns) -> None:
        self._ctx = ctx
        self._turns = turns
        self._recorder = recorder
        self._reader = Reader()
        self.rights = Rights(ctx, recorder)
        self._happenings = Happenings(ctx, recorder, self.rights)
        recorder.on_new_database(self._reader.forget)

    async def states(self, asked: StatesAsked, reader: Context) -> Sequence[tuple[str, bytes]]:
        """See the protocol."""
        if not await self.rights.of(asked.entity_ids, reader):
            return []
        database = self._recorder.database
        async with self._turns.turn(reader) as limit:
            # again, in its turn: who waited for it may have moved out (the answers to both are remembered for a minute)
            readable = await self.rights.of(asked.entity_ids, reader)
            if asked.end - asked.start > LONG_S:
                answer = await database.read_apart(lambda tx: Reader().states(tx, asked, readable), limit=limit)
            else:
                answer = await database.read(lambda tx: self._reader.states(tx, asked, readable), limit=limit)
        view = self._ctx.view_of(reader)  # what the reader may see may have ended meanwhile
        return [each for each in answer if view.sees(each[0])]

    async def happenings(self, asked: HappeningsAsked, reader: Context) -> Sequence[Happening]:
        """See the protocol."""
        async with self._turns.turn(reader) as limit:
            return await self._happenings.of(asked, reader, limit)

    async def settle(self) -> float:
        """See the protocol."""
        return await self._recorder.settle()

    async def records(self, entity_ids: Sequence[str], event_types: Sequence[str] = ()) -> frozenset[str]:
        """See the protocol."""
        kept = {entity_id for entity_id in entity_ids if self._recorder.filter.keeps(entity_id)}
        return frozenset(kept | {name for name in event_types if self._recorder.filter.keeps_event(name)})

    async def may_read(self, entity_ids: Sequence[str], reader: Context) -> Mapping[str, float]:
        """See the protocol."""
        readable = await self.rights.of(entity_ids, reader)
        return {each.entity_id: min(since for _, since in each.streams) / 1e6 for each in readable}

    async def tenancies_changed(self, places: Sequence[PlaceId] = ()) -> None:
        """See the protocol."""
        await self._recorder.tenancies_changed(list(places))
