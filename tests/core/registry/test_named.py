"""Areas, floors, labels, categories: made, changed, removed; what the events say."""

from typing import Any

import pytest

from core.registry.rooms import Rooms
from linli.errors import ContractError
from linli.ids import EntityId, PluginDomain
from linli.registry import Registries, RegistryRefusal, UnknownItem

MEMBERS = ("areas", "floors", "labels")


@pytest.mark.parametrize("member", MEMBERS)
async def test_the_id_is_made_of_the_first_name_and_stays(rooms: Rooms, member: str):
    registry: Any = getattr(rooms.registries, member)
    made = await registry.create("门厅", icon="mdi:door")
    assert (made.id, made.name, made.icon) == ("men_ting", "门厅", "mdi:door")
    changed = await registry.update("men_ting", name="大厅", icon=None)
    assert (changed.id, changed.name, changed.icon) == ("men_ting", "大厅", None)
    again = await registry.create("门厅")
    assert again.id == "men_ting_2"
    await registry.remove("men_ting")
    assert registry.get("men_ting") is None
    assert [event["action"] for event in rooms.events] == ["create", "update", "create", "remove"]
    assert {event[registry.id_key] for event in rooms.events} == {"men_ting", "men_ting_2"}


@pytest.mark.parametrize("member", MEMBERS)
async def test_names_differ_by_more_than_case_and_spaces(registries: Registries, member: str):
    registry: Any = getattr(registries, member)
    await registry.create("Big Room")
    other = await registry.create("Other")
    with pytest.raises(RegistryRefusal, match=r"The name bigroom \(bigroom\) is already in use"):
        await registry.create("bigroom")
    with pytest.raises(RegistryRefusal):
        await registry.update(other.id, name="BIG room")
    assert (await registry.update("big_room", name="BIG ROOM")).name == "BIG ROOM"
    assert registry.by_name("big room").id == "big_room"


@pytest.mark.parametrize("member", MEMBERS)
async def test_what_is_not_there_cannot_be_changed(registries: Registries, member: str):
    registry: Any = getattr(registries, member)
    with pytest.raises(UnknownItem, match="ID doesn't exist"):
        await registry.remove("nowhere")
    with pytest.raises(UnknownItem):
        await registry.update("nowhere", name="x")
    with pytest.raises(ContractError, match="colour"):
        await registry.create("x", colour="red")


async def test_an_update_without_change_is_an_event_only_of_an_area(rooms: Rooms, registries: Registries):
    await registries.areas.create("A")
    await registries.floors.create("A")
    await registries.labels.create("A")
    rooms.events.clear()
    await registries.areas.update("a", name="A")
    await registries.floors.update("a", name="A")
    await registries.labels.update("a", name="A")
    assert rooms.events == [{"of": "area", "action": "update", "area_id": "a"}]


async def test_what_names_a_removed_item_names_it_no_longer(registries: Registries):
    floor = await registries.floors.create("Ground")
    label = await registries.labels.create("Bright")
    area = await registries.areas.create("Hall", floor_id=floor.id, labels=[label.id])
    device = registries.devices.register("e1", identifiers=[("demo", "1")], name="Box")  # type: ignore[arg-type]
    await registries.devices.update(device.id, area_id=area.id, labels=[label.id])
    row = registries.entities.register("lamp", PluginDomain("demo"), "1", object_id="L", device_id=device.id)
    await registries.entities.update(row.id, area_id=area.id, labels=[label.id])
    await registries.floors.remove(floor.id)
    await registries.labels.remove(label.id)
    assert registries.areas.need("hall").floor_id is None
    assert {registries.areas.need("hall").labels, registries.devices.need(device.id).labels} == {frozenset()}
    assert registries.entities.need(row.id).labels == frozenset()
    await registries.areas.remove(area.id)
    assert (registries.devices.need(device.id).area_id, registries.entities.need(row.id).area_id) == (None, None)


async def test_an_areas_sensors_are_of_the_right_class(rooms: Rooms, registries: Registries):
    rooms.states.set(EntityId("sensor.t"), "20", {"device_class": "temperature"})
    area = await registries.areas.create("Hall", temperature_entity_id="sensor.t")
    assert area.temperature_entity_id == "sensor.t"
    with pytest.raises(RegistryRefusal, match="is not a humidity sensor"):
        await registries.areas.update("hall", humidity_entity_id="sensor.t")
    with pytest.raises(RegistryRefusal, match="does not exist"):
        await registries.areas.create("Attic", temperature_entity_id="sensor.none")
    assert registries.areas.get("attic") is None


async def test_categories_belong_to_their_scope(rooms: Rooms, registries: Registries):
    first = await registries.categories.create("automation", "Light", "mdi:lamp")
    other = await registries.categories.create("script", "light")
    with pytest.raises(RegistryRefusal, match="The name 'LIGHT' is already in use"):
        await registries.categories.create("automation", "LIGHT")
    second = await registries.categories.create("automation", "Heat")
    await registries.categories.update("automation", first.id, name="Lights", icon=None)
    assert [row.name for row in registries.categories.in_scope("automation")] == ["Lights", "Heat"]
    row = registries.entities.register("lamp", PluginDomain("demo"), "1", object_id="L")
    await registries.entities.update(row.id, categories={"automation": first.id, "script": other.id})
    await registries.categories.remove("automation", first.id)
    assert registries.entities.need(row.id).categories == {"script": other.id}
    with pytest.raises(UnknownItem):
        await registries.categories.remove("script", second.id)
    assert rooms.events[0] == {
        "of": "category", "action": "create", "scope": "automation", "category_id": first.id,
    }  # fmt: skip
