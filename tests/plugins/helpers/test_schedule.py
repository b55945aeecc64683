"""schedule: on at certain times of the week, exactly once, also in the two nights of the clock change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import voluptuous as vol

from helper_calls import Caller, shown
from linli.clock import SimulatedClock
from linli.errors import DeploymentError
from linli.testing.hub import Deployment, running_hub
from linli_helpers.schedule import DAYS, look

YAML = """
linli: {time_zone: Asia/Shanghai}
helpers:
  schedule:
    office:
      name: Office
      monday: [{from: "13:00", to: "17:00"}, {from: "08:00", to: "12:00", data: {mode: early}}]
    always: {sunday: [{from: "00:00", to: "24:00"}]}
    never:
"""
MONDAY = datetime(2025, 6, 1, 16, tzinfo=UTC)
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


async def test_it_is_on_in_its_blocks(tmp_path: Path) -> None:
    clock = SimulatedClock(MONDAY)
    async with running_hub(Deployment(tmp_path, YAML), clock=clock) as hub:

        def now(name: str) -> tuple[str, Any, Any]:
            state, attributes = shown(hub, f"schedule.{name}") or ("", {})
            following = attributes["next_event"]
            return state, None if following is None else following.isoformat(), attributes.get("mode")

        assert now("office") == ("off", "2025-06-02T08:00:00+08:00", None)
        assert now("always") == ("off", "2025-06-08T00:00:00+08:00", None)
        assert now("never") == ("off", None, None)
        await clock.forward(hours=8)
        assert now("office") == ("on", "2025-06-02T12:00:00+08:00", "early")
        await clock.forward(hours=4)
        assert now("office") == ("off", "2025-06-02T13:00:00+08:00", None)
        await clock.forward(hours=1)
        assert now("office") == ("on", "2025-06-02T17:00:00+08:00", None)
        await clock.forward(hours=4)
        assert now("office") == ("off", "2025-06-09T08:00:00+08:00", None)
        await clock.forward(hours=24 * 6)
        assert now("always") == ("on", "2025-06-09T00:00:00+08:00", None)


async def test_it_shows_at_once_what_the_wall_clock_says_when_that_is_set(tmp_path: Path) -> None:
    clock = SimulatedClock(MONDAY)
    async with running_hub(Deployment(tmp_path, YAML), clock=clock) as hub:

        async def state_after(seconds: float, step_h: float) -> str:
            await clock.forward(seconds)
            clock.step_wall(3600 * step_h)
            await clock.forward(1)
            return (shown(hub, "schedule.office") or ("",))[0]

        assert await state_after(0, 8.5) == "on"
        assert await state_after(60, -1) == "off"
        assert await state_after(60, 2) == "on"
        assert await state_after(3600 * 2.5, 0) == "off"
        assert await state_after(60, -1) == "on"


@pytest.mark.parametrize(
    ("zone", "night"),
    [
        (BERLIN, datetime(2025, 3, 29, 12, tzinfo=UTC)),
        (BERLIN, datetime(2025, 10, 25, 12, tzinfo=UTC)),
        (NEW_YORK, datetime(2025, 3, 8, 17, tzinfo=UTC)),
        (NEW_YORK, datetime(2025, 11, 1, 16, tzinfo=UTC)),
        (BERLIN, datetime(2032, 2, 28, 12, tzinfo=UTC)),
    ],
    ids=["Berlin to summer", "Berlin back", "New York to summer", "New York back", "a leap day"],
)
def test_in_the_nights_of_the_clock_change_a_block_comes_once(zone: ZoneInfo, night: datetime) -> None:
    item: dict[str, Any] = {day: [] for day in DAYS} | {"sunday": [{"from": "02:15:00", "to": "02:45:00"}]}
    steps = [look(item, night + timedelta(minutes=5 * number), zone).values is not None for number in range(288)]
    assert sum(steps) == 6
    assert sum(after and not before for before, after in pairwise(steps)) == 1


async def test_people_make_them_and_a_change_holds_at_once(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML), clock=SimulatedClock(MONDAY)) as hub:
        say = Caller(hub)
        empty: dict[str, Any] = {day: [] for day in DAYS}
        assert await say("schedule/create", name="Mine") == {"id": "mine", "name": "Mine", **empty}
        said = [{"from": "00:00", "to": "24:00", "data": {"mode": "all"}}]
        changed = await say("schedule/update", schedule_id="mine", name="Mine", monday=said)
        assert changed["monday"] == [{"from": "00:00:00", "to": "24:00:00", "data": {"mode": "all"}}]
        state, attributes = shown(hub, "schedule.mine") or ("", {})
        assert (state, attributes["mode"]) == ("on", "all")


@pytest.mark.parametrize(
    ("blocks", "sentence"),
    [
        ([{"from": "10:00", "to": "09:00"}], "Invalid time range, from 10:00:00 is after 09:00:00"),
        ([{"from": "10:00", "to": "10:00"}], "Invalid time range"),
        ([{"from": "10:00"}], "required key"),
        ([{"from": "24:00", "to": "24:00"}], "Invalid time specified"),
        ([{"from": "08:00", "to": "11:00"}, {"from": "10:00", "to": "12:00"}], "Overlapping times found in schedule"),
    ],
)
async def test_what_is_wrong_is_said(tmp_path: Path, blocks: Any, sentence: str) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        with pytest.raises(vol.Invalid, match=sentence):
            await Caller(hub)("schedule/create", name="x", monday=blocks)


@pytest.mark.parametrize(
    "wrong",
    [
        "[{from: '10:00', to: '09:00'}]",
        "[{from: '10:00'}]",
        "[{from: '08:00', to: '11:00'}, {from: '10:00', to: '12:00'}]",
        "[{from: soon, to: '12:00'}]",
    ],
)
async def test_the_yaml_is_checked(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(DeploymentError) as refused:
        async with running_hub(Deployment(tmp_path, f"helpers: {{schedule: {{x: {{monday: {wrong}}}}}}}")):
            pass
    assert "linli.yaml" in refused.value.lines[0]
