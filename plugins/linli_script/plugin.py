"""Scripts live as long as their section, and beside them those that were saved by API."""

from typing import Protocol

from linli import ConfigEntry, PluginContext, hookimpl
from linli_script.scripts import Scripts, offer_services


class ScriptsApi(Protocol):
    """The scripts, for the hook that tells of their end."""

    async def leave(self) -> None:
        """They are about to go: what waits is interrupted, not ended."""


@hookimpl
def linli_setup(ctx: PluginContext) -> None:
    """Offer the services that all scripts have."""
    offer_services(ctx)


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Bring the scripts to life."""
    scripts = Scripts(ctx)
    await scripts.open(entry.data)
    ctx.provide(ScriptsApi, scripts)  # type: ignore[type-abstract]  # a protocol stands for itself here

    async def change(entry: ConfigEntry) -> bool:
        await scripts.take_up(entry.data)
        return True

    ctx.on_settings(change)


@hookimpl
async def linli_unload_entry(ctx: PluginContext) -> None:
    """What waits is noted as interrupted, or goes on after the next start."""
    if ctx.has(ScriptsApi):
        await ctx.use(ScriptsApi).leave()  # type: ignore[type-abstract]  # a protocol is what is asked for
