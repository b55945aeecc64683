"""input_datetime: a day, a time, or both, by the clocks of the house."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import voluptuous as vol

from helper_calls import Caller, shown, tell
from linli import InvalidRequest
from linli.clock import SimulatedClock
from linli.errors import DeploymentError
from linli.testing.hub import Deployment, running_hub

YAML = """
linli: {time_zone: Asia/Shanghai}
helpers:
  input_datetime:
    both: {name: Both, has_date: true, has_time: true}
    day: {has_date: true, initial: 2025-05-06}
    wake: {has_time: true, initial: "06:30"}
    free: {has_time: true}
"""
BOTH = "input_datetime.both"


def said(hub: Any, name: str) -> tuple[str, float]:
    state = shown(hub, f"input_datetime.{name}")
    assert state is not None
    return state[0], state[1]["timestamp"]


async def test_they_start_today_at_midnight_or_where_they_are_told(tmp_path: Path) -> None:
    clock = SimulatedClock(datetime(2025, 6, 30, 20, tzinfo=UTC))
    async with running_hub(Deployment(tmp_path, YAML), clock=clock) as hub:
        assert said(hub, "both") == ("2025-07-01 00:00:00", datetime(2025, 6, 30, 16, tzinfo=UTC).timestamp())
        assert said(hub, "day") == ("2025-05-06", datetime(2025, 5, 5, 16, tzinfo=UTC).timestamp())
        assert said(hub, "wake") == ("06:30:00", 23400)
        assert said(hub, "free") == ("00:00:00", 0)
        attributes = (shown(hub, BOTH) or ("", {}))[1]
        assert {key: attributes[key] for key in ("year", "month", "day", "hour", "minute", "second")} == {
            "year": 2025, "month": 7, "day": 1, "hour": 0, "minute": 0, "second": 0,
        }  # fmt: skip
        assert not {"hour", "minute", "second"} & (shown(hub, "input_datetime.day") or ("", {}))[1].keys()
        assert not {"year", "month", "day"} & (shown(hub, "input_datetime.wake") or ("", {}))[1].keys()


@pytest.mark.parametrize(
    ("data", "state"),
    [
        ({"datetime": "2025-03-04 05:06:07"}, "2025-03-04 05:06:07"),
        ({"datetime": "2025-03-04T05:06:07+00:00"}, "2025-03-04 13:06:07"),
        ({"date": "2025-04-05"}, "2025-04-05 00:00:00"),
        ({"time": "23:59"}, "2025-01-01 23:59:00"),
        ({"date": "2025-04-06", "time": "01:02:03"}, "2025-04-06 01:02:03"),
        ({"timestamp": 1700000000.7}, "2023-11-15 06:13:20"),
    ],
)
async def test_they_are_set_in_several_ways(tmp_path: Path, data: dict[str, Any], state: str) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        await tell(hub, "input_datetime.set_datetime", entity_id=BOTH, **data)
        assert said(hub, "both")[0] == state


async def test_only_what_they_have_is_set(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        for name in ("day", "wake"):
            moment = {"entity_id": f"input_datetime.{name}", "datetime": "2025-03-04 05:06:07"}
            await tell(hub, "input_datetime.set_datetime", **moment)
        assert (said(hub, "day")[0], said(hub, "wake")[0]) == ("2025-03-04", "05:06:07")
        for name, data in (("day", {"time": "01:00"}), ("wake", {"date": "2025-03-05"}), ("day", {"timestamp": 1e15})):
            with pytest.raises(InvalidRequest):
                await tell(hub, "input_datetime.set_datetime", entity_id=f"input_datetime.{name}", **data)


@pytest.mark.parametrize("data", [{}, {"datetime": "2025-03-04 05:06", "time": "01:00"}, {"date": "tomorrow"}])
async def test_a_call_says_one_thing(tmp_path: Path, data: dict[str, Any]) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        with pytest.raises((vol.Invalid, InvalidRequest)):
            await tell(hub, "input_datetime.set_datetime", entity_id=BOTH, **data)


async def test_they_come_back(tmp_path: Path) -> None:
    home = Deployment(tmp_path, YAML)
    async with running_hub(home) as hub:
        for name in ("both", "day", "wake", "free"):
            moment = {"entity_id": f"input_datetime.{name}", "datetime": "2024-02-29 05:06:07"}
            await tell(hub, "input_datetime.set_datetime", **moment)
    async with running_hub(home) as hub:
        assert [said(hub, name)[0] for name in ("both", "day", "wake", "free")] == [
            "2024-02-29 05:06:07", "2025-05-06", "06:30:00", "05:06:07",
        ]  # fmt: skip


async def test_people_make_them_and_a_change_keeps_the_moment(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        say = Caller(hub)
        made = {"id": "mine", "name": "Mine", "has_date": True, "has_time": True, "initial": "2025-02-03 04:05:06"}
        asked = {key: value for key, value in made.items() if key != "id"}
        assert await say("input_datetime/create", **asked) == made
        await say("input_datetime/update", input_datetime_id="mine", name="Mine", has_time=True)
        assert said(hub, "mine") == ("04:05:06", 14706)
        await say("input_datetime/update", input_datetime_id="mine", name="Mine", has_date=True, has_time=True)
        assert said(hub, "mine")[0] == "2025-02-03 04:05:06"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "Entity needs at least a date or a time"),
        ({"has_date": True, "initial": "perhaps"}, "Initial value 'perhaps' can't be parsed as a date"),
        ({"has_time": True, "initial": "2025-01-01"}, "can't be parsed as a time"),
    ],
)
async def test_what_is_wrong_is_said(tmp_path: Path, data: dict[str, Any], sentence: str) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        with pytest.raises(vol.Invalid, match=sentence):
            await Caller(hub)("input_datetime/create", name="x", **data)


@pytest.mark.parametrize("wrong", ["{}", "{has_time: true, initial: 2025-01-01}", "{has_date: true, initial: '06:00'}"])
async def test_the_yaml_is_checked(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(DeploymentError) as refused:
        async with running_hub(Deployment(tmp_path, f"helpers: {{input_datetime: {{x: {wrong}}}}}")):
            pass
    assert "linli.yaml" in refused.value.lines[0]
