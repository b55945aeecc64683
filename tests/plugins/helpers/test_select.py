"""input_select: what is chosen, by whom it can be changed, and what is left of it after a restart."""

from pathlib import Path
from typing import Any

import pytest
import voluptuous as vol

from helper_calls import Caller, shown, tell
from linli import RequestError
from linli.errors import DeploymentError
from linli.testing.hub import Deployment, running_hub

YAML = """
helpers:
  input_select:
    scene: {name: Scene, options: [day, night, away], icon: "mdi:sofa"}
    begun: {options: [a, b], initial: b}
"""
SCENE = "input_select.scene"


async def test_the_first_option_is_chosen_at_first(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        dress = {"editable": False, "icon": "mdi:sofa", "friendly_name": "Scene", "options": ["day", "night", "away"]}
        assert shown(hub, SCENE) == ("day", dress)
        assert shown(hub, "input_select.begun") == ("b", {"editable": False, "options": ["a", "b"]})


async def test_services_choose(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        steps: tuple[tuple[str, dict[str, Any], str], ...] = (
            ("select_option", {"option": "night"}, "night"),
            ("select_next", {}, "away"),
            ("select_next", {"cycle": False}, "away"),
            ("select_next", {}, "day"),
            ("select_previous", {"cycle": False}, "day"),
            ("select_previous", {}, "away"),
            ("select_first", {}, "day"),
            ("select_last", {}, "away"),
            ("set_options", {"options": ["x", "away"]}, "away"),
            ("set_options", {"options": ["y", "z"]}, "y"),
        )
        for service, data, chosen in steps:
            await tell(hub, f"input_select.{service}", entity_id=SCENE, **data)
            assert (shown(hub, SCENE) or ("",))[0] == chosen, service
        for service, data in (("select_option", {"option": "day"}), ("set_options", {"options": ["a", "a"]})):
            with pytest.raises(RequestError):
                await tell(hub, f"input_select.{service}", entity_id=SCENE, **data)
        assert (shown(hub, SCENE) or ("",))[0] == "y"


async def test_what_was_chosen_comes_back_unless_a_first_choice_is_said(tmp_path: Path) -> None:
    home = Deployment(tmp_path, YAML)
    async with running_hub(home) as hub:
        await tell(hub, "input_select.select_last", entity_id=SCENE)
        await tell(hub, "input_select.select_first", entity_id="input_select.begun")
    async with running_hub(home) as hub:
        assert (shown(hub, SCENE) or ("",))[0] == "away"
        assert (shown(hub, "input_select.begun") or ("",))[0] == "b"
    (home.folder / "linli.yaml").write_text(YAML.replace(", away", ""))
    async with running_hub(home) as hub:
        assert (shown(hub, SCENE) or ("",))[0] == "day"


async def test_people_make_them(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        say = Caller(hub)
        made = {"id": "mine", "name": "Mine", "options": ["a", "1"], "initial": "1"}
        assert await say("input_select/create", name="Mine", options=["a", 1], initial=1) == made
        assert await say("input_select/list") == [made]
        await say("input_select/update", input_select_id="mine", name="Mine", options=["b"])
        assert (shown(hub, "input_select.mine") or ("",))[0] == "unknown"
        await say("input_select/delete", input_select_id="mine")
        assert shown(hub, "input_select.mine") is None


@pytest.mark.parametrize(
    ("data", "error", "sentence"),
    [
        ({}, vol.Invalid, "required key"),
        ({"options": []}, vol.Invalid, "at least 1"),
        ({"options": [{}]}, vol.Invalid, "should be a string"),
        ({"options": ["a"], "initial": "b"}, vol.Invalid, "b is not part of the options: a"),
        ({"options": ["a", "a"]}, RequestError, "Duplicate options are not allowed"),
    ],
)
async def test_what_is_wrong_is_said(
    tmp_path: Path, data: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        with pytest.raises(error, match=sentence):
            await Caller(hub)("input_select/create", name="x", **data)


@pytest.mark.parametrize("wrong", ["{options: [a], initial: b}", "{options: [a, a]}", "{options: []}", "{}"])
async def test_the_yaml_is_checked(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(DeploymentError) as refused:
        async with running_hub(Deployment(tmp_path, f"helpers: {{input_select: {{x: {wrong}}}}}")):
            pass
    assert "linli.yaml" in refused.value.lines[0]
