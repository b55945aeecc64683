"""What is heard is on the disk soon, whole and once; what does not fit is dropped, counted and told."""

import threading
from typing import Any

import pytest

from linli import Context, EntityId, PlaceId, State, StateChange
from linli_recorder.whose import Stream
from linli_recorder.writing import Heard, Writer

from .conftest import HUB, Home, Start, recorder_of


async def test_a_change_is_on_the_disk_within_the_commit_interval(home: Home) -> None:
    await home.set("sensor.a", "1")
    await home.clock.forward(seconds=0.6)
    assert home.rows("SELECT state FROM states WHERE stream_id = (SELECT id FROM streams)") == [("1",)]


async def test_what_comes_while_a_batch_is_written_waits_for_its_own_time(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a busy home has a commit for each row or two."""
    recorder, commits = recorder_of(home), 0
    write = recorder._write_batch

    async def write_while_more_comes() -> int:
        nonlocal commits
        commits += 1
        done = await write()
        if commits < 50:
            home.hub.rooms.states.set(EntityId("sensor.a"), f"after {commits}", {})
        return done

    monkeypatch.setattr(recorder, "_write_batch", write_while_more_comes)
    await home.set("sensor.a", "0")
    await home.clock.forward(seconds=0.6)
    assert commits <= 4
    await home.clock.forward(seconds=0.6)
    assert commits <= 6
    assert ("after 1",) in home.rows("SELECT state FROM states")


async def test_attributes_that_did_not_change_are_stored_once(home: Home) -> None:
    for value in range(5):
        await home.set("sensor.a", str(value), unit_of_measurement="W", supported_features=3)
        await home.set("sensor.b", str(value), unit_of_measurement="W")
    await home.api.settle()
    assert home.rows("SELECT text FROM attributes") == [('{"unit_of_measurement":"W"}',)]


async def test_what_the_deployment_leaves_out_is_not_recorded(start: Start) -> None:
    exclude = "{exclude: {domains: [update], entity_globs: ['sensor.*_signal'], event_types: [secret]}}"
    async with start(exclude) as home:
        for entity_id in ("update.x", "sensor.door_signal", "sensor.door"):
            await home.set(entity_id, "1")
        home.hub.rooms.bus.fire("secret")
        home.hub.rooms.bus.fire("open", {"entity_id": "update.x"})
        home.hub.rooms.bus.fire("open", {"entity_id": "sensor.door"})
        assert await home.told("update.x", "sensor.door_signal", "sensor.door") == {"sensor.door": ["1"]}
        assert [each.event_data for each in await home.happened(event_types=("secret", "open")) if each.event_type] == [
            '{"entity_id":"sensor.door"}'
        ]
        assert await home.api.records(["update.x", "sensor.door"], ["secret", "open"]) == {"sensor.door", "open"}


async def test_states_from_before_a_restart_are_still_there(start: Start) -> None:
    async with start() as home:
        await home.set("sensor.a", "1")
    async with start(at=100) as home:
        await home.set("sensor.a", "2")
        assert await home.told("sensor.a") == {"sensor.a": ["1", "2"]}
        assert home.rows("SELECT closed FROM runs ORDER BY id") in ([(1,), (0,)], [(True,), (False,)])


async def test_two_changes_at_the_same_moment_are_two_rows_in_their_order(home: Home) -> None:
    for value in ("a", "b", "c"):
        home.hub.rooms.states.set("sensor.a", value)  # type: ignore[arg-type]
    assert await home.told("sensor.a") == {"sensor.a": ["a", "b", "c"]}


async def test_a_text_that_is_too_long_is_left_out_and_the_state_kept(home: Home) -> None:
    await home.set("sensor.a", "1", much="x" * 20_000)
    assert await home.states("sensor.a") == {
        "sensor.a": [{"s": "1", "a": {}, "lu": home.hub.rooms.states.get("sensor.a").last_updated}]
    }
    assert recorder_of(home).counts.too_long == 1


async def test_what_is_no_plain_value_is_kept_as_its_text(home: Home) -> None:
    await home.set("sensor.a", "\0é'\"", odd=object(), huge=2**70, some={1, 2})
    (row,) = (await home.states("sensor.a"))["sensor.a"]
    assert row["a"]["some"] == [1, 2]
    assert row["s"].endswith("é'\"")


async def held(home: Home, change: Any) -> None:
    """Run ``change`` while the database's thread is stuck, as on a disk that does not answer."""
    stuck, free = threading.Event(), threading.Event()

    def wait(connection: Any) -> None:
        stuck.set()
        free.wait(20)

    recorder = recorder_of(home)
    import asyncio

    task = asyncio.ensure_future(recorder.database.maintain(wait))
    while not stuck.is_set():
        await asyncio.sleep(0)
    try:
        change()
    finally:
        free.set()
        await task


async def test_a_full_queue_drops_the_oldest_counts_them_and_tells(start: Start) -> None:
    async with start("{queue: 1000}") as home:
        await home.api.settle()
        recorder = recorder_of(home)

        def flood() -> None:
            for value in range(1500):
                home.hub.rooms.states.set("sensor.a", str(value))  # type: ignore[arg-type]

        await held(home, flood)
        assert recorder.counts.dropped == 501  # what told of the issue was an event, too
        assert "recorder_behind" in [issue.issue_id for issue in home.hub.rooms.issues.all()]
        assert (await home.told("sensor.a"))["sensor.a"] == [str(value) for value in range(501, 1500)]
        assert home.rows("SELECT rows FROM gaps") == [(501,)]
        assert "recorder_behind" not in [issue.issue_id for issue in home.hub.rooms.issues.all()]


async def test_nothing_is_recorded_while_somebody_switched_it_off(home: Home) -> None:
    await home.set("sensor.a", "1")
    await home.call("disable")
    await home.set("sensor.a", "2")
    await home.call("enable")
    await home.set("sensor.a", "3")
    assert await home.told("sensor.a") == {"sensor.a": ["1", "3"]}


async def test_happenings_name_who_and_what_stood_behind_them(home: Home) -> None:
    person = await home.person("li", "admin")
    states = home.hub.rooms.states
    states.set("light.a", "off", {}, person)  # type: ignore[arg-type]
    await home.clock.forward(seconds=1)
    child = person.child()
    states.set("light.a", "on", {"icon": "mdi:lamp"}, child)  # type: ignore[arg-type]
    states.set("light.a", "on", {"icon": "mdi:lamp", "brightness": 3}, child)  # type: ignore[arg-type]
    home.hub.rooms.bus.fire("pressed", {"entity_id": "light.a"}, child)
    found = await home.happened(event_types=("pressed",), entity_ids=("light.a",))
    assert [(each.state, each.first, each.icon, each.event_type) for each in found] == [
        ("off", True, None, None),
        ("on", False, "mdi:lamp", None),
        (None, False, None, "pressed"),
    ]
    assert {(each.user_id, each.context_id, each.parent_id) for each in found[1:]} == {
        (person.user_id, child.id, person.id)
    }
    assert len(await home.happened(event_types=("pressed",), context_id=person.id)) == 3
    assert await home.happened(event_types=("pressed",), context_id=Context().id) == []


async def test_a_batch_whose_commit_was_in_doubt_is_not_written_twice(home: Home) -> None:
    await home.api.settle()
    recorder, writer = recorder_of(home), Writer()
    state = State(EntityId("sensor.a"), "1", {}, 1.0, 1.0, Context())
    stream = Stream("~sensor.a", "sensor.a", PlaceId("root"), None)
    stream.belongs("")
    batch = [Heard(StateChange(state.entity_id, None, state, state.context, 1.0), stream)]
    first = home.rows("SELECT value FROM marks WHERE name = 'number'")[0][0] + 1
    for _ in range(2):
        written = await recorder.database.transaction(lambda tx: writer.write(tx, batch, first))
        assert written.number == first
        assert [name for _, _, name in written.streams if name == "sensor.a"] == ["sensor.a"]
    assert home.rows("SELECT state FROM states WHERE updated_us = 1000000") == [("1",)]


@pytest.mark.parametrize(("limit", "expected"), [(2, ["0", "1"]), (100, ["0", "1", "2"])])
async def test_happenings_stop_at_their_limit(home: Home, limit: int, expected: list[str]) -> None:
    for value in range(3):
        await home.set("sensor.a", str(value))
    assert [each.state for each in await home.happened(entity_ids=("sensor.a",), limit=limit)] == expected


async def test_a_reader_without_a_user_is_the_hub_itself(home: Home) -> None:
    await home.set("sensor.a", "1")
    assert await home.told("sensor.a", reader=HUB) == {"sensor.a": ["1"]}


async def test_what_some_contexts_began_is_asked_for_in_one_question(home: Home) -> None:
    contexts = [Context() for _ in range(3)]
    for number, context in enumerate(contexts):
        await home.clock.forward(seconds=1)
        home.hub.rooms.bus.fire("pressed", {"n": number}, context)
        home.hub.rooms.states.set(EntityId("sensor.a"), str(number), {}, context=context)
    wanted = (contexts[0].id, contexts[2].id)
    found = await home.happened(event_types=("pressed",), context_ids=wanted)
    assert [(each.context_id, each.event_data, each.state) for each in found] == [
        (wanted[0], '{"n":0}', None), (wanted[0], None, "0"), (wanted[1], '{"n":2}', None), (wanted[1], None, "2"),
    ]  # fmt: skip
