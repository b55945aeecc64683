"""What automations can be told."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import PluginContext, ServiceAccess, ServiceCall
from linli import schema as sv

TURN_OFF: Final = {vol.Optional("stop_actions", default=True): sv.boolean}
TRIGGER: Final = {vol.Optional("skip_condition", default=True): sv.boolean}


def with_caller(call: ServiceCall) -> Mapping[str, Any]:
    """The data of a call with the cause of all that follows."""
    return {**call.data, "context": call.context}


def register(ctx: PluginContext) -> None:
    """Offer them on automations."""
    ctx.services.register_entity("automation", "turn_on")
    ctx.services.register_entity("automation", "turn_off", TURN_OFF)
    ctx.services.register_entity("automation", "toggle")
    ctx.services.register_entity("automation", "trigger", TRIGGER, prepare=with_caller)


def register_reload(ctx: PluginContext, reload: Any) -> None:
    """Offer ``automation.reload``; Home Assistant's editors name the one that they changed."""

    async def handle(call: ServiceCall) -> None:
        await reload(call.context)

    schema = {vol.Optional("id"): sv.string}
    ctx.services.register("automation", "reload", handle, schema=schema, access=ServiceAccess.ADMINS)
