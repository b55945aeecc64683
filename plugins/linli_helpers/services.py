"""What helpers can be told, under the names that clients know."""

from typing import Final

import voluptuous as vol

from linli import PluginContext, ServiceAccess, ServiceCall
from linli import schema as sv

VALUE: Final = {vol.Required("value"): sv.number()}


def register(ctx: PluginContext) -> None:
    """Offer the services of both domains."""
    for name in ("turn_on", "turn_off", "toggle"):
        ctx.services.register_entity("input_boolean", name)
    ctx.services.register_entity("input_number", "set_value", VALUE)
    for name in ("increment", "decrement"):
        ctx.services.register_entity("input_number", name)

    async def reload(call: ServiceCall) -> None:
        """Set every section up anew: helpers with an initial value start from it."""
        for entry in ctx.entries.all(ctx.domain):
            await ctx.entries.reload(entry.entry_id)

    for domain in ("input_boolean", "input_number"):
        ctx.services.register(domain, "reload", reload, access=ServiceAccess.ADMINS)
