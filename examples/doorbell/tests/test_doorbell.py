"""The doorbell in a whole hub on simulated time: in the hub's process, and in one of its own."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linli.clock import SimulatedClock
from linli.hub import Hub
from linli.testing import Deployment, running_hub

PACKAGE = Path(__file__).parents[1] / "linli_doorbell"
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
WAYS = {
    "in the hub": "trusted: [doorbell]",
    "in a process of its own": "trusted: [doorbell], children: [doorbell]",
    "not trusted": "packs: []",
}


@pytest.fixture(params=WAYS)
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Deployment:
    """The plugin dropped in under its own name, as it would be found installed."""
    yaml = f"linli: {{{WAYS[request.param]}, time_zone: Asia/Shanghai}}\ndoorbell: {{button: front}}"
    deployment = Deployment(tmp_path, yaml)
    shutil.copytree(PACKAGE, deployment.folder / "plugins" / "doorbell")
    return deployment


def rings(hub: Hub) -> str:
    state = hub.rooms.states.get("sensor.doorbell_rings")
    assert state is not None
    return state.state


@pytest.mark.parametrize("encoded", [False, True], ids=["in the hub", "through the encoder"])
async def test_a_press_counts_and_rings(home: Deployment, encoded: bool) -> None:
    clock = SimulatedClock(NOON)
    async with running_hub(home, clock=clock, encoded=encoded) as hub:
        heard = []
        hub.rooms.bus.listen("doorbell_rang", lambda event: heard.append(event.data))
        hub.rooms.bus.fire("doorbell_pressed", {"button": "front"})
        hub.rooms.bus.fire("doorbell_pressed", {"button": "garden"})
        await clock.settle()
        assert (rings(hub), heard) == ("1", [{"button": "front", "heard_by": []}])


async def test_at_night_it_counts_and_stays_silent(home: Deployment) -> None:
    clock = SimulatedClock(NOON)
    async with running_hub(home, clock=clock) as hub:
        heard = []
        hub.rooms.bus.listen("doorbell_rang", lambda event: heard.append(event.data))
        await clock.forward(hours=12)
        hub.rooms.bus.fire("doorbell_pressed", {"button": "front"})
        await clock.settle()
        assert (rings(hub), heard) == ("1", [])


async def test_the_count_survives_a_restart_and_a_person_may_begin_anew(home: Deployment) -> None:
    clock = SimulatedClock(NOON)
    async with running_hub(home, clock=clock) as hub:
        hub.rooms.bus.fire("doorbell_pressed", {"button": "front"})
        await clock.settle()
        assert rings(hub) == "1"
    clock = SimulatedClock(NOON)
    async with running_hub(home, clock=clock) as hub:
        await clock.settle()
        assert rings(hub) == "1"
        await hub.rooms.services.call("doorbell", "forget")
        await clock.settle()
        assert rings(hub) == "0"
