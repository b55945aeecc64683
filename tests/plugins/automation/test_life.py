"""Rules over a start, a reload, a restart; broken ones, failing ones, and those that set each other going."""

import shutil
from datetime import timedelta

import pytest

from plugins.automation.home import home_with

ONE = """
automation:
  - id: one
    alias: One
    triggers: [{trigger: event, event_type: go}]
    actions: [{action: test.note, data: {n: 1}}]
"""


async def test_a_rule_shows_what_home_assistant_shows(tmp_path):
    async with home_with(tmp_path, ONE) as home:
        state = home.state("automation.one")
        assert state.state == "on"
        assert dict(state.attributes) == {
            "id": "one", "mode": "single", "friendly_name": "One", "last_triggered": None, "current": 0,
        }  # fmt: skip
        told = []
        home.rooms.bus.listen("automation_triggered", told.append)
        await home.fire("go")
        assert told[0].data == {"name": "One", "entity_id": "automation.one", "source": "event 'go'"}
        assert home.state("automation.one").attributes["last_triggered"] == "2025-01-01T12:00:00+00:00"


async def test_a_broken_rule_says_where_and_costs_no_other(tmp_path):
    yaml = (
        ONE
        + """
  - id: two
    alias: Two
    triggers: []
    actions:
      - delay: 5
      - {choose: [{conditions: [], sequence: [{delay: soon}]}]}
  - id: three
    triggers: [{trigger: state, entity_id: sun.sun, to: 'x', bogus: 1}]
    actions: []
  - {id: four, triggers: [], actions: [{condition: moon}]}
"""
    )
    async with home_with(tmp_path, yaml) as home:
        issues = home.issues()
        assert home.state("automation.two").state == "unavailable"
        assert "linli.yaml:16:" in issues["broken_two"]
        assert "linli.yaml:17:" in issues["broken_three"]
        assert "linli.yaml:20:" in issues["broken_four"]
        assert "Unexpected value for condition: 'moon'" in issues["broken_four"]
        await home.fire("go")
        assert home.done() == [1]


async def test_a_rule_that_fails_names_its_step_in_the_yaml_until_it_succeeds(tmp_path):
    yaml = """
    automation:
      - id: one
        triggers: [{trigger: event, event_type: go}]
        actions:
          - if: "{{ trigger.event.data.x }}"
            then:
              - action: test.note
              - action: test.fail
    """
    async with home_with(tmp_path, yaml) as home:
        await home.fire("go", x=True)
        issue = home.issues()["failed_one"]
        assert "linli.yaml:12:" in issue
        assert "action/0/then/1" in issue
        await home.fire("go", x=False)
        assert "failed_one" not in home.issues()


async def test_a_reload_leaves_what_did_not_change_undisturbed(tmp_path):
    yaml = """
automation:
  - id: stays
    triggers: [{trigger: event, event_type: go}]
    actions: [{delay: 60}, {action: test.note, data: {n: 1}}]
  - id: changes
    triggers: [{trigger: event, event_type: go}]
    actions: [{delay: 60}, {action: test.note, data: {n: 2}}]
  - {id: goes, alias: Goes, triggers: [], actions: []}
"""
    async with home_with(tmp_path, yaml) as home:
        await home.fire("go")
        path = home.deployment.folder / "linli.yaml"
        text = (
            path.read_text()
            .replace("{n: 2}", "{n: 3}")
            .replace("  - {id: goes, alias: Goes, ", "  - {id: new, alias: New, ")
        )
        path.write_text(text)
        await home.call("automation.reload")
        assert home.state("automation.goes") is None
        assert home.state("automation.new").state == "on"
        await home.forward(60)
        assert home.done() == [1]


async def test_a_reload_with_a_mistake_in_the_yaml_changes_nothing(tmp_path):
    async with home_with(tmp_path, ONE) as home:
        path = home.deployment.folder / "linli.yaml"
        path.write_text(path.read_text() + "\nbogus: {}\n")
        with pytest.raises(Exception, match="bogus"):
            await home.call("automation.reload")
        assert home.state("automation.one").state == "on"


async def test_off_stays_off_over_a_restart_and_last_triggered_is_kept(tmp_path):
    async with home_with(tmp_path, ONE) as home:
        await home.fire("go")
        await home.call("automation.turn_off", entity_id="automation.one")
    async with home_with(tmp_path, ONE) as home:
        assert home.state("automation.one").state == "off"
        assert home.state("automation.one").attributes["last_triggered"] is not None
        await home.fire("go")
        assert home.done() == []


LONG = """
automation:
  - id: long
    alias: Long
    %s
    triggers: [{trigger: event, event_type: go}]
    actions:
      - variables: {x: "{{ trigger.event.data.x }}"}
      - if: "{{ true }}"
        then:
          - repeat:
              count: 3
              sequence:
                - action: test.note
                  data: {n: "{{ repeat.index }}"}
                - delay: 100
      - action: test.note
        data: {n: "{{ x }} {{ trigger.event.data.x }}"}
"""


async def test_a_durable_delay_goes_on_over_a_restart_and_ends_when_it_would_have(tmp_path):
    async with home_with(tmp_path, LONG % "durable: true") as home:
        await home.fire("go", x=5)
        await home.forward(150)
        assert home.done() == [1, 2]
        now = home.clock.now()
    async with home_with(tmp_path, LONG % "durable: true", start=now + timedelta(seconds=20)) as home:
        assert home.state("automation.long").attributes["current"] == 1
        await home.forward(29)
        assert home.done() == []
        await home.forward(1.5)
        assert home.done() == [3]
        await home.forward(100)
        assert home.done() == ["5 5"]
        assert not [each for each in home.rooms.notifications.all() if "interrupted" in each.notification_id]


@pytest.mark.sqlite_only
async def test_a_durable_delay_outlives_a_hub_that_is_killed_as_it_starts(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    async with home_with(one, LONG % "durable: true") as home:
        await home.fire("go", x=5)
        await home.forward(97)
        now = home.clock.now()
    async with home_with(one, LONG % "durable: true", start=now):
        shutil.copytree(one, other)  # as a power cut leaves it: nothing was stopped
    async with home_with(other, LONG % "durable: true", start=now) as home:
        await home.forward(4)
        assert home.done() == [2]
        await home.forward(300)
        assert home.done() == [3, "5 5"]
    async with home_with(other, LONG % "durable: true", start=now + timedelta(hours=1)) as home:
        await home.forward(500)
        assert home.done() == []


@pytest.mark.parametrize("more", ["description: x", "durable: true"])
async def test_what_is_not_durable_or_was_changed_is_reported_as_interrupted(tmp_path, more):
    async with home_with(tmp_path, LONG % more) as home:
        await home.fire("go", x=5)
    changed = (LONG % more).replace("count: 3", "count: 4") if "durable" in more else LONG % more
    async with home_with(tmp_path, changed) as home:
        await home.forward(500)
        assert home.done() == []
        found = [each for each in home.rooms.notifications.all() if each.notification_id == "automation_interrupted"]
        assert len(found) == 1
    async with home_with(tmp_path, changed) as home:
        assert not [each for each in home.rooms.notifications.all() if "interrupted" in each.notification_id]


async def test_what_waits_beside_others_is_named_and_does_not_go_on(tmp_path):
    yaml = """
    automation:
      - id: both
        alias: Both
        durable: true
        triggers: [{trigger: event, event_type: go}]
        actions:
          - parallel:
              - [{delay: 60}, {action: test.note, data: {n: a}}]
              - [{delay: 90}, {action: test.note, data: {n: b}}]
          - {action: test.note, data: {n: end}}
    """
    async with home_with(tmp_path, yaml) as home:
        await home.fire("go")
        await home.forward(10)
    async with home_with(tmp_path, yaml) as home:
        await home.forward(200)
        assert home.done() == []
        (told,) = [each for each in home.rooms.notifications.all() if each.notification_id == "automation_interrupted"]
        assert "Both" in str(told.message)


async def test_a_wait_that_ended_is_reported_by_nobody(tmp_path):
    async with home_with(tmp_path, LONG % "durable: true") as home:
        await home.fire("go", x=5)
        await home.forward(350)
        assert len(home.done()) == 4
    async with home_with(tmp_path, LONG % "durable: true") as home:
        await home.forward(350)
        assert home.done() == []


LOOP = """
automation:
  - id: lit
    alias: Lit
    mode: parallel
    triggers: [{trigger: state, entity_id: switch.a, to: 'on'}]
    actions: [{action: switch.turn_off, target: {entity_id: switch.a}}]
  - id: dark
    alias: Dark
    mode: parallel
    triggers: [{trigger: state, entity_id: switch.a, to: 'off'}]
    actions: [{action: switch.turn_on, target: {entity_id: switch.a}}]
"""


async def test_rules_that_switch_each_other_are_slowed_and_named(tmp_path):
    async with home_with(tmp_path, LOOP) as home:
        changes = []
        home.rooms.states.track(["switch.a"], changes.append)
        await home.call("switch.turn_on", entity_id="switch.a")
        await home.forward(60)
        assert 10 <= len(changes) <= 60
        issue = next(text for name, text in home.issues().items() if name.startswith("loop_"))
        assert "automation.lit" in issue
        assert "automation.dark" in issue
        await home.call("automation.turn_off", entity_id="automation.lit")
        await home.forward(600)
        quiet = len(changes)
        await home.forward(600)
        assert len(changes) == quiet


THROUGH_SCRIPTS = """
automation:
  - id: round
    alias: Round
    mode: parallel
    max: 1000
    triggers: [{trigger: event, event_type: go}]
    actions: [{action: test.note, data: {n: 1}}, {action: script.one}]
script:
  one: {sequence: [{action: script.two}], mode: parallel, max: 1000}
  two: {sequence: [{event: go}], mode: parallel, max: 1000}
"""


async def test_a_loop_through_scripts_is_slowed_and_named(tmp_path):
    async with home_with(tmp_path, THROUGH_SCRIPTS) as home:
        await home.fire("go")
        await home.forward(1)
        assert len(home.done()) < 30
        assert any(issue.startswith("loop_") for issue in [*home.issues(), *home.issues("script")])


async def test_scripts_that_start_each_other_are_slowed_and_named(tmp_path):
    yaml = """
    script:
      one: {sequence: [{action: test.note, data: {n: 1}}, {action: script.turn_on, target: {entity_id: script.two}}]}
      two: {sequence: [{action: script.turn_on, target: {entity_id: script.one}}]}
    """
    async with home_with(tmp_path, yaml) as home:
        await home.call("script.turn_on", entity_id="script.one")
        await home.forward(1)
        assert len(home.done()) < 30
        assert "loop_script.one" in home.issues("script")


async def test_a_rule_that_has_itself_remind_again_is_no_loop(tmp_path):
    yaml = """
    helpers: {timer: {again: {duration: "0:05:00"}}}
    automation:
      - id: remind
        triggers: [{trigger: event, event_type: timer.finished}]
        actions: [{action: test.note, data: {n: 1}}, {action: timer.start, target: {entity_id: timer.again}}]
    """
    async with home_with(tmp_path, yaml) as home:
        await home.call("timer.start", entity_id="timer.again")
        await home.forward(300 * 40 + 1)
        assert len(home.done()) == 40
        assert home.issues() == {}


async def test_a_rule_begins_with_the_hub(tmp_path):
    yaml = """
automation:
  - id: start
    triggers: [{trigger: homeassistant, event: start}]
    actions: [{action: input_number.increment, target: {entity_id: input_number.starts}}]
helpers: {input_number: {starts: {min: 0, max: 9, initial: 0}}}
"""
    async with home_with(tmp_path, yaml) as home:
        assert not home.issues()
        assert float(home.state("input_number.starts").state) == 1


SPY = """
import voluptuous as vol
from linli import Capabilities, Manifest, hookimpl
MANIFEST = Manifest(domain="spy", layer="perception", after=("automation",), capabilities=Capabilities(fires=("told",)))
CONFIG = vol.Schema({})
@hookimpl
def automation_actions():
    return ["shout"]
@hookimpl
def automation_act(action, config, variables, context):
    if action != "shout":
        return None
    return {"shouted": config["shout"], "by": context.bounds[-1].rule}
"""


async def test_another_plugin_brings_an_action(tmp_path):
    yaml = """
automation:
  - id: one
    triggers: [{trigger: event, event_type: go}]
    actions: [{shout: "{{ 'hey' }}"}, {action: test.note, data: {n: 1}}]
spy:
"""
    async with home_with(tmp_path, yaml, plugins={"spy": SPY}) as home:
        assert not home.issues()
        await home.fire("go")
        assert home.done() == [1]
