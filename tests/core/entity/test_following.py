"""A living entity follows its row in the registry, and its device."""

from core.entity.home import Door, Gauge, Home, Lamp
from linli.clock import SimulatedClock
from linli.entity import DeviceInfo
from linli.ids import EntityId, PluginDomain
from linli.states import StateChange

GUARD = PluginDomain("guard")
BOX = DeviceInfo(identifiers=frozenset({("demo", "box")}), name="Box")


async def test_a_rename_moves_the_state_and_keeps_the_handle(home: Home, door: Door):
    lamp = door.add(Lamp(unique_id="1", name="L"))
    lamp.write(True)
    told: list[tuple[str, str | None]] = []
    home.bus.listen("state_changed", lambda event: told.append((event.entity_id, event.new and event.new.state)))
    home.bus.listen("entity_registry_updated", lambda event: told.append(("registry", event.data["action"])))
    registry_id = lamp.registry_id
    await home.registries.entities.update("lamp.l", new_entity_id="lamp.desk")
    assert told == [("lamp.l", None), ("lamp.desk", "on"), ("registry", "update")]
    lamp.write(False)
    assert (home.shown("lamp.desk"), home.shown("lamp.l")) == ("off", None)
    assert (lamp.entity_id, lamp.registry_id) == ("lamp.desk", registry_id)
    assert home.platforms.live("lamp.desk") is not None
    assert home.platforms.live("lamp.l") is None


async def test_a_rename_takes_doubts_along(home: Home, door: Door, clock: SimulatedClock):
    lamp = door.add(Lamp(unique_id="1", name="L"))
    lamp.write(True)
    home.states.doubt(EntityId("lamp.l"), GUARD, "silent")
    before = home.state("lamp.l")
    await clock.forward(60)
    await home.registries.entities.update("lamp.l", new_entity_id="lamp.desk")
    assert home.shown("lamp.desk") == "unknown"
    assert home.state("lamp.desk").attributes["doubt_since"] == before.attributes["doubt_since"]
    assert [doubt.reason for doubt in home.states.doubts(EntityId("lamp.desk"))] == ["silent"]
    assert home.states.doubts(EntityId("lamp.l")) == ()
    lamp.write(True, fresh=False)
    assert home.shown("lamp.desk") == "unknown"
    lamp.write(True)
    assert home.shown("lamp.desk") == "on"


async def test_what_a_person_chose_shows_at_once(home: Home, door: Door):
    gauge = door.add(Gauge(unique_id="t", name="T", unit_of_measurement="°C", icon="mdi:a", device_class="temperature"))
    gauge.write(20)
    await home.registries.entities.update("gauge.t", name="Tank", icon="mdi:b", device_class="water")
    shown = home.state("gauge.t")
    assert shown.state == "20"
    assert (shown.attributes["friendly_name"], shown.attributes["icon"]) == ("Tank", "mdi:b")
    assert shown.attributes["device_class"] == "water"
    await home.registries.entities.set_options("gauge.t", "gauge", {"unit_of_measurement": "°F"})
    shown = home.state("gauge.t")
    assert (shown.state, shown.attributes["unit_of_measurement"]) == ("68", "°F")
    gauge.write(30)
    assert home.shown("gauge.t") == "86"


async def test_what_a_person_chose_ends_no_doubt(home: Home, door: Door):
    gauge = door.add(Gauge(unique_id="t", name="T"))
    gauge.write(20)
    home.states.doubt(EntityId("gauge.t"), GUARD, "silent")
    await home.registries.entities.update("gauge.t", name="Tank")
    assert home.shown("gauge.t") == "unknown"
    assert home.state("gauge.t").attributes["friendly_name"] == "Tank"
    assert "trend" not in home.state("gauge.t").attributes


async def test_an_unavailable_entity_is_renamed_as_such(home: Home, door: Door):
    gauge = door.add(Gauge(unique_id="t", name="T"))
    gauge.unavailable()
    await home.registries.entities.update("gauge.t", name="Tank")
    assert home.shown("gauge.t") == "unavailable"
    assert home.state("gauge.t").attributes["friendly_name"] == "Tank"


async def test_a_renamed_device_renames_its_entities(home: Home, door: Door):
    gauge = door.add(Gauge(unique_id="t", name="T", device=BOX))
    other = door.add(Gauge(unique_id="u", name="U", device=BOX))
    gauge.write(1)
    other.write(1)
    device = home.registries.devices.find([("demo", "box")])
    assert device is not None
    await home.registries.devices.update(device.id, name_by_user="厨房")
    assert home.state("gauge.box_t").attributes["friendly_name"] == "厨房 T"
    await home.entries.unload(door.entry.entry_id)
    await home.registries.devices.update(device.id, name_by_user="卧室")
    assert home.state("gauge.box_u").attributes["friendly_name"] == "卧室 U"


async def test_disabling_takes_the_state_away_and_enabling_brings_it_back_at_once(home: Home, door: Door):
    lamp = door.add(Lamp(unique_id="1", name="L"))
    lamp.write(True)
    await home.registries.entities.update("lamp.l", disabled_by="user")
    assert home.shown("lamp.l") is None
    lamp.write(False)
    assert (home.shown("lamp.l"), lamp.enabled) == (None, False)
    await home.registries.entities.update("lamp.l", disabled_by=None)
    lamp.write(False)
    assert (home.shown("lamp.l"), lamp.enabled) == ("off", True)


async def test_an_entity_that_is_off_by_default_waits_for_a_person(home: Home, door: Door, clock: SimulatedClock):
    polls: list[float] = []

    async def poll() -> bool:
        polls.append(clock.monotonic())
        return True

    lamp = door.add(Lamp(unique_id="1", name="L", enabled_default=False, visible_default=False, poll=poll))
    await clock.forward(60)
    assert (lamp.enabled, polls, home.shown("lamp.l")) == (False, [], None)
    row = home.registries.entities.need("lamp.l")
    assert (row.disabled_by, row.hidden_by) == ("integration", "integration")
    await home.registries.entities.update("lamp.l", disabled_by=None)
    await clock.forward(1)
    assert (len(polls), home.shown("lamp.l")) == (1, "on")


async def test_a_disabled_device_switches_its_entities_off_and_on_again(home: Home, door: Door):
    lamp = door.add(Lamp(unique_id="1", name="L", device=BOX))
    other = door.add(Lamp(unique_id="2", name="M", device=BOX))
    await home.registries.entities.update(other.entity_id, disabled_by="user")
    device = home.registries.devices.find([("demo", "box")])
    assert device is not None
    await home.registries.devices.update(device.id, disabled_by="user")
    assert (lamp.enabled, home.registries.entities.need(lamp.entity_id).disabled_by) == (False, "device")
    third = door.add(Lamp(unique_id="3", name="N", device=BOX))
    assert not third.enabled
    await home.registries.devices.update(device.id, disabled_by=None)
    assert (lamp.enabled, other.enabled, third.enabled) == (True, False, True)


async def test_an_entity_of_an_entry_that_is_not_loaded_is_renamed_too(home: Home, door: Door):
    door.add(Lamp(unique_id="1", name="L")).write(True)
    await home.entries.unload(door.entry.entry_id)
    changes: list[StateChange] = []
    home.bus.listen("state_changed", changes.append)
    await home.registries.entities.update("lamp.l", new_entity_id="lamp.desk", name="Desk")
    assert home.shown("lamp.l") is None
    assert home.state("lamp.desk").attributes == {"restored": True, "friendly_name": "Desk", "supported_features": 0}
    await home.registries.entities.remove("lamp.desk")
    assert home.shown("lamp.desk") is None


async def test_a_disabled_entry_takes_its_entities_off_the_screens(home: Home, door: Door):
    lamp = door.add(Lamp(unique_id="1", name="L", device=BOX))
    lamp.write(True)
    entry_id = door.entry.entry_id
    await home.entries.disable(entry_id, "user")
    assert home.shown(lamp.entity_id) is None
    assert home.registries.entities.need(lamp.entity_id).disabled_by == "config_entry"
    device = home.registries.devices.find([("demo", "box")])
    assert device is not None
    assert device.disabled_by == "config_entry"
    await home.entries.disable(entry_id, None)
    again = home.doors["main"].add(Lamp(unique_id="1", name="L", device=BOX))
    assert again.enabled
