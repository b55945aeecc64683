"""What a person changes of an entry while the disk takes nothing: refused, and everything runs on as it was."""

from collections.abc import Awaitable, Callable

import pytest

from core.entries.conftest import DEMO, House
from core.registry.rooms import DiskFull
from linli.clock import SimulatedClock
from linli.entries import ConfigEntry, EntryState
from linli.ids import PlaceId

CHANGES: dict[str, Callable[[House, ConfigEntry], Awaitable[object]]] = {
    "a new one": lambda house, entry: house.entries.create(DEMO, "b", title="B", data={}, place=PlaceId("p")),
    "another title": lambda house, entry: house.entries.update(entry.entry_id, title="Other", options={"x": 1}),
    "off": lambda house, entry: house.entries.disable(entry.entry_id, "user"),
    "away": lambda house, entry: house.entries.remove(entry.entry_id),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_what_the_disk_refused_has_never_been_there(
    house: House, clock: SimulatedClock, change: Callable[[House, ConfigEntry], Awaitable[object]]
):
    entry = await house.make()
    kept = dict(house.disk.rows)
    house.disk.full = True
    with pytest.raises(DiskFull):
        await change(house, entry)
    assert house.entries.all() == [entry]
    assert house.plugin.calls[-1] == ("set up", "a")
    house.disk.full = False
    await clock.forward(60)
    assert house.disk.rows == kept
    await change(house, entry)
    assert house.disk.rows != kept


async def test_data_that_cannot_be_written_in_their_new_form_are_brought_to_it_at_a_later_try(
    house: House, clock: SimulatedClock
):
    await house.make()
    again = await house.again()
    again.plugin.version, again.plugin.migrated = 2, {"new": 1}
    again.disk.full = True
    await again.entries.set_up_domain(DEMO)
    (entry,) = again.entries.all()
    assert (entry.state, entry.version, dict(entry.data)) == (EntryState.SETUP_ERROR, 1, {})
    again.disk.full = False
    await clock.forward(10)
    (entry,) = again.entries.all()
    assert (entry.state, entry.version, dict(entry.data)) == (EntryState.LOADED, 2, {"new": 1})
    await again.entries.close()


async def test_what_is_acknowledged_is_on_the_disk(house: House):
    entry = await house.entries.create(DEMO, "b", title="B", data={"x": 1}, place=PlaceId("p"))
    assert (entry.state, entry.place) == (EntryState.LOADED, "p")
    await house.entries.update(entry.entry_id, title="Other")
    await house.entries.disable(entry.entry_id, "user")
    (again,) = (await house.again()).entries.all()
    assert (again.title, again.disabled_by, again.place, dict(again.data)) == ("Other", "user", "p", {"x": 1})
    await house.entries.remove(entry.entry_id)
    assert house.disk.rows == {}
