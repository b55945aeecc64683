"""What other plugins import from the recorder: the past, as one reader may see it, and what they may add to it.

Whoever asks says for whom: ``reader`` is the context of the request (``call.context``), a context without a user is
the hub itself. What the reader does not see now, and what belongs to a tenancy that is not theirs, does not exist in
any answer: an entity that is hidden is left out like one that never was. Times are seconds since 1970 (UTC), as in
``State``; the past is kept by registry id, so an entity that was renamed keeps its past under its new name, and a
name that was given to another entity shows nothing of the former one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum
from typing import Any, ClassVar, Final, Protocol

from linli import Context, EventType, PlaceId, PluginContext, RequestError, StorageError, is_entity_id, moment

SHORT_STATISTICS: Final[EventType[dict[str, Any]]] = EventType("recorder_5min_statistics_generated")
"""Statistics of the last five minutes can be read."""
HOURLY_STATISTICS: Final[EventType[dict[str, Any]]] = EventType("recorder_hourly_statistics_generated")
"""Statistics of the last hour can be read."""


class Form(StrEnum):
    """How states are written; each is what Home Assistant's clients know under that name."""

    FULL = "full"
    """``{"entity_id", "state", "attributes", "last_changed", "last_updated"}``, times in ISO 8601."""
    MINIMAL = "minimal"
    """The first of an entity in full; then one ``{"state", "last_changed"}`` for each that differs from the one before.

    Entities whose state is told by their attributes (climate, humidifier, input_datetime, water_heater) stay in full.
    """
    COMPRESSED = "compressed"
    """``{"s", "a", "lu"}`` with times as seconds; ``"lc"`` where the state had changed before that."""
    COMPRESSED_MINIMAL = "compressed_minimal"
    """The first as above; then one ``{"s", "lu"}`` for each whose state differs; exceptions as with MINIMAL."""


@dataclass(frozen=True, slots=True)
class StatesAsked:
    """Which states of which entities, and how they are to be written."""

    entity_ids: tuple[str, ...]
    """As they are called now. The answer keeps this order; one without rows is left out."""
    start: float
    end: float
    form: Form = Form.FULL
    significant: bool = True
    """Only changes of the state; of domains whose attributes matter (climate, device_tracker, humidifier, …) all."""
    attributes: bool = True
    """False: ``{}`` stands for them, and they are not read."""
    opening: bool = True
    """Whether the state that held at ``start`` comes first, with ``start`` as its times (if it began before)."""


class Kind(StrEnum):
    """What a happening is."""

    STATE = "state"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class HappeningsAsked:
    """Which changes of states and which events, for a logbook."""

    start: float
    end: float
    entity_ids: tuple[str, ...] | None = None
    """Only what concerns these: their state changes, and events whose data name one of them. None: everything."""
    device_ids: tuple[str, ...] = ()
    """Beside ``entity_ids``: events whose data name one of these devices."""
    event_types: tuple[str, ...] = ()
    """The types of events to be told; without any, only state changes are."""
    without_entities: tuple[str, ...] = ()
    without_domains: tuple[str, ...] = ()
    """Entities whose state changes are left out (counters, meters)."""
    context_id: str | None = None
    """Only what this very context caused, or what a child of it did."""
    context_ids: tuple[str, ...] = ()
    """Only what one of these caused, at most 400: one question about many costs as much as one about one."""
    limit: int = 100_000
    """At most so many, the oldest first: ask on from the time of the last one where so many came."""


@dataclass(frozen=True, slots=True)
class Happening:
    """A state that changed (in its text, not only in its attributes), or an event; and who or what stood behind it."""

    kind: Kind
    at: float
    context_id: str
    parent_id: str | None
    user_id: str | None
    plugin: str | None
    """The plugin that did it, where it was one (an automation, an integration)."""
    entity_id: str | None = None
    """As it is called now."""
    state: str | None = None
    """None: the entity went."""
    first: bool = False
    """The entity had no state before this one: it came, it did not change."""
    icon: str | None = None
    event_type: str | None = None
    event_data: str | None = None
    """JSON, as it was stored."""


class Period(StrEnum):
    """Over how long statistics are summed up."""

    FIVE_MINUTES = "5minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class StatisticsAsked:
    """Which statistics; days, weeks and months are those of the deployment's time zone."""

    statistic_ids: tuple[str, ...]
    start: float
    end: float | None = None
    period: Period = Period.HOUR
    types: frozenset[str] = frozenset({"change", "last_reset", "max", "mean", "min", "state", "sum"})
    units: Mapping[str, str] | None = None
    """Unit by unit class, into which values are converted: ``{"energy": "kWh"}``."""


@dataclass(frozen=True, slots=True)
class StatisticsMeta:
    """What statistics are of; ``source`` is ``recorder`` for those of an entity, else the plugin that imports them."""

    statistic_id: str
    source: str
    unit: str | None
    has_mean: bool
    has_sum: bool
    name: str | None = None


@dataclass(frozen=True, slots=True)
class StatisticsRow:
    """One hour; ``start`` is a full hour, ``last_reset`` when a meter began at zero."""

    start: float
    mean: float | None = None
    min: float | None = None
    max: float | None = None
    state: float | None = None
    sum: float | None = None
    last_reset: float | None = None


@dataclass(frozen=True, slots=True)
class Tenancy:
    """Who lives somewhere, as the hook ``auth_tenancy_of`` tells it."""

    id: str
    """Opaque; it changes when others move in. Empty: nobody in particular (a corridor)."""
    since: float = 0.0
    """From when on its past is the reader's: the day of moving in, or on which somebody's care began."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to be done to the past, as the hook ``recorder_may_purge`` is asked about it."""

    action: str
    """``purge``, ``purge_entities``, ``import`` or ``clear_statistics``."""
    before: float | None = None
    """What is older goes; None: of all times."""
    ids: tuple[str, ...] = ()
    """The entities or statistics that it is about; empty: all."""


class RecorderApi(Protocol):
    """Reading the past. Every answer is JSON that is ready to be sent, or plain values."""

    async def states(self, asked: StatesAsked, reader: Context) -> Sequence[tuple[str, bytes]]:
        """For each entity its name and a JSON array of its states, oldest first; made in the database's thread.

        A reader from whom attributes are hidden finds them in no state. Times before the reader's right began (a
        tenancy, the start of somebody's care) hold no states; the opening state is not older either. What was heard
        but is not yet written is not in the answer: :meth:`settle` first, where that matters.
        """

    async def happenings(self, asked: HappeningsAsked, reader: Context) -> Sequence[Happening]:
        """State changes and events in the order in which they happened, as the reader may know them.

        An event that names entities is told if the reader may know the past of all of them; one that names none, if
        the reader may hear that type now.
        """

    async def settle(self) -> float:
        """Write what has been heard until this call, and give the business time of the call.

        For a live stream: follow states first, then settle, read until the time that this gave, then hand on what
        came since. Within one commit it costs a millisecond; raises DatabaseFailed, DatabaseFull … where nothing can
        be written now: what can be read is then what was written before.
        """

    async def records(self, entity_ids: Sequence[str], event_types: Sequence[str] = ()) -> frozenset[str]:
        """Those of the entities and event types that the deployment lets the recorder keep."""

    async def may_read(self, entity_ids: Sequence[str], reader: Context) -> Mapping[str, float]:
        """Since when (seconds; 0: always) each entity's past is the reader's; who has none of it is not in the answer.

        What is going on now is not asked here but of ``view.sees``.
        """

    async def tenancies_changed(self, places: Sequence[PlaceId] = ()) -> None:
        """Somebody moved in or out, or care began or ended (empty: anywhere): ask ``auth_tenancy_of`` anew.

        When it returns, new rows carry the new tenancy, and readers have the new limits.
        """


class StatisticsApi(Protocol):
    """Long-term statistics, for whoever counts energy, water or money."""

    async def statistics(self, asked: StatisticsAsked, reader: Context) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Rows by statistic id: ``start``, ``end`` (seconds) and the wanted ``types``; rights as with states."""

    async def import_statistics(self, meta: StatisticsMeta, rows: Sequence[StatisticsRow]) -> None:
        """Keep a plugin's own statistics (``source:name``), replacing what stands for the same hours.

        Refused (``home_assistant_error``) for an id that does not fit its source and a start that is no full hour.
        """


# what clients say about a stretch of the past, the same wherever it is asked about -----------------------------------

FRESH_S: Final = 60.0
"""Who asks for what is older than this need not wait for the newest to be written."""


class WrongStart(RequestError):
    """No moment that can be read."""

    code: ClassVar[str] = "invalid_start_time"


class WrongEnd(RequestError):
    """No moment that can be read."""

    code: ClassVar[str] = "invalid_end_time"


class WrongEntities(RequestError):
    """Something in the list is no entity id."""

    code: ClassVar[str] = "invalid_entity_ids"


def stretch_of(message: Mapping[str, Any], now: float, zone: tzinfo) -> tuple[float, float]:
    """From ``start_time`` to ``end_time`` (now), in seconds. Raises WrongStart and WrongEnd."""
    start = moment(message["start_time"], zone)
    if start is None:
        raise WrongStart("Invalid start_time")
    end = moment(message["end_time"], zone) if "end_time" in message else now
    if end is None:
        raise WrongEnd("Invalid end_time")
    return start, end


def entities_of(message: Mapping[str, Any]) -> tuple[str, ...]:
    """Each of ``entity_ids`` once. Raises WrongEntities."""
    entity_ids = tuple(dict.fromkeys(message.get("entity_ids") or ()))
    if not all(map(is_entity_id, entity_ids)):
        raise WrongEntities("Invalid entity_ids")
    return entity_ids


async def up_to_now(recorder: RecorderApi, end: float, ctx: PluginContext) -> float:
    """Have written what was heard, where that is asked about; gives the moment until which it is.

    Where nothing can be written the past can still be read, without its newest part.
    """
    now = ctx.clock.timestamp()
    if end < now - FRESH_S:
        return end
    try:
        return await recorder.settle()
    except StorageError as error:
        ctx.log.warning("The newest of the past is not in this answer: %s", type(error).__name__)
        return now
