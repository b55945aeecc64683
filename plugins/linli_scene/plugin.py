"""Scenes live as long as their section, and beside them those that were saved by API."""

from linli import ConfigEntry, PluginContext, hookimpl
from linli_scene.scenes import Scenes


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Bring the scenes to life."""
    scenes = Scenes(ctx)
    await scenes.open(entry.data["items"])

    async def change(entry: ConfigEntry) -> bool:
        await scenes.take_up(entry.data["items"])
        return True

    ctx.on_settings(change)
