"""What a connection holds, and what becomes of it: bounds, hostile messages, rights that end while messages wait."""

import asyncio
import gc
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from linli.auth import COMMAND_ACTOR, User
from linli.ids import CORE
from linli.services import Service, ServiceAccess, SupportsResponse

from .conftest import FLAT, OTHER_FLAT, OURS, THEIRS, Client, House


@pytest.fixture
async def both(house: House) -> tuple[User, Client]:
    """Somebody who has two flats, until the second one is taken away."""
    user, token = await house.user("li", "resident", FLAT, OTHER_FLAT)
    return user, await house.connect(token)


def loses_the_flat(house: House, user: User) -> None:
    """Within this turn of the loop; what was queued in it has not left yet."""
    house.hub.rooms.auth.users.apply(user.id, replace(user, places=(FLAT,)))


def is_demoted(house: House, user: User) -> None:
    house.hub.rooms.auth.users.apply(user.id, replace(user, role="read-only"))


# rights that end ----------------------------------------------------------------------------------------------------


async def test_a_registry_event_that_waits_vanishes_with_the_right_to_it(house: House, both: Any) -> None:
    user, client = both
    await client.result("subscribe_events", event_type="entity_registry_updated")
    for entity_id in (THEIRS, OURS):
        house.hub.rooms.bus.fire("entity_registry_updated", {"action": "update", "entity_id": entity_id})
    loses_the_flat(house, user)
    assert (await client.event())["data"]["entity_id"] == OURS
    await client.quiet()


async def test_what_waits_for_a_client_that_coalesces_vanishes_too(house: House, both: Any) -> None:
    user, client = both
    await client.result("supported_features", features={"coalesce_messages": 1})
    await client.result("subscribe_events", event_type="state_changed")
    states = house.hub.rooms.states
    for entity_id in (OURS, THEIRS):
        state = states.get(entity_id)
        states.set(state.entity_id, "on", {"word": "secret"}, state.context)
    house.hub.rooms.bus.fire("themes_updated")
    loses_the_flat(house, user)
    assert THEIRS not in await client.ws.receive_str(timeout=5)


async def test_a_whole_state_that_waits_is_told_anew_without_what_went(house: House, both: Any) -> None:
    user, client = both
    await client.ws.send_json({"id": 1, "type": "subscribe_entities"})
    told = await first_answer_after(house, user, client, "subscribe_entities")
    assert THEIRS not in str([message for message in told if "a" in message.get("event", {})])
    assert any(OURS in message.get("event", {}).get("a", {}) for message in told)


@pytest.mark.parametrize("command", ["get_states", "config/entity_registry/list", "entity/source"])
async def test_a_list_that_waits_is_made_anew_without_what_went(house: House, both: Any, command: str) -> None:
    user, client = both
    await client.ws.send_json({"id": 1, "type": command})
    (answer,) = await first_answer_after(house, user, client, command)
    assert answer["success"]
    assert OURS in str(answer)
    assert THEIRS not in str(answer)


async def first_answer_after(house: House, user: User, client: Client, command: str) -> list[Any]:
    """Let the flat go in the very turn in which the hub answers ``command``; everything that arrives then."""
    table = house.hub.rooms.commands
    present = table._commands[command]
    handler: Callable[[Any], Any] = present.handler

    def answered(call: Any) -> Any:
        answer = handler(call)
        loses_the_flat(house, user)
        return answer

    table._commands[command] = replace(present, handler=answered)
    found = []
    await client.ws.send_json({"id": 2, "type": "ping"})
    while (message := await client.ws.receive_json(timeout=5))["type"] != "pong":
        found.append(message)
    return found


async def test_a_notification_that_waits_is_not_shown_to_who_is_no_administrator_now(house: House) -> None:
    user, token = await house.user("mei", "admin")
    client = await house.connect(token)
    await client.result("persistent_notification/subscribe")
    await client.event()
    notifications = house.hub.rooms.notifications
    notifications.create("core", "for admins", notification_id="a", audience="admins")
    notifications.create("core", "for all", notification_id="b", audience="everyone")
    is_demoted(house, user)
    assert set((await client.event())["notifications"]) == {"b"}
    await client.quiet()


async def test_a_repair_issue_and_an_entry_that_wait_are_not_told_to_a_former_administrator(house: House) -> None:
    user, token = await house.user("mei", "admin", FLAT)
    client = await house.connect(token)
    await client.result("subscribe_events", event_type="repairs_issue_registry_updated")
    await client.result("subscribe_events", event_type="*")
    house.hub.rooms.bus.fire("repairs_issue_registry_updated", {"action": "create", "domain": "x", "issue_id": "y"})
    house.hub.rooms.bus.fire("call_service", {"domain": "lock"})
    is_demoted(house, user)
    await client.quiet()


async def test_a_revoked_token_takes_with_it_what_waits(house: House) -> None:
    user, token = await house.user("mei", "admin")
    auth = house.hub.rooms.auth
    (mine,) = await auth.tokens.of_user(user.id)
    await house.connect(token)  # from now on the token can be watched
    auth.watch_token(mine.id, lambda: house.hub.rooms.bus.fire("rung"))  # in the turn in which it ends, just before
    client = await house.connect(token)
    await client.result("subscribe_events", event_type="rung")
    await auth.tokens.revoke(mine.id, actor=COMMAND_ACTOR)
    assert (await client.ws.receive(timeout=5)).data == 1000


async def test_ending_all_tokens_is_answered_before_ones_own_ends(house: House) -> None:
    user, token = await house.user("li", "resident", FLAT)
    client = await house.connect(token)
    auth = house.hub.rooms.auth
    await auth.tokens.create_long_lived(user.id, client_name="other", lifespan_days=1, actor=COMMAND_ACTOR)
    assert await client.result("auth/delete_all_refresh_tokens") == {}
    assert (await client.ws.receive(timeout=5)).data == 1000
    assert await auth.tokens.of_user(user.id) == []


async def test_ones_own_token_stays_where_another_kind_was_meant(house: House) -> None:
    _, token = await house.user("li", "resident", FLAT)
    client = await house.connect(token)
    assert await client.result("auth/delete_all_refresh_tokens", token_type="normal") == {}
    assert len(await client.result("auth/refresh_tokens")) == 1


# bounds -------------------------------------------------------------------------------------------------------------


async def test_a_connection_that_follows_too_much_still_gets_every_other_answer(house: House, admin: Client) -> None:
    for _ in range(1000):
        await admin.ws.send_json({"id": (last := admin.last_id + 1), "type": "subscribe_events", "event_type": "x"})
        admin.last_id = last
    for _ in range(1000):
        assert (await admin.ws.receive_json(timeout=5))["success"]
    for command in ("subscribe_events", "subscribe_entities", "persistent_notification/subscribe"):
        assert await admin.code(command) == "too_many_requests"
    assert await admin.code("render_template", template="1") == "too_many_requests"
    assert await admin.code("input_boolean/subscribe") == "too_many_requests"
    await admin.result("get_states")
    await admin.result("unsubscribe_events", subscription=1)
    await admin.result("subscribe_events", event_type="y")


async def test_subscriptions_are_bounded_by_their_length_too(resident: Client) -> None:
    names = [f"sensor.{'x' * 100}_{number}" for number in range(5000)]
    await resident.result("subscribe_entities", entity_ids=names)
    assert await resident.code("subscribe_entities", entity_ids=names) == "too_many_requests"
    await resident.result("unsubscribe_events", subscription=1)
    assert (await resident.ask("subscribe_entities", entity_ids=names))["success"]


async def test_a_reader_does_not_have_a_thousand_patterns_tried_on_every_change(resident: Client) -> None:
    globs = [f"sensor.*{number}" for number in range(101)]
    assert await resident.code("subscribe_entities", include={"entity_globs": globs}) == "invalid_format"


async def test_nor_one_pattern_as_long_as_a_book_which_takes_the_loop_seconds_to_read(resident: Client) -> None:
    for globs in (["a*" * 15_000], ["sensor.*_" + "x" * 100] * 50):
        assert await resident.code("subscribe_entities", include={"entity_globs": globs}) == "invalid_format"
    globs = ["sensor.*_" + "x" * 100] * 30
    await resident.result("subscribe_entities", include={"entity_globs": globs})


async def test_a_long_list_of_messages_lets_others_have_their_turn(house: House, admin: Client) -> None:
    others = await house.connect((await house.user("li", "resident", FLAT))[1])
    await admin.ws.send_str("[" + ",".join(["{}"] * 20_000) + "]")
    async with asyncio.timeout(3):
        await others.quiet()
    answers = [await admin.ws.receive_json(timeout=5) for _ in range(20_000)]
    assert {answer["error"]["code"] for answer in answers} == {"invalid_format"}


@pytest.mark.parametrize(
    "message",
    [
        '{"id": %s, "type": "ping"}' % ("[" * 1015 + "]" * 1015),
        '{"id": 1, "type": "call_service", "domain": %s, "service": "x"}' % ("[" * 1015 + "]" * 1015),
        '{"id": 1, "type": "ping", "x": %s}' % ("[" * 1015 + "]" * 1015),
        '{"id": 1, "type": "get_states", "x": "%s"}' % ("x" * 100_000),
    ],
    ids=["id", "value", "extra", "long"],
)
async def test_a_message_too_deep_or_too_long_to_be_told_back_is_refused_in_short(
    house: House, admin: Client, message: str
) -> None:
    await admin.ws.send_str(message)
    answer = await admin.ws.receive_str(timeout=5)
    assert json.loads(answer)["error"]["code"] == "invalid_format"
    assert len(answer) < 2000
    admin.last_id = 1
    await admin.quiet()
    assert not house.hub.rooms.ledger.account("api").counts


async def test_an_event_too_deep_to_be_told_is_refused(house: House, admin: Client) -> None:
    await admin.result("subscribe_events", event_type="deep")
    await admin.ws.send_str(
        '{"id": 2, "type": "fire_event", "event_type": "deep", "event_data": {"a": %s}}' % ("[" * 400 + "]" * 400)
    )
    assert (await admin.ws.receive_json(timeout=5))["error"]["code"] == "invalid_format"
    assert not house.hub.rooms.ledger.account("api").counts


async def test_a_service_goes_on_when_its_caller_has_left(house: House, admin: Client) -> None:
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slowly(call: Any) -> None:
        begun.set()
        await go_on.wait()
        ended.set()

    house.hub.rooms.services.register(
        Service("slow", "door", CORE, slowly, None, SupportsResponse.NONE, ServiceAccess.ANYONE, None, 10.0)
    )
    await admin.ws.send_json({"id": 1, "type": "call_service", "domain": "slow", "service": "door"})
    await begun.wait()
    await admin.ws.close()
    await asyncio.sleep(0.02)
    go_on.set()
    async with asyncio.timeout(3):
        await ended.wait()


async def test_commands_that_are_ended_before_they_began_leave_no_warning(house: House, admin: Client) -> None:
    commands = house.hub.rooms.commands._commands
    commands["ping"] = replace(commands["ping"], handler=lambda call: call.connection.send_away("enough"))
    begun = [{"id": number, "type": "auth/refresh_tokens"} for number in range(1, 10)]
    await admin.ws.send_json([*begun, {"id": 10, "type": "ping"}, {"id": 11, "type": "get_states"}])
    assert (await admin.ws.receive(timeout=5)).data == 1000
    gc.collect()


async def test_one_undo_that_fails_keeps_no_other_subscription_alive(house: House, admin: Client) -> None:
    await admin.result("subscribe_events", event_type="rung")
    present = house.hub.rooms.commands._commands["ping"]

    def follow(call: Any) -> None:
        call.on_unsubscribe(lambda: 1 / 0)

    house.hub.rooms.commands._commands["ping"] = replace(present, handler=follow)
    await admin.result("ping")
    await admin.ws.close()
    async with asyncio.timeout(3):
        while "rung" in house.hub.rooms.bus.counts():
            await asyncio.sleep(0.005)
    assert house.hub.rooms.ledger.account("api").counts == {"error": 1}
