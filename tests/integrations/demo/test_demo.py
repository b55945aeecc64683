"""The flat in a whole hub: its day, its commands, its names, its coming and going."""

import asyncio
import json
import xml.etree.ElementTree as ElementTree
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import linli_demo
from linli.bus import EventType
from linli.clock import SimulatedClock
from linli.errors import NotSupported
from linli.testing import Deployment, running_hub

SHANGHAI = ZoneInfo("Asia/Shanghai")
TRANSLATIONS = Path(linli_demo.__file__).with_name("translations")


def flat(tmp_path: Path, language: str = "zh-Hans") -> Deployment:
    return Deployment(tmp_path, f"linli: {{time_zone: Asia/Shanghai, language: {language}}}\ndemo: {{}}\n")


def at(hour: int, minute: int = 0) -> datetime:
    """On a Wednesday in January."""
    return datetime(2026, 1, 14, hour, minute, tzinfo=SHANGHAI)


def state(hub, entity_id: str) -> str:
    return hub.rooms.states.get(entity_id).state


def number(hub, entity_id: str) -> float:
    return float(state(hub, entity_id))


async def call(hub, clock: SimulatedClock, entity_id: str, service: str, **data) -> None:
    """Call a service on one entity to its end, with the time that it takes."""
    work = asyncio.ensure_future(
        hub.rooms.services.call(
            entity_id.partition(".")[0], service, data, target={"entity_id": entity_id},
            return_response=service == "get_items",
        )
    )  # fmt: skip
    await clock.forward(seconds=9)
    await work


async def test_after_a_restart_everything_stands_as_the_day_left_it_and_nothing_moves(tmp_path):
    async with running_hub(flat(tmp_path), clock=SimulatedClock(at(12))):
        pass
    clock = SimulatedClock(at(12, 5))
    async with running_hub(flat(tmp_path), clock=clock) as hub:
        shown = {key: state(hub, key) for key in ("cover.curtain", "alarm_control_panel.alarm", "lock.front_door_lock")}
        assert shown == {
            "cover.curtain": "open", "alarm_control_panel.alarm": "armed_away", "lock.front_door_lock": "locked",
        }  # fmt: skip
        seen: list[str] = []
        hub.rooms.bus.listen(EventType("state_changed"), lambda event: seen.append(event.data["entity_id"]), "test")
        await clock.forward(seconds=45)
        assert not {name for name in seen if name.partition(".")[0] != "sensor"}


async def test_a_start_in_the_evening_finds_the_lamps_on(tmp_path):
    async with running_hub(flat(tmp_path), clock=SimulatedClock(at(21))) as hub:
        assert state(hub, "light.living_room_lamp") == "on"
        assert state(hub, "switch.television") == "on"
        assert state(hub, "climate.air_conditioner") == "heat"


async def test_a_day_has_its_rhythm(tmp_path):
    clock = SimulatedClock(at(0))
    async with running_hub(flat(tmp_path), clock=clock) as hub:
        seen: list[tuple[str, str]] = []
        hub.rooms.bus.listen(
            EventType("state_changed"),
            lambda event: seen.append((event.data["entity_id"], event.data["new_state"].state)),
            "test",
        )
        await clock.forward_to(at(4, 59))
        night = number(hub, "sensor.electricity_meter_energy")
        assert (state(hub, "binary_sensor.bed"), state(hub, "alarm_control_panel.alarm")) == ("on", "armed_night")
        await clock.forward_to(at(7, 30))
        assert (state(hub, "binary_sensor.bed"), state(hub, "light.kitchen_light")) == ("off", "on")
        assert state(hub, "cover.curtain") == "open"
        assert number(hub, "sensor.bathroom_air_humidity") > number(hub, "sensor.living_room_air_humidity") + 3
        await clock.forward_to(at(12))
        assert (state(hub, "alarm_control_panel.alarm"), state(hub, "climate.air_conditioner")) == ("armed_away", "off")
        noon = number(hub, "sensor.living_room_air_temperature")
        seen.clear()
        await clock.forward_to(at(18, 35))
        entrance = [pair for pair in seen if pair[0].endswith(("entrance_door", "entrance_motion", "alarm"))]
        assert entrance == [
            ("binary_sensor.entrance_door", "on"), ("alarm_control_panel.alarm", "pending"),
            ("binary_sensor.entrance_motion", "on"), ("binary_sensor.entrance_door", "off"),
            ("alarm_control_panel.alarm", "disarmed"), ("binary_sensor.entrance_motion", "off"),
        ]  # fmt: skip
        await clock.forward_to(at(21))
        assert (state(hub, "switch.television"), state(hub, "light.living_room_lamp")) == ("on", "on")
        assert number(hub, "sensor.living_room_air_temperature") > noon
        await clock.forward_to(at(23, 59))
        assert [s.entity_id for s in hub.rooms.states.all() if s.domain == "light" and s.state == "on"] == []
        assert night + 2 < number(hub, "sensor.electricity_meter_energy") < night + 30
        assert number(hub, "sensor.water_meter_water") > 96_340 + 50


COMMANDS = {
    "light": [
        ("turn_on", {"brightness_pct": 50}, "on"), ("turn_off", {}, "off"), ("toggle", {}, "on"),
        ("turn_on", {"color_temp_kelvin": 4000}, "on"), ("turn_on", {"color_name": "red", "effect": "candle"}, "on"),
    ],
    "camera": [("turn_off", {}, "idle"), ("turn_on", {}, "idle")],
    "switch": [("turn_on", {}, "on"), ("turn_off", {}, "off"), ("toggle", {}, "on")],
    "climate": [
        ("set_hvac_mode", {"hvac_mode": "cool"}, "cool"),
        ("set_temperature", {"temperature": 23.5, "hvac_mode": "heat"}, "heat"),
        ("set_fan_mode", {"fan_mode": "high"}, "heat"), ("turn_off", {}, "off"), ("turn_on", {}, "heat_cool"),
    ],
    "fan": [("turn_on", {}, "on"), ("set_percentage", {"percentage": 33}, "on"), ("turn_off", {}, "off")],
    "cover": [
        ("set_cover_position", {"position": 20}, "open"), ("close_cover", {}, "closed"),
        ("open_cover", {}, "opening"), ("stop_cover", {}, "open"),
    ],
    "lock": [("unlock", {}, "unlocked"), ("lock", {}, "locked"), ("open", {}, "unlocked")],
    "alarm_control_panel": [
        ("alarm_arm_home", {}, "armed_home"), ("alarm_arm_away", {}, "arming"),
        ("alarm_arm_night", {}, "armed_night"), ("alarm_trigger", {}, "triggered"),
        ("alarm_disarm", {"code": "1234"}, "disarmed"),
    ],
    "todo": [
        ("add_item", {"item": "Call Mei", "due_date": "2026-01-20", "description": "About Sunday"}, "4"),
        ("get_items", {}, "4"), ("update_item", {"item": "Call Mei", "status": "completed"}, "3"),
        ("remove_completed_items", {}, "3"), ("remove_item", {"item": "fetch_parcel"}, "2"),
    ],
}  # fmt: skip
"""By domain: every command with its data, and the state after nine seconds."""


async def test_every_command_of_every_entity_works(tmp_path):
    clock = SimulatedClock(at(14))
    async with running_hub(flat(tmp_path), clock=clock) as hub:
        await clock.forward(minutes=1)
        told = 0
        for row in hub.rooms.registries.entities.all():
            commands = set(hub.rooms.platforms.live(row.entity_id).description.commands())
            rounds = COMMANDS.get(row.domain, [])
            assert commands <= {service for service, _, _ in rounds}, row.entity_id
            for service, data, expected in rounds:
                await call(hub, clock, row.entity_id, service, **data)
                assert state(hub, row.entity_id) == expected, (row.entity_id, service)
                told += 1
        assert told > 40


async def test_the_door_camera_shows_the_time_of_the_flat(tmp_path):
    clock = SimulatedClock(at(14, 5))
    async with running_hub(flat(tmp_path), clock=clock) as hub:
        content, kind = await hub.rooms.platforms.live("camera.door_camera").picture(320, None)
        assert kind == "image/svg+xml"
        drawing = ElementTree.fromstring(content)
        assert (drawing.get("width"), drawing.get("height")) == ("320", "180")
        assert drawing[-1].text == "2026-01-14 14:05:00"
        await call(hub, clock, "camera.door_camera", "turn_off")
        with pytest.raises(NotSupported):
            await hub.rooms.platforms.live("camera.door_camera").picture(None, None)
        await call(hub, clock, "camera.door_camera", "turn_on")
        night, _ = await hub.rooms.platforms.live("camera.door_camera").picture(None, None)
        assert b'width="640" height="360"' in night


async def test_the_keys_of_pictures_change_every_five_minutes(tmp_path):
    clock = SimulatedClock(at(14, 5))
    async with running_hub(flat(tmp_path), clock=clock) as hub:
        first = hub.rooms.states.get("camera.door_camera").attributes["access_token"]
        keys = hub.rooms.platforms.live("camera.door_camera").keys
        await clock.forward(minutes=6)
        second = hub.rooms.states.get("camera.door_camera").attributes["access_token"]
        assert second != first
        assert keys.open(first)
        await clock.forward(minutes=5)
        assert not keys.open(first)
        assert keys.open(second)


async def test_a_lamp_shines_as_it_was_told(tmp_path):
    clock = SimulatedClock(at(14))
    async with running_hub(flat(tmp_path), clock=clock) as hub:
        await call(hub, clock, "light.living_room_lamp", "turn_on", hs_color=[120, 80], brightness=100)
        attributes = hub.rooms.states.get("light.living_room_lamp").attributes
        assert (attributes["color_mode"], attributes["hs_color"], attributes["brightness"]) == ("hs", (120, 80), 100)
        await call(hub, clock, "light.living_room_lamp", "turn_off")
        await call(hub, clock, "light.living_room_lamp", "turn_on")
        assert hub.rooms.states.get("light.living_room_lamp").attributes["brightness"] == 100


async def test_a_lock_passes_through_its_movement_and_the_last_command_wins(tmp_path):
    clock = SimulatedClock(at(14))
    async with running_hub(flat(tmp_path), clock=clock) as hub:
        lock = "lock.front_door_lock"
        calls = [asyncio.ensure_future(hub.rooms.services.call("lock", "unlock", {}, target={"entity_id": lock}))]
        await clock.forward(seconds=1)
        assert state(hub, lock) == "unlocking"
        calls.append(asyncio.ensure_future(hub.rooms.services.call("lock", "lock", {}, target={"entity_id": lock})))
        await clock.forward(seconds=5)
        await asyncio.gather(*calls)
        assert state(hub, lock) == "locked"


async def test_an_opened_door_sounds_the_armed_panel_unless_the_right_code_comes(tmp_path):
    clock = SimulatedClock(at(18, 35))
    async with running_hub(flat(tmp_path), clock=clock) as hub:
        panel = "alarm_control_panel.alarm"
        await call(hub, clock, panel, "alarm_trigger")
        with pytest.raises(NotSupported):
            await call(hub, clock, panel, "alarm_disarm", code="9999")
        assert state(hub, panel) == "triggered"
        await call(hub, clock, panel, "alarm_disarm", code="1234")
        assert state(hub, panel) == "disarmed"


@pytest.mark.parametrize(
    ("language", "lamp", "area"),
    [("zh-Hans", "客厅氛围灯", "客厅"), ("en", "Living room mood lamp", "Living room")],
    ids=["Chinese", "English"],
)
async def test_names_and_areas_are_in_the_language_of_the_home(tmp_path, language, lamp, area):
    async with running_hub(flat(tmp_path, language), clock=SimulatedClock(at(14))) as hub:
        shown = hub.rooms.states.get("light.living_room_lamp").attributes
        row = hub.rooms.registries.entities.need("light.living_room_lamp")
        device = hub.rooms.registries.devices.get(row.device_id)
        assert (shown["friendly_name"], shown["simulated"]) == (lamp, True)
        assert hub.rooms.registries.areas.get(device.area_id).name == area
        names = [row.original_name or hub.rooms.registries.devices.get(row.device_id).shown_name
                 for row in hub.rooms.registries.entities.all()]  # fmt: skip
        assert all(names)


def test_both_languages_say_the_same_things():
    def keys(tree: object, prefix: str = "") -> set[str]:
        if not isinstance(tree, dict):
            return {prefix}
        return {key for name, below in tree.items() for key in keys(below, f"{prefix}.{name}")}

    spoken = [json.loads((TRANSLATIONS / f"{language}.json").read_text("utf-8")) for language in ("zh-Hans", "en")]
    assert keys(spoken[0]) == keys(spoken[1])


async def test_a_reload_leaves_one_flat_with_its_meters_read_on(tmp_path):
    clock = SimulatedClock(at(6))
    async with running_hub(flat(tmp_path), clock=clock) as hub:
        await clock.forward(hours=3)
        before = number(hub, "sensor.electricity_meter_energy"), number(hub, "sensor.water_meter_water")
        (entry,) = hub.rooms.entries.all("demo")
        await hub.rooms.entries.unload(entry.entry_id)
        owned = [row.entity_id for row in hub.rooms.registries.entities.all()]
        assert {state(hub, entity_id) for entity_id in owned} == {"unavailable"}
        await clock.forward(minutes=10)
        assert {state(hub, entity_id) for entity_id in owned} == {"unavailable"}
        await hub.rooms.entries.set_up(entry.entry_id)
        await clock.forward(minutes=2)
        assert "unavailable" not in {state(hub, entity_id) for entity_id in owned}
        assert number(hub, "sensor.electricity_meter_energy") >= before[0]
        assert number(hub, "sensor.water_meter_water") >= before[1]


async def test_a_jump_of_the_clock_is_caught_up(tmp_path):
    clock = SimulatedClock(at(14))
    async with running_hub(flat(tmp_path), clock=clock) as hub:
        await clock.forward(minutes=2)
        assert state(hub, "switch.television") == "off"
        clock.step_wall(7 * 3600)
        await clock.forward(minutes=2)
        assert state(hub, "switch.television") == "on"
        clock.step_wall(-14 * 3600)
        await clock.forward(minutes=62)
        assert state(hub, "light.kitchen_light") == "off"
        assert "unavailable" not in {one.state for one in hub.rooms.states.all()}


async def test_meters_and_chores_go_on_after_a_restart(tmp_path):
    home = flat(tmp_path)
    async with running_hub(home, clock=SimulatedClock(at(6))) as hub:
        await call(
            hub, hub.rooms.clock, "todo.chores", "add_item", item="电话", due_datetime="2026-01-20T09:00:00+08:00"
        )
        await hub.rooms.clock.forward(hours=3)
        before = number(hub, "sensor.electricity_meter_energy")
    async with running_hub(home, clock=SimulatedClock(at(9, 1))) as hub:
        await hub.rooms.clock.forward(minutes=1)
        assert before <= number(hub, "sensor.electricity_meter_energy") < before + 0.1
        assert state(hub, "todo.chores") == "4"
        listed = await hub.rooms.services.call(
            "todo", "get_items", {}, target={"entity_id": "todo.chores"}, return_response=True
        )
        assert listed["todo.chores"]["items"][-1] == {
            "summary": "电话", "uid": "chore_1", "status": "needs_action", "due": "2026-01-20T09:00:00+08:00",
        }  # fmt: skip
