"""Every rule is a principal of its own: nobody borrows its power (SAFETY 17)."""

import textwrap
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from linli import Context, LinliError
from linli.auth import COMMAND_ACTOR
from linli.ids import PlaceId
from linli.storage.journal_rows import JournalFilter
from linli_automation.api import Author
from plugins.automation.home import home_with

APPROVED = JournalFilter(action="automation.approved")
OURS, THEIRS = PlaceId("flat_1"), PlaceId("flat_2")
RULE = """
automation:
  - id: open
    triggers: [{trigger: %s}]
    actions: [{action: lock.unlock, target: {%s}}]
"""
ON_EVENT = "event, event_type: open"
ON_HELPER = "state, entity_id: input_boolean.visit, to: 'on'"
HELPERS = "helpers: {input_boolean: {visit: {}}}\n"
FRONT = "entity_id: lock.front"


@asynccontextmanager
async def flats(tmp_path, yaml, helpers=HELPERS, ours=("switch.a", "input_boolean.visit")):
    """The switch and the helper are ours, the lock is theirs; ``resident`` lives with us, ``owner`` may everything."""
    async with home_with(tmp_path, helpers + yaml) as home:
        entities, users = home.rooms.registries.entities, home.rooms.auth.users
        for entity_id in ours:
            await entities.update(entity_id, place=OURS)
        await entities.update("lock.front", place=THEIRS)
        home.people = {
            "resident": await users.create("R", role="resident", actor=COMMAND_ACTOR, places=[OURS]),
            "owner": await users.create("O", role="admin", actor=COMMAND_ACTOR),
        }
        yield home


def by(home, who):
    return Context() if who is None else Context(home.people[who].id).vouch()


def is_open(home):
    return home.state("lock.front").state == "unlocked"


@pytest.mark.parametrize(("who", "opens"), [("resident", False), ("owner", True), (None, True)])
async def test_who_turns_a_helper_borrows_no_power_of_the_rule_that_obeys_it(tmp_path, who, opens):
    async with flats(tmp_path, RULE % (ON_HELPER, FRONT)) as home:
        await home.call("input_boolean.turn_on", by(home, who), entity_id="input_boolean.visit")
        assert is_open(home) is opens


@pytest.mark.parametrize(("who", "opens"), [("resident", False), ("owner", True), (None, True)])
async def test_who_fires_an_event_borrows_no_power_of_the_rule_that_hears_it(tmp_path, who, opens):
    async with flats(tmp_path, RULE % (ON_EVENT, FRONT)) as home:
        await home.fire("open", by(home, who))
        assert is_open(home) is opens


async def test_the_right_is_asked_for_when_the_rule_acts_not_when_it_begins(tmp_path):
    rule = """
    automation:
      - id: open
        triggers: [{trigger: event, event_type: open}]
        actions: [{delay: 60}, {action: lock.unlock, target: {entity_id: lock.front}}]
    """
    async with flats(tmp_path, textwrap.dedent(rule)) as home:
        await home.fire("open", by(home, "owner"))
        changes = {"role": "resident", "places": [OURS]}
        await home.rooms.auth.users.update(home.people["owner"].id, changes, actor=COMMAND_ACTOR)
        await home.forward(61)
        assert not is_open(home)


@pytest.mark.parametrize("target", ["label_id: doors", "area_id: hall", "entity_id: all"])
async def test_a_label_an_area_or_all_reaches_no_lock(tmp_path, target):
    async with flats(tmp_path, RULE % (ON_EVENT, target)) as home:
        registries = home.rooms.registries
        label = await registries.labels.create("doors")
        area = await registries.areas.create("hall")
        await registries.entities.update("lock.front", labels={label.id}, area_id=area.id)
        await home.fire("open")
        assert not is_open(home)


async def test_what_a_payload_names_is_no_name_of_the_rule(tmp_path):
    target = "entity_id: '{{ trigger.event.data.door }}'"
    async with flats(tmp_path, RULE % (ON_EVENT, target)) as home:
        await home.fire("open", door="lock.front")
        assert not is_open(home)
        assert "lock.front" in home.issues()["failed_open"]


@pytest.mark.parametrize(
    "target",
    [
        "entity_id: \"{{ 'lock.front' if true else 'lock.back' }}\"",
        "entity_id: [lock.back, lock.front]",
    ],
)
async def test_names_in_quotes_and_in_lists_are_names(tmp_path, target):
    async with flats(tmp_path, RULE % (ON_EVENT, target)) as home:
        await home.fire("open")
        assert is_open(home)


async def test_variables_and_may_name_too(tmp_path):
    yaml = """
automation:
  - id: open
    variables: {door: lock.front}
    triggers: [{trigger: event, event_type: open}]
    actions: [{action: lock.unlock, target: {entity_id: '{{ door }}'}}]
  - id: close
    may: lock.front
    triggers: [{trigger: event, event_type: close}]
    actions: [{action: lock.lock, target: {entity_id: '{{ trigger.event.data.door }}'}}]
"""
    async with flats(tmp_path, yaml) as home:
        await home.fire("open")
        assert is_open(home)
        await home.fire("close", door="lock.front")
        assert not is_open(home)


CHAIN = """
automation:
  - id: first
    %s
    triggers: [{trigger: event, event_type: go}]
    actions: [{action: input_boolean.turn_on, target: {entity_id: input_boolean.visit}}]
  - id: second
    triggers: [{trigger: state, entity_id: input_boolean.visit, to: 'on'}]
    actions: [{action: lock.unlock, target: {entity_id: lock.front}}]
"""


@pytest.mark.parametrize(("more", "opens"), [("description: x", False), ("may: [lock.front]", True)])
async def test_a_rule_borrows_no_power_of_another_through_a_helper(tmp_path, more, opens):
    async with flats(tmp_path, CHAIN % more) as home:
        await home.fire("go")
        assert is_open(home) is opens


async def test_who_names_a_script_names_what_it_names(tmp_path):
    yaml = """
script:
  let_in:
    sequence: [{action: lock.unlock, target: {entity_id: lock.front}}]
automation:
  - id: named
    triggers: [{trigger: event, event_type: go}]
    actions: [{action: script.let_in}]
  - id: not_named
    triggers: [{trigger: event, event_type: sneak}]
    actions: [{action: "script.{{ 'let' ~ '_in' }}"}]
"""
    async with flats(tmp_path, yaml) as home:
        await home.fire("sneak")
        assert not is_open(home)
        await home.fire("go")
        assert is_open(home)


async def test_a_script_does_for_its_caller_what_the_caller_may(tmp_path):
    yaml = "script: {let_in: {sequence: [{action: lock.unlock, target: {entity_id: lock.front}}]}}\n"
    async with flats(tmp_path, yaml) as home:
        await home.rooms.registries.entities.update("script.let_in", place=OURS)
        for how in ("script.let_in", "script.turn_on"):
            data = {"entity_id": "script.let_in"} if how.endswith("turn_on") else {}
            with suppress(LinliError):
                await home.call(how, by(home, "resident"), **data)
            assert not is_open(home)
        await home.call("script.let_in", by(home, "owner"))
        assert is_open(home)


async def test_a_scene_moves_a_lock_only_for_who_may(tmp_path):
    yaml = "scene: [{name: Open, entities: {lock.front: unlocked}}]\n"
    async with flats(tmp_path, yaml) as home:
        await home.rooms.registries.entities.update("scene.open", place=OURS)
        with suppress(LinliError):
            await home.call("scene.turn_on", by(home, "resident"), entity_id="scene.open")
        assert not is_open(home)
        await home.call("scene.turn_on", by(home, "owner"), entity_id="scene.open")
        assert is_open(home)


async def test_a_scene_that_somebody_saved_moves_no_more_than_they_may_whoever_sets_it(tmp_path):
    yaml = "scene: [{name: Open, entities: {lock.front: unlocked}}]\n"
    async with flats(tmp_path, yaml) as home:
        scene = home.rooms.platforms.live("scene.open").description.turn_on.__self__
        scene.written = replace(scene.written, author=Author(home.people["resident"].id))
        with suppress(LinliError):
            await home.call("scene.turn_on", by(home, "owner"), entity_id="scene.open")
        assert not is_open(home)
        scene.written = replace(scene.written, author=Author(home.people["owner"].id))
        await home.call("scene.turn_on", by(home, "owner"), entity_id="scene.open")
        assert is_open(home)


async def test_a_templated_service_reaches_none_of_administrators(tmp_path):
    yaml = """
automation:
  - id: named
    triggers: [{trigger: event, event_type: go}]
    actions: [{action: automation.reload}, {event: told, event_data: {who: named}}]
  - id: not_named
    triggers: [{trigger: event, event_type: go}]
    actions: [{action: "automation.{{ 'reload' }}"}, {event: told, event_data: {who: not_named}}]
"""
    async with flats(tmp_path, yaml) as home:
        await home.fire("go")
        await home.forward(1)
        assert [told["who"] for told in home.told()] == ["named"]


async def test_the_start_that_takes_a_rule_up_approves_it_once(tmp_path):
    async with flats(tmp_path, RULE % (ON_EVENT, FRONT)) as home:
        rows = await home.rooms.storage.journal.rows(APPROVED)
        assert [list(row.details["rules"]) for row in rows] == [["open"]]
    async with home_with(tmp_path, HELPERS + RULE % (ON_EVENT, FRONT)) as home:
        assert len(await home.rooms.storage.journal.rows(APPROVED)) == 1
