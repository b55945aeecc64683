"""Entries of the YAML: one per instance, always the same, before what a screen made."""

from datetime import timedelta

import pytest

from core.entries.conftest import DEMO, House
from linli.clock import stopwatch
from linli.entries import EntryState, Source, entry_id_of
from linli.entries.entry import unique_ids_of
from linli.errors import NotSupported
from linli.ids import PlaceId


@pytest.mark.parametrize(
    ("sections", "unique_ids"),
    [
        ([{}], ["demo"]),
        ([{"host": "x"}, {"host": "y"}], ["demo", "demo 2"]),
        ([{"name": "a"}, {"id": 5}, {"unique_id": "u", "name": "a"}], ["a", "5", "u"]),
        ([{"name": "a"}, {"name": "a"}], ["a", "a 2"]),
        ([{"name": "a"}, {"name": "a"}, {"name": "a 2"}], ["a", "a 2", "a 2 2"]),
    ],
)
def test_what_tells_instances_apart(sections: list[dict[str, object]], unique_ids: list[str]):
    assert unique_ids_of("demo", sections) == unique_ids


def test_thousands_of_one_name_are_told_apart_at_once():
    started = stopwatch()
    unique_ids = unique_ids_of("demo", [{"name": "same"}] * 3000)
    assert stopwatch() - started < 1
    assert unique_ids[:2] + unique_ids[-1:] == ["same", "same 2", "same 3000"]


async def test_each_instance_is_an_entry_with_the_same_id_on_every_start(house: House):
    sections = [{"name": "a", "every": timedelta(seconds=5)}, {"name": "b"}]
    first, second = house.entries.adopt(DEMO, sections)
    assert (first.source, first.title, first.data) == (Source.YAML, "a", sections[0])
    assert first.entry_id != second.entry_id
    assert first.entry_id == entry_id_of("demo", "a")
    again = await house.again()
    assert [entry.entry_id for entry in again.entries.adopt(DEMO, sections)] == [first.entry_id, second.entry_id]


async def test_a_start_that_finds_the_yaml_as_it_was_writes_nothing(house: House):
    await house.make("b", host="screen")
    house.entries.adopt(DEMO, [{"name": "a"}, {"name": "b", "host": "yaml"}])
    await house.clock.forward(5)
    again = await house.again()
    again.entries.adopt(DEMO, [{"name": "a", "host": "other"}, {"name": "b", "host": "yaml"}])
    house.disk.batches.clear()
    await again.entries.close()
    assert house.disk.batches == []
    last = await house.again()
    last.entries.adopt(DEMO, [{"name": "a", "host": "other"}, {"id": "b", "name": "B"}, {"name": "c"}])
    await last.entries.close()
    assert house.disk.batches == [1]


async def test_the_settings_of_the_yaml_are_not_written_to_the_disk(house: House):
    (entry,) = house.entries.adopt(DEMO, [{"name": "a", "password": "s3cret"}])
    await house.entries.update(entry.entry_id, options={"x": 1}, place=PlaceId("flat1"))
    assert "s3cret" not in str(house.disk.rows)
    again = await house.again()
    (entry,) = again.entries.adopt(DEMO, [{"name": "a", "password": "s3cret"}])
    assert (entry.options, entry.place, entry.data["password"]) == ({"x": 1}, "flat1", "s3cret")


async def test_the_yaml_wins_over_a_screen_and_gives_way_again(house: House):
    made = await house.make("a", host="screen")
    (entry,) = house.entries.adopt(DEMO, [{"name": "a", "host": "yaml"}])
    assert (entry.entry_id, entry.source, entry.data["host"]) == (made.entry_id, Source.YAML, "yaml")
    assert len(house.entries.all(DEMO)) == 1
    await house.entries.update(entry.entry_id, options={"x": 1})
    again = await house.again()
    (entry,) = again.entries.adopt(DEMO, [{"name": "a", "host": "yaml"}])
    assert entry.data["host"] == "yaml"
    again.entries.adopt(DEMO, [])
    entry = again.entries.need(made.entry_id)
    assert (entry.source, entry.title, entry.data, entry.options) == (Source.USER, "A", {"host": "screen"}, {"x": 1})


async def test_an_instance_that_the_yaml_lost_is_absent_and_may_be_removed(house: House):
    (entry,) = house.entries.adopt(DEMO, [{"name": "a"}])
    with pytest.raises(NotSupported, match="written in the configuration"):
        await house.entries.remove(entry.entry_id)
    again = await house.again()
    await again.entries.set_up_domain(DEMO)
    assert again.plugin.calls == []
    await house.entries.update(entry.entry_id, options={})
    again = await house.again()
    again.entries.adopt(DEMO, [])
    await again.entries.set_up_domain(DEMO)
    entry = again.entries.need(entry.entry_id)
    assert (entry.present, entry.state, again.plugin.calls) == (False, EntryState.NOT_LOADED, [])
    assert await again.entries.remove(entry.entry_id)
    assert again.entries.all() == []
    assert again.disk.rows == {}


async def test_what_a_person_calls_an_entry_stays(house: House):
    (entry,) = house.entries.adopt(DEMO, [{"name": "a"}])
    await house.entries.update(entry.entry_id, title="My box")
    again = await house.again()
    assert again.entries.adopt(DEMO, [{"name": "a"}])[0].title == "My box"
    with pytest.raises(NotSupported):
        await house.entries.update(entry.entry_id, data={"host": "x"})


async def test_a_screen_makes_no_second_entry_of_one_instance(house: House):
    house.entries.adopt(DEMO, [{"name": "a"}])
    with pytest.raises(NotSupported, match="already configured"):
        await house.make("a")


async def test_what_the_yaml_says_is_never_old_and_what_lies_behind_it_is_migrated_when_it_comes_back(house: House):
    made = await house.make("a", host="screen")
    again = await house.again()
    again.plugin.version, again.plugin.minor = 3, 2
    (entry,) = again.entries.adopt(DEMO, [{"name": "a", "host": "yaml"}])
    await again.entries.set_up_domain(DEMO)
    entry = again.entries.need(made.entry_id)
    assert (entry.state, entry.written_in) == (EntryState.LOADED, (3, 2))
    assert again.plugin.calls == [("set up", "a")]
    await again.entries.close()
    last = await again.again()
    last.plugin.version, last.plugin.migrated = 3, {"hosts": ["screen"]}
    last.entries.adopt(DEMO, [])
    await last.entries.set_up_domain(DEMO)
    entry = last.entries.need(made.entry_id)
    assert (entry.source, entry.written_in, entry.data) == (Source.USER, (3, 1), {"hosts": ["screen"]})
