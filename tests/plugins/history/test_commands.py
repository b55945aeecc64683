"""``history/history_during_period`` and ``history/stream``: codes of the original, no gap, no double,
nothing of a stranger."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from house import Client, House
from linli import EntityId, PluginDomain
from linli_history import stream

from .conftest import FLAT, OURS, THEIRS

LONG_AGO = "2020-01-01T00:00:00+00:00"
PERIOD, STREAM = "history/history_during_period", "history/stream"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"start_time": "x", "entity_ids": ["sensor.a"]}, "invalid_start_time"),
        ({"start_time": LONG_AGO, "end_time": "x", "entity_ids": ["sensor.a"]}, "invalid_end_time"),
        ({"start_time": LONG_AGO, "entity_ids": ["bad"]}, "invalid_entity_ids"),
        ({"start_time": LONG_AGO, "entity_ids": []}, "invalid_entity_ids"),
        ({"start_time": LONG_AGO}, "invalid_format"),
        ({"entity_ids": ["sensor.a"]}, "invalid_format"),
    ],
)
@pytest.mark.parametrize("command", [PERIOD, STREAM])
async def test_bad_questions_have_the_codes_of_the_original(
    admin: Client, command: str, fields: dict[str, Any], code: str
) -> None:
    assert await admin.code(command, **fields) == code


async def test_a_start_to_come_is_empty_for_one_and_wrong_for_the_other(admin: Client) -> None:
    later = {"start_time": "2999-01-01T00:00:00+00:00", "entity_ids": [OURS]}
    assert await admin.result(PERIOD, **later) == {}
    assert await admin.code(STREAM, **later) == "invalid_start_time"


async def test_the_newest_states_are_in_the_answer_at_once(house: House, admin: Client) -> None:
    await house.turn(OURS, "turn_on")
    found = await admin.result(PERIOD, start_time=LONG_AGO, entity_ids=[OURS, THEIRS, "sensor.never"])
    assert [row["s"] for row in found[OURS]] == ["off", "on"]
    assert found[OURS][0]["a"]["icon"] == "mdi:sofa"
    assert set(found) == {OURS, THEIRS}
    short = await admin.result(
        PERIOD, start_time=LONG_AGO, entity_ids=[OURS], minimal_response=True, no_attributes=True
    )
    assert set(short[OURS][1]) == {"s", "lu"}


async def test_a_resident_finds_nothing_of_the_flat_next_door(house: House, resident: Client) -> None:
    await house.turn(THEIRS, "turn_on")
    await house.turn(OURS, "turn_on")
    found = await resident.result(PERIOD, start_time=LONG_AGO, entity_ids=[THEIRS, OURS])
    assert [row["s"] for row in found.pop(OURS)] == ["on"], "before, it stood in no flat"
    assert not found
    await resident.result(STREAM, start_time=LONG_AGO, entity_ids=[THEIRS])
    assert (await resident.event())["states"] == {}
    await house.turn(THEIRS, "turn_off")
    await asyncio.sleep(stream.GATHER_S + 0.1)
    await resident.quiet()
    status, answer = await house.rest(
        "GET", f"/api/history/period?filter_entity_id={THEIRS}", (await house.user("wang", "resident", FLAT))[1]
    )
    assert (status, answer) == (200, [])


async def test_a_stream_brings_the_past_and_then_what_comes(house: House, admin: Client) -> None:
    await house.turn(OURS, "turn_on")
    await admin.result(STREAM, start_time=LONG_AGO, entity_ids=[OURS, "climate.new"], minimal_response=True)
    past = await admin.event()
    assert [row["s"] for row in past["states"][OURS]] == ["off", "on"]
    assert past["start_time"] < past["end_time"]
    await house.turn(OURS, "turn_off")
    await house.turn(OURS, "turn_on")
    states = house.hub.rooms.states
    states.set("climate.new", "heat", {"t": 1})  # type: ignore[arg-type]
    states.set("climate.new", "heat", {"t": 2})  # type: ignore[arg-type]
    now = await admin.event()
    assert [row["s"] for row in now["states"][OURS]] == ["off", "on"]
    assert [row["a"]["t"] for row in now["states"]["climate.new"]] == [1, 2], "told by its attributes"
    assert now["states"]["climate.new"][1]["lc"] < now["states"]["climate.new"][1]["lu"]
    await admin.result("unsubscribe_events", subscription=admin.last_id)
    await house.turn(OURS, "turn_off")
    await asyncio.sleep(stream.GATHER_S + 0.1)
    await admin.quiet()


async def test_a_stretch_that_is_over_is_one_event(house: House, admin: Client) -> None:
    await house.turn(OURS, "turn_on")
    await admin.result(STREAM, start_time=LONG_AGO, end_time="2021-01-01T00:00:00+00:00", entity_ids=[OURS])
    assert (await admin.event())["states"] == {}
    await house.turn(OURS, "turn_off")
    await asyncio.sleep(stream.GATHER_S + 0.1)
    await admin.quiet()


async def followed(client: Client) -> AsyncIterator[tuple[int, Any]]:
    """Every event until now, with the subscription that it belongs to."""
    client.last_id += 1
    await client.ws.send_json({"id": client.last_id, "type": "ping"})
    while True:
        message = await client.ws.receive_json(timeout=5)
        if message["type"] == "pong":
            return
        if message["type"] == "event":
            yield message["id"], message["event"]


async def test_changes_while_the_past_is_read_come_once_each(
    house: House, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred changes a second under twenty streams that begin; more than a stream can hold are read again."""
    monkeypatch.setattr(stream, "MOST_HELD", 3)
    states, over = house.hub.rooms.states, False

    async def flood() -> int:
        number = 0
        while not over:
            states.set("sensor.count", str(number), {})  # type: ignore[arg-type]
            number += 1
            await asyncio.sleep(0.0005)
        return number

    flooding = asyncio.create_task(flood())
    await asyncio.sleep(0.05)
    for _ in range(20):
        admin.last_id += 1
        question = {"type": STREAM, "start_time": LONG_AGO, "entity_ids": ["sensor.count"]}
        await admin.ws.send_json({"id": admin.last_id, **question})
        await asyncio.sleep(0.01)
    over = True
    written = await flooding
    by_stream: dict[int, list[int]] = {}

    async def all_have_come() -> bool:
        async for id, event in followed(admin):
            by_stream.setdefault(id, []).extend(int(row["s"]) for row in event["states"].get("sensor.count", []))
        return len(by_stream) == 20 and all(told and told[-1] == written - 1 for told in by_stream.values())

    deadline = asyncio.get_running_loop().time() + 10
    while not await all_have_come() and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(stream.GATHER_S)
    assert len(by_stream) == 20
    for told in by_stream.values():
        assert told == list(range(written))


async def test_who_loses_a_flat_hears_no_more_of_it(house: House, resident: Client) -> None:
    await resident.result(STREAM, start_time=LONG_AGO, entity_ids=[OURS])
    await resident.event()
    await house.hub.rooms.registries.entities.update(OURS, place=None)
    await house.turn(OURS, "turn_on")
    await asyncio.sleep(stream.GATHER_S + 0.1)
    await resident.quiet()


@pytest.mark.parametrize("significant", [True, False], ids=["significant changes", "every change"])
async def test_a_change_of_hidden_attributes_alone_is_told_neither_live_nor_afterwards(
    house: House, resident: Client, significant: bool
) -> None:
    rooms, name = house.hub.rooms, EntityId("climate.ours")
    rooms.registries.entities.register("climate", PluginDomain("test"), "u1", object_id="ours", original_place=FLAT)

    def put(also: str, shown: dict[str, int]) -> None:
        rooms.states.set(name, "heat", {"entity_id": [THEIRS, also], **shown})

    def told(states: Any) -> list[Any]:
        return [row["a"] for row in states[name]]

    asked = {"entity_ids": [name], "significant_changes_only": significant}
    put("light.a", {"t": 1, "u": 1})
    await resident.result(STREAM, start_time=LONG_AGO, **asked)
    assert told((await resident.event())["states"]) == [{"t": 1, "u": 1}]
    begun = datetime.fromtimestamp(rooms.clock.timestamp(), UTC).isoformat()
    put("light.b", {"t": 1, "u": 1})
    put("light.c", {"u": 1, "t": 1})
    put("light.c", {"t": 2, "u": 1})
    assert told((await resident.event())["states"]) == [{"t": 2, "u": 1}]
    for opening in (True, False):
        found = await resident.result(PERIOD, start_time=begun, include_start_time_state=opening, **asked)
        assert told(found) == [{"t": 1, "u": 1}] * opening + [{"t": 2, "u": 1}]
