"""What helpers can be told, under the names that clients know."""

from typing import Any, Final

import voluptuous as vol

from linli import PluginContext, ServiceAccess, ServiceCall
from linli import schema as sv
from linli_helpers import button, counter, moment, select, text, timer
from linli_helpers.kinds import KINDS

FARTHEST: Final = 1e15


class Value(sv.number):
    """Any number; which ones a helper takes, it says itself."""

    def selector(self) -> dict[str, Any]:
        return {"number": {"min": -FARTHEST, "max": FARTHEST, "step": 0.001, "mode": "box"}}


VALUE: Final = {vol.Required("value"): Value()}


def register(ctx: PluginContext) -> None:
    """Offer the services of every domain."""
    for name in ("turn_on", "turn_off", "toggle"):
        ctx.services.register_entity("input_boolean", name)
    ctx.services.register_entity("input_number", "set_value", VALUE)
    for name in ("increment", "decrement"):
        ctx.services.register_entity("input_number", name)
    for domain in (select, text, moment, counter, button, timer):
        domain.register(ctx)

    async def reload(call: ServiceCall) -> None:
        """Take up what the YAML says now; what a helper shows stays, as far as it still can."""
        await ctx.renew(call.context)

    for kind in KINDS:
        ctx.services.register(kind.domain, "reload", reload, access=ServiceAccess.ADMINS)
