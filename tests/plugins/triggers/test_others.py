"""Kinds of trigger that another plugin contributes, in the hub and in a process of its own; it may go and come back."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

import pytest

from linli import Context, Forbidden, InvalidRequest, UserId
from linli.auth import COMMAND_ACTOR
from linli.clock import SimulatedClock
from linli.ids import PluginDomain
from linli.plugin.overview import PluginState
from linli.testing.hub import Deployment, running_hub
from linli_triggers.api import TRIGGERS_FIRED, TriggersApi
from plugins.triggers.radio import RADIO

RADIO_DOMAIN = PluginDomain("radio")
BELL = {"trigger": "mqtt", "topic": "home/+/bell", "id": "bell"}
WHERE = pytest.mark.parametrize("children", [(), ("radio",)], ids=["in the hub", "in a process of its own"])


class Site:
    def __init__(self, hub: Any, clock: SimulatedClock) -> None:
        self.hub, self.clock, self.rooms = hub, clock, hub.rooms
        self.api = hub.rooms.apis.proxy(TriggersApi)
        self.events: list[Any] = []
        self.known: list[int] = []
        hub.rooms.bus.listen(TRIGGERS_FIRED, self.events.append)
        hub.rooms.bus.listen("radio_knows", lambda event: self.known.append(event.data["followed"]))

    async def deliver(self, topic: str, payload: str, context: Context | None = None, **more: Any) -> None:
        self.rooms.bus.fire("radio_received", {"topic": topic, "payload": payload, **more}, context)
        await self.clock.settle()

    async def told(self) -> list[dict[str, Any]]:
        await self.clock.settle()
        told = [event.data["variables"]["trigger"] for event in self.events]
        self.events.clear()
        return told

    async def followed(self) -> int:
        """How many triggers the plugin follows."""
        await self.clock.settle()
        await self.deliver("nothing", "")
        return self.known[-1]

    def issues(self) -> dict[str, Any]:
        return {each.issue_id: dict(each.message.parameters) for each in self.rooms.issues.all()
                if each.domain == "triggers"}  # fmt: skip

    def radio(self) -> PluginState:
        return self.rooms.overview.get("radio").state


@asynccontextmanager
async def site_with(tmp_path: Any, radio: str = "{}", children: Collection[str] = ()) -> AsyncIterator[Site]:
    clock = SimulatedClock()
    deployment = Deployment(tmp_path, f"linli: {{trusted: [radio]}}\ntriggers:\nradio: {radio}\n")
    deployment.drop_in("radio", RADIO)
    async with running_hub(deployment, clock=clock, children=children) as hub:
        await clock.settle()
        site = Site(hub, clock)
        site.deployment = deployment  # type: ignore[attr-defined]  # for tests that change the YAML
        yield site


@WHERE
async def test_a_kind_of_another_plugin_fires_with_its_own_words(tmp_path, children):
    async with site_with(tmp_path, children=children) as site:
        assert await site.api.problem(BELL) is None
        await site.api.attach([{"platform": "event", "event_type": "x"}, BELL])
        await site.deliver("home/door/bell", '{"long": true}')
        await site.deliver("home/door/lamp", "on")
        assert await site.told() == [
            {
                "id": "bell", "idx": "1", "alias": None, "platform": "mqtt", "topic": "home/door/bell", "qos": 0,
                "payload": '{"long": true}', "payload_json": {"long": True}, "description": "mqtt topic home/door/bell",
            }
        ]  # fmt: skip


@WHERE
async def test_its_templates_are_rendered_with_what_the_attachment_knows(tmp_path, children):
    async with site_with(tmp_path, children=children) as site:
        config = {
            "trigger": "mqtt", "topic": "home/{{ room }}/temperature", "payload": "hot",
            "value_template": "{{ 'hot' if value_json.t > limit else 'cold' }}",
        }  # fmt: skip
        await site.api.attach(config, None, {"room": "kitchen", "limit": 30})
        await site.deliver("home/kitchen/temperature", '{"t": 31}')
        await site.deliver("home/kitchen/temperature", '{"t": 29}')
        await site.deliver("home/hall/temperature", '{"t": 31}')
        assert [each["payload"] for each in await site.told()] == ['{"t": 31}']


@WHERE
async def test_what_comes_before_attaching_has_returned_fires_after_it(tmp_path, children):
    async with site_with(tmp_path, children=children) as site:
        await site.deliver("home/door/bell", "kept", retain=True)
        attachment = await site.api.attach(BELL)
        assert site.events == []
        await site.clock.settle()
        assert [event.data["attachment"] for event in site.events] == [attachment]


@WHERE
async def test_what_its_plugin_says_is_wrong_is_refused(tmp_path, children):
    async with site_with(tmp_path, children=children) as site:
        wrong = {"trigger": "mqtt", "payload": "x"}
        assert await site.api.problem(wrong) == "required key not provided @ data['topic']"
        with pytest.raises(InvalidRequest, match="topic"):
            await site.api.attach(wrong)
        with pytest.raises(InvalidRequest, match="at the end"):
            await site.api.attach({"trigger": "mqtt", "topic": "#/x"})
        with pytest.raises(InvalidRequest, match="invalid template"):
            await site.api.attach({"trigger": "mqtt", "topic": "{{ x"})
        assert await site.api.problem({"trigger": "amqp"}) == "Invalid trigger 'amqp' specified"
        assert await site.followed() == 0
        assert site.issues() == {}


@WHERE
async def test_detaching_ends_it_and_switched_off_it_is_not_begun(tmp_path, children):
    async with site_with(tmp_path, children=children) as site:
        attachment = await site.api.attach([BELL, {**BELL, "enabled": False}])
        assert await site.followed() == 1
        await site.api.detach(attachment)
        assert await site.followed() == 0
        await site.deliver("home/door/bell", "x")
        assert await site.told() == []


async def test_the_cause_comes_along(tmp_path):
    async with site_with(tmp_path) as site:
        await site.api.attach(BELL)
        cause = Context()
        await site.deliver("home/door/bell", "x", cause)
        assert [event.data["context"] for event in site.events] == [cause.as_dict()]


async def test_no_plugin_makes_up_the_user_who_is_behind_it(tmp_path):
    async with site_with(tmp_path) as site:
        await site.api.attach(BELL)
        (follow,) = await _following(site)
        with pytest.raises(Forbidden):
            await site.api.fired(follow, {}, Context(UserId("somebody")))
        await site.api.fired("unknown", {})
        assert await site.told() == []


async def _following(site: Site) -> list[str]:
    told = await site.rooms.hooks.gather(_named("triggers_following"))
    return list(told["radio"])


def _named(name: str) -> Callable[..., Any]:
    from linli_triggers import hooks

    return getattr(hooks, name)  # type: ignore[no-any-return]  # a specification is a function


async def test_its_words_stand_for_no_others(tmp_path):
    async with site_with(tmp_path) as site:
        await site.api.attach(BELL)
        (follow,) = await _following(site)
        await site.clock.settle()
        await site.api.fired(follow, {"id": "other", "idx": "7", "alias": "other", "x": 1})
        (told,) = await site.told()
        assert told == {"id": "bell", "idx": "0", "alias": None, "platform": "mqtt", "description": "mqtt", "x": 1}


# coming and going -----------------------------------------------------------------------------------------------------


async def test_after_a_reload_it_is_followed_again_without_a_word(tmp_path):
    async with site_with(tmp_path) as site:
        await site.api.attach(BELL, None, None, "Door bell")
        (entry,) = (each for each in site.rooms.entries.all() if each.domain == "radio")
        await site.rooms.entries.reload(entry.entry_id)
        await site.clock.settle()
        assert site.issues() == {}
        assert await site.followed() == 1
        await site.deliver("home/door/bell", "x")
        assert len(await site.told()) == 1


async def test_while_its_plugin_is_out_it_waits_and_is_shown(tmp_path):
    async with site_with(tmp_path) as site:
        await site.api.attach([BELL, BELL], None, None, "Door bell")
        await site.rooms.quarantine.disable("radio", COMMAND_ACTOR)
        await site.clock.forward(seconds=2)
        words = {"kind": "mqtt", "count": 2, "names": "Door bell", "why": ""}
        assert site.issues() == {"waiting_mqtt": words}
        assert await site.api.problem(BELL) == "Invalid trigger 'mqtt' specified"
        await site.rooms.quarantine.release("radio", COMMAND_ACTOR)
        await site.clock.settle()
        assert site.issues() == {}
        await site.deliver("home/door/bell", "x")
        assert len(await site.told()) == 2


async def test_a_process_that_was_killed_follows_again_when_it_is_back(tmp_path):
    async with site_with(tmp_path, children=("radio",)) as site:
        await site.api.attach(BELL)
        os.kill(site.rooms.children.pid(RADIO_DOMAIN), signal.SIGKILL)
        async with asyncio.timeout(20):
            while site.radio() is PluginState.RUNNING:
                await asyncio.sleep(0.01)
            while site.radio() is not PluginState.RUNNING:
                await site.clock.forward(seconds=1)
                await asyncio.sleep(0.02)
        await site.clock.settle()
        assert site.issues() == {}
        await site.deliver("home/door/bell", "x")
        assert len(await site.told()) == 1


async def test_a_plugin_that_is_not_ready_is_asked_again(tmp_path):
    async with site_with(tmp_path, "{ready: false}") as site:
        await site.api.attach(BELL)
        assert site.issues()["waiting_mqtt"]["count"] == 1
        await site.clock.forward(seconds=20)
        assert site.issues()
        (site.deployment.folder / "linli.yaml").write_text(
            "linli: {trusted: [radio]}\ntriggers:\nradio: {}\n", encoding="utf-8"
        )
        await site.rooms.renewal.take_up({RADIO_DOMAIN}, language=None)
        await site.clock.settle()
        assert site.issues() == {}
        assert await site.followed() == 1


async def test_a_detached_one_is_no_longer_shown(tmp_path):
    async with site_with(tmp_path, "{ready: false}") as site:
        attachment = await site.api.attach(BELL)
        await site.api.detach(attachment)
        assert site.issues() == {}


async def test_a_flood_is_cut_and_counted_and_ends(tmp_path):
    async with site_with(tmp_path) as site:
        await site.api.attach(BELL)
        await site.clock.settle()
        (follow,) = await _following(site)
        for _ in range(300):
            await site.api.fired(follow, {})
        assert len(await site.told()) == 200
        assert b'linli_triggers_dropped_total{kind="mqtt"} 100' in site.rooms.metrics.expose()
        await site.clock.forward(seconds=1)
        for _ in range(30):
            await site.api.fired(follow, {})
        assert len(await site.told()) == 20


HOSTILE = """
import voluptuous as vol
from linli import Capabilities, Manifest, hookimpl
MANIFEST = Manifest(domain="hostile", layer="network", requires=("triggers",), capabilities=Capabilities())
CONFIG = vol.Schema({})
SEEN = []

@hookimpl
def triggers_kinds():
    return ["state", "Upper", 5, "mqtt2"]

@hookimpl
def triggers_follow(kind, follow, config, variables, author, name):
    SEEN.append(kind)
    return 1

@hookimpl
def triggers_problem(kind, config):
    SEEN.append(kind)

@hookimpl
def triggers_following():
    return 5
"""


async def test_nobody_else_sees_a_trigger_takes_a_kind_of_ours_or_breaks_it_by_nonsense(tmp_path):
    deployment = Deployment(tmp_path, "linli: {trusted: [hostile, radio]}\ntriggers:\nhostile: {}\nradio: {}\n")
    deployment.drop_in("radio", RADIO).drop_in("hostile", HOSTILE)
    clock = SimulatedClock()
    async with running_hub(deployment, clock=clock) as hub:
        site = Site(hub, clock)
        await site.api.attach([BELL, {"trigger": "state", "entity_id": "sensor.x"}])
        assert await site.api.problem({"trigger": "Upper"}) is not None
        await site.deliver("home/door/bell", "x")
        site.rooms.states.set("sensor.x", "1")
        assert [each["platform"] for each in await site.told()] == ["mqtt", "state"]
        await site.api.attach({"trigger": "mqtt2"})
        assert site.issues()["waiting_mqtt2"]["count"] == 1
        implementations = site.rooms.hook_table.implementations(_named("triggers_problem"))
        hostile = next(each for each in implementations if each.owner == "hostile")
        seen: list[str] = hostile.call.__closure__[0].cell_contents.__globals__["SEEN"]
        assert set(seen) == {"mqtt2"}
