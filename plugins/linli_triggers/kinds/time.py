"""``trigger: time``: at times of day, or at the moment that an entity tells."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Final

import voluptuous as vol

from linli import Context, Recurrence, State, StateChange, is_too_late, look_from
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


class _Telling:
    """An entity whose state is a moment, or a time of day."""

    def __init__(self, entity_id: str, offset: timedelta, site: Site) -> None:
        self._entity_id = entity_id
        self._offset = offset
        self._site = site
        self._timer: Undo | None = None
        self._when: datetime | None = None
        self._last: datetime | None = None
        """The moment that was reached last; when the clock was put back over it, it is not waited for again."""
        self._by: Context | None = None
        """Behind whatever comes of it: whoever set the moment. They borrow no power of the rule that waits for it."""

    def begin(self) -> None:
        state = self._site.state(self._entity_id)
        self._set_by(state)
        self._set(state)
        self._site.track([self._entity_id], self._changed)
        self._site.on_clock_step(self._stepped)

    def _changed(self, change: StateChange) -> None:
        state = self._site.masked(change.new)
        if change.old is None or change.new is None or change.old.state != change.new.state:
            self._set_by(state)
        self._set(state)

    def _set_by(self, state: State | None) -> None:
        self._by = state.context.later(self._site.ctx.domain) if state is not None and state.context.links else None

    def _set(self, state: State | None) -> None:
        """Wait for the moment that ``state`` tells, if it is still to come."""
        now = self._site.clock.now()
        when = self._told(state, now)
        if when is not None and when == self._last:
            when = self._told(state, look_from(now, self._last))
        self._wait(when)

    def _told(self, state: State | None, after: datetime) -> datetime | None:
        return None if state is None else _told(state, after, self._offset, self._site.ctx.settings.zone)

    def _wait(self, when: datetime | None) -> None:
        if self._timer is not None:
            self._timer()
        self._when = when
        self._timer = None if when is None else self._site.call_at(when, lambda: self._reached(when))

    def _reached(self, when: datetime) -> None:
        now = self._site.clock.now()
        self._timer, self._last = None, when
        state = self._site.state(self._entity_id)
        self._wait(self._told(state, max(when, now)))
        if state is not None and not is_too_late(now, when):
            _fire(self._site, self._entity_id, self._by)

    def _stepped(self) -> None:
        now = self._site.clock.now()
        if self._when is None or self._when > now:  # otherwise it is due
            self._wait(self._told(self._site.state(self._entity_id), look_from(now, self._last)))


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


def _fire(site: Site, entity_id: str | None, by: Context | None = None) -> None:
    variables = {
        "platform": "time",
        "now": site.ctx.clock.now().astimezone(site.ctx.settings.zone),
        "description": "time" if entity_id is None else f"time set in {entity_id}",
        "entity_id": entity_id,
    }
    site.fire(variables, by)


def _each_day(at: time, site: Site) -> None:
    zone = site.ctx.settings.zone
    Recurrence(site, lambda after: next_daily([at], after, zone), lambda: _fire(site, None))


async def arm(config: Mapping[str, Any], site: Site) -> None:
    """Wait for the next of the times, and for what the entities tell."""
    wanted = one_or_list(_at)(await site.render(config["at"]))
    for each in dict.fromkeys(each for each in wanted if isinstance(each, time)):
        _each_day(each, site)
    for each in wanted:
        if isinstance(each, dict):
            _Telling(each["entity_id"], each["offset"], site).begin()
