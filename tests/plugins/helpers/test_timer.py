"""timer: counts down, tells when it is over, and goes on after a restart at the right time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import voluptuous as vol

from helper_calls import Caller, shown, tell
from linli import RequestError
from linli.clock import SimulatedClock
from linli.hub import Hub
from linli.testing.hub import Deployment, running_hub

YAML = """
helpers:
  timer:
    egg: {name: Egg, duration: "0:10:00"}
    wash: {duration: 3725, restore: true}
    bare:
"""
START = datetime(2025, 6, 1, 12, tzinfo=UTC)
EGG, WASH = "timer.egg", "timer.wash"


@contextmanager
def heard(hub: Hub) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """What timers tell."""
    told: list[tuple[str, dict[str, Any]]] = []
    undo = [
        hub.rooms.bus.listen(
            f"timer.{name}", lambda event: told.append((event.event_type.partition(".")[2], dict(event.data)))
        )
        for name in ("started", "restarted", "paused", "cancelled", "finished", "changed")
    ]
    yield told
    for each in undo:
        each()


def state(hub: Hub, timer: str = EGG) -> str:
    return (shown(hub, timer) or ("",))[0]


async def test_it_is_idle_at_first(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        assert shown(hub, EGG) == ("idle", {"duration": "0:10:00", "editable": False, "friendly_name": "Egg"})
        assert shown(hub, WASH) == ("idle", {"duration": "1:02:05", "editable": False, "restore": True})
        assert shown(hub, "timer.bare") == ("idle", {"duration": "0:00:00", "editable": False})


async def test_it_runs_and_tells_when_it_is_over(tmp_path: Path) -> None:
    clock = SimulatedClock(START)
    async with running_hub(Deployment(tmp_path, YAML), clock=clock) as hub:
        with heard(hub) as told:
            started = clock.now()
            await tell(hub, "timer.start", entity_id=EGG)
            attributes = (shown(hub, EGG) or ("", {}))[1]
            ends = datetime.fromisoformat(attributes["finishes_at"])
            assert timedelta(0) <= ends - started - timedelta(minutes=10) < timedelta(seconds=1)
            assert (state(hub), attributes["remaining"]) == ("active", "0:10:00")
            await clock.forward(599)
            assert state(hub) == "active"
            await clock.forward(2)
            assert state(hub) == "idle"
            finished = {"entity_id": EGG, "finished_at": ends.isoformat()}
            assert told == [("started", {"entity_id": EGG}), ("finished", finished)]


async def test_it_pauses_goes_on_starts_anew_and_is_cancelled(tmp_path: Path) -> None:
    clock = SimulatedClock(START)
    async with running_hub(Deployment(tmp_path, YAML), clock=clock) as hub:
        with heard(hub) as told:
            await tell(hub, "timer.start", entity_id=EGG, duration=90)
            assert (shown(hub, EGG) or ("", {}))[1]["duration"] == "0:01:30"
            await clock.forward(60)
            await tell(hub, "timer.pause", entity_id=EGG)
            await clock.forward(3600)
            assert (state(hub), (shown(hub, EGG) or ("", {}))[1]["remaining"]) in (
                ("paused", "0:00:30"), ("paused", "0:00:29"),
            )  # fmt: skip
            await tell(hub, "timer.start", entity_id=EGG)
            await clock.forward(20)
            assert state(hub) == "active"
            await tell(hub, "timer.start", entity_id=EGG)
            await clock.forward(80)
            assert state(hub) == "active"
            await tell(hub, "timer.cancel", entity_id=EGG)
            await tell(hub, "timer.cancel", entity_id=EGG)
            await tell(hub, "timer.finish", entity_id=EGG)
            await clock.forward(600)
            assert [name for name, _ in told] == ["started", "paused", "restarted", "restarted", "cancelled"]
            assert (shown(hub, EGG) or ("", {}))[1]["duration"] == "0:10:00"


async def test_it_is_changed_only_within_its_duration(tmp_path: Path) -> None:
    clock = SimulatedClock(START)
    async with running_hub(Deployment(tmp_path, YAML), clock=clock) as hub:
        with heard(hub) as told:
            with pytest.raises(RequestError, match="does not run"):
                await tell(hub, "timer.change", entity_id=EGG, duration=10)
            await tell(hub, "timer.start", entity_id=EGG)
            await tell(hub, "timer.change", entity_id=EGG, duration="-0:09:00")
            for wrong in (3600, -3600):
                with pytest.raises(RequestError):
                    await tell(hub, "timer.change", entity_id=EGG, duration=wrong)
            await clock.forward(61)
            assert [name for name, _ in told] == ["started", "changed", "finished"]
            await tell(hub, "timer.start", entity_id=EGG)
            await tell(hub, "timer.pause", entity_id=EGG)
            await tell(hub, "timer.finish", entity_id=EGG)
            assert [name for name, _ in told[3:]] == ["started", "paused", "finished"]


async def test_one_that_restores_goes_on_after_a_restart_at_the_right_time(tmp_path: Path) -> None:
    home = Deployment(tmp_path, YAML)
    clock = SimulatedClock(START)
    async with running_hub(home, clock=clock) as hub:
        for timer in (EGG, WASH):
            await tell(hub, "timer.start", entity_id=timer, duration=600)
        ends = (shown(hub, WASH) or ("", {}))[1]["finishes_at"]
    later = SimulatedClock(START + timedelta(seconds=300))
    async with running_hub(home, clock=later) as hub:
        with heard(hub) as told:
            await later.settle()
            assert (state(hub, EGG), state(hub, WASH)) == ("idle", "active")
            assert (shown(hub, WASH) or ("", {}))[1]["finishes_at"] == ends
            await later.forward(290)
            assert state(hub, WASH) == "active"
            await later.forward(20)
            assert state(hub, WASH) == "idle"
            assert ("finished", {"entity_id": WASH, "finished_at": ends}) in told
    async with running_hub(home, clock=SimulatedClock(START + timedelta(days=1))) as hub:
        assert state(hub, WASH) == "idle"


@pytest.mark.parametrize("step_s", [3600, -3600])
async def test_it_counts_the_time_that_passes_whatever_the_wall_clock_does(tmp_path: Path, step_s: int) -> None:
    clock = SimulatedClock(START)
    async with running_hub(Deployment(tmp_path, YAML), clock=clock) as hub:
        with heard(hub) as told:
            await tell(hub, "timer.start", entity_id=EGG)
            await clock.forward(60)
            clock.step_wall(step_s)
            await clock.forward(538)
            ends = (shown(hub, EGG) or ("", {}))[1]["finishes_at"]
            left = datetime.fromisoformat(ends) - clock.now()
            assert timedelta(seconds=1) <= left < timedelta(seconds=3)
            assert [name for name, _ in told] == ["started"]
            await clock.forward(3)
            assert [name for name, _ in told] == ["started", "finished"]


async def test_what_is_left_when_it_pauses_is_what_was_left_by_the_time_that_passed(tmp_path: Path) -> None:
    clock = SimulatedClock(START)
    async with running_hub(Deployment(tmp_path, YAML), clock=clock) as hub:
        await tell(hub, "timer.start", entity_id=EGG)
        await clock.forward(60)
        clock.step_wall(3600)
        await tell(hub, "timer.pause", entity_id=EGG)
        assert (shown(hub, EGG) or ("", {}))[1]["remaining"] in ("0:08:59", "0:09:00")


async def test_after_a_restart_with_a_clock_far_behind_it_runs_no_longer_than_it_was_to(tmp_path: Path) -> None:
    home = Deployment(tmp_path, YAML)
    async with running_hub(home, clock=SimulatedClock(START)) as hub:
        await tell(hub, "timer.start", entity_id=WASH, duration=600)
    behind = SimulatedClock(START - timedelta(days=900))
    async with running_hub(home, clock=behind) as hub:
        with heard(hub) as told:
            await behind.forward(601)
            assert [name for name, _ in told][-1] == "finished"


SLOW = """
import asyncio
import voluptuous as vol
from linli import Manifest, hookimpl

MANIFEST = Manifest(domain="slow", layer="perception", after=("helpers",))
CONFIG = vol.Schema({})

@hookimpl
async def linli_setup_entry(ctx, entry):
    await asyncio.sleep(0.1)
"""
MANY = "\n".join(
    f"  - {{alias: r{n}, id: r{n}, triggers: [{{trigger: template, value_template: '{{{{ {n} > now().year }}}}'}}], "
    "actions: []}"
    for n in range(30)
)
LISTENING = (
    f"""
  counter: {{heard: , seen: }}
home:
slow:
automation:
{MANY}
"""
    + """\
  - {alias: heard, id: heard, triggers: [{trigger: event, event_type: timer.finished}],
     actions: [{action: counter.increment, target: {entity_id: counter.heard}}]}
  - {alias: seen, id: seen, triggers: [{trigger: state, entity_id: timer.wash, from: active, to: idle}],
     actions: [{action: counter.increment, target: {entity_id: counter.seen}}]}
"""
)


async def test_one_that_ended_while_the_hub_was_down_tells_it_once_and_when_the_rules_listen(tmp_path: Path) -> None:
    home = Deployment(tmp_path, YAML + LISTENING).drop_in("slow", SLOW)
    async with running_hub(home, clock=SimulatedClock(START)) as hub:
        await tell(hub, "timer.start", entity_id=WASH, duration=600)
    for day in (1, 2):
        later = SimulatedClock(START + timedelta(days=day))
        async with running_hub(home, clock=later) as hub:
            await later.settle()
            assert [state(hub, each) for each in (WASH, "counter.heard", "counter.seen")] == ["idle", "1", "1"]


async def test_one_that_ended_meanwhile_or_paused_is_as_it_should_be(tmp_path: Path) -> None:
    home = Deployment(tmp_path, YAML)
    async with running_hub(home, clock=SimulatedClock(START)) as hub:
        await tell(hub, "timer.start", entity_id=WASH)
    later = SimulatedClock(START + timedelta(days=1))
    async with running_hub(home, clock=later) as hub:
        await later.forward(1)
        assert state(hub, WASH) == "idle"
        await tell(hub, "timer.start", entity_id=WASH, duration=600)
        await tell(hub, "timer.pause", entity_id=WASH)
    last = SimulatedClock(START + timedelta(days=2))
    async with running_hub(home, clock=last) as hub:
        await last.settle()
        assert state(hub, WASH) == "paused"


async def test_people_make_them_and_one_that_is_deleted_leaves_nothing(tmp_path: Path) -> None:
    clock = SimulatedClock(START)
    async with running_hub(Deployment(tmp_path, YAML), clock=clock) as hub:
        say = Caller(hub)
        made = {"id": "mine", "name": "Mine", "duration": "0:01:30", "restore": True}
        assert await say("timer/create", name="Mine", duration=90, restore=True) == made
        await tell(hub, "timer.start", entity_id="timer.mine")
        with heard(hub) as told:
            await say("timer/delete", timer_id="mine")
            await clock.forward(100)
            assert told == []
        assert shown(hub, "timer.mine") is None
        await say("timer/create", name="Mine", duration="00:02", restore=True)
        await clock.forward(1)
        assert state(hub, "timer.mine") == "idle"
        assert (await say("timer/list"))[0]["duration"] == "0:02:00"
        for wrong in ("long", -5):
            with pytest.raises(vol.Invalid, match="should be format"):
                await say("timer/create", name="x", duration=wrong)
