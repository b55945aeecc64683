"""Lines of the logbook: each with what happened, when, and who or what was behind it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from linli import Context, PluginContext, iso_time, loads
from linli_logbook.descriptions import CALL_SERVICE, Descriptions
from linli_recorder.api import Happening, HappeningsAsked, Kind, RecorderApi

COUNTING: Final = frozenset({"counter", "proximity"})
"""Domains whose states are numbers that go on and on."""
MEASURED: Final = ("unit_of_measurement", "state_class")
"""Attributes of a sensor that measures all the time."""
WITH_CONTEXT: Final = frozenset({"automation_triggered", "script_started"})
"""Lines that name their context, by which their trace is found."""
CAUSES_SOUGHT: Final = 100
"""Contexts of one answer whose beginning is looked for outside of what was asked for; others are not explained."""
BREATH: Final = 500
"""Lines that are written before others get their turn on the loop."""
CAUSE_WITHIN_S: Final = 3600.0
"""So long before what it brought about a cause is looked for."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How lines are written."""

    language: str
    named: bool
    """With the names of entities, and times in ISO 8601 (over REST); otherwise seconds, and clients know the names."""


class Book:
    """Reads what happened and makes lines of it."""

    def __init__(self, ctx: PluginContext, recorder: RecorderApi, descriptions: Descriptions) -> None:
        self._ctx = ctx
        self._recorder = recorder
        self._descriptions = descriptions

    async def lines(self, asked: HappeningsAsked, reader: Context, manner: Manner) -> list[dict[str, Any]]:
        """The lines for one reader, oldest first."""
        await self._descriptions.bring_up_to_date()
        chosen = self._without_measures(asked)
        if chosen is None:
            return []
        happened = await self._recorder.happenings(chosen, reader)
        causes = await self._causes(happened, chosen, reader)
        lines = []
        for turn, each in enumerate(happened, 1):
            if turn % BREATH == 0:
                await self._ctx.clock.sleep(0)
            line = self._line(each, causes, manner)
            if line is not None:
                lines.append(line)
        return lines

    def _without_measures(self, asked: HappeningsAsked) -> HappeningsAsked | None:
        """The question without what changes all the time; None: nothing is left of it."""
        asked = replace(asked, event_types=(*self._descriptions.types, CALL_SERVICE))
        if asked.entity_ids is None:
            measuring = (state.entity_id for state in self._ctx.states.all() if self.is_measuring(state.entity_id))
            return replace(asked, without_entities=tuple(measuring), without_domains=tuple(sorted(COUNTING)))
        entity_ids = tuple(entity_id for entity_id in asked.entity_ids if not self.is_measuring(entity_id))
        return replace(asked, entity_ids=entity_ids) if entity_ids or asked.device_ids else None

    def is_measuring(self, entity_id: str) -> bool:
        """Whether its states go on all the time, so that none of them makes a line."""
        domain = entity_id.partition(".")[0]
        if domain in COUNTING:
            return True
        state = self._ctx.states.get(entity_id) if domain == "sensor" else None
        return state is not None and any(name in state.attributes for name in MEASURED)

    async def _causes(
        self, happened: Iterable[Happening], asked: HappeningsAsked, reader: Context
    ) -> Mapping[str, Happening]:
        """The first thing that happened in each context, also in those that came before what was asked for."""
        causes: dict[str, Happening] = {}
        for each in happened:
            causes.setdefault(each.context_id, each)
        unknown = {
            each.context_id for each in happened if asked.entity_ids is not None and _is_unexplained(each, causes)
        }
        unknown |= {each.parent_id for each in happened if each.parent_id and each.parent_id not in causes}
        sought = tuple(sorted(unknown)[-CAUSES_SOUGHT:])
        if sought:
            around = HappeningsAsked(
                asked.start - CAUSE_WITHIN_S, asked.end, event_types=asked.event_types, context_ids=sought
            )
            begun: dict[str, Happening] = {}
            for each in await self._recorder.happenings(around, reader):
                begun.setdefault(each.context_id, each)
            causes |= begun
        return causes

    def _line(self, each: Happening, causes: Mapping[str, Happening], manner: Manner) -> dict[str, Any] | None:
        if each.kind is Kind.STATE:
            if each.first or each.state is None:
                return None
            line: dict[str, Any] = {"state": each.state, "entity_id": each.entity_id}
            if manner.named:
                line["name"] = self._name(each.entity_id)
            if each.icon:
                line["icon"] = each.icon
        else:
            found = self._of_event(each, manner)
            if found is None:
                return None
            line = found
            if each.event_type in WITH_CONTEXT:
                line["context_id"] = each.context_id
        line["when"] = iso_time(each.at) if manner.named else each.at
        if each.user_id:
            line["context_user_id"] = each.user_id
        cause = causes.get(each.context_id)
        if cause is None or cause is each or (cause.kind is each.kind and cause.at == each.at):
            cause = causes.get(each.parent_id) if each.parent_id else None
        return line if cause is None else line | self._because(cause, manner)

    def _because(self, cause: Happening, manner: Manner) -> dict[str, Any]:
        """What a line says of its cause."""
        if cause.kind is Kind.STATE:
            told = {"context_state": cause.state, "context_entity_id": cause.entity_id}
        elif cause.event_type == CALL_SERVICE:
            data = loads(cause.event_data or "{}")
            return {
                "context_domain": data.get("domain"),
                "context_service": data.get("service"),
                "context_event_type": CALL_SERVICE,
            }
        else:
            said = self._of_event(cause, manner) or {}
            told = {"context_event_type": cause.event_type}
            told |= {f"context_{key}": said[key] for key in _OF_CAUSES if said.get(key)}
        entity_id = told.get("context_entity_id")
        if manner.named and entity_id:
            told["context_entity_id_name"] = self._name(entity_id)
        return told

    def _of_event(self, each: Happening, manner: Manner) -> dict[str, Any] | None:
        data = loads(each.event_data or "{}")
        if not isinstance(data, dict):
            return None
        return self._descriptions.line(each.event_type or "", data, manner.language)

    def _name(self, entity_id: str | None) -> str:
        """As people call it now."""
        entity_id = entity_id or ""
        state = self._ctx.states.get(entity_id)
        name = None if state is None else state.attributes.get("friendly_name")
        return str(name or entity_id.partition(".")[2].replace("_", " "))


_OF_CAUSES: Final = ("domain", "name", "message", "source", "entity_id")


def _is_unexplained(each: Happening, causes: Mapping[str, Happening]) -> bool:
    cause = causes[each.context_id]
    return cause is each or cause.kind is Kind.STATE
