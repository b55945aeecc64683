"""Scripts live as long as their section, and beside them those that were saved by API."""

from typing import Protocol

from linli import ConfigEntry, PluginContext, hookimpl
from linli_automation.api import LifeApi
from linli_script.scripts import Scripts, offer_services


class ScriptsApi(Protocol):
    """The scripts, for the hooks that tell of their start and end."""

    async def go_on(self) -> None:
        """Everything is set up: what waited over a restart goes on."""

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
    if await ctx.use(LifeApi).began():  # type: ignore[type-abstract]  # a protocol is what is asked for
        await scripts.go_on()
    ctx.provide(ScriptsApi, scripts)  # type: ignore[type-abstract]  # a protocol stands for itself here

    async def change(entry: ConfigEntry) -> bool:
        await scripts.take_up(entry.data)
        return True

    ctx.on_settings(change)


@hookimpl
async def linli_started(ctx: PluginContext) -> None:
    """What waited over a restart goes on now that what it calls is there."""
    if ctx.has(ScriptsApi):
        await ctx.use(ScriptsApi).go_on()  # type: ignore[type-abstract]  # a protocol is what is asked for


@hookimpl
async def linli_unload_entry(ctx: PluginContext) -> None:
    """What waits is noted as interrupted, or goes on after the next start."""
    if ctx.has(ScriptsApi):
        await ctx.use(ScriptsApi).leave()  # type: ignore[type-abstract]  # a protocol is what is asked for
