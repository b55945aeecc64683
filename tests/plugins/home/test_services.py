"""The services of the domains, through a whole hub."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from linli import InvalidRequest, NotSupported
from linli.hub import Hub
from linli.testing.hub import running_hub

from .laboratory import laboratory

LAMP = (
    'lamp = ctx.entities.add(api.Light(unique_id="l", name="Lamp", color_modes=frozenset({api.ColorMode.BRIGHTNESS}), '
    'turn_on=tell("on"), turn_off=tell("off")))',
    "lamp.write(api.LightReading(on=True, brightness=100))",
)


async def test_a_light_service_reaches_the_lamp_in_its_own_terms(tmp_path: Path) -> None:
    async with running_hub(laboratory(tmp_path, *LAMP)) as hub:
        lamp: dict[str, Any] = {"entity_id": "light.lamp"}
        await hub.rooms.services.call("light", "turn_on", {**lamp, "brightness_step_pct": 20})
        told = hub.rooms.states.get("lab.told")
        assert told is not None
        assert (told.state, dict(told.attributes)) == ("on", {"brightness": 151})
        await hub.rooms.services.call("light", "toggle", lamp)
        told = hub.rooms.states.get("lab.told")
        assert told is not None
        assert told.state == "off"
        with pytest.raises(InvalidRequest):
            await hub.rooms.services.call("light", "turn_on", {**lamp, "rgb_color": [1, 2, 3], "kelvin": 3000})


async def test_a_switch_that_cannot_be_turned_off_says_so(tmp_path: Path) -> None:
    plug = 'ctx.entities.add(api.Switch(unique_id="s", name="Plug", turn_on=tell("on"))).write(True)'
    async with running_hub(laboratory(tmp_path, plug)) as hub:
        with pytest.raises(NotSupported):
            await hub.rooms.services.call("switch", "toggle", {"entity_id": "switch.plug"})


async def test_an_entity_without_a_name_is_called_after_its_class(tmp_path: Path) -> None:
    sensor = 'ctx.entities.add(api.Sensor(unique_id="t", device_class="temperature")).write(21.5)'
    async with running_hub(laboratory(tmp_path, sensor)) as hub:
        state = hub.rooms.states.get("sensor.temperature")
        assert state is not None
        assert (state.state, state.attributes["friendly_name"]) == ("21.5", "Temperature")


GUARDED = (
    'ctx.entities.add(api.Siren(unique_id="s", name="Horn", turn_on=tell("horn"), turn_off=tell("x"))).write(False)',
    'ctx.entities.add(api.Switch(unique_id="p", name="Plug", turn_on=tell("plug"), turn_off=tell("x"))).write(False)',
    'ctx.entities.add(api.BinarySensor(unique_id="d", name="Door")).write(False)',
)


async def test_a_broad_target_reaches_the_plug_but_never_the_siren(tmp_path: Path) -> None:
    async with running_hub(laboratory(tmp_path, *GUARDED)) as hub:
        states = hub.rooms.states
        await hub.rooms.services.call("homeassistant", "turn_on", {"entity_id": "all"})
        assert states.get("lab.plug") is not None
        assert states.get("lab.horn") is None
        await hub.rooms.services.call("homeassistant", "toggle", {"entity_id": ["siren.horn", "binary_sensor.door"]})
        assert states.get("lab.horn") is not None


async def test_a_polled_entity_is_read_anew_on_demand(tmp_path: Path) -> None:
    sensor = (
        "counted = []",
        "async def poll():",
        "    counted.append(1)",
        "    return len(counted)",
        'ctx.entities.add(api.Sensor(unique_id="c", name="Count", poll=poll))',
    )
    async with running_hub(laboratory(tmp_path, *sensor)) as hub:
        await settled(hub, "1")
        await hub.rooms.services.call("homeassistant", "update_entity", {"entity_id": "sensor.count"})
        await settled(hub, "2")


async def settled(hub: Hub, state: str) -> None:
    for _ in range(50):
        now = hub.rooms.states.get("sensor.count")
        if now is not None and now.state == state:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"sensor.count is not {state}")


HALF = (
    'ctx.entities.add(api.Switch(unique_id="h", name="Half", turn_on=tell("half"))).write(True)',
    'ctx.entities.add(api.Switch(unique_id="w", name="Whole", turn_on=tell("x"), turn_off=tell("whole"))).write(True)',
)


async def test_a_broad_target_passes_over_what_has_no_such_command(tmp_path: Path) -> None:
    async with running_hub(laboratory(tmp_path, *HALF)) as hub:
        call = hub.rooms.services.call
        await call("switch", "turn_off", {"entity_id": "all"})
        assert hub.rooms.states.get("lab.whole") is not None
        with pytest.raises(NotSupported, match=r"switch\.half does not support action switch\.turn_off") as caught:
            await call("switch", "turn_off", {"entity_id": ["switch.whole", "switch.half"]})
        assert caught.value.parameters == {"domain": "switch", "service": "turn_off", "entity_id": "switch.half"}
