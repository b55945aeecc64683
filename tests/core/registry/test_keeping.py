"""What is on the disk: a person's change before it is acknowledged, discovery's within seconds, damage set aside."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import databases
from core.registry.rooms import Entries, Rooms
from linli.bus import EventBus
from linli.clock import SimulatedClock
from linli.ids import EntryId, PluginDomain
from linli.ledger import Ledger
from linli.registry import Registries
from linli.registry.keeper import WRITE_WITHIN_S
from linli.states import StateStore
from linli.storage import Storage

DEMO = PluginDomain("demo")


async def test_a_persons_change_survives_a_kill_as_soon_as_it_is_acknowledged(rooms: Rooms):
    await rooms.registries.areas.create("门厅")
    device = rooms.registries.devices.register(EntryId("e1"), identifiers=[("demo", "1")], name="D")
    await rooms.registries.devices.update(device.id, name_by_user="x")
    row = rooms.registries.entities.register("lamp", DEMO, "1", object_id="L", device_id=device.id)
    await rooms.registries.entities.update(row.id, new_entity_id="lamp.desk", labels=["a"], hidden_by="user")
    again = await rooms.again()
    for member in ("areas", "devices", "entities"):
        assert list(getattr(again.registries, member).all()) == list(getattr(rooms.registries, member).all())


async def test_what_discovery_found_is_written_together_within_seconds(rooms: Rooms, clock: SimulatedClock):
    for number in range(40):
        rooms.registries.entities.register("lamp", DEMO, str(number), object_id="L")
    assert rooms.disk.batches == []
    await clock.forward(WRITE_WITHIN_S)
    assert rooms.disk.batches == [40]
    assert len(list((await rooms.again()).registries.entities.all())) == 40


async def test_changes_while_the_disk_writes_are_not_lost(rooms: Rooms):
    await rooms.registries.areas.create("A")
    rooms.disk.slow = 3

    async def rename(name: str) -> None:
        await rooms.registries.areas.update("a", name=name)
        assert rooms.registries.keeper.owed == 0 or rooms.disk.kept("core.areas")["a"]["name"] != "A"

    await asyncio.gather(*(rename(f"N{number}") for number in range(20)))
    assert rooms.disk.kept("core.areas")["a"]["name"] == "N19"
    assert rooms.disk.most_at_once == 1


async def test_who_comes_while_the_disk_writes_is_acknowledged_only_after_it(rooms: Rooms):
    rooms.disk.slow = 5
    first = asyncio.ensure_future(rooms.registries.areas.create("A"))
    await asyncio.sleep(0)
    assert rooms.registries.keeper.owed == 0
    await rooms.registries.areas.update("a", name="A")
    assert "a" in rooms.disk.kept("core.areas")
    await first


async def test_the_stop_writes_what_is_owed(rooms: Rooms):
    rooms.registries.entities.register("lamp", DEMO, "1", object_id="L")
    await rooms.registries.close()
    assert len(rooms.disk.kept("core.entities")) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"original_name": "half \ud83d"},
        {"capabilities": {"step": Decimal("0.5")}},
        {"capabilities": {"most": 2**70}},
        {"aliases": frozenset({1, "a"})},
    ],
    ids=["half a character", "a decimal", "a large number", "no order"],
)
async def test_a_row_that_cannot_be_written_is_left_out_alone_and_charged_once(
    rooms: Rooms, clock: SimulatedClock, odd: dict[str, Any]
):
    entities = rooms.registries.entities
    good, bad = (entities.register("lamp", DEMO, number, object_id="L") for number in "12")
    entities._write(bad, replace(bad, **odd))
    await rooms.registries.areas.create("Kitchen")
    entities._write(entities.need(bad.id), replace(bad, **odd, icon="mdi:a"))
    await clock.forward(60)
    assert rooms.registries.keeper.owed == 0
    assert list(rooms.disk.kept("core.areas")) == ["kitchen"]
    assert list(rooms.disk.kept("core.entities")) == [good.id]
    assert rooms.ledger.account(DEMO).counts == {"error": 1}
    entities._write(entities.need(bad.id), bad)
    await rooms.registries.keeper.commit()
    assert set(rooms.disk.kept("core.entities")) == {good.id, bad.id}


async def test_what_the_disk_raises_keeps_no_hub_from_stopping_and_no_row_from_a_later_try(
    rooms: Rooms, clock: SimulatedClock
):
    rooms.registries.entities.register("lamp", DEMO, "1", object_id="L")
    rooms.disk.broken = OSError("read-only")
    await clock.forward(WRITE_WITHIN_S)
    rooms.disk.broken = None
    await clock.forward(10)
    assert len(rooms.disk.kept("core.entities")) == 1
    rooms.registries.entities.register("lamp", DEMO, "2", object_id="M")
    rooms.disk.broken = OSError("read-only")
    await rooms.registries.close()


async def test_rows_of_an_entry_that_is_gone_go_at_the_next_start(rooms: Rooms):
    rooms.registries.entities.register("lamp", DEMO, "1", object_id="L", config_entry_id="e1")
    rooms.registries.devices.register(EntryId("e1"), identifiers=[("demo", "1")], name="D")
    await rooms.registries.keeper.commit()
    del rooms.entries.rows["e1"]
    again = await rooms.again()
    assert (len(again.registries.entities), len(again.registries.devices)) == (0, 0)
    assert len(again.registries.entities.removed) == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def opened(folder: Path, clock: SimulatedClock) -> tuple[Storage, Registries]:
    storage = await Storage.open(folder, clock=clock, ledger=Ledger(clock))
    bus = EventBus(clock, Ledger(clock))
    return storage, Registries(storage.documents, bus, clock, StateStore(clock, bus, Ledger(clock)), Entries())


async def test_a_damaged_row_is_set_aside_named_and_replaced_by_its_last_good_copy(folder: Path, clock: SimulatedClock):
    storage, registries = await opened(folder, clock)
    await registries.areas.create("门厅", icon="mdi:door")
    await registries.areas.create("客厅")
    await registries.close()
    await storage.close()
    damage = "UPDATE documents SET value = replace(value, 'mdi', 'mdx') WHERE key = 'men_ting'"
    assert databases.current.execute(folder, "hub", damage) == 1
    storage, registries = await opened(folder, clock)
    damages = await registries.load()
    assert [(damage.kind, damage.key, damage.restored) for damage in damages] == [("core.areas", "men_ting", True)]
    assert registries.areas.need("men_ting").icon == "mdi:door"
    assert registries.areas.need("ke_ting").name == "客厅"
    await registries.close()
    await storage.close()


async def test_a_row_that_makes_no_sense_is_set_aside_alone(folder: Path, clock: SimulatedClock):
    storage, registries = await opened(folder, clock)
    await storage.documents.put("core.areas", "a", {"id": "b", "name": "B"})
    await storage.documents.put("core.areas", "c", {"id": "c", "name": "C"})
    await storage.documents.put("core.areas", "d", {"id": "d", "name": "D", "colour": "red"})
    damages = await registries.load()
    assert {damage.key for damage in damages} == {"a", "d"}
    assert [row.id for row in registries.areas.all()] == ["c"]
    await registries.close()
    await storage.close()
