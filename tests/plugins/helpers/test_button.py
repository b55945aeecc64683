"""input_button: shows when it was last pressed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from helper_calls import Caller, shown, tell
from linli.clock import SimulatedClock
from linli.testing.hub import Deployment, running_hub

YAML = "helpers: {input_button: {bell: {name: Bell, icon: 'mdi:bell'}, bare: }}"
BELL = "input_button.bell"


async def test_it_shows_when_it_was_pressed_also_after_a_restart(tmp_path: Path) -> None:
    home = Deployment(tmp_path, YAML)
    clock = SimulatedClock(datetime(2025, 6, 1, 12, tzinfo=UTC))
    async with running_hub(home, clock=clock) as hub:
        dress = {"editable": False, "friendly_name": "Bell", "icon": "mdi:bell"}
        assert shown(hub, BELL) == ("unknown", dress)
        before = clock.now()
        await tell(hub, "input_button.press", entity_id=BELL)
        pressed = (shown(hub, BELL) or ("",))[0]
        assert timedelta(0) <= datetime.fromisoformat(pressed) - before < timedelta(seconds=1)
    async with running_hub(home, clock=SimulatedClock(datetime(2025, 6, 2, tzinfo=UTC))) as hub:
        assert shown(hub, BELL) == (pressed, dress)
        assert (shown(hub, "input_button.bare") or ("",))[0] == "unknown"


async def test_people_make_them(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, YAML)) as hub:
        say = Caller(hub)
        assert await say("input_button/create", name="Mine") == {"id": "mine", "name": "Mine"}
        await tell(hub, "input_button.press", entity_id="input_button.mine")
        pressed = shown(hub, "input_button.mine")
        await say("input_button/update", input_button_id="mine", name="Ours")
        assert shown(hub, "input_button.mine") == ((pressed or ("",))[0], {"editable": True, "friendly_name": "Ours"})
        await say("input_button/delete", input_button_id="mine")
        assert await say("input_button/list") == []
