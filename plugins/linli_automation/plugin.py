"""Automations live as long as their section; what all rules share is offered to scripts and scenes."""

from typing import Protocol

from linli import HUB_STARTED, ConfigEntry, PluginContext, hookimpl
from linli_automation import services
from linli_automation.api import LifeApi, RulesApi
from linli_automation.automations import Automations
from linli_automation.commands import Commands
from linli_automation.life import Life
from linli_automation.shared import Rules


class EntryApi(Protocol):
    """The automations, for the hook that tells of a late start."""

    async def begin_late(self) -> None:
        """Follow the triggers from now on, if that was not begun."""

    async def leave(self) -> None:
        """They are about to go: what waits is interrupted, not ended."""


@hookimpl
def linli_setup(ctx: PluginContext) -> None:
    """Offer what all rules share."""
    life = Life()
    ctx.provide(LifeApi, life)  # type: ignore[type-abstract]  # a protocol stands for itself here
    ctx.bus.listen(HUB_STARTED, life.started)
    rules = Rules(ctx)
    ctx.provide(RulesApi, rules)  # type: ignore[type-abstract]  # a protocol stands for itself here
    Commands(ctx, rules).offer()
    services.register(ctx)


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Bring the automations to life: those of the YAML, and those that were saved by API."""
    life = ctx.use(LifeApi)  # type: ignore[type-abstract]  # a protocol is what is asked for
    automations = Automations(ctx)
    await automations.open(entry.data["items"], began=await life.began())
    ctx.provide(EntryApi, automations)  # type: ignore[type-abstract]  # a protocol stands for itself here

    async def change(entry: ConfigEntry) -> bool:
        await automations.take_up(entry.data["items"])
        return True

    ctx.on_settings(change)


@hookimpl
async def linli_unload_entry(ctx: PluginContext) -> None:
    """What waits is noted as interrupted, or goes on after the next start."""
    if ctx.has(EntryApi):
        await ctx.use(EntryApi).leave()  # type: ignore[type-abstract]  # a protocol is what is asked for


@hookimpl
async def linli_started(ctx: PluginContext) -> None:
    """Where the plugin came up after the hub had started, its rules begin now."""
    await ctx.use(LifeApi).begin()  # type: ignore[type-abstract]  # a protocol is what is asked for
    if ctx.has(EntryApi):
        await ctx.use(EntryApi).begin_late()  # type: ignore[type-abstract]  # a protocol is what is asked for
