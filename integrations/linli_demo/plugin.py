"""Furnishes the flat and lets it live."""

from linli import ConfigEntry, PluginContext, hookimpl
from linli_demo.flat import Flat


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """The flat belongs to the entry and goes with it."""
    ctx.spawn(Flat(ctx).live(), name="live")
