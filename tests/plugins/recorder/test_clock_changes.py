"""Statistics and the nightly purge when the wall clock is set, and in the nights of the clock change."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .conftest import Home, Start
from .test_statistics import METER, START, ask, rows

HOUR = 3600


async def counted(home: Home) -> list[Any]:
    """The five minutes that were compiled of a meter that counts on."""
    return await rows(home, "sensor.meter", start_time=datetime.fromtimestamp(0, UTC).isoformat())


async def count_on(home: Home, value: int, minutes: int) -> int:
    """One more each minute."""
    for _ in range(minutes):
        value += 1
        await home.set("sensor.meter", str(value), after=60, **METER)
    return value


@pytest.mark.parametrize("step", [HOUR, -HOUR], ids=["ahead", "back"])
async def test_each_five_minutes_stand_once_and_a_meter_counts_what_it_counted(home: Home, step: int) -> None:
    value = await count_on(home, 100, 92)
    home.clock.step_wall(step)
    value = await count_on(home, value, 92)
    await home.clock.forward(seconds=400)
    found = await counted(home)
    starts = [row["start"] for row in found]
    assert starts == sorted(set(starts))
    assert found[-1]["state"] == value
    assert found[-1]["sum"] == sum(row["change"] for row in found) == value - 101


async def test_a_clock_that_was_years_ahead_keeps_nothing_from_being_compiled_when_it_is_set(start: Start) -> None:
    ahead = 400 * 24 * HOUR
    async with start(at=ahead) as home:
        value = await count_on(home, 100, 12)
        home.clock.step_wall(START + HOUR - home.clock.timestamp())
        value = await count_on(home, value, 24)
        await home.clock.forward(seconds=400)
        found = await counted(home)
        now = [row for row in found if row["start"] < (START + ahead) * 1000]
        assert len(now) >= 5
        assert now[-1]["state"] == value


@pytest.mark.parametrize(
    "night",
    [
        datetime(2025, 3, 29, 12, tzinfo=UTC),
        datetime(2025, 10, 25, 12, tzinfo=UTC),
        datetime(2028, 2, 28, 12, tzinfo=UTC),
    ],
    ids=["to summer time", "back", "before a leap day"],
)
async def test_an_hour_of_the_clock_change_is_an_hour_like_any_other(start: Start, night: datetime) -> None:
    async with start(more="linli: {time_zone: Europe/Berlin}", at=night.timestamp() - START) as home:
        await home.set("sensor.p", "7", state_class="measurement")
        await home.clock.forward(hours=36, seconds=30)
        fields = {"start_time": night.isoformat(), "statistic_ids": ["sensor.p"]}
        hours = (await ask(home, "statistics_during_period", period="hour", **fields))["sensor.p"]
        assert [row["start"] for row in hours] == [round(night.timestamp() + HOUR * n) * 1000 for n in range(36)]
        days = (await ask(home, "statistics_during_period", period="day", **fields))["sensor.p"]
        lengths = [timedelta(milliseconds=row["end"] - row["start"]) for row in days]
        expected = {3: 23, 10: 25, 2: 24}[night.month]
        assert lengths[:2] == [timedelta(hours=24), timedelta(hours=expected)]


@pytest.mark.parametrize("step", [HOUR, -HOUR, 0])
async def test_the_past_is_purged_once_a_night(start: Start, step: int) -> None:
    """By UTC the purge comes at 04:12."""
    async with start() as home:
        await home.clock.forward(hours=4 if step > 0 else 4.5)
        home.clock.step_wall(step)
        await home.clock.forward(hours=22)
        rows = await home.hub.rooms.storage.journal.rows()
        assert sum(row.action == "recorder.purge" and row.details["stage"] == "intended" for row in rows) == 1


DAY = 24 * HOUR
YEARS = 5 * 365 * DAY


def doubts(home: Home) -> int:
    """How many repair issues say that the clock is in doubt."""
    return sum(issue.issue_id == "clock_in_doubt" for issue in home.hub.rooms.issues.all())


async def test_a_clock_set_years_ahead_takes_nothing_at_night_until_it_is_put_back(start: Start) -> None:
    async with start("{purge_keep_days: 2}") as home:
        await home.set("sensor.a", "old")
        home.clock.step_wall(YEARS)
        assert doubts(home) == 1
        await home.clock.forward(hours=47)
        assert await home.told("sensor.a") == {"sensor.a": ["old"]}
        home.clock.step_wall(-YEARS)
        assert doubts(home) == 0
        await home.clock.forward(hours=30)
        assert await home.told("sensor.a") == {}


async def test_a_clock_that_stays_ahead_is_believed_after_three_days(start: Start) -> None:
    async with start("{purge_keep_days: 2}") as home:
        await home.set("sensor.a", "old")
        home.clock.step_wall(30 * DAY)
        await home.clock.forward(hours=71)
        assert (await home.told("sensor.a"), doubts(home)) == ({"sensor.a": ["old"]}, 1)
        await home.clock.forward(hours=10)
        assert (await home.told("sensor.a"), doubts(home)) == ({}, 0)


async def test_a_purge_by_hand_goes_by_a_clock_in_doubt(start: Start) -> None:
    async with start("{purge_keep_days: 2}") as home:
        await home.set("sensor.a", "old")
        home.clock.step_wall(30 * DAY)
        await home.call("purge")
        await home.clock.settle()
        assert (await home.told("sensor.a"), doubts(home)) == ({}, 1)


async def test_a_clock_that_was_set_ahead_while_the_hub_was_off_is_in_doubt_over_further_restarts(start: Start) -> None:
    async with start("{purge_keep_days: 2}") as home:
        await home.set("sensor.a", "old")
    for at in (30 * DAY, 31 * DAY - HOUR):
        async with start("{purge_keep_days: 2}", at=at) as home:
            assert doubts(home) == 1
            await home.clock.forward(hours=20)
            assert home.rows("SELECT count(*) FROM states WHERE state = 'old'") == [(1,)]


async def test_a_clock_that_is_put_right_after_the_start_is_believed(start: Start) -> None:
    """A machine without a battery for its clock begins in the past, and then asks the network."""
    async with start(at=30 * DAY) as home:
        await home.set("sensor.a", "1")
    async with start() as home:
        home.clock.step_wall(30 * DAY + HOUR)
        assert doubts(home) == 0
