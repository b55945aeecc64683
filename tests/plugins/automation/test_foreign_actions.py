"""Actions and triggers that another plugin knows: in the hub or in a process of its own, gone and back, by name."""

import textwrap

import pytest

from linli.auth import COMMAND_ACTOR
from linli.ids import PluginDomain
from plugins.automation.home import home_with
from plugins.triggers.radio import RADIO

PORTER = """
import voluptuous as vol
from linli import Capabilities, Manifest, hookimpl

MANIFEST = Manifest(domain="spy", layer="application", after=("automation",), capabilities=Capabilities(calls=("*",)))
CONFIG = vol.Schema({})

@hookimpl
def automation_actions():
    return ["let_in"]

@hookimpl
async def automation_act(ctx, config, context):
    target = {"entity_id": [config["let_in"]]}
    await ctx.services.call("lock", "unlock", {}, target=target, context=context)
    return {"let_in": config["let_in"]}
"""
NOSY = """
import voluptuous as vol
from linli import Capabilities, Manifest, hookimpl

MANIFEST = Manifest(domain="nosy", layer="perception", capabilities=Capabilities(fires=("told",)))
CONFIG = vol.Schema({})

@hookimpl
def automation_actions():
    return 5

@hookimpl
def automation_act(ctx, action, config):
    ctx.bus.fire("told", {"seen": action})
    return {}
"""
WHERE = pytest.mark.parametrize("children", [(), ("spy",)], ids=["in the hub", "in a process of its own"])
RULES = """
automation:
  - id: named
    may: [lock.front]
    triggers: [{trigger: event, event_type: named}]
    actions: [{let_in: "{{ 'lock.front' }}"}]
  - id: not_named
    triggers: [{trigger: event, event_type: not_named}]
    actions: [{let_in: lock.front}]
script:
  call:
    sequence: [{let_in: lock.front}]
spy:
"""
SPY = PluginDomain("spy")


def is_open(home):
    return home.state("lock.front").state == "unlocked"


@WHERE
async def test_what_another_plugin_does_for_a_rule_has_the_bounds_of_the_rule(tmp_path, children):
    async with home_with(tmp_path, RULES, plugins={"spy": PORTER}, children=children) as home:
        assert not home.issues()
        await home.fire("not_named")
        assert not is_open(home)
        assert "lock.front" in home.issues()["failed_not_named"]
        assert home.rooms.ledger.account(SPY).counts.get("error", 0) == 0, "that the rule may not is no fault of it"
        await home.fire("named")
        assert is_open(home)


async def test_only_the_plugin_that_names_an_action_is_asked_and_nonsense_of_another_breaks_nothing(tmp_path):
    plugins = {"nosy": NOSY, "spy": PORTER}
    yaml = RULES.replace("spy:", "spy:\nnosy:")
    async with home_with(tmp_path, yaml, plugins=plugins) as home:
        assert not home.issues()
        await home.fire("named")
        assert is_open(home)
        assert home.told() == []


@WHERE
async def test_while_its_plugin_is_out_an_action_fails_by_name_and_later_works_again(tmp_path, children):
    async with home_with(tmp_path, RULES, plugins={"spy": PORTER}, children=children) as home:
        await home.rooms.quarantine.disable("spy", COMMAND_ACTOR)
        await home.fire("named")
        assert "'let_in'" in home.issues()["failed_named"]
        await home.rooms.quarantine.release("spy", COMMAND_ACTOR)
        await home.fire("named")
        assert is_open(home)
        assert not home.issues()


async def _rewritten(home, old, new):
    path = home.deployment.folder / "linli.yaml"
    path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8")
    for domain in ("automation", "script"):
        await home.call(f"{domain}.reload")


async def test_a_rule_that_was_read_while_its_plugin_was_out_lives_when_that_returns(tmp_path):
    async with home_with(tmp_path, RULES, plugins={"spy": PORTER}) as home:
        await home.rooms.quarantine.disable("spy", COMMAND_ACTOR)
        await _rewritten(home, "let_in:", "alias: Let in, let_in:")
        assert set(home.issues()) == {"broken_named", "broken_not_named"}
        assert set(home.issues("script")) == {"broken_call"}
        await home.rooms.quarantine.release("spy", COMMAND_ACTOR)
        await home.clock.settle()
        assert not home.issues()
        assert not home.issues("script")
        await home.fire("named")
        assert is_open(home)


async def test_a_rule_whose_kind_of_trigger_comes_late_follows_it(tmp_path):
    yaml = """
    automation:
      - id: bell
        alias: Door bell
        triggers: [{trigger: mqtt, topic: bell}]
        actions: [{action: test.note, data: {n: "{{ trigger.payload }}"}}]
    script: {}
    triggers: {}
    radio: {}
    """
    async with home_with(tmp_path, textwrap.dedent(yaml), plugins={"radio": RADIO}) as home:
        assert not home.issues()
        await home.rooms.quarantine.disable("radio", COMMAND_ACTOR)
        await home.forward(2)
        assert home.issues("triggers")["waiting_mqtt"].count("Door bell") == 1
        await _rewritten(home, "topic: bell", "topic: hall/bell")
        assert "'mqtt'" in home.issues()["broken_bell"]
        assert not home.issues("triggers")
        await home.rooms.quarantine.release("radio", COMMAND_ACTOR)
        await home.clock.settle()
        assert not home.issues()
        await home.fire("radio_received", topic="hall/bell", payload="ding")
        assert home.done() == ["ding"]


async def test_a_rule_that_is_read_before_its_plugin_is_up_is_not_told_of_as_broken(tmp_path, caplog):
    yaml = """
    automation:
      - {id: bell, triggers: [{trigger: mqtt, topic: bell}], actions: [{event: told}]}
      - {id: odd, triggers: [{trigger: amqp, topic: bell}], actions: [{event: told}]}
    radio:
    """
    late = RADIO.replace('requires=("triggers",)', 'requires=("triggers",), after=("automation",)')
    late = late.replace('layer="network"', 'layer="application"')
    async with home_with(tmp_path, yaml, plugins={"radio": late}) as home:
        assert list(home.issues()) == ["broken_odd"]
        told = [each.message for each in caplog.records if "cannot be taken up" in each.message]
        assert len(told) == 1
        assert "amqp" in told[0]
        await home.fire("radio_received", topic="bell", payload="")
        assert len(home.told()) == 1


async def test_a_script_that_is_read_before_its_plugin_is_up_is_not_told_of_as_broken(tmp_path, caplog):
    yaml = """
    script:
      call: {sequence: [{let_in: lock.front}]}
      odd: {sequence: [{let_out: lock.front}]}
    spy:
    """
    late = PORTER.replace('after=("automation",)', 'after=("automation", "script")')
    async with home_with(tmp_path, yaml, plugins={"spy": late}) as home:
        assert list(home.issues("script")) == ["broken_odd"]
        told = [each.message for each in caplog.records if "cannot be taken up" in each.message]
        assert len(told) == 1
        assert "odd" in told[0]
        assert home.state("script.call").state == "off"
