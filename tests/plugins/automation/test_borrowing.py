"""Ways to borrow a rule's power that need no call of the rule's own: what it waits for, and when it is to go."""

from contextlib import suppress
from datetime import timedelta

import pytest

from helper_calls import Caller
from linli import Context, LinliError, Scope
from linli.auth import COMMAND_ACTOR
from linli_automation.plugin import EntryApi
from plugins.automation.home import START, home_with
from plugins.automation.test_rights import by, flats, is_open

UNLOCK = "actions: [{action: lock.unlock, target: {entity_id: lock.front}}]"
WHO = pytest.mark.parametrize(("who", "opens"), [("resident", False), ("owner", True), (None, True)])


def rule(trigger, actions=UNLOCK, more=""):
    return f"automation:\n  - id: open\n    {more}\n    triggers: [{{{trigger}}}]\n    {actions}\n"


@WHO
@pytest.mark.parametrize(
    "trigger",
    [
        "trigger: state, entity_id: input_boolean.visit, to: 'on', for: 5",
        "trigger: template, value_template: \"{{ is_state('input_boolean.visit', 'on') }}\"",
        "trigger: template, value_template: \"{{ is_state('input_boolean.visit', 'on') }}\", for: 5",
        "trigger: numeric_state, entity_id: input_boolean.visit, above: 0, "
        "value_template: \"{{ 1 if state.state == 'on' else 0 }}\"",
    ],
    ids=["for", "template", "template for", "numeric_state"],
)
async def test_who_turns_a_helper_borrows_nothing_by_whatever_trigger_sees_it(tmp_path, trigger, who, opens):
    async with flats(tmp_path, rule(trigger)) as home:
        await home.call("input_boolean.turn_on", by(home, who), entity_id="input_boolean.visit")
        await home.forward(6)
        assert is_open(home) is opens


@WHO
@pytest.mark.parametrize(
    "wait",
    [
        "wait_for_trigger: [{trigger: state, entity_id: input_boolean.visit, to: 'on'}]",
        "wait_for_trigger: [{trigger: event, event_type: told}]",
        "wait_template: \"{{ is_state('input_boolean.visit', 'on') }}\"",
    ],
    ids=["trigger", "event", "template"],
)
async def test_who_brings_about_what_a_rule_waits_for_borrows_nothing(tmp_path, wait, who, opens):
    actions = f"actions: [{{{wait}}}, {{action: lock.unlock, target: {{entity_id: lock.front}}}}]"
    async with flats(tmp_path, rule("trigger: event, event_type: go", actions)) as home:
        await home.fire("go")
        await home.call("input_boolean.turn_on", by(home, who), entity_id="input_boolean.visit")
        await home.fire("told", by(home, who))
        assert is_open(home) is opens


@WHO
async def test_who_starts_a_timer_borrows_nothing_when_it_ends(tmp_path, who, opens):
    helpers = "helpers: {timer: {t: {duration: '0:00:30'}}}\n"
    yaml = rule("trigger: event, event_type: timer.finished")
    async with flats(tmp_path, yaml, helpers, ["timer.t"]) as home:
        await home.call("timer.start", by(home, who), entity_id="timer.t")
        await home.forward(31)
        assert is_open(home) is opens


@WHO
async def test_who_says_when_a_rule_is_to_go_borrows_nothing(tmp_path, who, opens):
    helpers = "helpers: {input_datetime: {when: {has_time: true}}}\n"
    yaml = rule("trigger: time, at: input_datetime.when")
    async with flats(tmp_path, yaml, helpers, ["input_datetime.when"]) as home:
        await home.call("input_datetime.set_datetime", by(home, who), entity_id="input_datetime.when", time="13:00:30")
        await home.forward(60)
        assert is_open(home) is opens


@WHO
async def test_who_creates_a_scene_that_a_rule_sets_borrows_nothing(tmp_path, who, opens):
    yaml = rule("trigger: event, event_type: go", "actions: [{scene: scene.film}]", "may: lock.front")
    async with flats(tmp_path, yaml) as home:
        with suppress(LinliError):
            await home.call("scene.create", by(home, who), scene_id="film", entities={"lock.front": "unlocked"})
        await home.fire("go")
        assert is_open(home) is opens


@WHO
@pytest.mark.parametrize(
    ("helper", "trigger", "set", "data"),
    [
        ("timer: {t: {duration: '0:10:00', restore: true}}", "event, event_type: timer.finished", "timer.start", {}),
        (
            "input_datetime: {t: {has_time: true}}", "time, at: input_datetime.t", "input_datetime.set_datetime",
            {"time": "13:10:00"},
        ),
    ],
    ids=["timer", "input_datetime"],
)  # fmt: skip
async def test_a_restart_lends_no_power_either(tmp_path, helper, trigger, set, data, who, opens):
    entity_id = set.partition(".")[0] + ".t"
    helpers = f"helpers: {{{helper}}}\n"
    yaml = rule(f"trigger: {trigger}")
    async with flats(tmp_path, yaml, helpers, [entity_id]) as home:
        await home.call(set, by(home, who), entity_id=entity_id, **data)
        await home.forward(61)
    async with home_with(tmp_path, helpers + yaml, start=START + timedelta(minutes=2)) as home:
        await home.forward(600)
        assert is_open(home) is opens


async def test_who_has_a_hand_in_a_timer_that_another_started_bounds_it_too(tmp_path):
    helpers = "helpers: {timer: {t: {duration: '0:10:00'}}}\n"
    async with flats(tmp_path, rule("trigger: event, event_type: timer.finished"), helpers, ["timer.t"]) as home:
        await home.call("timer.start", by(home, "owner"), entity_id="timer.t")
        await home.call("timer.finish", by(home, "resident"), entity_id="timer.t")
        assert not is_open(home)
        await home.call("timer.start", by(home, "resident"), entity_id="timer.t")
        await home.call("timer.change", by(home, "owner"), entity_id="timer.t", duration=-60)
        await home.forward(541)
        assert not is_open(home)
        await home.call("timer.start", by(home, "owner"), entity_id="timer.t")
        await home.forward(601)
        assert is_open(home)


@pytest.mark.parametrize("how", ["create", "update"])
async def test_who_makes_or_changes_a_schedule_borrows_no_power_of_the_rule_that_obeys_it(tmp_path, how):
    """An administrator's token that is narrowed to schedules."""
    yaml = rule("trigger: state, entity_id: schedule.week, to: 'on'")
    wednesday = [{"from": "14:00:00", "to": "15:00:00"}]  # it is a Wednesday, 13:00 in Berlin
    async with flats(tmp_path, yaml, "helpers: {}\n", []) as home:
        owner = home.people["owner"]
        narrow = Context(owner.id, scope=Scope(domains=frozenset({"schedule"}))).vouch()
        whole = Context(owner.id).vouch()
        first, then = (whole, narrow) if how == "update" else (narrow, None)
        client = Caller(home.hub, context=first)
        await client("schedule/create", name="week", **({} if then else {"wednesday": wednesday}))
        if then is not None:
            client = Caller(home.hub, context=then)
            await client("schedule/update", schedule_id="week", name="week", wednesday=wednesday)
        await home.forward(3601)
        assert home.state("schedule.week").state == "on"
        assert not is_open(home)
        for day in ([], wednesday):
            await Caller(home.hub, context=whole)("schedule/update", schedule_id="week", name="week", wednesday=day)
            await home.forward(0)
        assert is_open(home)


async def test_who_has_a_rule_run_borrows_nothing(tmp_path):
    async with flats(tmp_path, rule("trigger: event, event_type: go"), ours=["automation.automation_0"]) as home:
        await home.call("automation.trigger", by(home, "resident"), entity_id="automation.automation_0")
        assert not is_open(home)
        await home.call("automation.trigger", by(home, "owner"), entity_id="automation.automation_0")
        assert is_open(home)


@pytest.mark.parametrize(
    "actions",
    [
        "[{action: test.note, data: {answer: lock.front}, response_variable: said}, "
        "{action: lock.unlock, target: {entity_id: '{{ said.answer }}'}}]",
        "[{variables: {door: '{{ trigger.event.data.door }}'}}, "
        "{action: lock.unlock, target: {entity_id: '{{ door }}'}}]",
        "[{repeat: {for_each: '{{ [trigger.event.data.door] }}', sequence: "
        "[{action: lock.unlock, target: {entity_id: '{{ repeat.item }}'}}]}}]",
        "[{action: script.inner, data: {door: '{{ trigger.event.data.door }}'}}]",
        "[{action: '{{ trigger.event.data.service }}', target: {entity_id: '{{ trigger.event.data.door }}'}}]",
        "[{action: scene.apply, data: {entities: '{{ {trigger.event.data.door: \"unlocked\"} }}'}}]",
    ],
    ids=["response", "variables", "for_each", "script in a script", "service", "scene.apply"],
)
@pytest.mark.parametrize("may", ["description: x", "may: [lock.front]"], ids=["not named", "named"])
async def test_what_comes_from_outside_names_nothing_whichever_way_it_takes(tmp_path, actions, may):
    yaml = rule("trigger: event, event_type: go", f"actions: {actions}", may)
    yaml += f"""
script:
  inner: {{{may}, sequence: [{{action: script.open, data: {{door: "{{{{ door }}}}"}}}}]}}
  open: {{{may}, sequence: [{{action: lock.unlock, target: {{entity_id: "{{{{ door }}}}"}}}}]}}
"""
    async with flats(tmp_path, yaml) as home:
        await home.fire("go", door="lock.front", service="lock.unlock")
        await home.forward(1)
        assert is_open(home) is may.startswith("may")


async def test_a_list_that_is_written_out_names_what_stands_in_it(tmp_path):
    unlock = "{action: lock.unlock, target: {entity_id: '{{ repeat.item }}'}}"
    actions = f"actions: [{{repeat: {{for_each: [lock.front], sequence: [{unlock}]}}}}]"
    async with flats(tmp_path, rule("trigger: event, event_type: go", actions)) as home:
        await home.fire("go")
        assert is_open(home)


async def test_a_saved_rule_whose_author_was_deleted_does_nothing_also_after_a_reload(tmp_path):
    async with flats(tmp_path, "automation: []\n") as home:
        owner = home.people["owner"]
        config = {
            "triggers": [{"trigger": "event", "event_type": "go"}],
            "actions": [{"action": "switch.turn_on", "target": {"entity_id": "switch.a"}}],
        }
        await _shelf(home).save("theirs", config, Context(owner.id).vouch())
        await home.fire("go")
        assert home.state("switch.a").state == "on"
        await home.call("switch.turn_off", entity_id="switch.a")
        await home.rooms.auth.users.remove(owner.id, actor=COMMAND_ACTOR)
        await home.fire("go")
        await home.call("automation.reload")
        await home.fire("go")
        assert home.state("switch.a").state == "off"


def _shelf(home):
    """Of the automations that are saved by API."""

    provider = home.rooms.apis.bound(EntryApi, "leave")
    while hasattr(provider, "__wrapped__") or not hasattr(provider, "__self__"):
        provider = next(cell.cell_contents for cell in provider.__closure__ if hasattr(cell.cell_contents, "__self__"))
    return provider.__self__._shelf
