"""input_text: what may be written, and what is left of it after a restart."""

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
  input_text:
    note: {name: Note, min: 2, max: 5, pattern: "[a-z]*", unit_of_measurement: w}
    begun: {initial: hello, mode: password}
    bare:
"""
NOTE = "input_text.note"


async def test_it_says_nothing_until_something_is_written(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        bounds: dict[str, Any] = {"editable": False, "min": 0, "max": 100, "pattern": None}
        note = {"min": 2, "max": 5, "pattern": "[a-z]*", "unit_of_measurement": "w", "friendly_name": "Note"}
        assert shown(hub, NOTE) == ("unknown", {**bounds, **note, "mode": "text"})
        assert shown(hub, "input_text.begun") == ("hello", {**bounds, "mode": "password"})
        assert shown(hub, "input_text.bare") == ("unknown", {**bounds, "mode": "text"})


async def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        await tell(hub, "input_text.set_value", entity_id=NOTE, value="abc")
        for wrong in ("a", "abcdef", "ABC"):
            with pytest.raises(InvalidRequest):
                await tell(hub, "input_text.set_value", entity_id=NOTE, value=wrong)
        assert (shown(hub, NOTE) or ("",))[0] == "abc"


async def test_what_was_written_comes_back_where_it_still_fits(tmp_path: Path) -> None:
    home = Deployment(tmp_path, YAML)
    async with running_hub(home) as hub:
        await tell(hub, "input_text.set_value", entity_id=NOTE, value="abc")
        await tell(hub, "input_text.set_value", entity_id="input_text.bare", value="")
        await tell(hub, "input_text.set_value", entity_id="input_text.begun", value="x")
    async with running_hub(home) as hub:
        said = [(shown(hub, f"input_text.{name}") or ("?",))[0] for name in ("note", "bare", "begun")]
        assert said == ["abc", "", "hello"]
    (home.folder / "linli.yaml").write_text(YAML.replace("max: 5", "max: 2"))
    async with running_hub(home) as hub:
        assert (shown(hub, NOTE) or ("",))[0] == "unknown"


async def test_people_make_them(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        say = Caller(hub)
        made = {"id": "mine", "name": "Mine", "min": 0, "max": 100, "mode": "text", "initial": "7"}
        assert await say("input_text/create", name="Mine", initial=7) == made
        await say("input_text/update", input_text_id="mine", name="Mine", mode="password")
        now = shown(hub, "input_text.mine")
        assert now is not None
        assert (now[0], now[1]["mode"]) == ("7", "password")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"min": 5, "max": 1}, r"Max len \(1\) is not greater than min len \(5\)"),
        ({"min": 3, "initial": "a"}, "Initial value a length not in range 3-100"),
        ({"max": 256}, "at most 255"),
        ({"mode": "shout"}, "must be one of"),
        ({"pattern": "("}, "invalid regular expression"),
        ({"pattern": "[a-z]" * 1000}, "at most 1000 characters"),
    ],
)
async def test_what_is_wrong_is_said(tmp_path: Path, data: dict[str, Any], sentence: str) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        with pytest.raises(vol.Invalid, match=sentence):
            await Caller(hub)("input_text/create", name="x", **data)


@pytest.mark.parametrize("wrong", ["{min: 5, max: 1}", "{initial: abc, max: 2}", "{max: 256}", "{pattern: '('}"])
async def test_the_yaml_is_checked(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(DeploymentError) as refused:
        async with running_hub(Deployment(tmp_path, f"helpers: {{input_text: {{x: {wrong}}}}}")):
            pass
    assert "linli.yaml" in refused.value.lines[0]
