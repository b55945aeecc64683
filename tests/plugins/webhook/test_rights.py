"""Who calls a webhook borrows no power of the rule that obeys it, and lends it none (SAFETY 17): real requests."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from house import WITHIN_S
from linli.auth import COMMAND_ACTOR
from linli.ids import PlaceId
from plugins.webhook.home import home_with

OURS, THEIRS = PlaceId("flat_1"), PlaceId("flat_2")
HELPERS = "helpers: {input_boolean: {visit: {}}}\n"
RULE = """
automation:
  - id: open
    triggers: [{trigger: webhook, webhook_id: visit}]
    actions: [%s, {event: told, event_data: {end: true}}]
"""
NAMED = "{action: lock.unlock, target: {entity_id: lock.front}}"


@asynccontextmanager
async def flats(tmp_path, yaml):
    """The helper is ours, the lock is theirs; ``resident`` lives with us, ``owner`` may everything."""
    async with home_with(tmp_path, HELPERS + yaml) as home:
        entities = home.rooms.registries.entities
        await entities.update("input_boolean.visit", place=OURS)
        await entities.update("lock.front", place=THEIRS)
        home.tokens = {
            "owner": (await home.house.user("owner", "admin"))[1],
            "resident": (await home.house.user("li", "resident", OURS))[1],
        }
        yield home


def is_open(home):
    return home.rooms.states.get("lock.front").state == "unlocked"


async def failed(home, name="failed_open"):
    """Why the rule failed."""
    async with asyncio.timeout(WITHIN_S):
        while name not in home.issues():
            await asyncio.sleep(0.005)
    return home.issues()[name]


@pytest.mark.parametrize("who", [None, "resident", "owner"])
async def test_what_the_rule_names_is_its_own_grant_whoever_calls(tmp_path, who):
    async with flats(tmp_path, RULE % NAMED) as home:
        headers = {} if who is None else {"Authorization": f"Bearer {home.tokens[who]}"}
        await home.call("visit", headers=headers)
        await home.hears()
        assert is_open(home)


@pytest.mark.parametrize(
    ("where", "sent"),
    [
        ("json", {"json": {"door": "lock.front"}}),
        ("data", {"data": {"door": "lock.front"}}),
        ("query", {"params": {"door": "lock.front"}}),
    ],
)
@pytest.mark.parametrize("who", [None, "owner"])
async def test_what_a_call_names_is_no_name_of_the_rule(tmp_path, where, sent, who):
    action = "{action: lock.unlock, target: {entity_id: '{{ trigger.WHERE.door }}'}}".replace("WHERE", where)
    async with flats(tmp_path, RULE % action) as home:
        headers = {} if who is None else {"Authorization": f"Bearer {home.tokens[who]}"}
        await home.call("visit", headers=headers, **sent)
        assert "lock.front" in await failed(home)
        assert not is_open(home)


@pytest.mark.parametrize("kind", ["area_id", "label_id"])
async def test_an_area_or_a_label_that_a_call_names_reaches_no_lock(tmp_path, kind):
    action = "{action: lock.unlock, target: {KIND: '{{ trigger.json.where }}'}, continue_on_error: true}"
    action = action.replace("KIND", kind)
    async with flats(tmp_path, RULE % action) as home:
        label = await home.rooms.registries.labels.create("doors")
        area = await home.rooms.registries.areas.create("hall")
        await home.rooms.registries.entities.update("lock.front", labels={label.id}, area_id=area.id)
        await home.call("visit", json={"where": area.id if kind == "area_id" else label.id})
        await home.hears()
        assert not is_open(home)


async def test_a_service_that_a_call_names_is_none_of_administrators(tmp_path):
    action = "{action: '{{ trigger.json.action }}'}"
    async with flats(tmp_path, RULE % action) as home:
        await home.call("visit", json={"action": "automation.reload"})
        await failed(home)
        assert home.events == []


CHAIN = """
automation:
  - id: first
    %s
    triggers: [{trigger: webhook, webhook_id: visit}]
    actions: [{action: input_boolean.turn_on, target: {entity_id: input_boolean.visit}}]
  - id: second
    triggers: [{trigger: state, entity_id: input_boolean.visit, to: 'on'}]
    actions: [{continue_on_error: true, %s, {event: told, event_data: {end: true}}]
"""


@pytest.mark.parametrize(("more", "opens"), [("description: x", False), ("may: [lock.front]", True)])
async def test_a_webhook_borrows_no_power_of_another_rule_through_a_helper(tmp_path, more, opens):
    async with flats(tmp_path, CHAIN % (more, NAMED[1:])) as home:
        await home.call("visit")
        await home.hears()
        assert is_open(home) is opens


async def test_a_webhook_of_a_rule_that_a_user_saved_ends_with_that_users_right(tmp_path):
    async with flats(tmp_path, "automation: []\n") as home:
        user, token = await home.house.user("wang", "admin")
        unlock = {"action": "lock.unlock", "target": {"entity_id": "lock.front"}, "continue_on_error": True}
        rule = {
            "alias": "Open", "triggers": [{"trigger": "webhook", "webhook_id": "mine"}],
            "actions": [unlock, {"event": "told", "event_data": {}}],
        }  # fmt: skip
        assert (await home.house.rest("POST", "/api/config/automation/config/mine", token, json=rule))[0] == 200
        await home.call("mine")
        await home.hears()
        assert is_open(home)
        await home.rooms.services.call("lock", "lock", {"entity_id": "lock.front"})
        changes = {"role": "resident", "places": [OURS]}
        await home.rooms.auth.users.update(user.id, changes, actor=COMMAND_ACTOR)
        await home.call("mine", headers={"Authorization": f"Bearer {home.tokens['owner']}"})
        await home.hears()
        assert not is_open(home)


async def test_who_lives_elsewhere_borrows_no_power_by_a_webhook_of_their_own(tmp_path):
    """A resident may not attach one at all: to save rules and to follow triggers is for administrators."""
    async with flats(tmp_path, RULE % NAMED) as home:
        rule = {"alias": "x", "triggers": [{"trigger": "webhook", "webhook_id": "visit"}], "actions": []}
        token = home.tokens["resident"]
        assert (await home.house.rest("POST", "/api/config/automation/config/x", token, json=rule))[0] == 401
        resident = await home.house.connect(token)
        config = {"platform": "webhook", "webhook_id": "visit"}
        assert await resident.code("subscribe_trigger", trigger=config) == "unauthorized"
