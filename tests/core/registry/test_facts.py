"""Whose and where: inherited from the nearest that says it; every change of the answer is told."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.registry.rooms import Disk, Entries, Rooms
from linli.clock import SimulatedClock
from linli.ids import ROOT_PLACE, EntryId, PersonId, PlaceId, PluginDomain
from linli.registry import Registries

DEMO = PluginDomain("demo")
LEVELS = ("entity", "entity_said", "device", "device_said", "area", "entry")


class Layers:
    """One lamp in one device in one area of one entry, each of which may say a place and a subject."""

    def __init__(self) -> None:
        entries = Entries()
        entries.set("e1")
        self.rooms = Rooms(SimulatedClock(), Disk(), entries)
        registries = self.rooms.registries
        registries.keeper._closed = True
        self.area = registries.areas.make("A")
        self.device = registries.devices.register(EntryId("e1"), identifiers=[("demo", "1")], name="D")
        self.row = registries.entities.register(
            "lamp", DEMO, "1", object_id="L", config_entry_id="e1", device_id=self.device.id
        )
        self.say("device", area_id=self.area.id)

    def say(self, level: str, **values: object) -> None:
        registries = self.rooms.registries
        if level == "entry":
            self.rooms.entries.set("e1", **values)
            return
        registry = {"area": registries.areas, "device": registries.devices}.get(level.removesuffix("_said"))
        registry = registry or registries.entities  # type: ignore[assignment]
        row = {"area": self.area, "device": self.device}.get(level.removesuffix("_said"), self.row)
        if level.endswith("_said"):
            values = {f"original_{name}": value for name, value in values.items()}
        old = registry.get(row.id)  # type: ignore[union-attr]
        registry._write(old, replace(old, **values))  # type: ignore[union-attr, type-var, arg-type]


@settings(max_examples=60, deadline=None)
@given(
    places=st.dictionaries(st.sampled_from(LEVELS), st.sampled_from(["p1", "p2", "p3"])),
    subjects=st.dictionaries(st.sampled_from(LEVELS), st.sampled_from(["ann", "bo"])),
    order=st.permutations(LEVELS),
)
def test_the_nearest_that_says_it_wins_and_every_turn_is_told(
    places: dict[str, str], subjects: dict[str, str], order: list[str]
):
    layers = Layers()
    registries = layers.rooms.registries
    told: list[str] = []
    registries.watch(told.append)
    answer = (ROOT_PLACE, None)
    for level in order:
        if level in places or level in subjects:
            layers.say(level, place=places.get(level), subject=subjects.get(level))
            before, answer = answer, (registries.place_of("lamp.l"), registries.subject_of("lamp.l"))
            assert answer == before or told[-1] == "lamp.l"
            told.clear()
    assert answer[0] == next((places[level] for level in LEVELS if level in places), ROOT_PLACE)
    assert answer[1] == next((subjects[level] for level in LEVELS if level in subjects), None)


async def test_an_entitys_own_area_goes_before_its_devices(registries: Registries):
    await registries.areas.create("A", place=PlaceId("p1"))
    await registries.areas.create("B", place=PlaceId("p2"), subject=PersonId("ann"))
    device = registries.devices.register(EntryId("e1"), identifiers=[("demo", "1")], name="D")
    await registries.devices.update(device.id, area_id="a")
    row = registries.entities.register("lamp", DEMO, "1", object_id="L", device_id=device.id)
    assert registries.place_of("lamp.l") == "p1"
    await registries.entities.update(row.id, area_id="b")
    assert (registries.place_of("lamp.l"), registries.subject_of("lamp.l")) == ("p2", "ann")
    assert registries.facts.area_of("lamp.l") == "b"
    told: list[str] = []
    registries.watch(told.append)
    await registries.areas.update("a", place=PlaceId("p3"))
    assert told == []
    await registries.entities.update(row.id, area_id=None)
    assert (told, registries.place_of("lamp.l")) == (["lamp.l"], "p3")


async def test_what_nobody_registered_is_at_the_root_and_nobodys(registries: Registries):
    assert registries.place_of("lamp.none") == ROOT_PLACE
    assert (registries.subject_of("lamp.none"), registries.owner_of("lamp.none")) == (None, None)
    assert registries.category_of("lamp.none") is None


async def test_a_rename_a_removal_and_a_category_are_told(registries: Registries):
    told: list[str] = []
    stop = registries.watch(told.append)
    row = registries.entities.register("lamp", DEMO, "1", object_id="L")
    await registries.entities.update(row.id, new_entity_id="lamp.m")
    await registries.entities.update(row.id, name="x")
    registries.entities.redefine(row.id, entity_category="config")
    await registries.entities.remove(row.id)
    assert told == ["lamp.l", "lamp.l", "lamp.m", "lamp.m", "lamp.m"]
    stop()
    registries.entities.register("lamp", DEMO, "1", object_id="L")
    assert len(told) == 5


async def test_where_other_items_are(rooms: Rooms, registries: Registries):
    rooms.entries.set("e1", place=PlaceId("p1"), subject=PersonId("ann"))
    await registries.areas.create("A", place=PlaceId("p2"))
    device = registries.devices.register(EntryId("e1"), identifiers=[("demo", "1")], name="D")
    found = registries.whereabouts("device", device.id)
    assert found is not None
    assert (found.place, found.subject) == ("p1", "ann")
    await registries.devices.update(device.id, area_id="a")
    assert registries.whereabouts("device", device.id).place == "p2"  # type: ignore[union-attr]
    assert registries.whereabouts("area", "a").place == "p2"  # type: ignore[union-attr]
    await registries.floors.create("F")
    assert registries.whereabouts("floor", "f").place == ROOT_PLACE  # type: ignore[union-attr]
    for item in ("device", "area", "floor", "label", "category"):
        assert registries.whereabouts(item, "none") is None


@pytest.fixture
async def home(registries: Registries) -> Registries:
    await registries.floors.create("F")
    await registries.areas.create("A", floor_id="f", labels=["l"])
    device = registries.devices.register(EntryId("e1"), identifiers=[("demo", "1")], name="D")
    await registries.devices.update(device.id, area_id="a")
    said = {"object_id": "x", "device_id": device.id}
    registries.entities.register("lamp", DEMO, "plain", **{**said, "object_id": "plain"})  # type: ignore[arg-type]
    registries.entities.register("lamp", DEMO, "away", **{**said, "object_id": "away"})  # type: ignore[arg-type]
    registries.entities.register(
        "lamp", DEMO, "diag", **{**said, "object_id": "diag"}, entity_category="diagnostic"  # type: ignore[arg-type]
    )  # fmt: skip
    registries.entities.register("lamp", DEMO, "hidden", **{**said, "object_id": "hidden"})  # type: ignore[arg-type]
    registries.entities.register("lamp", DEMO, "loose", object_id="loose")
    await registries.entities.update("lamp.hidden", hidden_by="user")
    await registries.entities.update("lamp.away", area_id="b")
    await registries.entities.update("lamp.loose", area_id="a", labels=["l"])
    return registries


async def test_what_a_target_means(home: Registries):
    (device,) = home.devices.all()
    assert set(home.entities_of_device(device.id)) == {"lamp.plain", "lamp.away"}
    assert set(home.entities_of_area("a")) == {"lamp.plain", "lamp.loose"}
    assert set(home.entities_of_floor("f")) == {"lamp.plain", "lamp.loose"}
    assert set(home.entities_of_label("l")) == {"lamp.plain", "lamp.loose"}
    assert list(home.entities_of_area("none")) == []
