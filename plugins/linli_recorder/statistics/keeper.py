"""Statistics as other plugins use them: implements :class:`linli_recorder.api.StatisticsApi`."""

from collections.abc import Mapping, Sequence
from typing import Any

from linli import Context, PluginContext
from linli_recorder.api import StatisticsAsked, StatisticsMeta, StatisticsRow
from linli_recorder.recorder import Recorder
from linli_recorder.statistics.catalog import Catalog
from linli_recorder.statistics.changing import Changing
from linli_recorder.statistics.reading import NEVER_US, Asked, during
from linli_recorder.turns import Turns


class Statistics:
    """Reads and imports."""

    def __init__(
        self, ctx: PluginContext, recorder: Recorder, catalog: Catalog, changing: Changing, turns: Turns
    ) -> None:
        self._ctx = ctx
        self.turns = turns
        self._recorder = recorder
        self._catalog = catalog
        self._changing = changing

    async def rows(self, asked: StatisticsAsked, reader: Context) -> dict[str, list[dict[str, Any]]]:
        """As Home Assistant's clients know them: times in milliseconds."""
        order = {name: place for place, name in enumerate(asked.statistic_ids)}
        wanted = Asked(
            round(asked.start * 1e6), NEVER_US if asked.end is None else round(asked.end * 1e6), asked.period,
            asked.types, asked.units or {}, self._ctx.settings.zone,
        )  # fmt: skip
        await self._catalog.all(reader, asked.statistic_ids)  # so that nobody waits in the turn for who lives where
        async with self.turns.turn(reader) as limit:
            known = await self._catalog.all(reader, asked.statistic_ids)  # in its turn: rights may end before it
            known.sort(key=lambda each: order[each.statistic_id])
            found = await self._recorder.database.read(lambda tx: during(tx, known, wanted), limit=limit)
        view = self._ctx.view_of(reader)
        return {name: rows for name, rows in found.items() if ":" in name or view.sees(name)}

    async def statistics(self, asked: StatisticsAsked, reader: Context) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """See the protocol."""
        found = await self.rows(asked, reader)
        return {name: [_in_seconds(row) for row in rows] for name, rows in found.items()}

    async def import_statistics(self, meta: StatisticsMeta, rows: Sequence[StatisticsRow]) -> None:
        """See the protocol."""
        await self._changing.imported(meta, rows, None)


def _in_seconds(row: Mapping[str, Any]) -> dict[str, Any]:
    times = {name: row[name] / 1000 for name in ("start", "end", "last_reset") if row.get(name) is not None}
    return {**row, **times}
