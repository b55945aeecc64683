"""What stands in the logbook, and who or what it names as the cause; as the original was seen to do it."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from house import Client, House
from linli_logbook import stream

from .conftest import FLAT, OURS, THEIRS

LONG_AGO = "2020-01-01T00:00:00+00:00"
EVENTS, STREAM = "logbook/get_events", "logbook/event_stream"


async def lines(client: Client, **fields: Any) -> list[dict[str, Any]]:
    """All lines so far, without those of the hub's own start."""
    found = await client.result(EVENTS, start_time=LONG_AGO, **fields)
    return [line for line in found if line.get("domain") != "homeassistant"]


def about(entity_id: str, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in told if line.get("entity_id") == entity_id]


async def test_changes_are_told_and_what_only_counts_or_came_is_not(house: House, admin: Client) -> None:
    states = house.hub.rooms.states
    for entity_id, attributes in {
        "sensor.plain": {"icon": "mdi:x"},
        "sensor.power": {"unit_of_measurement": "W"},
        "sensor.mean": {"state_class": "measurement"},
        "counter.visits": {},
    }.items():
        for state in ("1", "2"):
            states.set(entity_id, state, attributes)  # type: ignore[arg-type]
        states.set(entity_id, "2", {**attributes, "more": 1})  # type: ignore[arg-type]
    (line,) = await lines(admin)
    assert {key: line[key] for key in ("entity_id", "state", "icon")} == {
        "entity_id": "sensor.plain", "state": "2", "icon": "mdi:x"
    }  # fmt: skip
    assert isinstance(line["when"], float)
    assert await lines(admin, entity_ids=["sensor.power"]) == []


async def test_who_called_a_service_is_named(house: House, admin: Client) -> None:
    user = (await admin.result("auth/current_user"))["id"]
    await admin.result("call_service", domain="input_boolean", service="turn_on", target={"entity_id": OURS})
    (line,) = about(OURS, await lines(admin, entity_ids=[OURS]))
    assert line["context_user_id"] == user
    assert (line["context_domain"], line["context_service"]) == ("input_boolean", "turn_on")
    assert line["context_event_type"] == "call_service"


@pytest.mark.parametrize("narrow", [False, True])
async def test_a_rule_is_named_with_what_set_it_going(house: House, admin: Client, narrow: bool) -> None:
    states = house.hub.rooms.states
    states.set("sensor.door", "closed", {})  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        states.set("sensor.door", "open", {})  # type: ignore[arg-type]
        while house.hub.rooms.states.get(OURS).state != "on":  # type: ignore[arg-type, union-attr]
            await asyncio.sleep(0.01)
    told = await lines(admin, **({"entity_ids": [OURS]} if narrow else {}))
    line = about(OURS, told)[-1]
    assert line["state"] == "on"
    assert line["context_event_type"] == "automation_triggered"
    assert line["context_name"] == "Lamp follows"
    assert line["context_entity_id"] == "automation.lamp_follows"
    assert line["context_source"] == "state of sensor.door"
    assert line["context_message"] == "triggered by state of sensor.door"
    if not narrow:
        rule = next(each for each in about("automation.lamp_follows", told) if "message" in each)
        assert (rule["name"], rule["domain"]) == ("Lamp follows", "automation")
        assert rule["context_id"]


@pytest.mark.parametrize("house", ["bell", ""], indirect=True, ids=["trusted", "in a process of its own"])
async def test_a_script_and_another_plugins_events_make_lines(house: House, admin: Client) -> None:
    await admin.result("call_service", domain="script", service="evening")
    house.hub.rooms.bus.fire("rang", {"who": "Front door", "times": 3})
    told = await lines(admin)
    started = next(line for line in told if line.get("message") == "started")
    assert (started["name"], started["domain"], started["entity_id"]) == ("Evening", "script", "script.evening")
    rang = next(line for line in told if line.get("domain") == "bell")
    assert (rang["name"], rang["message"]) == ("Front door", "rang 3 times")


async def test_a_line_can_be_written_and_names_nothing_that_its_writer_does_not_see(
    house: House, admin: Client, resident: Client
) -> None:
    write: dict[str, Any] = {"domain": "logbook", "service": "log"}
    await admin.result("call_service", **write, service_data={"name": "Post", "message": "came", "entity_id": OURS})
    await resident.result("call_service", **write, service_data={"name": "I", "message": "was", "entity_id": THEIRS})
    told = await lines(admin)
    assert [(line["name"], line.get("entity_id")) for line in told] == [("Post", OURS), ("I", None)]
    assert told[0]["context_service"] == "log"
    assert await admin.code("call_service", **write, service_data={"name": "x"}) == "invalid_format"


async def test_a_resident_reads_their_own_flat_only(house: House, resident: Client) -> None:
    await house.turn(THEIRS, "turn_on")
    await house.turn(OURS, "turn_on")
    assert {line["entity_id"] for line in await lines(resident)} == {OURS}
    assert await lines(resident, entity_ids=[THEIRS]) == []
    _, token = await house.user("wang", "resident", FLAT)
    status, told = await house.rest("GET", f"/api/logbook?entity={THEIRS},{OURS}", token)
    assert status == 200
    assert {line["entity_id"] for line in told} == {OURS}


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/xx", 400, "Invalid datetime"),
        ("?end_time=xx", 400, "Invalid end_time"),
        ("?entity=bad", 400, "Invalid entity"),
        ("?period=xx", 400, "Invalid period"),
        ("?period=0", 400, "Invalid period"),
        ("?entity=sensor.a&context_id=x", 400, "Can't combine entity with context_id"),
    ],
)
async def test_bad_questions_by_address(house: House, path: str, status: int, message: str) -> None:
    _, token = await house.user("owner", "admin")
    assert await house.rest("GET", "/api/logbook" + path, token) == (status, {"message": message})


async def test_by_address_lines_have_names_and_written_times(house: House) -> None:
    _, token = await house.user("owner", "admin")
    await house.turn(OURS, "turn_on")
    for path in ("", f"/{quote('2026-01-01T00:00:00+08:00')}?end_time=2999-01-01", "?period=3"):
        status, told = await house.rest("GET", "/api/logbook" + path, token)
        assert status == 200
        line = about(OURS, told)[-1]
        assert line["name"] == "Ours"
        assert line["when"].endswith("+00:00")
    _, told = await house.rest("GET", "/api/logbook/2020-01-01", token)
    assert told == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"start_time": "x"}, "invalid_start_time"),
        ({"start_time": LONG_AGO, "end_time": "x"}, "invalid_end_time"),
        ({"start_time": LONG_AGO, "entity_ids": ["bad"]}, "invalid_entity_ids"),
        ({}, "invalid_format"),
    ],
)
@pytest.mark.parametrize("command", [EVENTS, STREAM])
async def test_bad_questions_by_command(admin: Client, command: str, fields: dict[str, Any], code: str) -> None:
    assert await admin.code(command, **fields) == code


async def test_what_is_to_come_is_empty_for_one_and_wrong_for_the_other(admin: Client) -> None:
    assert await admin.result(EVENTS, start_time="2999-01-01") == []
    assert await admin.code(STREAM, start_time="2999-01-01") == "invalid_start_time"
    assert await admin.result(EVENTS, start_time=LONG_AGO, device_ids=["nobodys"]) == []


@pytest.mark.parametrize("fields", [{}, {"entity_ids": [OURS]}])
async def test_a_stream_tells_each_thing_once_with_its_cause(
    house: House, admin: Client, fields: dict[str, Any]
) -> None:
    await house.turn(OURS, "turn_on")
    await admin.result(STREAM, start_time=LONG_AGO, **fields)
    past = await whole_past(admin)
    assert [line["state"] for line in about(OURS, past["events"])] == ["on"]
    assert past["start_time"] < past["end_time"]
    told: list[str] = []
    for number in range(6):
        await admin.result("call_service", domain="input_boolean", service="toggle", target={"entity_id": OURS})
        await asyncio.sleep(0.3 if number % 2 else 0)
    async with asyncio.timeout(10):
        while len(told) < 6:
            events = about(OURS, (await admin.event())["events"])
            told += [line["state"] for line in events]
            assert all(line["context_service"] == "toggle" for line in events)
    assert told == ["off", "on"] * 3
    await admin.result("unsubscribe_events", subscription=1)
    await asyncio.sleep(stream.GATHER_S + 0.2)
    await admin.quiet()


async def whole_past(client: Client) -> dict[str, Any]:
    """What a stream tells of the past, which may come in parts; the last is not marked as one."""
    lines: list[Any] = []
    while True:
        told: dict[str, Any] = await client.event()
        lines += told["events"]
        if not told.get("partial"):
            return {**told, "events": lines}


async def test_who_loses_a_flat_hears_no_more_of_it(house: House, resident: Client) -> None:
    await resident.result(STREAM, start_time=LONG_AGO)
    await whole_past(resident)
    await house.hub.rooms.registries.entities.update(OURS, place=None)
    await house.turn(OURS, "turn_on")
    await asyncio.sleep(stream.GATHER_S + 0.3)
    await resident.quiet()
