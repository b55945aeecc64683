from linli.auth.expiry import Expiry
from linli.clock import SimulatedClock


async def test_a_right_ends_by_business_time_and_by_elapsed_time() -> None:
    clock = SimulatedClock()
    expiry = Expiry(clock)
    right = expiry.starting(60)
    await clock.forward(59)
    assert not expiry.is_over(right)
    await clock.forward(1)
    assert expiry.is_over(right)


async def test_a_clock_set_back_revives_nothing() -> None:
    clock = SimulatedClock()
    expiry = Expiry(clock)
    right = expiry.stored(clock.timestamp() + 60)
    clock.step_wall(-3600)
    await clock.forward(61)
    assert expiry.is_over(right)


async def test_a_clock_set_ahead_ends_it() -> None:
    clock = SimulatedClock()
    expiry = Expiry(clock)
    right = expiry.starting(60)
    clock.step_wall(61)
    assert expiry.is_over(right)


async def test_behind_the_newest_row_whatever_expires_has_expired_until_the_clock_is_right() -> None:
    clock = SimulatedClock()
    newest = clock.timestamp() + 86400
    expiry = Expiry(clock, newest)
    old, endless = expiry.stored(newest + 3600), expiry.stored(None)
    mine = expiry.starting(600)
    assert bool(expiry.clock_is_behind)
    assert expiry.is_over(old)
    assert not expiry.is_over(endless)
    assert not expiry.is_over(mine), "somebody must be able to log in and set the clock"
    clock.step_wall(86400 + 10)
    assert not bool(expiry.clock_is_behind)
    assert not expiry.is_over(old)


async def test_what_remains_is_the_shorter_of_both_clocks() -> None:
    clock = SimulatedClock()
    expiry = Expiry(clock)
    right = expiry.starting(100)
    clock.step_wall(40)
    await clock.forward(10)
    assert expiry.remaining(right) == 50
    clock.step_wall(-80)
    assert expiry.remaining(right) == 90
    assert expiry.remaining(expiry.starting(None)) is None
    await clock.forward(90)
    assert expiry.remaining(right) == 0
