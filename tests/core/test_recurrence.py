"""What comes again and again comes exactly once each time, also where the wall clock is put forward or back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.clock import Clock, SimulatedClock
from linli.recurrence import AT_MOST_LATE, Recurrence, is_too_late, look_from

NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Door:
    """Time, as a plugin has it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Callable[[], None]:
        return self.clock.call_at(when, callback).cancel

    def on_clock_step(self, callback: Callable[[], None]) -> Callable[[], None]:
        return self.clock.on_step(lambda step: callback())


def noon_after(after: datetime) -> datetime:
    """The next noon later than that."""
    today = after.replace(hour=12, minute=0, second=0, microsecond=0)
    return today if today > after else today + timedelta(days=1)


def hour_after(after: datetime) -> datetime:
    """The next full hour later than that."""
    return after.replace(minute=0, second=0, microsecond=0) + HOUR


class Watched:
    """A recurrence on a clock, and when it fired."""

    def __init__(self, start: datetime, following: Callable[[datetime], datetime], *, cadence: bool = False) -> None:
        self.clock = SimulatedClock(start)
        self.fired: list[datetime] = []
        self.recurrence = Recurrence(
            Door(self.clock), following, lambda: self.fired.append(self.clock.now()), cadence=cadence
        )


async def test_put_forward_but_not_past_the_moment_it_fires_at_the_moment() -> None:
    it = Watched(NOON - 2 * HOUR, noon_after)
    it.clock.step_wall(HOUR)
    await it.clock.forward(hours=20)
    assert it.fired == [NOON]


async def test_put_past_the_moment_it_fires_once_and_late_and_again_the_next_day() -> None:
    it = Watched(NOON - HOUR / 2, noon_after)
    it.clock.step_wall(HOUR)
    await it.clock.forward(hours=24)
    assert it.fired == [NOON + HOUR / 2, NOON + 24 * HOUR]


async def test_put_back_after_it_fired_it_does_not_fire_again_that_day() -> None:
    it = Watched(NOON - HOUR, noon_after)
    await it.clock.forward(hours=1.1)
    it.clock.step_wall(-HOUR)
    await it.clock.forward(hours=25)
    assert it.fired == [NOON, NOON + 24 * HOUR]


async def test_put_back_before_it_fired_it_fires_when_the_clock_shows_the_moment() -> None:
    it = Watched(NOON - HOUR / 2, noon_after)
    it.clock.step_wall(-HOUR)
    await it.clock.forward(hours=20)
    assert it.fired == [NOON]


async def test_put_forward_past_the_moment_and_back_again_it_has_fired_once() -> None:
    it = Watched(NOON - HOUR / 2, noon_after)
    it.clock.step_wall(HOUR)
    await it.clock.forward(minutes=1)
    it.clock.step_wall(-HOUR)
    await it.clock.forward(hours=20)
    assert len(it.fired) == 1


@pytest.mark.parametrize("years", [-5, 5], ids=["the clock was years ahead", "the clock was years behind"])
async def test_a_clock_that_was_wrong_is_forgotten_when_it_is_set(years: int) -> None:
    it = Watched(NOON - HOUR - timedelta(days=365 * years), noon_after)
    await it.clock.forward(hours=2)
    it.clock.step_wall(timedelta(days=365 * years) - 3 * HOUR)
    assert it.clock.now() == NOON - 2 * HOUR
    await it.clock.forward(hours=3)
    assert it.fired[1:] == [NOON]


async def test_a_cadence_goes_on_when_the_clock_is_put_back() -> None:
    it = Watched(NOON - HOUR / 2, hour_after, cadence=True)
    await it.clock.forward(hours=1)
    it.clock.step_wall(-HOUR)
    await it.clock.forward(hours=2)
    assert it.fired == [NOON, NOON, NOON + HOUR]


async def test_once_cancelled_it_holds_neither_a_timer_nor_a_follower() -> None:
    it = Watched(NOON - HOUR, noon_after)
    it.recurrence.cancel()
    it.clock.step_wall(HOUR * 2)
    await it.clock.forward(hours=48)
    assert it.fired == []
    assert it.clock.next_due() is None
    assert not it.clock._step_followers


@given(st.lists(st.tuples(st.integers(0, 180), st.integers(-90, 90)), max_size=30))
async def test_whatever_steps_come_no_noon_fires_twice_and_none_that_was_shown_is_left_out(
    plan: list[tuple[int, int]],
) -> None:
    """Steps of up to an hour and a half, and up to three hours between them; a walk of the wall clock over days."""
    it = Watched(NOON - 20 * HOUR, noon_after)
    highest = it.clock.now()
    for minutes, step in plan:
        await it.clock.forward(minutes=minutes)
        highest = max(highest, it.clock.now())
        it.clock.step_wall(60 * step)
        await it.clock.forward(seconds=1)
        highest = max(highest, it.clock.now())
        if highest - it.clock.now() > AT_MOST_LATE:
            return  # many small steps back are a great one
    passed = (highest - (NOON - 24 * HOUR)) // timedelta(days=1)
    assert len(it.fired) == passed


def test_the_bound_is_three_hours() -> None:
    assert look_from(NOON, None) == NOON
    assert look_from(NOON, NOON + 3 * HOUR) == NOON + 3 * HOUR
    assert look_from(NOON, NOON + 3.1 * HOUR) == NOON
    assert not is_too_late(NOON, NOON - 3 * HOUR)
    assert is_too_late(NOON, NOON - 3.1 * HOUR)
