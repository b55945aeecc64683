"""The past belongs to those who lived it (SAFETY 15, 18)."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

import pytest

from linli import Context, PersonId, PlaceId, UserId, loads
from linli_recorder.api import Form, StatesAsked, Tenancy
from linli_recorder.forms import PIECE
from linli_recorder.reading import Reader
from linli_recorder.rights import Readable

from .conftest import FLAT, HUB, OTHER_FLAT, Home, Start, recorder_of

T = TypeVar("T")


async def test_what_a_reader_does_not_see_has_no_past(home: Home) -> None:
    home.register("sensor.ours", "u1", FLAT)
    home.register("sensor.theirs", "u2", OTHER_FLAT)
    li = await home.person("li", "resident", FLAT)
    for name in ("sensor.ours", "sensor.theirs"):
        await home.set(name, "1")
        home.hub.rooms.bus.fire("automation_triggered", {"entity_id": name})
    assert await home.told("sensor.ours", "sensor.theirs", "sensor.none", reader=li) == {"sensor.ours": ["1"]}
    assert {each.entity_id for each in await home.happened(li, event_types=("automation_triggered",))} == {
        "sensor.ours"
    }
    assert await home.happened(li, entity_ids=("sensor.theirs",)) == []
    assert set(await home.api.may_read(["sensor.ours", "sensor.theirs"], li)) == {"sensor.ours"}


async def test_an_entity_that_moved_to_another_flat_shows_nothing_of_the_first(home: Home) -> None:
    registry_id = home.register("sensor.lamp", "u1", FLAT)
    await home.set("sensor.lamp", "in flat 1")
    await home.hub.rooms.registries.entities.update(registry_id, place=OTHER_FLAT)
    await home.set("sensor.lamp", "in flat 2")
    neighbour = await home.person("wang", "resident", OTHER_FLAT)
    assert await home.told("sensor.lamp", reader=neighbour) == {"sensor.lamp": ["unavailable", "in flat 2"]}
    assert await home.told("sensor.lamp") == {"sensor.lamp": ["in flat 1", "unavailable", "in flat 2"]}
    assert [each.state for each in await home.happened(neighbour)] == ["unavailable", "in flat 2"]


async def test_a_name_that_another_entity_bears_now_shows_nothing_of_the_first(home: Home) -> None:
    home.register("sensor.door", "u1", FLAT)
    await home.set("sensor.door", "first")
    home.hub.rooms.states.remove("sensor.door")  # type: ignore[arg-type]
    await home.hub.rooms.registries.entities.update("sensor.door", new_entity_id="sensor.former_door")
    home.register("sensor.door", "u2", FLAT)
    await home.set("sensor.door", "second")
    li = await home.person("li", "resident", FLAT)
    assert await home.told("sensor.door", reader=li) == {"sensor.door": ["second"]}


async def test_what_was_about_one_person_is_not_anothers_past(home: Home) -> None:
    registry_id = home.register("sensor.watch", "u1", FLAT)
    entities = home.hub.rooms.registries.entities
    await entities.update(registry_id, subject=PersonId("wang"))
    await home.set("sensor.watch", "of wang")
    await entities.update(registry_id, subject=PersonId("li"))
    await home.set("sensor.watch", "of li")
    li = await home.person("li", "resident", FLAT, person=PersonId("li"))
    assert "of wang" not in (await home.told("sensor.watch", reader=li))["sensor.watch"]
    assert (await home.told("sensor.watch", reader=li))["sensor.watch"][-1] == "of li"
    assert "of wang" not in [each.state for each in await home.happened(li)]


async def test_hidden_attributes_are_in_no_state_and_a_change_of_them_alone_is_none(home: Home) -> None:
    for secret, shown in ((1, 1), (2, 1), (3, 2)):
        await home.set("sensor.a", "1", secret=secret, shown=shown)
    await home.api.settle()
    recorder = recorder_of(home)
    streams = tuple((number, 0) for number in recorder.mirror.keys)
    readable = [Readable("sensor.a", streams, frozenset({"secret"}))]
    asked = StatesAsked(("sensor.a",), 0, home.clock.timestamp() + 1, Form.COMPRESSED, significant=False)
    ((_, text),) = await recorder.database.read(lambda tx: Reader().states(tx, asked, readable))
    assert [row["a"] for row in loads(text)] == [{"shown": 1}, {"shown": 2}]


async def test_changes_of_what_is_hidden_are_none_however_many_there_are(home: Home) -> None:
    for secret in range(2 * PIECE):
        await home.set("sensor.a", "1", secret=secret)
    await home.api.settle()
    recorder = recorder_of(home)
    streams = tuple((number, 0) for number in recorder.mirror.keys)
    readable = [Readable("sensor.a", streams, frozenset({"secret"}))]
    for form in Form:
        asked = StatesAsked(("sensor.a",), 0, home.clock.timestamp() + 1, form, significant=False)
        ((_, text),) = await recorder.database.read(partial(Reader().states, asked=asked, readable=readable))
        assert len(loads(text)) == 1


@pytest.fixture
async def moved(start: Start) -> Any:
    """Somebody lived in the flat, then others moved in."""
    async with start(census=True) as home:
        home.register("sensor.bed", "u1", FLAT)
        home.census.told[FLAT, None] = Tenancy("first")
        await home.api.tenancies_changed()
        await home.set("sensor.bed", "before")
        home.hub.rooms.bus.fire("automation_triggered", {"entity_id": "sensor.bed"})
        home.census.told[FLAT, None] = Tenancy("second")
        await home.api.tenancies_changed([FLAT])
        await home.set("sensor.bed", "after")
        yield home


@pytest.mark.parametrize("role", ["resident", "admin"])
async def test_who_moves_in_sees_nothing_of_those_before(moved: Home, role: str) -> None:
    reader = await moved.person("li", role, FLAT)
    assert await moved.told("sensor.bed", reader=reader) == {"sensor.bed": ["after"]}
    assert [each.state for each in await moved.happened(reader, event_types=("automation_triggered",))] == ["after"]


async def test_the_opening_state_is_none_of_an_earlier_tenancy(moved: Home) -> None:
    reader = await moved.person("li", "resident", FLAT)
    now = moved.clock.timestamp()
    assert await moved.told("sensor.bed", reader=reader, since=now - 0.5, opening=True) == {"sensor.bed": ["after"]}
    assert await moved.told("sensor.bed", reader=reader, since=now + 0.5, opening=True) == {"sensor.bed": ["after"]}


async def test_the_hub_itself_reads_all_tenancies(moved: Home) -> None:
    assert await moved.told("sensor.bed", reader=HUB) == {"sensor.bed": ["before", "after"]}


async def test_a_new_carer_sees_only_what_came_since(start: Start) -> None:
    async with start(census=True) as home:
        home.register("sensor.bed", "u1", FLAT)
        home.census.told[FLAT, None] = Tenancy("t")
        await home.api.tenancies_changed()
        await home.set("sensor.bed", "before")
        home.hub.rooms.bus.fire("automation_triggered", {"entity_id": "sensor.bed"})
        carer = await home.person("carer", "resident", FLAT)
        await home.clock.forward(seconds=10)
        home.census.told[FLAT, carer.user_id] = Tenancy("t", since=home.clock.timestamp())
        assert await home.told("sensor.bed", reader=carer) == {}
        await home.clock.forward(seconds=5)
        assert await home.told("sensor.bed", reader=carer, since=home.clock.timestamp()) == {}
        await home.set("sensor.bed", "after")
        assert await home.told("sensor.bed", reader=carer) == {"sensor.bed": ["after"]}
        found = await home.happened(carer, event_types=("automation_triggered",))
        assert [(each.state, each.event_type) for each in found] == [("after", None)]
        assert await home.told("sensor.bed", reader=await home.person("li", "resident", FLAT)) == {
            "sensor.bed": ["before", "after"]
        }


async def meanwhile(home: Home, asking: Coroutine[Any, Any, T]) -> T:
    """The answer, while time goes on: who is asked may take all that is given to them."""
    task = asyncio.ensure_future(asking)
    await home.clock.forward(seconds=60)
    return await task


@pytest.mark.parametrize("failing", [RuntimeError("down"), "hang", None], ids=["error", "time-out", "no answer"])
async def test_while_the_census_fails_the_last_answer_holds_and_none_means_no_right(start: Start, failing: Any) -> None:
    async with start(census=True) as home:
        home.register("sensor.bed", "u1", FLAT)
        home.register("sensor.other", "u2", OTHER_FLAT)
        li = await home.person("li", "resident", FLAT, OTHER_FLAT)
        home.census.told[FLAT, None] = Tenancy("t")
        await home.set("sensor.bed", "known")
        await home.told("sensor.bed", reader=li)
        home.census.told[FLAT, None] = home.census.told[OTHER_FLAT, None] = failing
        await home.clock.forward(seconds=120)
        await home.set("sensor.bed", "still known")
        await home.set("sensor.other", "never known")
        await home.clock.forward(seconds=30)
        found = await meanwhile(home, home.told("sensor.bed", "sensor.other", reader=li))
        assert found == {"sensor.bed": ["known", "still known"]}
    async with start(census=True, at=1000) as home:
        home.census.told[FLAT, None] = failing
        li = Context(UserId(str(li.user_id))).vouch()
        found = await meanwhile(home, home.told("sensor.bed", reader=li))
        assert found["sensor.bed"][:2] == ["known", "still known"]


async def test_what_was_recorded_before_there_was_a_census_is_nobodys_who_lives_there_now(start: Start) -> None:
    async with start() as home:
        home.register("sensor.bed", "u1", FLAT)
        await home.set("sensor.bed", "before")
    async with start(census=True, at=100) as home:
        home.census.told[FLAT, None] = Tenancy("t")
        await home.set("sensor.bed", "after")
        li = await home.person("li", "resident", FLAT)
        assert await home.told("sensor.bed", reader=li) == {"sensor.bed": ["after"]}


async def test_what_was_recorded_before_the_census_first_answered_stays_nobodys(start: Start) -> None:
    async with start(census=True) as home:
        home.register("sensor.bed", "u1", FLAT)
        await home.set("sensor.bed", "before")
        await home.api.settle()
        home.census.told[FLAT, None] = Tenancy("")
        await home.api.tenancies_changed()
        await home.set("sensor.bed", "after")
        li = await home.person("li", "resident", FLAT)
        assert await home.told("sensor.bed", reader=li) == {"sensor.bed": ["after"]}


async def test_a_corridor_without_tenancy_is_read_by_who_sees_it(start: Start) -> None:
    corridor = PlaceId("corridor")
    async with start(census=True) as home:
        home.register("sensor.corridor", "u1", corridor)
        home.census.told[corridor, None] = Tenancy("")
        await home.set("sensor.corridor", "1")
        li = await home.person("li", "resident", corridor)
        assert await home.told("sensor.corridor", reader=li) == {"sensor.corridor": ["1"]}
