"""Scenes: applied, created, activated, deleted; what each domain is told on the way to a state."""

from pathlib import Path
from typing import Any

import pytest

from linli import EntityId, Forbidden, InvalidRequest, NotSupported, State
from linli.auth import COMMAND_ACTOR
from linli.context import Context
from linli.hub import Hub
from linli.ids import PlaceId
from linli.testing.hub import running_hub
from linli_home.reproduce import Wanted, calls_for

from .laboratory import laboratory

ROOM = (
    'lamp = ctx.entities.add(api.Light(unique_id="l", name="Lamp", color_modes=frozenset({api.ColorMode.BRIGHTNESS}), '
    'transition=True, turn_on=tell("on"), turn_off=tell("off")))',
    "lamp.write(api.LightReading(on=False))",
    'ctx.entities.add(api.Switch(unique_id="p", name="Plug", turn_on=tell("plug_on"), turn_off=tell("plug_off")))'
    ".write(True)",
    'ctx.entities.add(api.Scene(unique_id="e", name="Evening", turn_on=tell("evening")))',
)


def shows(state: str, **attributes: Any) -> State:
    return State(EntityId("x.y"), state, attributes, 0.0, 0.0, Context())


@pytest.mark.parametrize(
    ("domain", "state", "attributes", "now", "calls"),
    [
        ("switch", "on", {}, shows("off"), [("turn_on", {})]),
        ("switch", "on", {}, shows("on"), []),
        ("switch", "up", {}, shows("off"), None),
        (
            "light",
            "on",
            {"brightness": 9, "hs_color": None},
            shows("on", brightness=7),
            [("turn_on", {"brightness": 9})],
        ),
        (
            "light",
            "on",
            {"color_mode": "color_temp", "hs_color": (1, 2), "color_temp_kelvin": 3000},
            shows("off"),
            [("turn_on", {"color_temp_kelvin": 3000})],
        ),
        ("cover", "closed", {}, shows("open"), [("close_cover", {})]),
        (
            "cover",
            "open",
            {"current_position": 70},
            shows("open", current_position=30),
            [("set_cover_position", {"position": 70})],
        ),
        (
            "climate",
            "heat",
            {"temperature": 25, "fan_mode": "low", "humidity": 50},
            shows("off", hvac_modes=["heat", "off"]),
            [
                ("set_hvac_mode", {"hvac_mode": "heat"}),
                ("set_temperature", {"temperature": 25}),
                ("set_fan_mode", {"fan_mode": "low"}),
                ("set_humidity", {"humidity": 50}),
            ],
        ),
        ("fan", "on", {"percentage": 67}, shows("off"), [("turn_on", {"percentage": 67})]),
        ("humidifier", "on", {"humidity": 33}, shows("off"), [("turn_on", {}), ("set_humidity", {"humidity": 33})]),
        ("media_player", "playing", {}, shows("off"), [("turn_on", {}), ("media_play", {})]),
        ("vacuum", "cleaning", {}, shows("docked"), [("start", {})]),
        ("lock", "unlocked", {}, shows("locked"), [("unlock", {})]),
        ("alarm_control_panel", "armed_home", {}, shows("disarmed"), [("alarm_arm_home", {})]),
        ("number", "0.7", {}, shows("0.4"), [("set_value", {"value": "0.7"})]),
        ("select", "b", {}, shows("a"), [("select_option", {"option": "b"})]),
        ("sensor", "4", {}, shows("3"), None),
        ("valve", "open", {}, shows("closed"), None),
    ],
)
def test_what_an_entity_is_told_on_the_way_to_a_state(
    domain: str, state: str, attributes: dict[str, Any], now: State, calls: Any
) -> None:
    assert calls_for(domain, Wanted(state, attributes), now) == calls


def told(hub: Hub, name: str) -> bool:
    return hub.rooms.states.get(f"lab.{name}") is not None


async def test_apply_brings_entities_to_states_with_a_transition(tmp_path: Path) -> None:
    async with running_hub(laboratory(tmp_path, *ROOM)) as hub:
        wanted = {"light.lamp": {"state": "on", "brightness": 5}, "switch.plug": False, "light.nobody": "on"}
        await hub.rooms.services.call("scene", "apply", {"entities": wanted, "transition": 9000})
        lamp = hub.rooms.states.get("lab.on")
        assert lamp is not None
        assert told(hub, "plug_off")
        said = [hub.rooms.states.get("lab.told")]
        assert said[0] is not None


@pytest.mark.parametrize("wrong", [{"light.lamp": None}, {"light.lamp": {"brightness": 5}}, {"x": "on"}, 5])
async def test_a_state_that_is_none_is_refused(tmp_path: Path, wrong: Any) -> None:
    async with running_hub(laboratory(tmp_path, *ROOM)) as hub:
        with pytest.raises(InvalidRequest):
            await hub.rooms.services.call("scene", "apply", {"entities": wrong})


async def test_a_created_scene_lives_until_it_is_deleted(tmp_path: Path) -> None:
    async with running_hub(laboratory(tmp_path, *ROOM)) as hub:
        states, call = hub.rooms.states, hub.rooms.services.call
        made = {"scene_id": "abc", "entities": {"light.lamp": "on"}, "snapshot_entities": "switch.plug"}
        await call("scene", "create", made)
        scene = states.get("scene.abc")
        assert scene is not None
        assert (scene.state, scene.attributes["entity_id"]) == ("unknown", ["light.lamp", "switch.plug"])
        await call("scene", "turn_on", {"entity_id": "scene.abc", "transition": 1})
        assert told(hub, "on")
        assert not told(hub, "plug_on"), "it was as wanted already"
        await call("scene", "create", {"scene_id": "abc", "entities": {"light.lamp": "off"}})
        scene = states.get("scene.abc")
        assert scene is not None
        assert scene.state != "unknown"
        assert scene.attributes["entity_id"] == ["light.lamp"]
        await call("scene", "delete", {"entity_id": "scene.abc"})
        assert states.get("scene.abc") is None


async def test_only_created_scenes_are_deleted_or_replaced(tmp_path: Path) -> None:
    async with running_hub(laboratory(tmp_path, *ROOM)) as hub:
        call = hub.rooms.services.call
        for entity_id, key in (
            ("scene.evening", "entity_not_dynamically_created"),
            ("scene.nobody", "entity_not_scene"),
            ("light.lamp", "entity_not_scene"),
        ):
            with pytest.raises(NotSupported) as caught:
                await call("scene", "delete", {"entity_id": entity_id})
            assert caught.value.key == key
        await call("scene", "create", {"scene_id": "evening", "entities": {"light.lamp": "on"}})
        await call("scene", "turn_on", {"entity_id": "scene.evening"})
        assert told(hub, "evening")
        assert not told(hub, "on")
        for wrong in ({"scene_id": "Abc Def", "entities": {}}, {"scene_id": "abc"}):
            with pytest.raises(InvalidRequest):
                await call("scene", "create", wrong)
        await call("scene", "create", {"scene_id": "empty", "entities": {}})
        assert hub.rooms.states.get("scene.empty") is None


async def test_a_created_scene_is_gone_after_a_restart(tmp_path: Path) -> None:
    home = laboratory(tmp_path, *ROOM)
    async with running_hub(home) as hub:
        await hub.rooms.services.call("scene", "create", {"scene_id": "abc", "entities": {"light.lamp": "on"}})
    async with running_hub(home) as hub:
        assert hub.rooms.states.get("scene.abc") is None


async def test_whoever_activates_a_scene_moves_what_he_himself_may(tmp_path: Path) -> None:
    async with running_hub(laboratory(tmp_path, *ROOM)) as hub:
        await hub.rooms.services.call("scene", "create", {"scene_id": "abc", "entities": {"light.lamp": "on"}})
        reader = await hub.rooms.auth.users.create("Reader", role="read-only", actor=COMMAND_ACTOR)
        with pytest.raises(Forbidden):
            await hub.rooms.services.call(
                "scene", "apply", {"entities": {"light.lamp": "on"}}, context=Context(reader.id)
            )
        assert not told(hub, "on")


async def test_what_is_hidden_is_applied_and_activated_as_what_is_not_there(tmp_path: Path) -> None:
    """A state that its service refuses would be an error for what exists, and none for what does not."""
    async with running_hub(laboratory(tmp_path, *ROOM)) as hub:
        call = hub.rooms.services.call
        await hub.rooms.registries.entities.update("light.lamp", place=PlaceId("elsewhere"))
        flat = (PlaceId("flat"),)
        stranger = Context(
            (await hub.rooms.auth.users.create("Li", role="resident", places=flat, actor=COMMAND_ACTOR)).id
        )
        for entity_id in ("light.lamp", "light.nobody"):
            garbage = {entity_id: {"state": "on", "brightness": "garbage"}}
            await call("scene", "apply", {"entities": garbage}, context=stranger)
            await call("scene", "create", {"scene_id": "abc", "entities": garbage})
            await hub.rooms.registries.entities.update("scene.abc", place=flat[0])
            await call("scene", "turn_on", {"entity_id": "scene.abc"}, context=stranger)
        with pytest.raises(InvalidRequest):
            await call("scene", "apply", {"entities": {"light.lamp": {"state": "on", "brightness": "garbage"}}})


async def test_a_scene_that_is_not_theirs_to_move_is_replaced_by_nobody(tmp_path: Path) -> None:
    """Whoever activates it moves things with rights of his own, so nobody may slip him another content (SAFETY 17)."""
    async with running_hub(laboratory(tmp_path, *ROOM)) as hub:
        call = hub.rooms.services.call
        await call("scene", "create", {"scene_id": "abc", "entities": {"light.lamp": "on"}})
        flat = (PlaceId("flat"),)
        stranger = await hub.rooms.auth.users.create("Li", role="resident", places=flat, actor=COMMAND_ACTOR)
        other = {"scene_id": "abc", "entities": {"switch.plug": "off"}}
        await call("scene", "create", other, context=Context(stranger.id))
        scene = hub.rooms.states.get("scene.abc")
        assert scene is not None
        assert scene.attributes["entity_id"] == ["light.lamp"]
