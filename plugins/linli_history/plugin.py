"""Offers the past to clients."""

from linli import ConfigEntry, PluginContext, hookimpl
from linli_history import commands, rest
from linli_recorder.api import RecorderApi


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Two addresses and two message commands, all answered by the recorder."""
    recorder = ctx.use(RecorderApi)  # type: ignore[type-abstract]  # a protocol stands for itself here
    rest.add(ctx, recorder)
    commands.add(ctx, recorder)
