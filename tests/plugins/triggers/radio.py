"""A plugin that plays MQTT's trigger without a broker: what a broker would deliver comes as an event."""

RADIO = """
import json
from typing import Protocol

import voluptuous as vol

from linli import Capabilities, InvalidRequest, Manifest, hookimpl
from linli import schema as sv
from linli_triggers.api import TriggersApi

MANIFEST = Manifest(domain="radio", layer="network", requires=("triggers",),
    capabilities=Capabilities(listens=("radio_received",), fires=("radio_knows",)))
CONFIG = vol.Schema({vol.Optional("ready", default=True): sv.boolean})
TRIGGER = vol.Schema({
    vol.Required("topic"): str, vol.Optional("payload"): str, vol.Optional("value_template"): str,
    vol.Optional("qos", default=0): vol.In((0, 1, 2)),
})


class RadioApi(Protocol):
    async def follow(self, follow, config): ...
    async def unfollow(self, follow): ...
    async def following(self): ...


class Radio:
    def __init__(self, ctx):
        self.ctx, self.followed, self.retained = ctx, {}, {}
        self.triggers = ctx.use(TriggersApi)
        ctx.bus.listen("radio_received", lambda event: ctx.spawn(self.received(event), name="received"))

    async def follow(self, follow, config):
        given = TRIGGER(dict(config))
        given["topic"] = await self.triggers.render(follow, given["topic"])
        if given["topic"].startswith("#/"):
            raise InvalidRequest("# stands at the end of a topic")
        self.followed[follow] = given
        for message in [each for each in self.retained.values() if fits(given["topic"], each["topic"])]:
            await self.heard(follow, given, message, None)
        return True

    async def unfollow(self, follow):
        self.followed.pop(follow, None)

    async def following(self):
        return sorted(self.followed)

    async def received(self, event):
        message = dict(event.data)
        if message.pop("retain", False):
            self.retained[message["topic"]] = message
        for follow, given in list(self.followed.items()):
            if fits(given["topic"], message["topic"]):
                await self.heard(follow, given, message, event.context)
        self.ctx.bus.fire("radio_knows", {"followed": len(self.followed)})

    async def heard(self, follow, given, message, context):
        payload = text = message["payload"]
        if "value_template" in given:
            known = {"value": text, **parsed("value_json", text)}
            text = str(await self.triggers.render(follow, given["value_template"], known))
        if given.get("payload", text) != text:
            return
        words = {"topic": message["topic"], "payload": payload, "qos": given["qos"],
            "description": "mqtt topic " + message["topic"], **parsed("payload_json", payload)}
        await self.triggers.fired(follow, words, context)


@hookimpl
def linli_setup_entry(ctx, entry):
    if entry.data["ready"]:
        ctx.provide(RadioApi, Radio(ctx))


@hookimpl
def triggers_kinds():
    return ["mqtt"]


@hookimpl
def triggers_problem(kind, config):
    try:
        TRIGGER(dict(config))
    except vol.Invalid as error:
        return str(error)


@hookimpl
async def triggers_follow(ctx, follow, config):
    return await ctx.use(RadioApi).follow(follow, config) if ctx.has(RadioApi) else None


@hookimpl
async def triggers_unfollow(ctx, follow):
    if ctx.has(RadioApi):
        await ctx.use(RadioApi).unfollow(follow)


@hookimpl
async def triggers_following(ctx):
    return await ctx.use(RadioApi).following() if ctx.has(RadioApi) else []


def parsed(name, text):
    try:
        return {name: json.loads(text)}
    except ValueError:
        return {}


def fits(wanted, topic):
    wanted, topic = wanted.split("/"), topic.split("/")
    if wanted[-1] == "#":
        return all(one in ("+", other) for one, other in zip(wanted[:-1], topic))
    return len(wanted) == len(topic) and all(one in ("+", other) for one, other in zip(wanted, topic))
"""
