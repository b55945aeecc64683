"""An entity from its adding to its end."""

import asyncio
from typing import Any

import pytest

from core.entity.home import Door, Gauge, Home, Lamp
from linli.clock import SimulatedClock
from linli.entity import DeviceInfo, EntityCategory
from linli.errors import ContractError
from linli.ids import EntityId

BOX = DeviceInfo(identifiers=frozenset({("demo", "box")}), name="客厅")


async def test_a_reading_is_a_state_with_what_stays_true_around_it(home: Home, door: Door):
    gauge = door.add(
        Gauge(
            unique_id="t", name="温度", device=BOX, unit_of_measurement="°C", device_class="temperature",
            icon="mdi:x", supported_features=3, assumed_state=True, attribution="a", attributes={"own": 1},
        )
    )  # fmt: skip
    gauge.write(21.5)
    state = home.state("gauge.ke_ting_wen_du")
    assert state.state == "21.5"
    assert state.attributes == {
        "state_class": "measurement", "own": 1, "trend": "up", "unit_of_measurement": "°C", "assumed_state": True,
        "attribution": "a", "device_class": "temperature", "icon": "mdi:x", "friendly_name": "客厅 温度",
        "supported_features": 3,
    }  # fmt: skip


async def test_an_unavailable_entity_keeps_only_what_stays_true(home: Home, door: Door):
    gauge = door.add(Gauge(unique_id="t", name="T", unit_of_measurement="°C", attributes={"own": 1}))
    gauge.write(1)
    gauge.unavailable()
    assert home.state("gauge.t").state == "unavailable"
    assert home.state("gauge.t").attributes == {
        "state_class": "measurement", "unit_of_measurement": "°C", "friendly_name": "T",
    }  # fmt: skip


async def test_no_reading_is_unknown(home: Home, door: Door):
    gauge = door.add(Gauge(unique_id="t", name="T"))
    gauge.write(1)
    gauge.write(None)
    assert home.state("gauge.t").state == "unknown"
    assert "trend" not in home.state("gauge.t").attributes


async def test_a_new_entity_without_a_reading_is_unknown_within_the_turn(home: Home, door: Door, clock: SimulatedClock):
    door.add(Lamp(unique_id="1", name="L"))
    assert home.shown("lamp.l") is None
    await clock.settle()
    assert home.shown("lamp.l") == "unknown"


async def test_a_reading_written_at_once_shows_no_unknown_before_it(home: Home, door: Door, clock: SimulatedClock):
    seen: list[str] = []
    home.states.track([EntityId("lamp.l")], lambda change: seen.append(change.new.state if change.new else "-"))
    door.add(Lamp(unique_id="1", name="L")).write(True)
    await clock.settle()
    assert seen == ["on"]


@pytest.mark.parametrize(
    ("said", "entity_id", "friendly_name"),
    [
        ({"name": "灯", "device": BOX}, "lamp.ke_ting_deng", "客厅 灯"),
        ({"device": BOX}, "lamp.ke_ting", "客厅"),
        ({"name": "", "device": BOX}, "lamp.ke_ting", "客厅"),
        ({"name": "灯", "device": BOX, "has_entity_name": False}, "lamp.deng", "灯"),
        ({"name": "灯"}, "lamp.deng", "灯"),
        ({}, "lamp.demo_1", None),
        ({"name": "灯", "suggested_object_id": "Küche"}, "lamp.kuche", "灯"),
        ({"translation_key": "nothing", "device": BOX}, "lamp.ke_ting", "客厅"),
    ],
)
async def test_what_a_lamp_is_called(
    home: Home, door: Door, said: dict[str, Any], entity_id: str, friendly_name: str | None
):
    door.add(Lamp(unique_id="1", **said)).write(True)
    assert home.state(entity_id).attributes.get("friendly_name") == friendly_name


@pytest.mark.parametrize(
    ("said", "friendly_name"),
    [
        ({"translation_key": "outside", "translation_placeholders": {"side": "南"}}, "盒子 7 室外 南"),
        ({"device_class": "temperature"}, "盒子 7 温度"),
        ({"device_class": "pressure"}, "盒子 7"),
    ],
)
async def test_names_come_from_translations(home: Home, door: Door, said: dict[str, Any], friendly_name: str):
    box = DeviceInfo(
        identifiers=frozenset({("demo", "b")}), translation_key="box", translation_placeholders={"number": "7"}
    )
    handle = door.add(Gauge(unique_id="1", device=box, **said))
    handle.write(1)
    assert home.state(handle.entity_id).attributes["friendly_name"] == friendly_name


async def test_a_taken_entity_id_gets_a_number(home: Home, door: Door):
    ids = [door.add(Lamp(unique_id=str(n), name="灯")).entity_id for n in range(3)]
    assert ids == ["lamp.deng", "lamp.deng_2", "lamp.deng_3"]


async def test_a_second_entity_of_one_unique_id_is_charged_and_does_nothing(home: Home, door: Door):
    first = door.add(Lamp(unique_id="1", name="L"))
    second = door.add(Lamp(unique_id="1", name="L"))
    first.write(True)
    second.write(False)
    await second.remove()
    assert home.shown("lamp.l") == "on"
    assert not second.enabled
    assert home.ledger.account(door.domain).counts == {"refused": 1}


async def test_a_state_that_is_too_long_is_the_plugins_mistake(door: Door):
    class Chatter(Lamp):
        def render(self, reading: bool):  # type: ignore[no-untyped-def]
            return "x" * 256, {}

    with pytest.raises(ContractError, match="255"):
        door.add(Chatter(unique_id="1", name="L")).write(True)


async def test_after_unloading_the_registry_alone_speaks_for_an_entity(home: Home, door: Door, clock: SimulatedClock):
    info = {"unit_of_measurement": "°C", "icon": "mdi:x", "entity_category": EntityCategory.DIAGNOSTIC}
    gauge = door.add(Gauge(unique_id="t", name="T", device=BOX, attributes={"own": 1}, **info))
    gauge.write(1)
    await home.entries.unload(door.entry.entry_id)
    state = home.state("gauge.ke_ting_t")
    assert state.state == "unavailable"
    assert state.attributes == {
        "restored": True, "state_class": "measurement", "icon": "mdi:x", "friendly_name": "客厅 T",
        "supported_features": 0, "unit_of_measurement": "°C",
    }  # fmt: skip
    gauge.write(2)
    assert home.shown("gauge.ke_ting_t") == "unavailable"


async def test_unloading_leaves_nothing_behind(home: Home, clock: SimulatedClock):
    async def poll() -> bool:
        return True

    listeners = home.states.tracked()
    for _ in range(3):
        door = await home.door()
        for number in range(20):
            door.add(Lamp(unique_id=str(number), name=f"L{number}", poll=poll, parallel=2))
        await clock.forward(31)
        assert (len(home.platforms), len(door.nursery)) == (20, 20)
        await home.entries.unload(door.entry.entry_id)
        assert (len(home.platforms), len(door.nursery), home.states.tracked()) == (0, 0, listeners)
        assert list(home.platforms.live_in("lamp")) == []
        assert home.platforms._gates == {}
    await clock.forward(hours=1)
    assert home.ledger.account(door.domain).counts == {}


async def test_goodbye_is_awaited_and_its_failure_charged(home: Home, door: Door, clock: SimulatedClock):
    said: list[str] = []

    async def added() -> None:
        said.append("hello")

    async def removing() -> None:
        said.append("bye")
        raise KeyError("x")

    async def hangs() -> None:
        await clock.sleep(3600)

    door.add(Lamp(unique_id="1", name="L", added=added, removing=removing))
    door.add(Lamp(unique_id="2", name="M", removing=hangs))
    await clock.settle()
    task = asyncio.ensure_future(home.entries.unload(door.entry.entry_id))
    await clock.forward(6)
    await task
    assert said == ["hello", "bye"]
    assert home.ledger.account(door.domain).counts == {"error": 1, "timeout": 1}


async def test_a_removed_entity_is_gone_and_forgotten(home: Home, door: Door):
    lamp = door.add(Lamp(unique_id="1", name="L"))
    lamp.write(True)
    await home.platforms.last_states.save()
    await lamp.remove()
    assert home.shown("lamp.l") is None
    assert home.registries.entities.get("lamp.l") is None
    assert home.platforms.live("lamp.l") is None
    lamp.write(False)
    assert home.shown("lamp.l") is None


async def test_a_removed_entity_is_gone_also_while_the_disk_takes_nothing(
    home: Home, door: Door, clock: SimulatedClock
):
    lamp = door.add(Lamp(unique_id="1", name="L"))
    await home.registries.keeper.commit()
    await home.storage.hub.close()
    await lamp.remove()
    assert home.registries.entities.get("lamp.l") is None
    await home.storage.hub.open()
    await clock.forward(10)
    assert "lamp.l" not in str(await home.storage.documents.load("core.entities"))


async def test_a_new_description_takes_effect_at_once(home: Home, door: Door):
    gauge = door.add(Gauge(unique_id="t", name="T", unit_of_measurement="°C"))
    gauge.write(20)
    gauge.redescribe(Gauge(unique_id="t", name="Tank", unit_of_measurement="°F", fahrenheit=True))
    assert home.state("gauge.t").state == "68"
    assert home.state("gauge.t").attributes["friendly_name"] == "Tank"
    row = home.registries.entities.need("gauge.t")
    assert (row.original_name, row.unit_of_measurement) == ("Tank", "°F")
    with pytest.raises(ContractError):
        gauge.redescribe(Gauge(unique_id="other"))


async def test_entities_are_not_added_outside_an_entry(home: Home, door: Door):
    door.entry = None
    with pytest.raises(ContractError, match="linli_setup_entry"):
        door.add(Lamp(unique_id="1"))
