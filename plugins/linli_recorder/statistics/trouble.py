"""What is wrong with statistics, for the page that shows it and as repair issues."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from linli import Context, Message, PluginContext, Severity
from linli_home.api import units_of
from linli_recorder.recorder import Recorder
from linli_recorder.statistics.book import OURS
from linli_recorder.statistics.catalog import Catalog, Known
from linli_recorder.statistics.model import MEAN_TYPES, MeanType
from linli_recorder.statistics.sources import Traits, state_class_of
from linli_recorder.statistics.units import CLASSES, class_of, convertible

Problem = Mapping[str, Any]
SHOWN: Final = ("units_changed", "state_class_removed", "mean_type_changed")
"""Kinds that become repair issues: after them nothing more is compiled, or it is something else."""


def problems(ctx: PluginContext, recorder: Recorder, known: Iterable[Known]) -> dict[str, list[Problem]]:
    """By statistic id, in Home Assistant's words."""
    found = {each.statistic_id: _of(ctx, recorder, each) for each in known if each.meta.source == OURS}
    return {name: said for name, said in found.items() if said}


def _of(ctx: PluginContext, recorder: Recorder, known: Known) -> list[Problem]:
    name, meta = known.statistic_id, known.meta
    state = ctx.states.get(name)
    if state is None:
        return [_problem("no_state", statistic_id=name)]
    if not recorder.filter.keeps(name):
        return [_problem("entity_no_longer_recorded", statistic_id=name)]
    state_class = state_class_of(state)
    said = []
    if state_class is None:
        said.append(_problem("state_class_removed", statistic_id=name))
    mean_type = MEAN_TYPES.get(state_class or "", MeanType.NONE)
    if meta.mean_type is not mean_type and MeanType.NONE not in (meta.mean_type, mean_type):
        said.append(
            _problem(
                "mean_type_changed", statistic_id=name, metadata_mean_type=int(meta.mean_type),
                state_mean_type=int(mean_type),
            )
        )  # fmt: skip
    unit = Traits.read(state.attributes).unit
    if not convertible(unit, meta.unit):
        said.append(
            _problem(
                "units_changed", statistic_id=name, metadata_unit=meta.unit, state_unit=unit,
                supported_unit=_supported(meta.unit),
            )
        )  # fmt: skip
    return said


def _supported(unit: str | None) -> str | None:
    """What an entity may show so that its statistics go on."""
    name = class_of(unit)
    return unit if name is None else ", ".join(sorted(str(one) for one in units_of(CLASSES[name]) if one is not None))


def _problem(kind: str, **data: Any) -> Problem:
    return {"type": kind, "data": data}


class Trouble:
    """Keeps the repair issues as they should be."""

    def __init__(self, ctx: PluginContext, recorder: Recorder, catalog: Catalog) -> None:
        self._ctx = ctx
        self._recorder = recorder
        self._catalog = catalog
        self._shown: set[str] = set()

    async def update(self) -> None:
        """Raise and clear them; all of them, whoever asks: who sees only some must not clear those about the others."""
        found = problems(self._ctx, self._recorder, await self._catalog.all(Context()))
        self._shown = show(self._ctx, found, self._shown)


def show(ctx: PluginContext, found: Mapping[str, Iterable[Problem]], shown: set[str]) -> set[str]:
    """Raise what is to be mended as repair issues, and clear those of ``shown`` that are; gives those that stand."""
    standing = set()
    for said in found.values():
        for problem in said:
            if problem["type"] in SHOWN:
                issue_id = f"{problem['type']}_{problem['data']['statistic_id']}"
                standing.add(issue_id)
                words = {key: str(value) for key, value in problem["data"].items()}
                ctx.issues.raise_issue(issue_id, Message(problem["type"], words), severity=Severity.WARNING)
    for issue_id in shown - standing:
        ctx.issues.clear(issue_id)
    return standing
