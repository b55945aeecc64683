"""Forgetting: by age, by entity, at night; asked for, journaled, and refused where another plugin holds the past."""

from typing import Any

import pytest

from linli import Forbidden, InvalidRequest

from .conftest import Home, Start

DAY = 86_400


async def purged(home: Home, service: str, **data: Any) -> None:
    await home.clock.forward(seconds=1)
    await home.call(service, **data)
    await home.clock.settle()


@pytest.fixture
async def old(home: Home) -> Home:
    """Ten days old, and new."""
    await home.set("sensor.a", "old", n=1)
    await home.set("sun.sun", "old", m=1)
    home.hub.rooms.bus.fire("pressed", {"entity_id": "sensor.a"})
    await home.set("sensor.a", "new", n=2, after=12 * DAY - 3600)
    await home.api.settle()
    return home


async def test_what_is_older_goes_with_all_that_only_it_referred_to(start: Start) -> None:
    async with start("{auto_purge: false}") as home:
        await home.set("sensor.a", "old", n=1)
        home.hub.rooms.bus.fire("pressed", {"entity_id": "sensor.a"})
        await home.set("sensor.a", "new", n=2, after=12 * DAY)
        await home.api.settle()
        await purged(home, "purge", keep_days=10)
        assert await home.told("sensor.a") == {"sensor.a": ["new"]}
        assert home.rows("SELECT text FROM attributes") == [('{"n":2}',)]
        assert [each.event_type for each in await home.happened(event_types=("pressed",)) if each.event_type] == []
        await home.set("sensor.a", "again", n=1)
        assert (await home.states("sensor.a"))["sensor.a"][-1]["a"] == {"n": 1}


async def test_it_happens_by_itself_every_night(old: Home) -> None:
    await old.clock.forward(seconds=DAY)
    assert await old.told("sensor.a", "sun.sun") == {"sensor.a": ["new"]}


@pytest.mark.parametrize(
    "chosen",
    [{"entity_id": "sensor.a"}, {"domains": ["sensor"]}, {"entity_globs": ["sens*"]}],
    ids=["name", "domain", "pattern"],
)
async def test_entities_can_be_forgotten_by_name_domain_and_pattern(start: Start, chosen: dict[str, Any]) -> None:
    async with start("{auto_purge: false}") as home:
        await home.set("sensor.a", "1", secret="x")
        await home.set("sun.sun", "1")
        home.hub.rooms.bus.fire("pressed", {"entity_id": "sensor.a"})
        await purged(home, "purge_entities", **chosen)
        assert await home.told("sensor.a", "sun.sun") == {"sun.sun": ["1"]}
        assert home.rows("SELECT count(*) FROM attributes") == [(0,)]
        assert home.rows("SELECT count(*) FROM events WHERE streams IS NOT NULL") == [(0,)]


async def test_what_is_no_longer_recorded_can_be_forgotten(start: Start) -> None:
    async with start() as home:
        await home.set("sensor.a", "1")
        await home.set("sun.sun", "1")
    async with start("{exclude: {domains: [sensor]}}", at=10) as home:
        await purged(home, "purge", keep_days=9, apply_filter=True, repack=True)
        assert await home.told("sensor.a", "sun.sun") == {"sun.sun": ["1"]}


async def test_somebody_must_be_named(home: Home) -> None:
    with pytest.raises(InvalidRequest):
        await home.call("purge_entities")


async def test_only_administrators_may(home: Home) -> None:
    for name, role in (("li", "resident"), ("wang", "admin")):
        person = await home.person(name, role)
        if role == "admin":
            await home.call("purge", person)
        else:
            with pytest.raises(Forbidden):
                await home.call("purge", person)


@pytest.mark.parametrize("answer", [False, None, RuntimeError("down"), "hang"], ids=["no", "nothing", "error", "late"])
async def test_a_plugin_that_does_not_say_yes_refuses(start: Start, answer: Any) -> None:
    async with start("{auto_purge: false}", census=True) as home:
        await home.set("sensor.a", "1")
        home.census.may["purge"] = home.census.may["purge_entities"] = answer
        for service, data in (("purge", {"keep_days": 0}), ("purge_entities", {"entity_id": "sensor.a"})):
            call = home.hub.rooms.services.call("recorder", service, data)
            if answer == "hang":
                import asyncio

                task = asyncio.ensure_future(call)
                await home.clock.forward(seconds=15)
                call = task  # type: ignore[assignment]
            with pytest.raises(Forbidden):
                await call
        assert home.rows("SELECT count(*) FROM states WHERE state = '1'") == [(1,)]


async def test_what_was_meant_and_what_was_done_stand_in_the_journal(home: Home) -> None:
    await home.set("sensor.a", "1")
    person = await home.person("wang", "admin")
    await home.call("purge_entities", person, entity_id="sensor.a")
    await home.clock.settle()
    rows = [row for row in await home.hub.rooms.storage.journal.rows() if row.action.startswith("recorder.")][::-1]
    assert [(row.action, (row.details or {})["stage"], row.actor.id) for row in rows] == [
        ("recorder.purge_entities", "intended", person.user_id),
        ("recorder.purge_entities", "done", person.user_id),
    ]
    assert (rows[0].details or {})["ids"] == ["sensor.a"]
