"""The day of the one who lives here: what happens when, the same for the same date. Pure.

A weekday has a morning, a way to work and back, dinner and an evening; on free days the flat is lived in, with lunch
and a walk. Every time is a little off, by a dice that the date seeds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from random import Random
from typing import Final

from linli_demo.things import Thing
from linli_home.api import AlarmControlPanelState as Panel
from linli_home.api import ColorMode, LightReading


class Comfort(StrEnum):
    """What the air conditioner is for."""

    HOME = "home"
    AWAY = "away"
    SLEEP = "sleep"


Value = bool | float | LightReading | Panel | Comfort
"""On or off, a position or an amount, how a lamp shines, how the panel stands, what the air is wanted for."""

DARK: Final = LightReading(on=False)
MINUTE: Final = timedelta(minutes=1)
SECOND: Final = timedelta(seconds=1)
SATURDAY: Final = 5
DAYS_KEPT: Final = 4


def white(percent: int, kelvin: int) -> LightReading:
    """A lamp at so many percent, in a white of so many kelvin."""
    return LightReading(
        on=True, brightness=round(percent * 2.55), color_mode=ColorMode.COLOR_TEMP, color_temp_kelvin=kelvin
    )


PLAIN: Final = LightReading(on=True, color_mode=ColorMode.ONOFF)
COSY: Final = LightReading(on=True, brightness=110, color_mode=ColorMode.HS, hs_color=(28.0, 72.0))


@dataclass(frozen=True, slots=True)
class Step:
    """Something in the flat takes a value at a moment (UTC)."""

    at: datetime
    thing: Thing
    value: Value


@dataclass
class Diary:
    """One day while it is written."""

    day: date
    zone: tzinfo
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = Random(self.day.isoformat())

    def about(self, hour: int, minute: int, spread: int) -> datetime:
        """A moment of this day by the clock on the wall, up to ``spread`` minutes early or late."""
        at = datetime.combine(self.day, time(hour, minute), self.zone).astimezone(UTC)
        return at + timedelta(seconds=self._dice.randint(-60 * spread, 60 * spread))

    def happens(self, likelihood: float) -> bool:
        """Whether something that does not happen every day happens today."""
        return self._dice.random() < likelihood

    def note(self, at: datetime, thing: Thing, value: Value) -> None:
        """``thing`` takes ``value``."""
        self.steps.append(Step(at, thing, value))

    def during(self, at: datetime, thing: Thing, length: timedelta) -> None:
        """``thing`` is on for a while."""
        self.note(at, thing, True)
        self.note(at + length, thing, False)

    def stirring(self, at: datetime, thing: Thing, length: timedelta) -> None:
        """Motion again and again for as long as somebody is there."""
        end = at + length
        while at < end:
            seen = timedelta(seconds=self._dice.randint(40, 150))
            self.during(at, thing, min(seen, end - at))
            at += seen + timedelta(seconds=self._dice.randint(60, 400))


def day_of(day: date, zone: tzinfo) -> tuple[Step, ...]:
    """Everything that happens on ``day``, in order."""
    diary = Diary(day, zone)
    free = day.weekday() >= SATURDAY
    _night(diary)
    wake = diary.about(8, 20, 25) if free else diary.about(6, 50, 10)
    _morning(diary, wake)
    home = _free_day(diary) if free else _work(diary, wake)
    _evening(diary, home)
    _bedtime(diary, diary.about(22, 45, 15))
    return tuple(sorted(diary.steps, key=lambda step: step.at))


class Calendar:
    """The days of one flat, written when they are looked at; the last few are kept."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._days: dict[date, tuple[Step, ...]] = {}

    def between(self, after: datetime, until: datetime) -> Iterator[Step]:
        """What happens later than ``after`` and not later than ``until``, in order."""
        day = after.astimezone(self._zone).date()
        while day <= until.astimezone(self._zone).date():
            yield from (step for step in self._day(day) if after < step.at <= until)
            day += timedelta(days=1)

    def next_after(self, moment: datetime) -> datetime:
        """When the next thing happens: every day has something."""
        return next(self.between(moment, moment + timedelta(days=2))).at

    def _day(self, day: date) -> tuple[Step, ...]:
        if day not in self._days:
            while len(self._days) >= DAYS_KEPT:
                del self._days[min(self._days)]
            self._days[day] = day_of(day, self._zone)
        return self._days[day]


def _night(diary: Diary) -> None:
    diary.note(diary.about(0, 30, 10), Thing.BED, True)
    if diary.happens(0.6):
        at = diary.about(3, 20, 70)
        diary.note(at, Thing.BED, False)
        _bathroom(diary, at + MINUTE, 4 * MINUTE)
        diary.note(at + 6 * MINUTE, Thing.BED, True)


def _morning(diary: Diary, wake: datetime) -> None:
    diary.note(wake, Thing.BEDROOM_LAMP, white(35, 2700))
    diary.note(wake + 2 * MINUTE, Thing.BED, False)
    diary.note(wake + 2 * MINUTE, Thing.ALARM, Panel.DISARMED)
    diary.note(wake + 2 * MINUTE, Thing.AIR_CONDITIONER, Comfort.HOME)
    _bathroom(diary, wake + 3 * MINUTE, 14 * MINUTE)
    diary.during(wake + 6 * MINUTE, Thing.BATHROOM_FAN, 20 * MINUTE)
    diary.note(wake + 18 * MINUTE, Thing.CURTAIN, 100.0)
    diary.note(wake + 18 * MINUTE, Thing.BEDROOM_LAMP, DARK)
    _kitchen(diary, wake + 19 * MINUTE, 25 * MINUTE)
    diary.during(wake + 46 * MINUTE, Thing.BALCONY_DOOR, 8 * MINUTE)


def _bathroom(diary: Diary, at: datetime, length: timedelta) -> None:
    diary.note(at, Thing.BATHROOM_LIGHT, PLAIN)
    diary.stirring(at + 2 * SECOND, Thing.BATHROOM_MOTION, length)
    diary.note(at + length, Thing.WATER_TAP, 4 + 3.0 * (length / MINUTE))
    diary.note(at + length + 20 * SECOND, Thing.BATHROOM_LIGHT, DARK)


def _kitchen(diary: Diary, at: datetime, length: timedelta) -> None:
    diary.note(at, Thing.KITCHEN_LIGHT, white(90, 4000))
    diary.stirring(at + 3 * SECOND, Thing.KITCHEN_MOTION, length)
    diary.during(at + MINUTE, Thing.FRIDGE_DOOR, 15 * SECOND)
    diary.during(at + 2 * MINUTE, Thing.KETTLE, 4 * MINUTE)
    diary.note(at + 3 * MINUTE, Thing.WATER_TAP, 6.0)
    diary.during(at + length * 0.6, Thing.FRIDGE_DOOR, 25 * SECOND)
    diary.note(at + length, Thing.KITCHEN_LIGHT, DARK)


def _leave(diary: Diary, at: datetime) -> None:
    """Motion, then the door: somebody goes."""
    diary.during(at - 20 * SECOND, Thing.ENTRANCE_MOTION, 60 * SECOND)
    diary.note(at - 15 * SECOND, Thing.AIR_CONDITIONER, Comfort.AWAY)
    diary.note(at - 10 * SECOND, Thing.ALARM, Panel.ARMED_AWAY)
    diary.note(at - 2 * SECOND, Thing.FRONT_DOOR_LOCK, False)
    diary.during(at, Thing.ENTRANCE_DOOR, 12 * SECOND)
    diary.note(at + 15 * SECOND, Thing.FRONT_DOOR_LOCK, True)


def _return(diary: Diary, at: datetime) -> None:
    """The door, then motion: somebody comes."""
    diary.note(at - 3 * SECOND, Thing.FRONT_DOOR_LOCK, False)
    diary.during(at, Thing.ENTRANCE_DOOR, 10 * SECOND)
    diary.note(at + 12 * SECOND, Thing.ALARM, Panel.DISARMED)
    diary.note(at + 20 * SECOND, Thing.FRONT_DOOR_LOCK, True)
    diary.note(at + 2 * MINUTE, Thing.AIR_CONDITIONER, Comfort.HOME)
    diary.during(at + 3 * SECOND, Thing.ENTRANCE_MOTION, 90 * SECOND)
    diary.note(at + 4 * SECOND, Thing.ENTRANCE_LIGHT, PLAIN)
    diary.note(at + 3 * MINUTE, Thing.ENTRANCE_LIGHT, DARK)


def _work(diary: Diary, wake: datetime) -> datetime:
    _leave(diary, wake + 80 * MINUTE)
    home = diary.about(18, 10, 20)
    _return(diary, home)
    return home


def _free_day(diary: Diary) -> datetime:
    diary.stirring(diary.about(10, 0, 20), Thing.LIVING_ROOM_MOTION, 90 * MINUTE)
    _kitchen(diary, diary.about(12, 0, 15), 40 * MINUTE)
    _leave(diary, diary.about(15, 0, 30))
    home = diary.about(16, 40, 20)
    _return(diary, home)
    return home


def _evening(diary: Diary, home: datetime) -> None:
    dinner = diary.about(18, 55, 10)
    diary.note(dinner - 12 * MINUTE, Thing.CURTAIN, 0.0)
    diary.note(dinner - 12 * MINUTE, Thing.LIVING_ROOM_LIGHT, white(80, 3500))
    diary.stirring(home + 4 * MINUTE, Thing.LIVING_ROOM_MOTION, 8 * MINUTE)
    _kitchen(diary, dinner, 35 * MINUTE)
    sofa = dinner + 50 * MINUTE
    diary.note(sofa, Thing.LIVING_ROOM_LIGHT, white(25, 2700))
    diary.note(sofa, Thing.LIVING_ROOM_LAMP, COSY)
    diary.during(sofa + MINUTE, Thing.TELEVISION, 110 * MINUTE)
    diary.stirring(sofa, Thing.LIVING_ROOM_MOTION, 115 * MINUTE)
    if diary.happens(0.4):
        diary.note(sofa + 25 * MINUTE, Thing.DOORBELL, True)


def _bedtime(diary: Diary, at: datetime) -> None:
    diary.note(at, Thing.LIVING_ROOM_LIGHT, DARK)
    diary.note(at, Thing.LIVING_ROOM_LAMP, DARK)
    diary.note(at + MINUTE, Thing.BEDROOM_LAMP, white(30, 2400))
    _bathroom(diary, at + 2 * MINUTE, 9 * MINUTE)
    diary.note(at + 12 * MINUTE, Thing.AIR_CONDITIONER, Comfort.SLEEP)
    diary.note(at + 12 * MINUTE, Thing.ALARM, Panel.ARMED_NIGHT)
    diary.note(at + 13 * MINUTE, Thing.BED, True)
    diary.note(at + 30 * MINUTE, Thing.BEDROOM_LAMP, DARK)
