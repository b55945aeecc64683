"""The zones live as long as their section; without one there is the home alone."""

from linli import ConfigEntry, PluginContext, ServiceAccess, ServiceCall, hookimpl
from linli_zone.zones import DOMAIN, Zones


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Put the zones on the map, and offer to read the YAML again."""
    zones = Zones(ctx)
    await zones.take_up(entry.data["items"])
    await zones.forget_others(entry)

    async def change(entry: ConfigEntry) -> bool:
        await zones.take_up(entry.data["items"])
        return True

    async def reload(call: ServiceCall) -> None:
        await ctx.renew(call.context)

    ctx.on_settings(change)
    ctx.services.register(DOMAIN, "reload", reload, access=ServiceAccess.ADMINS)
