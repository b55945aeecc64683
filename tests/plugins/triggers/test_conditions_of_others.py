"""Kinds of condition that another plugin tests: in the hub, in a process of its own, gone, hanging, talking rubbish."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from linli import InvalidRequest
from linli.auth import COMMAND_ACTOR
from linli.clock import SimulatedClock
from linli.ids import PluginDomain
from linli.testing.hub import Deployment, running_hub
from linli_triggers.api import ConditionsApi
from plugins.automation.home import home_with

HEAD = """
import asyncio
import voluptuous as vol
from linli import Capabilities, InvalidRequest, Manifest, hookimpl

MANIFEST = Manifest(domain="NAME", layer="LAYER", after=("triggers",), capabilities=Capabilities(fires=("told",)))
CONFIG = vol.Schema({})
"""
TIDES = (
    HEAD.replace("NAME", "tides").replace("LAYER", "perception")
    + """
@hookimpl
def triggers_condition_kinds():
    return ["tide"]

@hookimpl
def triggers_test_condition(kind, config):
    if config["level"] == "odd":
        raise InvalidRequest("no such level")
    return {"high": True, "low": False}.get(config["level"], "perhaps")
"""
)
NOSY = (
    HEAD.replace("NAME", "nosy").replace("LAYER", "network")
    + """
@hookimpl
async def triggers_condition_kinds():
    KINDS

@hookimpl
def triggers_test_condition(ctx, kind):
    return True
"""
)
WHERE = pytest.mark.parametrize("children", [(), ("tides",)], ids=["in the hub", "in a process of its own"])
NONSENSE = {
    "a number": "return 5",
    "ours and no words": "return ['state', 'and', 'Tide', 5, None, ['x']]",
    "a text": "return 'tide'",
    "an error": "raise ValueError",
    "a hang": "await asyncio.Event().wait()",
}


@asynccontextmanager
async def conditions(tmp_path, children=(), nosy=None):
    yaml = "linli: {trusted: [nosy, tides]}\ntriggers:\ntides: {}\n"
    deployment = Deployment(tmp_path, yaml + ("nosy: {}\n" if nosy else ""))
    deployment.drop_in("tides", TIDES)
    if nosy:
        deployment.drop_in("nosy", NOSY.replace("KINDS", nosy))
    clock = SimulatedClock()
    async with running_hub(deployment, clock=clock, children=children) as hub:
        await clock.settle()
        yield hub, hub.rooms.apis.proxy(ConditionsApi)


def tide(level):
    return {"condition": "tide", "level": level}


@WHERE
async def test_another_plugin_may_bring_a_kind(tmp_path, children):
    async with conditions(tmp_path, children) as (_, api):
        assert (await api.test(tide("{{ 'hi' ~ 'gh' }}")))["result"] is True
        assert (await api.test({"or": [tide("low"), {"not": [tide("low")]}]}))["result"] is True
        assert await api.problem(tide("low")) is None
        assert "numeric_state, or, state, sun, template, tide" in (await api.problem({"condition": "ebb"}) or "")
        with pytest.raises(InvalidRequest, match="ebb"):
            await api.test({"condition": "ebb"})
        odd = await api.test(tide("odd"))
        assert (odd["result"], odd["error"]) == (False, "no such level")
        assert odd["steps"] == [{"path": "", "error": "no such level"}]
        assert (await api.test(tide("?")))["error"] == "no plugin answers the condition 'tide' now"


@pytest.mark.parametrize("nosy", NONSENSE.values(), ids=NONSENSE)
async def test_one_plugin_that_tells_nonsense_fails_or_hangs_costs_its_kinds_only(tmp_path, nosy):
    async with conditions(tmp_path, nosy=nosy) as (hub, api):
        async with asyncio.timeout(5):
            first = asyncio.create_task(api.test(tide("low")))
            while not first.done():
                await hub.rooms.clock.forward(seconds=1)
            assert first.result()["result"] is False, "only the plugin of a kind is asked"
            before = hub.rooms.clock.monotonic()
            assert (await api.test(tide("high")))["result"] is True
            assert (await api.test({"condition": "template", "value_template": "{{ true }}"}))["result"] is True
            assert hub.rooms.clock.monotonic() == before, "whoever hangs is waited for once"


@WHERE
async def test_a_rule_whose_condition_lost_its_plugin_says_why_and_goes_on_when_that_is_back(
    tmp_path, children, caplog
):  # fmt: skip
    rules = """
    automation:
      - id: bathe
        triggers: [{trigger: event, event_type: warm}]
        conditions: [{condition: tide, level: high}]
        actions: [{event: told}]
    spy:
    """
    children = ("spy",) if children else ()
    async with home_with(tmp_path, rules, plugins={"spy": TIDES.replace("tides", "spy")}, children=children) as home:
        assert not home.issues()
        await home.fire("warm")
        assert len(home.told()) == 1
        await home.rooms.quarantine.disable(PluginDomain("spy"), COMMAND_ACTOR)
        assert not home.issues("triggers"), "a plugin that is reloaded is away for a moment"
        await home.forward(1.5)
        assert "tide" in home.issues("triggers")["unanswered_tide"], "told before the rule asks"
        await home.fire("warm")
        assert home.told() == []
        assert "automation.bathe: condition: no plugin answers the condition 'tide' now" in caplog.text
        await home.rooms.quarantine.release(PluginDomain("spy"), COMMAND_ACTOR)
        await home.forward(1.5)
        assert not home.issues("triggers")
        await home.fire("warm")
        assert len(home.told()) == 1
