"""Helpers in a whole hub: written in the YAML, made by people, told, kept over a restart."""

import json
from pathlib import Path
from typing import Any

import pytest
import voluptuous as vol

import linli_helpers
from helper_calls import Caller, shown, tell
from linli import InvalidRequest, NotFound
from linli.errors import DeploymentError
from linli.testing.hub import Deployment, running_hub
from linli.translations import flatten

YAML = """
helpers:
  input_boolean:
    guests: {name: Guests, icon: "mdi:account"}
    started: {initial: true}
    bare:
  input_number:
    level: {min: 1, max: 9, step: 3, unit_of_measurement: "%"}
"""


async def test_the_yaml_makes_helpers(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        guests = {"editable": False, "icon": "mdi:account", "friendly_name": "Guests"}
        assert shown(hub, "input_boolean.guests") == ("off", guests)
        assert shown(hub, "input_boolean.started") == ("on", {"editable": False})
        assert shown(hub, "input_boolean.bare") == ("off", {"editable": False})
        assert shown(hub, "input_number.level") == (
            "1.0",
            {
                "initial": None,
                "min": 1.0,
                "max": 9.0,
                "step": 3.0,
                "mode": "slider",
                "editable": False,
                "unit_of_measurement": "%",
            },
        )


async def test_services_move_them_within_their_bounds(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        level: dict[str, Any] = {"entity_id": "input_number.level"}
        for service, data, state in (
            ("set_value", {"value": 8}, "8.0"),
            ("increment", {}, "9.0"),
            ("decrement", {}, "6.0"),
        ):
            await tell(hub, f"input_number.{service}", **level, **data)
            now = shown(hub, "input_number.level")
            assert now is not None
            assert now[0] == state
        with pytest.raises(InvalidRequest):
            await tell(hub, "input_number.set_value", **level, value=99)
        for service, state in (("turn_on", "on"), ("toggle", "off"), ("toggle", "on"), ("turn_off", "off")):
            await tell(hub, f"input_boolean.{service}", entity_id="input_boolean.guests")
            now = shown(hub, "input_boolean.guests")
            assert now is not None
            assert now[0] == state


async def test_they_come_back_as_they_were(tmp_path: Path) -> None:
    home = Deployment(tmp_path, YAML)
    async with running_hub(home) as hub:
        await Caller(hub)("input_number/create", name="Made", min=0, max=10)
        await tell(hub, "input_number.set_value", entity_id="input_number.made", value=7)
        await tell(hub, "input_boolean.turn_on", entity_id="input_boolean.guests")
        await tell(hub, "input_boolean.turn_off", entity_id="input_boolean.started")
    async with running_hub(home) as hub:
        states = {name: (shown(hub, name) or ("",))[0] for name in (
            "input_number.made", "input_boolean.guests", "input_boolean.started",
        )}  # fmt: skip
        assert states == {"input_number.made": "7.0", "input_boolean.guests": "on", "input_boolean.started": "on"}


async def test_people_make_change_and_remove_them(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        say = Caller(hub)
        made = {"id": "compat_switch", "name": "Compat Switch", "icon": "mdi:toggle-switch", "initial": True}
        asked = {key: value for key, value in made.items() if key != "id"}
        assert await say("input_boolean/create", **asked) == made
        assert await say("input_boolean/list") == [made]
        attributes = {"editable": True, "icon": "mdi:toggle-switch", "friendly_name": "Compat Switch"}
        assert shown(hub, "input_boolean.compat_switch") == ("on", attributes)
        assert (await say("input_boolean/create", name="Compat Switch"))["id"] == "compat_switch_2"
        await say("input_boolean/update", input_boolean_id="compat_switch", name="Renamed")
        assert shown(hub, "input_boolean.compat_switch") == ("on", {"editable": True, "friendly_name": "Renamed"})
        assert await say("input_boolean/delete", input_boolean_id="compat_switch") is None
        assert shown(hub, "input_boolean.compat_switch") is None
        with pytest.raises(NotFound, match="Unable to find input_boolean_id compat_switch"):
            await say("input_boolean/delete", input_boolean_id="compat_switch")
        with pytest.raises(NotFound, match="Unable to find input_boolean_id compat_switch"):
            await say("input_boolean/update", input_boolean_id="compat_switch", name="x")


async def test_a_number_is_brought_between_its_new_bounds(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        say = Caller(hub)
        made = await say("input_number/create", name="Level", min=1, max=9, step=0.5, mode="box")
        assert made == {"id": "level_2", "name": "Level", "min": 1.0, "max": 9.0, "step": 0.5, "mode": "box"}
        await say("input_number/update", input_number_id="level_2", name="Level", min=3, max=9)
        now = shown(hub, "input_number.level_2")
        assert now is not None
        assert (now[0], now[1]["mode"], now[1]["step"]) == ("3.0", "slider", 1.0)


@pytest.mark.parametrize(
    ("command", "data", "sentence"),
    [
        ("input_boolean/create", {"name": ""}, "length of value must be at least 1"),
        ("input_boolean/create", {"name": "x", "icon": "noicon"}, "Icons should be specified"),
        ("input_boolean/create", {"name": "x", "initial": "perhaps"}, "invalid boolean value perhaps"),
        ("input_boolean/create", {"name": "x", "extra": 1}, "extra keys not allowed"),
        ("input_number/create", {"name": "x", "min": 5, "max": 1}, r"Maximum \(5.0\) is not greater than"),
        ("input_number/create", {"name": "x", "min": 0, "max": 9, "initial": 11}, "Initial value 11.0 not in range"),
        ("input_number/create", {"name": "x", "min": 0, "max": 9, "step": 0}, "value must be at least 1e-09"),
        ("input_number/create", {"name": "x", "min": 0, "max": "nan"}, "finite"),
    ],
)
async def test_what_is_wrong_is_said(tmp_path: Path, command: str, data: dict[str, Any], sentence: str) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        with pytest.raises(vol.Invalid, match=sentence):
            await Caller(hub)(command, **data)


async def test_followers_are_told_of_every_change(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        say = Caller(hub)
        await say("input_boolean/subscribe")
        await say("input_boolean/create", name="Seen")
        await say("input_boolean/update", input_boolean_id="seen", name="Again")
        await say("input_boolean/delete", input_boolean_id="seen")
        assert say.events[0] == []
        assert [change["change_type"] for event in say.events for change in event] == ["added", "updated", "removed"]
        say.undo[0]()
        await say("input_boolean/create", name="Unseen")
        assert len(say.events) == 4


async def test_nobody_is_told_of_what_is_not_theirs_to_see(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        say, other = Caller(hub), Caller(hub, hub.rooms.auth.views.nobody)
        await other("input_boolean/subscribe")
        await say("input_boolean/create", name="Private")
        assert await other("input_boolean/list") == []
        assert other.events == [[]]
        with pytest.raises(NotFound):
            await other("input_boolean/delete", input_boolean_id="private")


RELOADED = """
helpers:
  input_boolean:
    guests: {name: Visitors}
    started: {initial: true}
    fresh: {initial: true}
  input_number:
    level: {min: 1, max: 4}
"""


async def test_reload_takes_up_what_the_yaml_says_now(tmp_path: Path) -> None:
    home = Deployment(tmp_path, YAML)
    async with running_hub(home) as hub:
        await Caller(hub)("input_boolean/create", name="Made")
        await tell(hub, "input_boolean.turn_off", entity_id="input_boolean.started")
        await tell(hub, "input_boolean.turn_on", entity_id="input_boolean.guests")
        await tell(hub, "input_number.set_value", entity_id="input_number.level", value=8)
        untouched = [hub.rooms.states.get(f"input_boolean.{name}") for name in ("started", "made")]
        (home.folder / "linli.yaml").write_text(RELOADED)
        await tell(hub, "input_number.reload")
        assert [hub.rooms.states.get(f"input_boolean.{name}") for name in ("started", "made")] == untouched
        assert shown(hub, "input_boolean.guests") == ("on", {"editable": False, "friendly_name": "Visitors"})
        assert (shown(hub, "input_boolean.fresh") or ("",))[0] == "on"
        assert shown(hub, "input_boolean.bare") is None
        assert hub.rooms.registries.entities.get("input_boolean.bare") is None
        assert (shown(hub, "input_number.level") or ("",))[0] == "4.0"


async def test_a_helper_that_the_yaml_lets_go_of_shows_that_of_a_person(tmp_path: Path) -> None:
    home = Deployment(tmp_path, YAML)
    async with running_hub(home) as hub:
        await Caller(hub)("input_boolean/create", name="Fresh")
        (home.folder / "linli.yaml").write_text(RELOADED)
        await tell(hub, "input_boolean.reload")
        assert (shown(hub, "input_boolean.fresh") or ("", {}))[1]["editable"] is False
        assert await Caller(hub)("input_boolean/list") == []
        (home.folder / "linli.yaml").write_text(YAML)
        await tell(hub, "input_boolean.reload")
        assert (shown(hub, "input_boolean.fresh") or ("", {}))[1]["editable"] is True


async def test_reload_changes_nothing_where_the_yaml_has_a_mistake(tmp_path: Path) -> None:
    home = Deployment(tmp_path, YAML)
    async with running_hub(home) as hub:
        (home.folder / "linli.yaml").write_text(RELOADED.replace("max: 4", "max: 0"))
        with pytest.raises(DeploymentError) as refused:
            await tell(hub, "input_boolean.reload")
        assert "linli.yaml:8:" in refused.value.lines[0]
        assert shown(hub, "input_boolean.fresh") is None


def test_both_languages_say_the_same() -> None:
    folder = Path(linli_helpers.__file__).parent / "translations"
    english, chinese = (flatten(json.loads((folder / f"{name}.json").read_text("utf-8"))) for name in ("en", "zh-Hans"))
    assert english.keys() == chinese.keys()
