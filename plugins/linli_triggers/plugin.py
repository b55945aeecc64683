"""Offers the commands; nothing is followed until somebody attaches a trigger."""

from linli import ConfigEntry, PluginContext, hookimpl
from linli_triggers.api import ConditionsApi, TriggersApi
from linli_triggers.conditions.tester import Tester
from linli_triggers.keeper import Keeper


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Provide :class:`TriggersApi` and :class:`ConditionsApi`."""
    ctx.provide(ConditionsApi, Tester(ctx))  # type: ignore[type-abstract]  # a protocol stands for itself here
    keeper = Keeper(ctx, entry.data["attachments"])
    ctx.provide(TriggersApi, keeper)  # type: ignore[type-abstract]  # a protocol stands for itself here
