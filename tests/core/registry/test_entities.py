"""Entities: their ids, renames, what people may change, what they are remembered by."""

import asyncio
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from hypothesis.strategies import booleans, integers, sampled_from

from core.registry.rooms import Disk, DiskFull, Entries, Rooms
from linli.clock import SimulatedClock
from linli.errors import ContractError
from linli.ids import EntityId, PluginDomain
from linli.registry import EntityEntry, Registries, RegistryRefusal, UnknownItem
from linli.registry.codec import to_value

DEMO = PluginDomain("demo")


def lamp(registries: Registries, unique_id: str = "1", name: str = "L", **given: Any) -> EntityEntry:
    return registries.entities.register("lamp", DEMO, unique_id, object_id=name, **{"config_entry_id": "e1", **given})


async def test_registering_again_brings_up_to_date(rooms: Rooms, registries: Registries):
    first = lamp(registries, original_name="A", capabilities={"x": 1})
    same = lamp(registries, name="other", original_name="B", capabilities={"x": 1})
    assert (same.id, same.entity_id, same.original_name) == (first.id, "lamp.l", "B")
    assert rooms.events == [
        {"of": "entity", "action": "create", "entity_id": "lamp.l"},
        {"of": "entity", "action": "update", "entity_id": "lamp.l", "changes": {"original_name": "A"}},
    ]
    lamp(registries, original_name="B", capabilities={"x": 1})
    assert len(rooms.events) == 2


async def test_an_id_that_a_state_has_is_taken(rooms: Rooms, registries: Registries):
    rooms.states.set(EntityId("lamp.l"), "on")
    assert lamp(registries).entity_id == "lamp.l_2"


async def test_a_rename_keeps_everything_else(rooms: Rooms, registries: Registries):
    row = lamp(registries)
    lamp(registries, "2", "M")
    rooms.events.clear()
    renamed = await registries.entities.update("lamp.l", new_entity_id="lamp.desk", name="Desk", labels=["b", "a"])
    assert (renamed.id, registries.entities.get("lamp.l")) == (row.id, None)
    assert registries.entities.by_key("lamp", "demo", "1") == renamed
    assert registries.resolve(row.id) == "lamp.desk"
    assert rooms.events == [{
        "of": "entity", "action": "update", "entity_id": "lamp.desk", "old_entity_id": "lamp.l",
        "changes": {"entity_id": "lamp.l", "name": None, "labels": []},
    }]  # fmt: skip
    assert lamp(registries).entity_id == "lamp.desk"


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ("lamp.m", "Entity with this ID is already registered"),
        ("fan.l", "New entity ID should be same domain"),
        ("lamp", "Invalid entity ID"),
        ("lamp.Big", "Invalid entity ID"),
        ("lamp.a__b", "Invalid entity ID"),
        ("lamp._a", "Invalid entity ID"),
        ("lamp.灯", "Invalid entity ID"),
        ("lamp." + "x" * 300, "Invalid entity ID"),
    ],
)
async def test_what_is_no_new_name(registries: Registries, wanted: str, sentence: str):
    lamp(registries)
    lamp(registries, "2", "M")
    with pytest.raises(RegistryRefusal, match=sentence):
        await registries.entities.update("lamp.l", new_entity_id=wanted, name="kept out")
    assert registries.entities.need("lamp.l").name is None


async def test_an_entity_of_a_disabled_device_cannot_be_enabled(registries: Registries):
    device = registries.devices.register("e1", identifiers=[("demo", "1")], name="Box")  # type: ignore[arg-type]
    lamp(registries, device_id=device.id)
    await registries.devices.update(device.id, disabled_by="user")
    with pytest.raises(RegistryRefusal, match="Device is disabled"):
        await registries.entities.update("lamp.l", disabled_by=None)
    with pytest.raises(ValueError, match="nobody"):
        await registries.entities.update("lamp.l", disabled_by="nobody")


async def test_options_of_one_domain_leave_the_others(registries: Registries):
    lamp(registries, initial_options={"sensor": {"a": 1}})
    await registries.entities.set_options("lamp.l", "voice", {"b": 2})
    row = await registries.entities.set_options("lamp.l", "sensor", None)
    assert row.options == {"voice": {"b": 2}}


async def test_parts_that_two_people_change_at_once_both_stay(registries: Registries):
    lamp(registries)
    await asyncio.gather(
        registries.entities.set_options("lamp.l", "voice", {"b": 2}),
        registries.entities.set_options("lamp.l", "sensor", {"a": 1}),
        registries.entities.update("lamp.l", some_categories={"x": "1", "y": None}),
        registries.entities.update("lamp.l", some_categories={"z": "2"}),
    )
    row = registries.entities.need("lamp.l")
    assert row.options == {"voice": {"b": 2}, "sensor": {"a": 1}}
    assert row.categories == {"x": "1", "z": "2"}


async def test_fields_that_are_no_persons_to_change(registries: Registries):
    lamp(registries)
    with pytest.raises(ContractError, match="platform"):
        await registries.entities.update("lamp.l", platform="x")  # type: ignore[call-arg]
    with pytest.raises(UnknownItem):
        await registries.entities.update("lamp.none", name="x")


async def test_an_entity_that_comes_back_is_the_same_again(registries: Registries):
    row = lamp(registries)
    await registries.entities.update("lamp.l", new_entity_id="lamp.desk", name="Desk", disabled_by="user")
    await registries.entities.remove("lamp.desk")
    assert registries.entities.get("lamp.desk") is None
    back = lamp(registries)
    assert (back.id, back.entity_id, back.name, back.disabled_by) == (row.id, "lamp.desk", "Desk", "user")


async def test_one_that_comes_back_elsewhere_brings_id_and_name_only(registries: Registries):
    row = lamp(registries)
    await registries.entities.update("lamp.l", name="Desk", place="flat1", subject="ann")  # type: ignore[arg-type]
    await registries.entities.remove("lamp.l")
    lamp(registries, "2", "L")
    back = lamp(registries, config_entry_id="e2")
    assert (back.id, back.entity_id) == (row.id, "lamp.l_2")
    assert (back.name, back.place, back.subject) == (None, None, None)


async def test_a_unique_id_can_be_migrated(registries: Registries):
    row = lamp(registries, "old")
    lamp(registries, "taken", "M")
    with pytest.raises(RegistryRefusal, match=r"already in use by 'lamp\.m'"):
        await registries.entities.change_unique_id(row.entity_id, "taken")
    await registries.entities.change_unique_id(row.entity_id, "new")
    assert lamp(registries, "new").id == row.id
    assert registries.entities.need(row.id).previous_unique_id == "old"


async def test_as_screens_read_it(registries: Registries):
    row = lamp(registries, original_name="A", entity_category="diagnostic", has_entity_name=True)
    assert row.as_display_dict() == {
        "ei": "lamp.l", "pl": "demo", "lb": [], "ec": 1, "en": "A", "hn": True,
    }  # fmt: skip
    row = await registries.entities.update(
        row.id, hidden_by="user", area_id="a", icon="mdi:x", options={"sensor": {"display_precision": 0}}
    )
    assert row.as_display_dict() == {
        "ei": "lamp.l", "pl": "demo", "lb": [], "ai": "a", "ic": "mdi:x", "ec": 1, "en": "A", "hb": True, "hn": True,
        "dp": 0,
    }  # fmt: skip
    assert set(row.as_extended_dict()) - set(row.as_dict()) == {
        "aliases", "capabilities", "device_class", "original_device_class", "original_icon",
    }  # fmt: skip


class EntityMachine(RuleBasedStateMachine):
    """Any order of changes leaves every look-up in step with the rows."""

    def __init__(self) -> None:
        super().__init__()
        entries = Entries()
        entries.set("e1")
        entries.set("e2")
        self.disk = Disk()
        self.registries = Rooms(SimulatedClock(), self.disk, entries).registries
        self.registries.keeper._closed = True
        self.loop = asyncio.new_event_loop()
        self.devices = [
            self.registries.devices.register("e1", identifiers=[("demo", str(n))], name="D").id  # type: ignore[arg-type]
            for n in range(2)
        ]
        self.ids: dict[str, str] = {}

    @rule(number=integers(0, 4), entry=sampled_from(["e1", "e2"]), device=sampled_from([None, 0, 1]))
    def register(self, number: int, entry: str, device: int | None) -> None:
        device_id = None if device is None else self.devices[device]
        row = lamp(self.registries, str(number), f"L{number % 2}", config_entry_id=entry, device_id=device_id)
        assert self.ids.setdefault(row.unique_id, row.id) == row.id

    @rule(number=integers(0, 4), name=sampled_from(["lamp.a", "lamp.b", "lamp.l0"]))
    def rename(self, number: int, name: str) -> None:
        row = self.registries.entities.by_key("lamp", "demo", str(number))
        if row is not None:
            self.drive(self.registries.entities.update(row.id, new_entity_id=name))

    @rule(number=integers(0, 4), area=sampled_from([None, "x", "y"]), labels=sampled_from([(), ("l",), ("l", "m")]))
    def place(self, number: int, area: str | None, labels: tuple[str, ...]) -> None:
        row = self.registries.entities.by_key("lamp", "demo", str(number))
        if row is not None:
            self.drive(self.registries.entities.update(row.id, area_id=area, labels=frozenset(labels)))

    @rule(number=integers(0, 4))
    def remove(self, number: int) -> None:
        row = self.registries.entities.by_key("lamp", "demo", str(number))
        if row is not None:
            self.drive(self.registries.entities.remove(row.id))

    @rule(full=booleans())
    def weather(self, full: bool) -> None:
        self.disk.full = full

    def drive(self, change: Any) -> None:
        """Make a change; one that is refused leaves everything as it was, one that is not is on the disk."""
        before = list(self.registries.entities.all())
        try:
            self.loop.run_until_complete(change)
        except (RegistryRefusal, DiskFull):
            assert list(self.registries.entities.all()) == before
        else:
            kept = self.disk.kept("core.entities")
            assert kept == {row.id: to_value(row) for row in self.registries.entities.all()}

    def teardown(self) -> None:
        self.loop.close()

    @invariant()
    def look_ups_are_in_step(self) -> None:
        entities = self.registries.entities
        rows = list(entities.all())
        assert len({row.entity_id for row in rows}) == len(rows)
        for row in rows:
            assert entities.get(row.entity_id) is entities.get(row.id) is entities.by_key(*row.key) is row
        for area in ("x", "y"):
            assert {row.id for row in entities.by_area(area)} == {row.id for row in rows if row.area_id == area}
        for label in ("l", "m"):
            assert {row.id for row in entities.by_label(label)} == {row.id for row in rows if label in row.labels}
        for device in self.devices:
            assert {row.id for row in entities.by_device(device)} == {row.id for row in rows if row.device_id == device}
        for entry in ("e1", "e2"):
            assert {row.id for row in entities.by_entry(entry)} == {
                row.id for row in rows if row.config_entry_id == entry
            }


TestEntityMachine = EntityMachine.TestCase
TestEntityMachine.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
