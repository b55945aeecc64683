"""Which statistics a reader may know of, under the names that things have now, and which series of them are theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

from linli import Context, PluginContext
from linli_recorder.recorder import Recorder
from linli_recorder.rights import Rights
from linli_recorder.statistics import book
from linli_recorder.statistics.book import OURS, Meta
from linli_recorder.statistics.model import MeanType
from linli_recorder.statistics.sources import source_of
from linli_recorder.statistics.units import class_of
from linli_recorder.whose import StreamKey


@dataclass(frozen=True, slots=True)
class Known:
    """One statistic as a reader knows it."""

    statistic_id: str
    meta: Meta
    series: tuple[tuple[int, int], ...]
    """Those that are the reader's, and from when (microseconds)."""
    display_unit: str | None

    def described(self) -> dict[str, object]:
        """As Home Assistant's clients know it."""
        return {
            "statistic_id": self.statistic_id,
            "display_unit_of_measurement": self.display_unit,
            "has_mean": self.meta.mean_type is MeanType.ARITHMETIC,
            "mean_type": int(self.meta.mean_type),
            "has_sum": self.meta.has_sum,
            "name": self.meta.name,
            "source": self.meta.source,
            "statistics_unit_of_measurement": self.meta.unit,
            "unit_class": class_of(self.meta.unit),
        }


class Catalog:
    """Looks them up."""

    def __init__(self, ctx: PluginContext, recorder: Recorder, rights: Rights) -> None:
        self._ctx = ctx
        self._recorder = recorder
        self._rights = rights

    async def all(self, reader: Context, wanted: Sequence[str] | None = None) -> list[Known]:
        """Those that are kept, of which the reader may know; only the wanted ones, where that is said."""
        metas, series = await self._recorder.database.read(lambda tx: (book.all_meta(tx), book.series_by_meta(tx)))
        found = []
        for meta in metas.values():
            name = self.name_of(meta)
            if name is None or (wanted is not None and name not in wanted):
                continue
            theirs = await self._theirs(meta, name, series.get(meta.id, []), reader)
            if theirs is not None:
                found.append(Known(name, meta, theirs, self._display_unit(meta, name)))
        view = self._ctx.view_of(reader)
        return [each for each in found if each.meta.source != OURS or view.sees(each.statistic_id)]

    async def with_coming(self, reader: Context, wanted: Sequence[str] | None = None) -> list[Known]:
        """The same, and those of sensors that nothing has been compiled of yet."""
        kept = await self.all(reader, wanted)
        names = {each.statistic_id for each in kept}
        view = self._ctx.view_of(reader)
        for state in self._ctx.states.all():
            if state.entity_id in names or not state.entity_id.startswith("sensor."):
                continue
            if (wanted is not None and state.entity_id not in wanted) or not view.sees(state.entity_id):
                continue
            source = source_of(state, self._recorder)
            if source is not None:
                meta = Meta(
                    0, source.owner, source.entity_id, OURS, source.unit, source.mean_type, source.has_sum, None
                )
                kept.append(Known(source.entity_id, meta, (), source.unit))
        return kept

    def name_of(self, meta: Meta) -> str | None:
        """The statistic id now; None: its entity is gone, and the name is another's."""
        return meta.owner if meta.source != OURS else self._recorder.streams.name_of(meta.owner, meta.entity_id)

    async def _theirs(
        self, meta: Meta, name: str, series: list[tuple[int, StreamKey]], reader: Context
    ) -> tuple[tuple[int, int], ...] | None:  # fmt: skip
        """The series that the reader may read; None: not even that there are any may be known."""
        view = self._ctx.view_of(reader)
        if meta.source != OURS:
            if not (view.everything or view.sees_root()):
                return None
            begin = 0 if reader.user_id is None else round(self._recorder.withheld_before * 1e6)
            return tuple((number, begin) for number, _ in series)
        if not view.sees(name):
            return None
        found = []
        for number, key in series:
            since = await self._rights.since(name, key._replace(owner=meta.owner), reader)
            if since is not None:
                found.append((number, since))
        return tuple(found)

    def _display_unit(self, meta: Meta, name: str) -> str | None:
        """The unit in which the entity shows itself, where that is of the same class; else that of the statistics."""
        state = self._ctx.states.get(name)
        if state is None or meta.source != OURS:
            return meta.unit
        unit = state.attributes.get("unit_of_measurement")
        return unit if unit is not None and class_of(unit) == class_of(meta.unit) is not None else meta.unit
