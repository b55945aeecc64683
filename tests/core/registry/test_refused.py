"""A person's change: first on the disk, then here; one that was refused has never been there."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.registry.rooms import DiskFull, Rooms
from linli.clock import SimulatedClock
from linli.ids import EntryId, PluginDomain
from linli.registry import Registries, RegistryRefusal
from linli.registry.codec import to_value
from linli.registry.errors import CannotBeKept
from linli.registry.keeper import WRITE_WITHIN_S
from linli.storage.errors import DatabaseFailed

DEMO = PluginDomain("demo")
Change = Callable[[Registries], Awaitable[object]]

CHANGES: dict[str, Change] = {
    "a new area": lambda all: all.areas.create("Cellar"),
    "an area's name": lambda all: all.areas.update("hall", name="Big hall", labels=["l"]),
    "an area with all in it": lambda all: all.areas.remove("hall"),
    "a floor with areas": lambda all: all.floors.remove("ground"),
    "a label that all have": lambda all: all.labels.remove("l"),
    "a new category": lambda all: all.categories.create("screen", "Light"),
    "a category's name": lambda all: all.categories.update("screen", category(all), name="Dark"),
    "a category with an entity": lambda all: all.categories.remove("screen", category(all)),
    "a device that is switched off": lambda all: all.devices.update(device(all), disabled_by="user"),
    "a device with its entities": lambda all: all.devices.remove(device(all)),
    "a device of one entry": lambda all: all.devices.remove_entry(device(all), "e1"),
    "an entity's id": lambda all: all.entities.update("lamp.l", new_entity_id="lamp.desk", area_id="hall"),
    "an entity's options": lambda all: all.entities.set_options("lamp.l", "voice", {"b": 2}),
    "an entity's unique id": lambda all: all.entities.change_unique_id("lamp.l", "other"),
    "an entity": lambda all: all.entities.remove("lamp.l"),
}


def category(registries: Registries) -> str:
    return registries.categories.in_scope("screen")[0].id


def device(registries: Registries) -> str:
    return next(registries.devices.all()).id


@pytest.fixture
async def home(rooms: Rooms) -> Rooms:
    """A floor, an area, a label, a category, a device of two entries, two entities; all of it on the disk."""
    registries = rooms.registries
    await registries.floors.create("Ground")
    await registries.labels.create("L")
    await registries.areas.create("Hall", floor_id="ground", labels=["l"])
    made = (await registries.categories.create("screen", "Dim")).id
    for entry in ("e1", "e2"):
        registries.devices.register(EntryId(entry), identifiers=[("demo", "1")], name="D")
    await registries.devices.update(device(registries), area_id="hall", labels=["l"])
    for number, entry in (("1", "e1"), ("2", "e2")):
        row = registries.entities.register(
            "lamp", DEMO, number, object_id="L", device_id=device(registries), config_entry_id=entry
        )
        await registries.entities.update(row.id, labels=["l"], area_id="hall", categories={"screen": made})
    rooms.events.clear()
    return rooms


def all_rows(registries: Registries) -> list[Any]:
    members = (
        registries.areas, registries.floors, registries.labels, registries.categories, registries.devices,
        registries.entities,
    )  # fmt: skip
    removed = (registries.devices.removed, registries.entities.removed)
    return [*(list(member.all()) for member in members), *(dict(memory._rows) for memory in removed)]


def as_kept(registries: Registries) -> list[Any]:
    *members, devices, entities = all_rows(registries)
    found: list[Any] = [{row.id: to_value(row) for row in rows} for rows in members]
    return [*found, *({name: to_value(row) for name, row in gone.items()} for gone in (devices, entities))]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_what_the_disk_refused_has_never_been_there(home: Rooms, clock: SimulatedClock, change: Change):
    before, kept, watched = all_rows(home.registries), dict(home.disk.rows), home.registries.facts
    told: list[str] = []
    watched.watch(told.append)
    home.disk.full = True
    with pytest.raises(DiskFull):
        await change(home.registries)
    assert (all_rows(home.registries), home.events, told) == (before, [], [])
    assert home.registries.keeper.owed == 0
    home.disk.full = False
    await clock.forward(60)
    assert home.disk.rows == kept
    await change(home.registries)
    assert home.disk.rows != kept


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_what_is_acknowledged_is_on_the_disk_as_it_is_here_and_was_written_before_it_was_told(
    home: Rooms, change: Change
):
    told: list[int] = []
    home.disk.meanwhile = lambda: told.append(len(home.events))
    await change(home.registries)
    assert told == [0]
    assert home.events
    assert home.registries.keeper.owed == 0
    again = await home.again()
    assert as_kept(again.registries) == as_kept(home.registries)


async def test_a_plugin_that_speaks_of_the_same_row_meanwhile_loses_nothing(home: Rooms, clock: SimulatedClock):
    entities = home.registries.entities
    home.disk.meanwhile = lambda: entities.redefine("lamp.l", original_name="From the plugin")
    await entities.update("lamp.l", name="From a person")
    row = entities.need("lamp.l")
    assert (row.name, row.original_name) == ("From a person", "From the plugin")
    assert home.disk.kept("core.entities")[row.id]["name"] == "From a person"
    await clock.forward(WRITE_WITHIN_S)
    assert home.disk.kept("core.entities")[row.id]["original_name"] == "From the plugin"


@pytest.mark.parametrize(
    ("change", "taken"),
    [
        (lambda all: all.areas.create("Cellar"), lambda all: all.areas.get_or_make("Cellar")),
        (lambda all: all.areas.create("Cellar"), lambda all: all.areas.get_or_make("Cellar!")),
        (
            lambda all: all.entities.update("lamp.l", new_entity_id="lamp.desk"),
            lambda all: all.entities.register("lamp", DEMO, "3", object_id="desk"),
        ),
    ],
    ids=["the name", "the id made of it", "an entity's id"],
)
async def test_a_name_that_a_plugin_took_meanwhile_is_refused_and_the_disk_follows(
    home: Rooms, clock: SimulatedClock, change: Change, taken: Callable[[Registries], object]
):
    home.disk.meanwhile = lambda: taken(home.registries)
    with pytest.raises(RegistryRefusal):
        await change(home.registries)
    await clock.forward(WRITE_WITHIN_S)
    again = await home.again()
    assert as_kept(again.registries) == as_kept(home.registries)


async def test_what_is_refused_in_doubt_does_not_come_back_with_the_next_start(home: Rooms, clock: SimulatedClock):
    home.disk.doubtful = DatabaseFailed("the server went away")
    with pytest.raises(DatabaseFailed):
        await home.registries.areas.create("Cellar")
    assert "cellar" in home.disk.kept("core.areas")
    home.disk.doubtful = None
    await clock.forward(60)
    assert list(home.disk.kept("core.areas")) == ["hall"]


async def test_a_change_whose_caller_goes_away_is_made_whole(home: Rooms):
    home.disk.slow = 5
    asking = asyncio.ensure_future(home.registries.areas.create("Cellar"))
    for _ in range(4):
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await home.registries.keeper.commit()
    assert set(home.disk.kept("core.areas")) == {row.id for row in home.registries.areas.all()} == {"hall", "cellar"}


@pytest.mark.parametrize(
    "odd", [{"capabilities": {"step": Decimal("0.5")}}, {"original_name": "half \ud83d"}], ids=["a decimal", "a half"]
)
async def test_a_change_of_a_row_that_no_document_holds_is_refused_and_its_plugin_charged(
    home: Rooms, clock: SimulatedClock, odd: dict[str, Any]
):
    entities = home.registries.entities
    entities._write(entities.need("lamp.l"), replace(entities.need("lamp.l"), **odd))
    with pytest.raises(CannotBeKept, match="demo gave"):
        await entities.update("lamp.l", name="x")
    assert entities.need("lamp.l").name is None
    assert home.ledger.account(DEMO).counts == {"error": 1}
    await entities.update("lamp.l_2", name="y")
    assert home.disk.kept("core.entities")[entities.need("lamp.l_2").id]["name"] == "y"
