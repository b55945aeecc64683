"""When a time of day or a pattern of times comes next by local time. Pure: no clock, no hub.

A moment that the change to summer time skips comes once, at the end of the gap. A moment that the change back repeats
comes the first time only. A pattern that leaves the hour open is a cadence rather than a time of day: it goes on
through both hours.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Pattern:
    """The hours, minutes and seconds at which something happens, each in order and never empty."""

    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    seconds: tuple[int, ...]

    @property
    def any_hour(self) -> bool:
        return len(self.hours) == 24

    def matches(self, wall: datetime) -> bool:
        """Whether the pattern names this second."""
        return wall.hour in self.hours and wall.minute in self.minutes and wall.second in self.seconds

    def after(self, wall: datetime) -> datetime:
        """The first reading of a wall clock later than ``wall`` (without a zone) that the pattern names."""
        wall = wall.replace(microsecond=0) + SECOND
        found = datetime.combine(wall.date(), time(*self._from(wall.hour, wall.minute, wall.second)))
        return found if found >= wall else found + DAY

    def _from(self, hour: int, minute: int, second: int) -> tuple[int, int, int]:
        """The first time of day not before this one, or the first of the next day."""
        if hour in self.hours:
            if minute in self.minutes and (at := _not_before(self.seconds, second)) is not None:
                return hour, minute, at
            if (at := _not_before(self.minutes, minute + 1)) is not None:
                return hour, at, self.seconds[0]
        later = _not_before(self.hours, hour + 1)
        return self.hours[0] if later is None else later, self.minutes[0], self.seconds[0]


def _not_before(values: tuple[int, ...], least: int) -> int | None:
    index = bisect_left(values, least)
    return values[index] if index < len(values) else None


def moment(wall: datetime, zone: tzinfo) -> datetime:
    """The instant (UTC) at which local clocks show ``wall`` for the first time; skipped: the end of the gap."""
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if _wall(instant, zone) == wall:
        return instant
    return _transition(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), instant, zone)


def next_daily(times: Iterable[time], after: datetime, zone: tzinfo) -> datetime:
    """The first instant (UTC) later than ``after`` at which local clocks show one of ``times``."""
    today = _wall(after, zone).date()
    days = [today + number * DAY for number in range(-1, 3)]
    return min(at for each in times for day in days if (at := moment(_at(day, each), zone)) > after)


def next_match(pattern: Pattern, after: datetime, zone: tzinfo) -> datetime:
    """The first instant (UTC) later than ``after`` that the pattern names."""
    if pattern.any_hour:
        return _next_beat(pattern, after, zone)
    wall = _wall(after, zone)
    while True:
        wall = pattern.after(wall)
        instant = moment(wall, zone)
        if instant > after:
            return instant


def _next_beat(pattern: Pattern, after: datetime, zone: tzinfo) -> datetime:
    """The same for a cadence, which counts on while clocks are put forward or back."""
    after = after.astimezone(UTC)
    while True:
        wall = _wall(after, zone)
        instant = after + (pattern.after(wall) - wall)
        if _offset(instant, zone) == _offset(after, zone):
            return instant
        after = _transition(after, instant, zone)
        if pattern.matches(_wall(after, zone)):
            return after


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at.replace(tzinfo=None, fold=0))


def _wall(instant: datetime, zone: tzinfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _offset(instant: datetime, zone: tzinfo) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()


def _transition(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The second at which the offset changed, later than ``before`` and not later than ``after``."""
    low, high = int(before.timestamp()), int(after.timestamp())
    old = _offset(datetime.fromtimestamp(low, UTC), zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(datetime.fromtimestamp(middle, UTC), zone) == old:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)
