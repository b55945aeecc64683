"""What happened, for a logbook: changes of states and events in one order, cut to what the reader may know."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice
from typing import Any, Final, NamedTuple

from linli import Context, Event, PluginContext, ReadLimit, Transaction, UserId, View, loads
from linli_recorder.api import Happening, HappeningsAsked, Kind
from linli_recorder.recorder import Recorder
from linli_recorder.rights import Rights
from linli_recorder.sql import chunks, holes, run
from linli_recorder.writing import packed_id, unpacked_id

BREATH: Final = 1_000
"""Streams, events and lines that are judged before others get their turn on the loop."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is read: streams with the time from which they may be read, and events."""

    asked: HappeningsAsked
    streams: Mapping[int, int]
    names: Mapping[int, str]
    chosen: frozenset[int] | None
    """The streams of the entities that were asked for; None: of all."""


class EventRow(NamedTuple):
    """An event as it was stored."""

    number: int
    at_us: int
    event_type: str
    data: str
    streams: tuple[int, ...]
    context_id: bytes
    parent_id: bytes | None
    cause_id: int | None


Found = tuple[int, int, Happening]
"""Time and number, by which both kinds are put in order, and what it was."""


class Happenings:
    """Reads what happened."""

    def __init__(self, ctx: PluginContext, recorder: Recorder, rights: Rights) -> None:
        self._ctx = ctx
        self._recorder = recorder
        self._rights = rights

    async def of(self, asked: HappeningsAsked, reader: Context, limit: ReadLimit | None = None) -> list[Happening]:
        """The oldest ones first, at most as many as asked for."""
        if reader.user_id is not None:
            asked = replace(asked, start=max(asked.start, self._recorder.withheld_before))
        scope = await self._scope(asked, reader)
        states, events, causes = await self._recorder.database.read(lambda tx: _read(tx, scope), limit=limit)
        known: list[Found] = []
        for turn, row in enumerate(events, 1):
            await self._breathe(turn)
            if await self._may_know(row, scope, reader):
                known.append((row.at_us, row.number, _event(row, causes)))
        told: list[Happening] = []
        for turn, (_, _, each) in enumerate(islice(merge(states, known, key=_order), asked.limit), 1):
            await self._breathe(turn)
            told.append(each)
        view = self._ctx.view_of(reader)  # as it is now: not earlier, for no right may end in between
        seen = (each for each in told if each.entity_id is None or view.sees(each.entity_id))
        return [replace(each, icon=None) if each.icon and _hides_icon(view, each) else each for each in seen]

    async def _breathe(self, turn: int) -> None:
        if turn % BREATH == 0:
            await self._ctx.clock.sleep(0)

    async def _scope(self, asked: HappeningsAsked, reader: Context) -> Scope:
        if asked.entity_ids is not None:
            readable = await self._rights.of(asked.entity_ids, reader)
            streams = {number: since for each in readable for number, since in each.streams}
            names = {number: each.entity_id for each in readable for number, _ in each.streams}
            return Scope(asked, streams, names, frozenset(streams))
        names = self._rights.names()
        left_out, domains = set(asked.without_entities), set(asked.without_domains)
        streams = {}
        for turn, (number, entity_id) in enumerate(names.items(), 1):
            await self._breathe(turn)
            if entity_id in left_out or entity_id.partition(".")[0] in domains:
                continue
            since = await self._since(number, entity_id, reader)
            if since is not None:
                streams[number] = since
        return Scope(asked, streams, names, None)

    async def _since(self, number: int, entity_id: str, reader: Context) -> int | None:
        key = self._recorder.mirror.keys.get(number)
        if key is None or not self._ctx.view_of(reader).sees(entity_id):
            return None
        return await self._rights.since(entity_id, key, reader)

    async def _may_know(self, row: EventRow, scope: Scope, reader: Context) -> bool:
        """Whether every entity that the event names was the reader's then, and they hear of such events."""
        for number in row.streams:
            since = scope.streams.get(number)
            if since is None:
                name = scope.names.get(number) or self._rights.names().get(number)
                since = None if name is None else await self._since(number, name, reader)
            if since is None or since > row.at_us:
                return False
        view = self._ctx.view_of(reader)
        if view.everything:
            return True
        user_id = UserId(reader.user_id) if reader.user_id is not None else None
        return view.sees_event(Event(row.event_type, loads(row.data), Context(user_id), row.at_us / 1e6))


def _order(found: Found) -> tuple[int, int]:
    return found[:2]


def _hides_icon(view: View, happening: Happening) -> bool:
    return happening.entity_id is not None and "icon" in view.hides(happening.entity_id)


Read = tuple[list[Found], list[EventRow], dict[int, tuple[str, str]]]


def _read(tx: Transaction, scope: Scope) -> Read:
    """State changes, events, and who or what the causes were."""
    causes = {number: (user, plugin) for number, user, plugin in run(tx, "SELECT id, user_id, plugin FROM causes")}
    states = _states(tx, scope, causes)
    return states, _events(tx, scope) if scope.asked.event_types else [], causes


def _window(asked: HappeningsAsked) -> tuple[int, int]:
    return round(asked.start * 1e6), round(asked.end * 1e6)


def _by_context(asked: HappeningsAsked) -> tuple[str, tuple[Any, ...]]:
    if asked.context_ids:
        return f" AND context_id IN ({holes(asked.context_ids)})", tuple(map(packed_id, asked.context_ids))
    if asked.context_id is None:
        return "", ()
    packed = packed_id(asked.context_id)
    return " AND (context_id = ? OR parent_id = ?)", (packed, packed)


def _states(tx: Transaction, scope: Scope, causes: Mapping[int, tuple[str, str]]) -> list[Found]:
    start, end = _window(scope.asked)
    also, more = _by_context(scope.asked)
    rows: list[tuple[Any, ...]] = []
    for chunk in chunks(scope.streams):
        rows += run(
            tx,
            "SELECT stream_id, updated_us, number, state, attributes_id, first, context_id, parent_id, cause_id"
            f" FROM states WHERE stream_id IN ({holes(chunk)}) AND updated_us > ? AND updated_us < ?"
            f" AND changed_us IS NULL{also} ORDER BY updated_us, number LIMIT ?",
            (*chunk, start, end, *more, scope.asked.limit),
        )
    rows = [row for row in rows if row[1] >= scope.streams[row[0]]]
    rows.sort(key=lambda row: (row[1], row[2]))
    icons = _icons(tx, {row[4] for row in rows if row[4] is not None})
    return [
        (
            row[1],
            row[2],
            Happening(
                Kind.STATE, row[1] / 1e6, *_who(row[6], row[7], row[8], causes),
                entity_id=scope.names[row[0]], state=row[3], first=bool(row[5]), icon=icons.get(row[4]),
            ),
        )
        for row in rows
    ]  # fmt: skip


def _icons(tx: Transaction, numbers: Iterable[int]) -> dict[int, str]:
    """The icons among attributes, which few have."""
    icons = {}
    for chunk in chunks(numbers):
        statement = f"SELECT id, text FROM attributes WHERE id IN ({holes(chunk)})"
        for number, text in run(tx, statement, chunk):
            if '"icon":' in text:
                icon = loads(text).get("icon")
                if isinstance(icon, str):
                    icons[number] = icon
    return icons


def _events(tx: Transaction, scope: Scope) -> list[EventRow]:
    asked = scope.asked
    start, end = _window(asked)
    also, more = _by_context(asked)
    statement = (
        "SELECT number, at_us, name, text, streams, context_id, parent_id, cause_id FROM events"
        " JOIN event_types ON event_types.id = type_id LEFT JOIN event_data ON event_data.id = data_id"
        f" WHERE at_us > ? AND at_us < ? AND name IN ({holes(asked.event_types)}){also}"
        " ORDER BY at_us, number LIMIT ?"
    )
    rows = run(tx, statement, (start, end, *asked.event_types, *more, asked.limit))
    found = (EventRow._make((*row[:3], row[3] or "{}", _numbers(row[4]), *row[5:])) for row in rows)
    return [row for row in found if _is_meant(row, scope)]


def _numbers(streams: str | None) -> tuple[int, ...]:
    return () if streams is None else tuple(int(number) for number in streams.strip(",").split(","))


def _is_meant(row: EventRow, scope: Scope) -> bool:
    if scope.chosen is None or not scope.chosen.isdisjoint(row.streams):
        return True
    return bool(scope.asked.device_ids) and _device_of(row.data) in scope.asked.device_ids


def _device_of(data: str) -> Any:
    value = loads(data)
    return value.get("device_id") if isinstance(value, dict) else None


def _event(row: EventRow, causes: Mapping[int, tuple[str, str]]) -> Happening:
    who = _who(row.context_id, row.parent_id, row.cause_id, causes)
    return Happening(Kind.EVENT, row.at_us / 1e6, *who, event_type=row.event_type, event_data=row.data)


def _who(
    context_id: bytes, parent_id: bytes | None, cause_id: int | None, causes: Mapping[int, tuple[str, str]]
) -> tuple[str, str | None, str | None, str | None]:
    """Context, parent, user and plugin."""
    user, plugin = causes.get(cause_id or 0, ("", ""))
    parent = None if parent_id is None else unpacked_id(parent_id)
    return unpacked_id(context_id), parent, user or None, plugin or None
