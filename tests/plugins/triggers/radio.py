"""A plugin that plays MQTT's trigger without a broker: what a broker would deliver comes as an event."""

RADIO = """
import json

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
STATE = {"ctx": None, "followed": {}, "retained": {}}


@hookimpl
def linli_setup_entry(ctx, entry):
    STATE.update(ctx=ctx if entry.data["ready"] else None, followed={}, retained={})
    ctx.bus.listen("radio_received", lambda event: ctx.spawn(received(event), name="received"))


@hookimpl
def linli_unload_entry(ctx):
    STATE.update(ctx=None, followed={})


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
async def triggers_follow(kind, follow, config, variables, author, name):
    if STATE["ctx"] is None or kind != "mqtt":
        return None
    given = TRIGGER(dict(config))
    given["topic"] = await triggers().render(follow, given["topic"])
    if given["topic"].startswith("#/"):
        return "# stands at the end of a topic"
    STATE["followed"][follow] = given
    for message in [each for each in STATE["retained"].values() if fits(given["topic"], each["topic"])]:
        await heard(follow, given, message, None)
    return True


@hookimpl
def triggers_unfollow(follow):
    STATE["followed"].pop(follow, None)


@hookimpl
def triggers_following():
    return sorted(STATE["followed"])


def triggers():
    return STATE["ctx"].use(TriggersApi)


async def received(event):
    message = dict(event.data)
    if message.pop("retain", False):
        STATE["retained"][message["topic"]] = message
    for follow, given in list(STATE["followed"].items()):
        if fits(given["topic"], message["topic"]):
            await heard(follow, given, message, event.context)
    STATE["ctx"].bus.fire("radio_knows", {"followed": len(STATE["followed"])})


async def heard(follow, given, message, context):
    payload = text = message["payload"]
    if "value_template" in given:
        try:
            known = {"value": text, "value_json": json.loads(text)}
        except ValueError:
            known = {"value": text}
        text = str(await triggers().render(follow, given["value_template"], known))
    if given.get("payload", text) != text:
        return
    words = {"topic": message["topic"], "payload": payload, "qos": given["qos"],
        "description": "mqtt topic " + message["topic"]}
    try:
        words["payload_json"] = json.loads(payload)
    except ValueError:
        pass
    await triggers().fired(follow, words, context)


def fits(wanted, topic):
    wanted, topic = wanted.split("/"), topic.split("/")
    if wanted[-1] == "#":
        return all(one in ("+", other) for one, other in zip(wanted[:-1], topic))
    return len(wanted) == len(topic) and all(one in ("+", other) for one, other in zip(wanted, topic))
"""
