"""Forgetting: by age, by entity, at night; asked for, journaled, and refused where another plugin holds the past."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from linli import EntityId, Forbidden, InvalidRequest
from linli_recorder import pieces
from linli_recorder.purging import is_second_sunday
from linli_recorder.recorder import BATCH
from linli_recorder.statistics.compiling import sum_up_hour

from .conftest import Home, Start, recorder_of

DAY = 86_400


async def purged(home: Home, service: str, **data: Any) -> None:
    await home.clock.forward(seconds=1)
    await home.call(service, **data)
    await home.clock.settle()


async def test_what_is_older_goes_with_all_that_only_it_referred_to(start: Start) -> None:
    async with start("{auto_purge: false}") as home:
        await home.set("sensor.a", "old", n=1)
        home.hub.rooms.bus.fire("pressed", {"entity_id": "sensor.a"})
        await home.set("sensor.a", "new", n=2, after=3 * DAY)
        await home.api.settle()
        await purged(home, "purge", keep_days=2)
        assert await home.told("sensor.a") == {"sensor.a": ["new"]}
        assert home.rows("SELECT text FROM attributes") == [('{"n":2}',)]
        assert [each.event_type for each in await home.happened(event_types=("pressed",)) if each.event_type] == []
        await home.set("sensor.a", "again", n=1)
        assert (await home.states("sensor.a"))["sensor.a"][-1]["a"] == {"n": 1}


async def test_it_happens_by_itself_every_night(start: Start) -> None:
    async with start("{purge_keep_days: 2}") as home:
        await home.set("sensor.a", "old", n=1)
        await home.set("sun.sun", "old", m=1)
        home.hub.rooms.bus.fire("pressed", {"entity_id": "sensor.a"})
        await home.set("sensor.a", "new", n=2, after=3 * DAY - 3600)
        await home.api.settle()
        await home.clock.forward(seconds=DAY)
        assert await home.told("sensor.a", "sun.sun") == {"sensor.a": ["new"]}


@pytest.mark.parametrize(
    "chosen",
    [{"entity_id": "sensor.a"}, {"domains": ["sensor"]}, {"entity_globs": ["sens*"]}],
    ids=["name", "domain", "pattern"],
)
async def test_entities_can_be_forgotten_by_name_domain_and_pattern(start: Start, chosen: dict[str, Any]) -> None:
    async with start("{auto_purge: false}") as home:
        await home.set("sensor.a", "1", secret="x")
        await home.set("sun.sun", "1")
        home.hub.rooms.bus.fire("pressed", {"entity_id": "sensor.a", "secret": 1})
        await purged(home, "purge_entities", **chosen)
        assert await home.told("sensor.a", "sun.sun") == {"sun.sun": ["1"]}
        assert home.rows("SELECT count(*) FROM events WHERE streams IS NOT NULL") == [(0,)]
        for table in ("attributes", "event_data"):
            assert not [text for (text,) in home.rows(f"SELECT text FROM {table}") if "secret" in text]


async def test_what_others_said_too_stays_theirs(start: Start) -> None:
    async with start("{auto_purge: false}") as home:
        await home.set("sensor.a", "1", unit="W")
        await home.set("sensor.b", "1", unit="W")
        await purged(home, "purge_entities", entity_id="sensor.a")
        await home.set("sensor.b", "2", unit="W")
        assert [row["a"] for row in (await home.states("sensor.b"))["sensor.b"]] == [{"unit": "W"}] * 2


async def test_what_is_forgotten_does_not_come_back_under_a_number_that_was_its(start: Start) -> None:
    async with start("{auto_purge: false}") as home:
        await home.set("sensor.a", "1", code="1234")
        recent = home.clock.timestamp() - 60
        assert (await home.states("sensor.a", since=recent))["sensor.a"][0]["a"] == {
            "code": "1234"
        }  # and is remembered as read
        await purged(home, "purge_entities", entity_id="sensor.a")
        await home.set("sensor.b", "1", unit="W")
        assert (await home.states("sensor.b", since=recent))["sensor.b"][0]["a"] == {"unit": "W"}


async def test_who_keeps_nothing_keeps_no_word_of_it(start: Start) -> None:
    async with start("{auto_purge: false}") as home:
        await home.set("sensor.a", "1", secret="x")
        home.hub.rooms.bus.fire("pressed", {"secret": "y"})
        await purged(home, "purge", keep_days=0)
        for table in ("attributes", "event_data"):
            assert not [text for (text,) in home.rows(f"SELECT text FROM {table}") if "secret" in text]
        assert home.rows("SELECT count(*) FROM states WHERE state = '1'") == [(0,)]


async def test_recording_goes_on_while_much_is_forgotten(home: Home) -> None:
    recorder = recorder_of(home)
    waiting = []
    for number in range(BATCH):  # so many are written at once, without waiting for the interval
        home.hub.rooms.states.set(EntityId(f"sensor.s{number}"), "1", {})
    for _ in range(50):
        await recorder.reshape(lambda tx: None)
        waiting.append(recorder.waiting)
    assert waiting[-1] == 0


@pytest.mark.sqlite_only
async def test_no_piece_looks_through_a_table(home: Home) -> None:
    """What is taken away is found along a key, however many rows there are."""
    await home.set("sensor.a", "1", n=1)
    home.hub.rooms.bus.fire("pressed", {"entity_id": "sensor.a"})
    await home.api.settle()
    recorder = recorder_of(home)
    taken = [
        pieces.STATES.older([1], 1 << 60), pieces.SHORT.older([1], 1 << 60), pieces.older_events(1 << 60),
        pieces.unused_texts("attributes", 1 << 30), pieces.numbered("DELETE FROM events WHERE number", [1, 2]),
        pieces.numbered("UPDATE attributes SET hash = 0 WHERE id", [1, 2]),
        lambda tx, _: pieces.STATES.with_older(tx, 1 << 60), lambda tx, _: sum_up_hour(tx, 0),
    ]  # fmt: skip
    plans: list[str] = []

    def look(tx: Any) -> None:
        raw = tx.connection.connection.driver_connection
        said: list[str] = []
        raw.set_trace_callback(said.append)
        for take in taken:
            take(tx, 0)
        raw.set_trace_callback(None)
        for statement in said:
            plans.extend(f"{row[3]}: {statement}" for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}"))

    await recorder.database.transaction(look)
    assert len(plans) > 10
    assert [
        plan
        for plan in plans
        if plan.startswith("SCAN") and not plan.startswith(("SCAN series", "SCAN owner", "SCAN CONSTANT"))
    ] == []


@pytest.mark.sqlite_only
async def test_repacking_gives_the_disk_its_space_back_piece_by_piece(start: Start) -> None:
    async with start("{auto_purge: false}") as home:
        for number in range(3_000):
            home.hub.rooms.states.set(EntityId(f"sensor.s{number}"), "1", {"text": "x" * 3_000, "n": number})
        await home.clock.forward(seconds=1)
        await purged(home, "purge", keep_days=0)
        recorder = recorder_of(home)
        before = (home.folder / "recorder.db").stat().st_size
        repacked = asyncio.ensure_future(recorder.database.give_back())
        waited = await recorder.database.transaction(lambda tx: repacked.done())
        await repacked
        await home.api.settle()
        assert not waited
        assert (home.folder / "recorder.db").stat().st_size < before / 4
        assert home.rows("PRAGMA freelist_count") == [(0,)]


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


@pytest.mark.parametrize(("service", "data"), [("purge", {}), ("purge_entities", {"entity_id": "sensor.a"})])
async def test_to_forget_is_an_owners(home: Home, service: str, data: dict[str, Any]) -> None:
    for name, role in (("li", "resident"), ("wang", "admin")):
        with pytest.raises(Forbidden):
            await home.call(service, await home.person(name, role), **data)
    await home.call(service, await home.person("zhao", "admin", is_owner=True), **data)


@pytest.mark.parametrize("answer", [False, None, RuntimeError("down"), "hang"], ids=["no", "nothing", "error", "late"])
async def test_a_plugin_that_does_not_say_yes_refuses(start: Start, answer: Any) -> None:
    async with start("{auto_purge: false}", census=True) as home:
        await home.set("sensor.a", "1")
        home.census.may["purge"] = home.census.may["purge_entities"] = answer
        for service, data in (("purge", {"keep_days": 0}), ("purge_entities", {"entity_id": "sensor.a"})):
            call = home.hub.rooms.services.call("recorder", service, data)
            if answer == "hang":
                task = asyncio.ensure_future(call)
                await home.clock.forward(seconds=15)
                call = task  # type: ignore[assignment]
            with pytest.raises(Forbidden):
                await call
        assert home.rows("SELECT count(*) FROM states WHERE state = '1'") == [(1,)]


async def test_what_was_meant_and_what_was_done_stand_in_the_journal(home: Home) -> None:
    await home.set("sensor.a", "1")
    person = await home.person("wang", "admin", is_owner=True)
    await home.call("purge_entities", person, entity_id="sensor.a")
    await home.clock.settle()
    rows = [row for row in await home.hub.rooms.storage.journal.rows() if row.action.startswith("recorder.")][::-1]
    assert [(row.action, (row.details or {})["stage"], row.actor.id) for row in rows] == [
        ("recorder.purge_entities", "intended", person.user_id),
        ("recorder.purge_entities", "done", person.user_id),
    ]
    assert (rows[0].details or {})["ids"] == ["sensor.a"]


def test_space_is_given_back_on_the_second_sunday_of_a_month() -> None:
    days = [date(2025, 1, 1) + timedelta(days=day) for day in range(365)]
    found = [day for day in days if is_second_sunday(day)]
    assert [day.month for day in found] == list(range(1, 13))
    assert found[:3] == [date(2025, 1, 12), date(2025, 2, 9), date(2025, 3, 9)]
