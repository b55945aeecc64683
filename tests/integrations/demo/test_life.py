"""The day that the flat lives by: the same for the same date, whole, and ending in the dark."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli_demo.life import Calendar, day_of
from linli_demo.things import Thing
from linli_home.api import LightReading

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEDNESDAY, SUNDAY = date(2026, 1, 14), date(2026, 1, 18)
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(days)
def test_a_day_is_always_the_same_and_lies_within_itself(day):
    steps = day_of(day, SHANGHAI)
    assert steps == day_of(day, SHANGHAI)
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert {step.at.astimezone(SHANGHAI).date() for step in steps} == {day}


@given(days)
def test_a_day_ends_dark_locked_and_in_bed(day):
    last = {step.thing: step.value for step in day_of(day, SHANGHAI)}
    assert not any(value.on for value in last.values() if isinstance(value, LightReading))
    assert last[Thing.FRONT_DOOR_LOCK] is True
    assert last[Thing.BED] is True
    still_on = {thing for thing, value in last.items() if value is True} - {Thing.DOORBELL}
    assert still_on == {Thing.FRONT_DOOR_LOCK, Thing.BED}


def test_days_differ_from_each_other():
    times = [[step.at - timedelta(days=7 * week) for step in day_of(WEDNESDAY + timedelta(days=7 * week), SHANGHAI)]
             for week in range(2)]  # fmt: skip
    assert times[0] != times[1]


@pytest.mark.parametrize(("day", "hour"), [(WEDNESDAY, 8), (SUNDAY, 15)], ids=["to work", "a walk"])
def test_motion_comes_after_the_door_when_somebody_returns(day, hour):
    steps = day_of(day, SHANGHAI)
    opened = [step.at for step in steps if step.thing is Thing.ENTRANCE_DOOR and step.value is True]
    moved = [step.at for step in steps if step.thing is Thing.ENTRANCE_MOTION and step.value is True]
    assert opened[0].astimezone(SHANGHAI).hour in (hour - 1, hour)
    assert moved[0] < opened[0]
    assert opened[1] < moved[1] < opened[1] + timedelta(seconds=5)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 3, 1)), st.integers(1, 60 * 48))
def test_a_calendar_leaves_out_nothing_and_repeats_nothing(start, minutes):
    calendar, start = Calendar(SHANGHAI), start.replace(tzinfo=UTC)
    middle, end = start + timedelta(minutes=minutes / 2), start + timedelta(minutes=minutes)
    halves = [*calendar.between(start, middle), *calendar.between(middle, end)]
    assert halves == list(calendar.between(start, end))
    assert calendar.next_after(start) > start
