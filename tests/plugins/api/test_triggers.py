"""Triggers that a client follows, and what is told of a configuration before it is used."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from linli.auth import COMMAND_ACTOR
from linli.hub import Hub
from linli.plugin.apis import name_of
from linli_triggers.api import TRIGGERS_FIRED, TriggersApi

from .conftest import OURS, Client, House

STATE = {"platform": "state", "entity_id": OURS, "to": "on"}


def followed(hub: Hub) -> float:
    """How many triggers are attached, as the metrics say."""
    lines = hub.rooms.metrics.expose().decode().splitlines()
    return float(next(line for line in lines if line.startswith("linli_triggers_attached ")).split()[1])


async def let_go(hub: Hub) -> None:
    """Wait until no trigger is attached any more."""
    async with asyncio.timeout(3):
        while followed(hub):
            await asyncio.sleep(0.005)


async def test_what_fires_is_told_with_its_cause_until_it_is_unsubscribed(house: House, admin: Client) -> None:
    assert await admin.result("subscribe_trigger", trigger=STATE) is None
    await house.turn(OURS, "turn_on")
    event = await admin.event()
    assert event["variables"]["trigger"]["to_state"]["state"] == "on"
    assert event["context"]["id"] == event["variables"]["trigger"]["to_state"]["context"]["id"]
    await admin.result("unsubscribe_events", subscription=1)
    await let_go(house.hub)
    await house.turn(OURS, "turn_off")
    await house.turn(OURS, "turn_on")
    await admin.quiet()


async def test_a_length_of_time_is_written_as_the_original_does(house: House, admin: Client) -> None:
    await admin.result("subscribe_trigger", trigger={**STATE, "for": {"milliseconds": 20}})
    await house.turn(OURS, "turn_on")
    length = {"__type": "<class 'datetime.timedelta'>", "total_seconds": 0.02}
    assert (await admin.event())["variables"]["trigger"]["for"] == length


async def test_a_socket_that_closes_detaches_its_triggers(house: House, admin: Client) -> None:
    await admin.result("subscribe_trigger", trigger=[STATE, {"platform": "event", "event_type": "x"}])
    assert followed(house.hub) == 2
    await admin.ws.close()
    await let_go(house.hub)


async def test_a_socket_that_closes_while_attaching_leaves_no_trigger(house: House, admin: Client) -> None:
    apis = house.hub.rooms.apis
    began, go_on, attached = asyncio.Event(), asyncio.Event(), asyncio.Event()
    owner, commands = apis._providers[name_of(TriggersApi)]

    async def slow(*arguments: Any) -> str:
        """The real one, a while later."""
        began.set()
        await go_on.wait()
        attachment = str(await commands["attach"](*arguments))
        attached.set()
        return attachment

    apis._providers[name_of(TriggersApi)] = (owner, {**commands, "attach": slow})
    await admin.result("subscribe_events", event_type="rung")
    await admin.ws.send_json({"id": 2, "type": "subscribe_trigger", "trigger": STATE})
    await began.wait()
    await admin.ws.close()
    async with asyncio.timeout(3):
        while "rung" in house.hub.rooms.bus.counts():  # the connection is not over yet
            await asyncio.sleep(0.005)
    go_on.set()
    await attached.wait()
    await let_go(house.hub)
    assert not house.hub.rooms.ledger.account("api").counts


async def test_a_hub_that_stops_with_triggers_followed_charges_nobody(house: House, admin: Client) -> None:
    await admin.result("subscribe_trigger", trigger=STATE)
    await house.hub.stop()
    assert not house.hub.rooms.ledger.account("api").counts


async def test_what_passes_between_plugins_is_on_no_stream(house: House, admin: Client) -> None:
    await admin.result("subscribe_trigger", trigger={"platform": "event", "event_type": "rung"})
    await admin.result("subscribe_events")
    await admin.result("subscribe_events", event_type=TRIGGERS_FIRED)
    house.hub.rooms.bus.fire("rung")
    told = [await admin.event(), await admin.event()]
    assert sorted("variables" in event for event in told) == [False, True]
    await admin.quiet()


async def test_nobody_fires_by_hand_what_triggers_say(house: House, admin: Client) -> None:
    assert await admin.code("fire_event", event_type=TRIGGERS_FIRED, event_data={}) == "invalid_format"
    _, token = await house.user("other", "admin")
    assert (await house.rest("POST", f"/api/events/{TRIGGERS_FIRED}", token, json={}))[0] == 400


async def test_what_fired_and_waits_is_taken_back_with_the_rights_it_was_seen_by(house: House) -> None:
    user, token = await house.user("mei", "admin")
    client = await house.connect(token)
    await client.result("subscribe_trigger", trigger={"platform": "event", "event_type": "secret"})
    house.hub.rooms.bus.fire("secret", {"word": "hidden"})
    house.hub.rooms.auth.users.apply(user.id, replace(user, role="read-only"))
    await client.quiet()


async def test_who_is_gone_hears_nothing(house: House) -> None:
    await house.user("owner", "admin")
    user, token = await house.user("mei", "admin")
    client = await house.connect(token)
    await client.result("subscribe_trigger", trigger=STATE)
    await house.hub.rooms.auth.users.remove(user.id, actor=COMMAND_ACTOR)
    await house.turn(OURS, "turn_on")
    assert (await client.ws.receive(timeout=5)).data == 1000
    await let_go(house.hub)


async def test_one_user_does_not_take_all_the_triggers(admin: Client) -> None:
    many = [{"platform": "event", "event_type": f"e{number}"} for number in range(300)]
    await admin.result("subscribe_trigger", trigger=many)
    assert await admin.code("subscribe_trigger", trigger=many) == "too_many_requests"
    await admin.result("unsubscribe_events", subscription=1)
    await admin.result("subscribe_trigger", trigger=many)


async def test_only_administrators_follow_triggers(resident: Client) -> None:
    assert await resident.code("subscribe_trigger", trigger=STATE) == "unauthorized"


@pytest.mark.parametrize(
    ("given", "valid"),
    [
        ({"triggers": STATE}, True),
        ({"triggers": []}, True),
        ({"triggers": {"platform": "none_such"}}, False),
        ({"triggers": 5}, False),
        ({"conditions": []}, True),
        ({"conditions": [{"condition": "state"}]}, False),
        ({"actions": [{"delay": 5}]}, False),
    ],
)
async def test_only_what_the_hub_can_take_up_is_told_to_be_valid(
    resident: Client, given: dict[str, Any], valid: bool
) -> None:
    (verdict,) = (await resident.result("validate_config", **given)).values()
    assert verdict["valid"] is valid
    assert bool(verdict["error"]) is not valid
