"""Devices: found again by their pairs, shared by entries, remembered when they go."""

from typing import Any

import pytest

from core.registry.rooms import Rooms
from linli.clock import SimulatedClock
from linli.errors import ContractError
from linli.ids import EntryId, PlaceId, PluginDomain
from linli.registry import DeviceEntry, Registries, UnknownItem

E1, E2 = EntryId("e1"), EntryId("e2")


def box(registries: Registries, number: str = "1", entry: EntryId = E1, **said: Any) -> DeviceEntry:
    return registries.devices.register(entry, identifiers=[("demo", number)], **{"name": "Box", **said})


async def test_a_device_is_found_by_identifier_or_connection(registries: Registries):
    first = box(registries, connections=[("mac", "AABBCCDDEEFF")])
    same = registries.devices.register(E2, identifiers=[("other", "9")], connections=[("mac", "aa:bb:cc:dd:ee:ff")])
    assert same.id == first.id
    assert same.config_entries == {E1, E2}
    assert same.primary_config_entry == E1
    assert same.identifiers == {("demo", "1"), ("other", "9")}
    assert registries.devices.find([("other", "9")]) == same
    assert registries.devices.find(connections=[("mac", "AA-BB-CC-DD-EE-FF")]) == same
    assert registries.devices.find([("demo", "2")]) is None
    with pytest.raises(ContractError):
        registries.devices.register(E1, name="nothing")


async def test_what_is_not_said_changes_nothing(rooms: Rooms, registries: Registries):
    box(registries, sw_version="1", model="M")
    rooms.events.clear()
    same = box(registries, sw_version="2")
    assert (same.model, same.sw_version) == ("M", "2")
    assert rooms.events == [
        {"of": "device", "action": "update", "device_id": same.id, "changes": {"sw_version": "1"}}
    ]  # fmt: skip
    box(registries, sw_version="2")
    assert len(rooms.events) == 1


async def test_a_new_device_is_one_event_and_takes_the_entrys_title(rooms: Rooms, registries: Registries):
    row = registries.devices.register(E1, identifiers=[("demo", "1")], model="M", title="Hub")
    assert row.name == "Hub"
    assert rooms.events == [{"of": "device", "action": "create", "device_id": row.id}]


async def test_a_suggested_area_counts_once(registries: Registries):
    row = box(registries, suggested_area="客厅")
    assert (row.area_id, registries.areas.need("ke_ting").name) == ("ke_ting", "客厅")
    await registries.devices.update(row.id, area_id=None)
    assert box(registries, suggested_area="客厅").area_id is None


async def test_a_device_goes_with_its_entities_and_leaves_no_via(registries: Registries):
    bridge = box(registries)
    child = box(registries, "2", via_device=("demo", "1"))
    row = registries.entities.register("lamp", PluginDomain("demo"), "1", object_id="L", device_id=bridge.id)
    assert child.via_device_id == bridge.id
    await registries.devices.remove(bridge.id)
    assert registries.devices.need(child.id).via_device_id is None
    assert registries.entities.get(row.id) is None
    with pytest.raises(UnknownItem):
        await registries.devices.update(bridge.id, name_by_user="x")


async def test_a_device_that_comes_back_is_the_same_again(rooms: Rooms, registries: Registries):
    row = box(registries)
    await registries.devices.update(row.id, name_by_user="我的", area_id="a", place=PlaceId("flat1"))
    await registries.devices.remove(row.id)
    back = box(registries, sw_version="2")
    assert (back.id, back.name_by_user, back.area_id, back.place) == (row.id, "我的", "a", "flat1")
    assert len(registries.devices.removed) == 0


async def test_one_that_comes_back_under_another_entry_brings_only_its_id(rooms: Rooms, registries: Registries):
    row = box(registries)
    await registries.devices.update(row.id, name_by_user="我的", place=PlaceId("flat1"))
    await registries.devices.remove(row.id)
    back = box(registries, entry=E2)
    assert (back.id, back.name_by_user, back.place, back.config_entries) == (row.id, None, None, {E2})


async def test_the_removed_are_remembered_for_thirty_days(rooms: Rooms, clock: SimulatedClock):
    row = box(rooms.registries)
    await rooms.registries.devices.remove(row.id)
    await clock.forward(hours=24 * 29)
    rooms = await rooms.again()
    assert len(rooms.registries.devices.removed) == 1
    await clock.forward(hours=48)
    rooms = await rooms.again()
    await rooms.registries.keeper.commit()
    assert rooms.disk.kept("core.removed_devices") == {}
    assert box(rooms.registries).id != row.id


async def test_a_device_leaves_with_its_last_entry(rooms: Rooms, registries: Registries):
    row = box(registries)
    box(registries, entry=E2)
    entity = registries.entities.register(
        "lamp", PluginDomain("demo"), "1", object_id="L", device_id=row.id, config_entry_id=E1
    )  # fmt: skip
    rooms.entries.drop("e1")
    assert registries.devices.need(row.id).config_entries == {E2}
    assert registries.devices.need(row.id).primary_config_entry is None
    assert registries.entities.get(entity.id) is None
    rooms.entries.drop("e2")
    assert registries.devices.get(row.id) is None


async def test_a_device_is_off_when_all_its_entries_are(rooms: Rooms, registries: Registries):
    row = box(registries)
    box(registries, entry=E2)
    rooms.entries.set("e1", disabled=True)
    assert not registries.devices.need(row.id).disabled
    rooms.entries.set("e2", disabled=True)
    assert registries.devices.need(row.id).disabled_by == "config_entry"
    rooms.entries.set("e1", disabled=False)
    assert not registries.devices.need(row.id).disabled


async def test_as_clients_know_it(registries: Registries):
    row = box(registries, connections=[("mac", "AABBCCDDEEFF")])
    assert row.as_dict() == {
        "area_id": None, "configuration_url": None, "config_entries": ["e1"],
        "config_entries_subentries": {"e1": [None]}, "connections": [["mac", "aa:bb:cc:dd:ee:ff"]],
        "created_at": row.created_at, "disabled_by": None, "entry_type": None, "hw_version": None, "id": row.id,
        "identifiers": [["demo", "1"]], "labels": [], "manufacturer": None, "model": None, "model_id": None,
        "modified_at": row.modified_at, "name_by_user": None, "name": "Box", "primary_config_entry": "e1",
        "serial_number": None, "sw_version": None, "via_device_id": None,
    }  # fmt: skip
