"""Time: simulated time is deterministic, deadlines end only what they guard, and the wall clock may jump."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.clock import Clock, RealClock, SimulatedClock
from linli.pool import BlockingPool

BERLIN = ZoneInfo("Europe/Berlin")


async def test_a_night_passes_at_once_and_every_sleeper_wakes_at_its_own_time(clock: SimulatedClock) -> None:
    woke: list[tuple[str, float]] = []

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            woke.append((name, clock.monotonic()))

    tasks = [asyncio.create_task(sleeper("a", 3600, 3600)), asyncio.create_task(sleeper("b", 5400))]
    started = clock.now()
    await clock.forward(hours=8)
    assert woke == [("a", 3600), ("b", 5400), ("a", 7200)]
    assert clock.now() - started == timedelta(hours=8)
    await asyncio.gather(*tasks)


async def test_time_stands_still_unless_somebody_moves_it(clock: SimulatedClock) -> None:
    task = asyncio.create_task(clock.sleep(0.001))
    for _ in range(50):
        await asyncio.sleep(0)
    assert not task.done()
    await clock.forward(0.001)
    assert task.done()


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=20))
def test_timers_fire_in_the_order_of_their_times_and_then_of_their_setting(plan: list[tuple[int, bool]]) -> None:
    async def play() -> list[int]:
        clock, fired = SimulatedClock(), []
        for number, (delay, cancelled) in enumerate(plan):
            timer = clock.call_later(delay, lambda number=number: fired.append(number))  # type: ignore[misc]
            if cancelled:
                timer.cancel()
        await clock.forward(10)
        return fired

    kept = [(delay, number) for number, (delay, cancelled) in enumerate(plan) if not cancelled]
    assert asyncio.run(play()) == [number for _, number in sorted(kept)]


async def test_work_started_by_a_timer_ends_before_the_next_timer_fires(clock: SimulatedClock) -> None:
    order: list[str] = []

    async def work() -> None:
        for _ in range(20):
            await asyncio.sleep(0)
        order.append("work")

    clock.call_later(1, lambda: order.append("one") or asyncio.ensure_future(work()))  # type: ignore[func-returns-value]
    clock.call_later(1, lambda: order.append("two"))
    await clock.forward(2)
    assert order == ["one", "work", "two"]


async def test_time_stands_still_while_a_thread_works(clock: SimulatedClock) -> None:
    pool = BlockingPool(clock)
    done: list[float] = []

    async def work() -> None:
        await pool.run(lambda: __import__("time").sleep(0.03))
        done.append(clock.monotonic())

    clock.call_later(1, lambda: asyncio.ensure_future(work()))
    clock.call_later(2, lambda: done.append(-1))
    await clock.forward(3)
    assert done == [1, -1]
    pool.close()


async def test_a_cancelled_sleeper_goes_and_its_timer_with_it(clock: SimulatedClock) -> None:
    task = asyncio.create_task(clock.sleep(5))
    await clock.settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await clock.forward(10)


@pytest.fixture(params=["real", "simulated"])
def any_clock(request: pytest.FixtureRequest) -> Clock:
    return RealClock() if request.param == "real" else SimulatedClock()


async def pass_time(clock: Clock, seconds: float) -> None:
    if isinstance(clock, SimulatedClock):
        await clock.forward(seconds)
    else:
        await asyncio.sleep(seconds + 0.005)


async def test_a_deadline_ends_what_it_guards_with_a_timeout(any_clock: Clock) -> None:
    async def guarded() -> str:
        try:
            async with any_clock.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            return "timed out"
        return "ended"

    task = asyncio.create_task(guarded())
    await asyncio.sleep(0)
    await pass_time(any_clock, 0.01)
    assert await task == "timed out"
    assert task.cancelling() == 0


async def test_a_deadline_that_is_kept_leaves_nothing_behind(any_clock: Clock) -> None:
    async with any_clock.timeout(timedelta(milliseconds=10)):
        await asyncio.sleep(0)
    async with any_clock.timeout(None):
        await asyncio.sleep(0)
    await pass_time(any_clock, 0.02)


async def test_of_two_deadlines_the_nearer_one_ends_only_its_own_body(any_clock: Clock) -> None:
    steps: list[str] = []

    async def guarded() -> None:
        async with any_clock.timeout(10):
            try:
                async with any_clock.timeout(0.01):
                    await asyncio.Event().wait()
            except TimeoutError:
                steps.append("inner")
            await asyncio.sleep(0)
            steps.append("went on")

    task = asyncio.create_task(guarded())
    await asyncio.sleep(0)
    await pass_time(any_clock, 0.01)
    await task
    assert steps == ["inner", "went on"]


async def test_a_cancellation_is_never_turned_into_a_timeout(any_clock: Clock) -> None:
    async def guarded() -> None:
        async with any_clock.timeout(0.01):
            await asyncio.Event().wait()

    task = asyncio.create_task(guarded())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_that_comes_after_the_deadline_is_still_one(any_clock: Clock) -> None:
    async def guarded() -> None:
        async with any_clock.timeout(0.01):
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.Event().wait()

    task = asyncio.create_task(guarded())
    await asyncio.sleep(0)
    await pass_time(any_clock, 0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_failure_in_the_body_stays_what_it_is(any_clock: Clock) -> None:
    with pytest.raises(ValueError, match="mine"):
        async with any_clock.timeout(10):
            raise ValueError("mine")


async def test_a_jump_of_the_wall_clock_moves_what_was_set_for_a_time_of_day_and_nothing_else(
    clock: SimulatedClock,
) -> None:
    fired: list[tuple[str, float]] = []
    alarm = clock.now() + timedelta(hours=1)
    clock.call_at(alarm, lambda: fired.append(("alarm", clock.monotonic())))
    clock.call_later(3600, lambda: fired.append(("egg", clock.monotonic())))
    clock.step_wall(timedelta(minutes=30))
    await clock.forward(hours=2)
    assert fired == [("alarm", 1800), ("egg", 3600)]


async def test_a_jump_back_makes_a_time_of_day_wait_longer(clock: SimulatedClock) -> None:
    fired: list[float] = []
    clock.call_at(clock.now() + timedelta(hours=1), lambda: fired.append(clock.monotonic()))
    clock.step_wall(timedelta(minutes=-30))
    await clock.forward(hours=2)
    assert fired == [5400]


async def test_a_jump_beyond_a_time_of_day_fires_it_once_and_at_once(clock: SimulatedClock) -> None:
    fired: list[float] = []
    clock.call_at(clock.now() + timedelta(hours=1), lambda: fired.append(clock.monotonic()))
    clock.step_wall(timedelta(days=1))
    await clock.forward(seconds=0)
    clock.step_wall(timedelta(days=-1))
    await clock.forward(hours=48)
    assert fired == [0]


@pytest.mark.parametrize("steps", [[1.5], [1.5, -1.5, 1.5]])
async def test_small_corrections_of_the_wall_clock_move_no_timer(clock: SimulatedClock, steps: list[float]) -> None:
    fired: list[float] = []
    clock.call_at(clock.now() + timedelta(seconds=60), lambda: fired.append(clock.monotonic()))
    for step in steps:
        clock.step_wall(step)
    await clock.forward(seconds=100)
    assert fired == [60]


async def test_small_corrections_that_add_up_are_a_jump(clock: SimulatedClock) -> None:
    fired: list[float] = []
    clock.call_at(clock.now() + timedelta(seconds=60), lambda: fired.append(clock.monotonic()))
    for _ in range(4):
        clock.step_wall(1.5)
    await clock.forward(seconds=100)
    assert fired == [54]


class Stepped(RealClock):
    """A machine whose wall clock an operator sets."""

    def __init__(self) -> None:
        self.set_by = 0.0
        super().__init__()

    def timestamp(self) -> float:
        return super().timestamp() + self.set_by


async def test_a_real_wall_clock_that_jumps_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linli.clock.WALL_CHECK_EVERY", 0.01)
    clock, fired = Stepped(), asyncio.Event()
    far = clock.call_at(clock.now() + timedelta(days=2), lambda: None)
    clock.call_at(clock.now() + timedelta(hours=1), fired.set)
    clock.set_by = 3600.0
    async with asyncio.timeout(1):
        await fired.wait()
    far.cancel()
    assert not clock._dated
    assert clock._check is None


async def test_a_real_wall_clock_that_was_put_back_a_moment_ago_makes_no_timer_come_early() -> None:
    clock, fired = Stepped(), []
    alarm = clock.call_at(clock.now() + timedelta(seconds=0.02), lambda: fired.append(clock.now()))
    clock.set_by = -3600.0
    await asyncio.sleep(0.05)
    assert fired == []
    assert alarm.due - clock.monotonic() > 3500
    alarm.cancel()


async def test_who_follows_the_steps_of_a_real_wall_clock_is_told_and_the_watch_ends_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("linli.clock.WALL_CHECK_EVERY", 0.01)
    clock = Stepped()
    clock.set_by = -60.0  # before anybody followed
    told: asyncio.Queue[float] = asyncio.Queue()
    end = clock.on_step(told.put_nowait)
    await asyncio.sleep(0.03)
    assert told.empty()
    clock.set_by = 3540.0
    async with asyncio.timeout(1):
        assert round(await told.get()) == 3600
    end()
    assert clock._check is None


async def test_who_follows_the_steps_of_the_wall_clock_is_told_after_the_timers_were_moved(
    clock: SimulatedClock,
) -> None:
    told: list[tuple[float, float | None]] = []
    clock.call_at(clock.now() + timedelta(hours=2), lambda: None)
    end = clock.on_step(lambda step: told.append((step, clock.next_due())))
    clock.step_wall(1)
    clock.step_wall(3599)
    end()
    clock.step_wall(3600)
    assert told == [(3600, 3600)]


async def test_a_follower_that_another_ended_is_not_told(clock: SimulatedClock) -> None:
    told: list[str] = []
    clock.on_step(lambda step: end())
    end = clock.on_step(lambda step: told.append("other"))
    clock.step_wall(60)
    assert told == []


async def test_a_real_timer_is_cancelled_before_and_after_it_ran() -> None:
    clock, fired = RealClock(), []
    early = clock.call_later(0.001, lambda: fired.append("early"))
    clock.call_later(0.001, lambda: fired.append("cancelled")).cancel()
    await clock.sleep(0.01)
    early.cancel()
    assert fired == ["early"]
    assert early.cancelled


@pytest.mark.parametrize(
    ("local", "passed_s"),
    [
        (datetime(2025, 3, 30, 4, 0, tzinfo=BERLIN), 2 * 3600),
        (datetime(2025, 3, 30, 3, 0, tzinfo=BERLIN), 1 * 3600),
    ],
    ids=["an hour is missing that night", "the first moment after the missing hour"],
)
async def test_summer_time_is_a_matter_of_zones_and_not_of_the_clock(local: datetime, passed_s: float) -> None:
    clock, fired = SimulatedClock(datetime(2025, 3, 30, 0, 0, tzinfo=UTC)), []
    clock.call_at(local, lambda: fired.append(clock.monotonic()))
    await clock.forward(hours=12)
    assert fired == [passed_s]
    assert clock.now() == datetime(2025, 3, 30, 12, 0, tzinfo=UTC)


def test_a_simulated_clock_needs_to_know_where_it_starts() -> None:
    with pytest.raises(ValueError, match="time zone"):
        SimulatedClock(datetime(2025, 1, 1))


async def test_forward_to_a_time_of_day_arrives_there(clock: SimulatedClock) -> None:
    await clock.forward_to(datetime(2025, 1, 1, 7, 30, tzinfo=UTC))
    assert clock.now() == datetime(2025, 1, 1, 7, 30, tzinfo=UTC)
    assert clock.timestamp() == clock.now().timestamp()


@pytest.mark.parametrize("clock", [RealClock(), SimulatedClock()], ids=["real", "simulated"])
async def test_a_moment_without_its_zone_is_refused(clock: Clock) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        clock.call_at(datetime(2025, 1, 1), lambda: None)
