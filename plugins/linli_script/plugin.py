"""Scripts live as long as their section, and beside them those that were saved by API."""

from linli import ConfigEntry, PluginContext, hookimpl
from linli_script.scripts import Scripts, offer_services


@hookimpl
def linli_setup(ctx: PluginContext) -> None:
    """Offer the services that all scripts have."""
    offer_services(ctx)


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Bring the scripts to life."""
    scripts = Scripts(ctx)
    await scripts.open(entry.data)

    async def change(entry: ConfigEntry) -> bool:
        await scripts.take_up(entry.data)
        return True

    ctx.on_settings(change)
