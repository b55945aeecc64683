"""counter: counts within its bounds, and goes on after a restart."""

from pathlib import Path
from typing import Any

import pytest
import voluptuous as vol

from helper_calls import Caller, shown, tell
from linli import InvalidRequest
from linli.errors import DeploymentError
from linli.testing.hub import Deployment, running_hub

YAML = """
helpers:
  counter:
    laps: {name: Laps, initial: 3, step: 4, minimum: 2, maximum: 7}
    fresh: {initial: 5, restore: false}
    bare:
"""


async def test_it_starts_where_it_is_told(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        bounds = {"initial": 3, "step": 4, "minimum": 2, "maximum": 7}
        assert shown(hub, "counter.laps") == ("3", {"editable": False, "friendly_name": "Laps", **bounds})
        assert shown(hub, "counter.bare") == ("0", {"editable": False, "initial": 0, "step": 1})


async def test_it_counts_within_its_bounds(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        steps = ("increment", "7"), ("increment", "7"), ("decrement", "3"), ("decrement", "2"), ("reset", "3")
        for service, count in steps:
            await tell(hub, f"counter.{service}", entity_id="counter.laps")
            assert (shown(hub, "counter.laps") or ("",))[0] == count, service
        await tell(hub, "counter.set_value", entity_id="counter.laps", value=6)
        assert (shown(hub, "counter.laps") or ("",))[0] == "6"
        for wrong in (0, 8):
            with pytest.raises(InvalidRequest):
                await tell(hub, "counter.set_value", entity_id="counter.laps", value=wrong)
        await tell(hub, "counter.decrement", entity_id="counter.bare")
        assert (shown(hub, "counter.bare") or ("",))[0] == "-1"


async def test_it_goes_on_after_a_restart_unless_it_is_told_not_to(tmp_path: Path) -> None:
    home = Deployment(tmp_path, YAML)
    async with running_hub(home) as hub:
        for name in ("laps", "fresh", "bare"):
            await tell(hub, "counter.set_value", entity_id=f"counter.{name}", value=7)
    (home.folder / "linli.yaml").write_text(YAML.replace("maximum: 7", "maximum: 6"))
    async with running_hub(home) as hub:
        counts = [(shown(hub, f"counter.{name}") or ("",))[0] for name in ("laps", "fresh", "bare")]
        assert counts == ["6", "5", "7"]


async def test_people_make_them_and_new_bounds_hold_at_once(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        say = Caller(hub)
        plain = {"initial": 0, "step": 1, "minimum": None, "maximum": None, "restore": True}
        assert await say("counter/create", name="Mine") == {"id": "mine", "name": "Mine", **plain}
        await tell(hub, "counter.set_value", entity_id="counter.mine", value=9)
        await say("counter/update", counter_id="mine", name="Mine", maximum=7)
        assert (shown(hub, "counter.mine") or ("",))[0] == "7"
        too_large = ({"initial": 1e300}, {"step": 2**63}, {"minimum": -(2**63) - 1}, {"maximum": 10**30})
        for wrong in ({"step": -1}, {"initial": -1}, {"initial": "many"}, {"minimum": True}, *too_large):
            with pytest.raises(vol.Invalid):
                await say("counter/create", name="x", **wrong)


@pytest.mark.parametrize("wrong", ["{minimum: 5, maximum: 1}", "{step: -1}", "{initial: many}"])
async def test_the_yaml_is_checked(tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(DeploymentError) as refused:
        async with running_hub(Deployment(tmp_path, f"helpers: {{counter: {{x: {wrong}}}}}")):
            pass
    assert "linli.yaml" in refused.value.lines[0]
