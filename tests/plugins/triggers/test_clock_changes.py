"""Whatever comes at a time comes exactly once: a clock that is set, both nights of the clock change, a leap day."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from linli.clock import SimulatedClock
from linli.testing.hub import Deployment, running_hub
from linli_triggers.api import TRIGGERS_FIRED, TriggersApi

PLACES = {
    "Europe/Berlin": "latitude: 52.5, longitude: 13.4",
    "America/New_York": "latitude: 40.7, longitude: -74.0",
}
AT = {"trigger": "time", "at": "12:00:00"}
PATTERN = {"trigger": "time_pattern", "hours": 12, "minutes": 0}
DATETIME = {"trigger": "time", "at": "input_datetime.moment"}
TIME = {"trigger": "time", "at": "input_datetime.each_day"}
SENSOR = {"trigger": "time", "at": {"entity_id": "sensor.moment", "offset": "00:00:00"}}
SUN = {"trigger": "sun", "event": "sunrise", "offset": "03:00:00"}
KINDS = {"time": AT, "pattern": PATTERN, "datetime": DATETIME, "time of day": TIME, "sensor": SENSOR}
NOON = datetime(2025, 1, 15, 12, tzinfo=ZoneInfo("Europe/Berlin"))
HOUR = timedelta(hours=1)


class Site:
    def __init__(self, hub: Any, clock: SimulatedClock, zone: str) -> None:
        self.rooms, self.clock, self._zone = hub.rooms, clock, ZoneInfo(zone)
        self.fired: list[datetime] = []
        hub.rooms.bus.listen(TRIGGERS_FIRED, lambda event: self.fired.append(clock.now().astimezone(self._zone)))

    async def follow(self, config: Any, moment: datetime = NOON) -> None:
        """Attach it; the entities that it may name tell ``moment``."""
        wall = moment.replace(tzinfo=None)
        self.rooms.states.set("input_datetime.moment", str(wall), {"has_date": True, "has_time": True})
        self.rooms.states.set("input_datetime.each_day", str(wall.time()), {"has_date": False, "has_time": True})
        self.rooms.states.set("sensor.moment", moment.isoformat(), {"device_class": "timestamp"})
        await self.rooms.apis.proxy(TriggersApi).attach(config)
        await self.clock.settle()

    async def step(self, hours: float) -> None:
        self.clock.step_wall(3600 * hours)
        await self.clock.forward(seconds=1)

    def walls(self) -> list[str]:
        """When it fired, by local clocks."""
        return [f"{at:%m-%d %H:%M}" for at in self.fired]


@asynccontextmanager
async def site_at(tmp_path: Path, start: datetime, zone: str = "Europe/Berlin") -> AsyncIterator[Site]:
    clock = SimulatedClock(start.astimezone(UTC))
    home = Deployment(tmp_path, f"linli: {{time_zone: {zone}, {PLACES[zone]}}}\ntriggers:\n")
    async with running_hub(home, clock=clock) as hub:
        yield Site(hub, clock, zone)


kinds = pytest.mark.parametrize("config", KINDS.values(), ids=KINDS.keys())


@kinds
async def test_put_forward_over_the_moment_it_fires_once_and_late(tmp_path: Path, config: Any) -> None:
    async with site_at(tmp_path, NOON - HOUR / 2) as site:
        await site.follow(config)
        await site.step(1)
        await site.clock.forward(hours=20)
        assert site.walls() == ["01-15 12:30"]


@kinds
async def test_put_forward_to_before_the_moment_it_fires_at_the_moment(tmp_path: Path, config: Any) -> None:
    async with site_at(tmp_path, NOON - 2 * HOUR) as site:
        await site.follow(config)
        await site.step(1)
        await site.clock.forward(hours=20)
        assert site.walls() == ["01-15 12:00"]


@kinds
async def test_put_back_after_it_fired_it_does_not_fire_again(tmp_path: Path, config: Any) -> None:
    async with site_at(tmp_path, NOON - HOUR / 2) as site:
        await site.follow(config)
        await site.clock.forward(hours=0.7)
        await site.step(-1)
        await site.clock.forward(hours=20)
        assert site.walls() == ["01-15 12:00"]


@pytest.mark.parametrize("config", [DATETIME, TIME, SENSOR], ids=["datetime", "time of day", "sensor"])
async def test_put_back_and_told_the_same_moment_again_it_does_not_fire_again(tmp_path: Path, config: Any) -> None:
    async with site_at(tmp_path, NOON - HOUR / 2) as site:
        await site.follow(config)
        await site.clock.forward(hours=0.7)
        await site.step(-1)
        for entity_id in ("input_datetime.moment", "input_datetime.each_day", "sensor.moment"):
            state = site.rooms.states.get(entity_id)
            site.rooms.states.set(entity_id, "unavailable", {})
            site.rooms.states.set(entity_id, state.state, state.attributes)
        await site.clock.forward(hours=20)
        assert site.walls() == ["01-15 12:00"]


async def test_a_new_moment_that_the_clock_shows_a_second_time_counts(tmp_path: Path) -> None:
    async with site_at(tmp_path, NOON - HOUR / 2) as site:
        await site.follow(TIME)
        await site.clock.forward(hours=0.7)
        await site.step(-1)
        site.rooms.states.set("input_datetime.each_day", "11:45:00", {"has_date": False, "has_time": True})
        await site.clock.forward(hours=20)
        assert site.walls() == ["01-15 12:00", "01-15 11:45"]


@kinds
async def test_a_clock_that_was_days_ahead_is_forgotten_when_it_is_set(tmp_path: Path, config: Any) -> None:
    async with site_at(tmp_path, NOON + timedelta(days=400)) as site:
        await site.follow(config)
        await site.clock.forward(hours=25)
        site.fired.clear()
        await site.step(-24 * 401 - 2)
        await site.clock.forward(hours=4)
        assert site.walls() == ["01-15 12:00"]


async def test_each_time_that_the_clock_was_put_past_counts_and_a_pattern_once_in_all(tmp_path: Path) -> None:
    async with site_at(tmp_path, NOON - HOUR / 2) as site:
        await site.follow({"trigger": "time", "at": ["11:45", "12:00", "12:15"]})
        await site.follow({"trigger": "time_pattern", "minutes": "/5"})
        await site.step(1)
        assert len(site.fired) == 4


async def test_what_was_passed_more_than_three_hours_ago_is_left_out(tmp_path: Path) -> None:
    async with site_at(tmp_path, NOON - HOUR) as site:
        await site.follow(AT)
        await site.step(5)
        await site.clock.forward(hours=24)
        assert site.walls() == ["01-16 12:00"]


async def test_a_cadence_goes_on_at_once_when_the_clock_is_put_back(tmp_path: Path) -> None:
    async with site_at(tmp_path, NOON - HOUR / 2) as site:
        await site.follow({"trigger": "time_pattern", "minutes": "/15"})
        await site.clock.forward(hours=0.4)
        await site.step(-1)
        await site.clock.forward(hours=0.7)
        assert site.walls() == ["01-15 11:45", "01-15 11:00", "01-15 11:15", "01-15 11:30"]


@pytest.mark.parametrize("step", [1, -1])
async def test_the_sun_rises_once_a_day_whatever_the_clock_does(tmp_path: Path, step: int) -> None:
    async with site_at(tmp_path, NOON - timedelta(hours=12)) as site:
        await site.follow(SUN)
        await site.clock.forward(hours=11)
        assert len(site.fired) == 0
        await site.step(1)
        await site.clock.forward(minutes=2)
        await site.step(-1)
        await site.step(step)
        await site.clock.forward(hours=6)
        assert len(site.fired) == 1


@pytest.mark.parametrize("step", [1, -1])
async def test_for_counts_the_time_that_passes(tmp_path: Path, step: int) -> None:
    async with site_at(tmp_path, NOON) as site:
        site.rooms.states.set("sensor.x", "off", {})
        await site.follow({"trigger": "state", "entity_id": "sensor.x", "to": "on", "for": "00:10:00"})
        site.rooms.states.set("sensor.x", "on", {})
        await site.step(step)
        await site.clock.forward(minutes=9, seconds=58)
        assert site.fired == []
        await site.clock.forward(seconds=2)
        assert len(site.fired) == 1


NIGHTS = {
    "Berlin, to summer time": ("Europe/Berlin", "2025-03-30", "03:00"),
    "Berlin, back": ("Europe/Berlin", "2025-10-26", "02:30"),
    "New York, to summer time": ("America/New_York", "2025-03-09", "03:00"),
    "New York, back": ("America/New_York", "2025-11-02", "01:30"),
}
HALF_PAST = {
    "time": lambda wall: {"trigger": "time", "at": f"{wall:%H:%M}"},
    "pattern": lambda wall: {"trigger": "time_pattern", "hours": wall.hour, "minutes": wall.minute},
    "datetime": lambda wall: DATETIME,
    "time of day": lambda wall: TIME,
}


@pytest.mark.parametrize(("zone", "day", "expected"), NIGHTS.values(), ids=NIGHTS.keys())
@pytest.mark.parametrize("kind", HALF_PAST.values(), ids=HALF_PAST.keys())
async def test_in_the_nights_of_the_clock_change_it_fires_once(
    tmp_path: Path, zone: str, day: str, expected: str, kind: Any
) -> None:
    hour = 1 if expected.startswith("01") else 2
    wall = datetime.fromisoformat(f"{day}T0{hour}:30:00")
    evening = (wall - timedelta(hours=6)).replace(tzinfo=ZoneInfo(zone))
    async with site_at(tmp_path, evening, zone) as site:
        await site.follow(kind(wall), wall.replace(tzinfo=ZoneInfo(zone)))
        await site.clock.forward(hours=20)
        assert site.walls() == [f"{day[5:]} {expected}"]


@pytest.mark.parametrize(("zone", "day", "expected"), NIGHTS.values(), ids=NIGHTS.keys())
async def test_in_those_nights_a_sensor_and_the_sun_go_by_the_instant(
    tmp_path: Path, zone: str, day: str, expected: str
) -> None:
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
    async with site_at(tmp_path, midnight - HOUR, zone) as site:
        instant = midnight.astimezone(UTC) + timedelta(hours=2.5)
        await site.follow([SENSOR, {"trigger": "sun", "event": "sunset", "offset": "-00:30:00"}], instant)
        await site.clock.forward(hours=24)
        assert len(site.fired) == 2
        assert site.fired[0].timestamp() == instant.timestamp()


async def test_on_a_leap_day_each_fires_once_and_the_day_after_again(tmp_path: Path) -> None:
    day = datetime(2028, 2, 29, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    async with site_at(tmp_path, day - timedelta(hours=13)) as site:
        await site.follow([AT, PATTERN, DATETIME, TIME, SENSOR], day)
        await site.clock.forward(hours=24)
        assert site.walls() == ["02-29 12:00"] * 5
        await site.clock.forward(hours=24)
        assert site.walls()[5:] == ["03-01 12:00"] * 3
