"""schedule: on at certain times of the week, by local time.

A time that the change to summer time skips comes that much later; one that the change back repeats comes the first
time only. So everything is on and off exactly once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import NO_ATTRIBUTES, Bound, Command, Context, EntityDescription, PluginContext, Rendered
from linli import schema as sv
from linli_helpers.model import NAME_KEYS, Item, common

DOMAIN: Final = "schedule"
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MIDNIGHT: Final = "24:00:00"
"""The end of a day."""
AHEAD: Final = 8
"""So many days hold everything that comes next in a week."""


def _clock(value: Any) -> str:
    """A time of day as it is kept."""
    try:
        return str(sv.time(value))
    except vol.Invalid as error:
        raise vol.Invalid(f"Invalid time specified: {value}") from error


def _end(value: Any) -> str:
    """A time of day, or the end of the day."""
    return MIDNIGHT if value in ("24:00", MIDNIGHT) else _clock(value)


def _values(value: Any) -> dict[str, Any]:
    """Names and plain values."""
    if not isinstance(value, dict) or not all(isinstance(each, str | int | float | bool) for each in value.values()):
        raise vol.Invalid("expected a map of names and plain values")
    return {str(key): each for key, each in value.items()}


_BLOCK: Final = vol.Schema(
    {vol.Required("from"): _clock, vol.Required("to"): _end, vol.Optional("data"): _values}
)  # fmt: skip


def blocks(value: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks of one day in order, each with an end after its beginning, none over another."""
    ordered = sorted(value, key=lambda block: str(block["from"]))
    for block in ordered:
        if block["from"] >= block["to"]:
            raise vol.Invalid(f"Invalid time range, from {block['from']} is after {block['to']}")
    for block, following in pairwise(ordered):
        if block["to"] > following["from"]:
            raise vol.Invalid("Overlapping times found in schedule")
    return ordered


DAY: Final = vol.All([_BLOCK], blocks)
KEYS: Final[Mapping[Any, Any]] = {**NAME_KEYS, **{vol.Optional(day, default=list): DAY for day in DAYS}}
"""What a client sends of a schedule."""


@dataclass(frozen=True, slots=True)
class Now:
    """How a schedule stands: the values of the block that is on (None: none is), and when that changes."""

    values: Mapping[str, Any] | None
    next_event: datetime | None


def look(item: Item, now: datetime, zone: tzinfo) -> Now:
    """How the schedule stands at an instant."""
    values, coming = None, []
    for start, end, block in _instants(item, now.astimezone(zone).date(), zone):
        if start <= now < end:
            values = block.get("data", {})
        coming += [at for at in (start, end) if at > now]
    return Now(values, min(coming).astimezone(zone) if coming else None)


def _instants(item: Item, today: date, zone: tzinfo) -> Iterator[tuple[datetime, datetime, Mapping[str, Any]]]:
    for ahead in range(-1, AHEAD):
        day = today + timedelta(days=ahead)
        for block in item[DAYS[day.weekday()]]:
            yield _instant(day, block["from"], zone), _instant(day, block["to"], zone), block


def _instant(day: date, at: str, zone: tzinfo) -> datetime:
    if at == MIDNIGHT:
        day, at = day + timedelta(days=1), "00:00:00"
    return datetime.combine(day, time.fromisoformat(at), zone).astimezone(UTC)


@dataclass(frozen=True, kw_only=True, eq=False)
class Schedule(EntityDescription[Now]):
    """A reading is how it stands."""

    domain: ClassVar[str] = DOMAIN

    def render(self, reading: Now) -> Rendered:
        values = NO_ATTRIBUTES if reading.values is None else reading.values
        return ("off" if reading.values is None else "on"), {**values, "next_event": reading.next_event}

    def commands(self) -> Mapping[str, Command]:
        return {}


class Week:
    """A schedule that lives."""

    def __init__(self, ctx: PluginContext, item: Item, *, editable: bool, by: Context | None = None) -> None:
        self.item = item
        self._ctx = ctx
        self._editable = editable
        self._links: tuple[Bound, ...] = ()
        """Behind all that it shows: whoever said when it is on, where that was done on a screen. Rules obey it no
        further than they may."""
        self._alarm: Callable[[], None] | None = None
        self._unfollow: Callable[[], None] = lambda: None
        self.handle = ctx.entities.add(self._description())
        self._is_said_by(by, tuple(map(Bound.of, self.handle.remembered.get("bounds", ()))) if editable else ())
        self._look()

    def change(self, item: Item, by: Context | None = None) -> None:
        self.item = item
        self._is_said_by(by, ())
        self.handle.redescribe(self._description())
        self._look()

    def _is_said_by(self, by: Context | None, links: tuple[Bound, ...]) -> None:
        self._links = links if by is None else by.links

    def _look(self) -> None:
        """Show how it stands, and look again when that changes."""
        if self._alarm is not None:
            self._alarm()
            self._alarm = None
        now = look(self.item, self._ctx.clock.now(), self._ctx.settings.zone)
        by = Context(plugin=self._ctx.domain)
        by.bounds = self._links
        self.handle.write(now, by)
        if now.next_event is not None:
            self._alarm = self._ctx.call_at(now.next_event, self._look)

    def _description(self) -> Schedule:
        return Schedule(
            **common(self.item, editable=self._editable),
            added=self._come,
            removing=self._rest,
            remember=lambda: {"bounds": [bound.as_dict() for bound in self._links]},
        )

    async def _come(self) -> None:
        self._unfollow = self._ctx.on_clock_step(self._look)
        self._look()

    async def _rest(self) -> None:
        self._unfollow()
        if self._alarm is not None:
            self._alarm()
            self._alarm = None
