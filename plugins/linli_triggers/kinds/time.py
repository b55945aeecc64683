"""``trigger: time``: at times of day, or at the moment that an entity tells."""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Final

import voluptuous as vol

from linli import State, StateChange
from linli import schema as sv
from linli_triggers.calendar import moment, next_daily
from linli_triggers.site import Site, Undo
from linli_triggers.words import is_template, one_or_list

_TELLING: Final = sv.entity_id("input_datetime", "sensor")
_WITH_OFFSET: Final = vol.Schema(
    {vol.Required("entity_id"): _TELLING, vol.Optional("offset", default=timedelta(0)): sv.offset}
)


def _at(value: Any) -> Any:
    if is_template(value):
        return value
    if isinstance(value, Mapping):
        return _WITH_OFFSET(value)
    try:
        return sv.time(value)
    except vol.Invalid:
        pass
    try:
        return {"entity_id": _TELLING(value), "offset": timedelta(0)}
    except vol.Invalid:
        raise vol.Invalid(
            "Expected HH:MM, HH:MM:SS, an entity of input_datetime or sensor, or such an entity with an offset"
        ) from None


SCHEMA: Final = {vol.Required("at"): one_or_list(_at)}


class Recurrence:
    """Fires at each moment that ``following`` gives after the one before."""

    def __init__(self, site: Site, following: Callable[[datetime], datetime], fire: Callable[[], None]) -> None:
        self._site = site
        self._following = following
        self._fire = fire

    def begin(self, after: datetime | None = None) -> None:
        """Wait for the next moment. A timer may run a little early by the wall clock: never the same one twice."""
        now = self._site.ctx.clock.now()
        when = self._following(now if after is None else max(now, after))
        self._site.call_at(when, lambda: self._reached(when))

    def _reached(self, when: datetime) -> None:
        self.begin(when)
        self._fire()


class _Telling:
    """An entity whose state is a moment, or a time of day."""

    def __init__(self, entity_id: str, offset: timedelta, site: Site) -> None:
        self._entity_id = entity_id
        self._offset = offset
        self._site = site
        self._timer: Undo | None = None

    def begin(self) -> None:
        self._set(self._site.state(self._entity_id), self._site.ctx.clock.now())
        self._site.track([self._entity_id], self._changed)

    def _changed(self, change: StateChange) -> None:
        self._set(self._site.masked(change.new), self._site.ctx.clock.now())

    def _set(self, state: State | None, after: datetime) -> None:
        """Wait for the moment that ``state`` tells, if it is later than ``after``."""
        if self._timer is not None:
            self._timer()
            self._timer = None
        when = None if state is None else _told(state, after, self._offset, self._site.ctx.settings.zone)
        if when is not None:
            self._timer = self._site.call_at(when, lambda: self._reached(when))

    def _reached(self, when: datetime) -> None:
        self._timer = None
        state = self._site.state(self._entity_id)
        self._set(state, max(when, self._site.ctx.clock.now()))
        if state is not None:
            _fire(self._site, self._entity_id)


def _told(state: State, after: datetime, offset: timedelta, zone: tzinfo) -> datetime | None:
    """The moment later than ``after`` that the state tells, with its offset."""
    of_day = state.domain == "input_datetime" and not state.attributes.get("has_date", False)
    try:
        if of_day:
            return next_daily([time.fromisoformat(state.state)], after - offset, zone) + offset
        if state.domain == "sensor" and state.attributes.get("device_class") != "timestamp":
            return None
        told = datetime.fromisoformat(state.state)
    except (ValueError, OverflowError):
        return None
    when = (moment(told, zone) if told.tzinfo is None else told) + offset
    return when if when > after else None


def _fire(site: Site, entity_id: str | None) -> None:
    variables = {
        "platform": "time",
        "now": site.ctx.clock.now().astimezone(site.ctx.settings.zone),
        "description": "time" if entity_id is None else f"time set in {entity_id}",
        "entity_id": entity_id,
    }
    site.fire(variables, None)


async def arm(config: Mapping[str, Any], site: Site) -> None:
    """Wait for the next of the times, and for what the entities tell."""
    wanted = one_or_list(_at)(await site.render(config["at"]))
    times = [each for each in wanted if isinstance(each, time)]
    if times:
        zone = site.ctx.settings.zone
        Recurrence(site, lambda after: next_daily(times, after, zone), lambda: _fire(site, None)).begin()
    for each in wanted:
        if isinstance(each, dict):
            _Telling(each["entity_id"], each["offset"], site).begin()
