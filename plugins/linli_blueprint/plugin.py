"""Offers the blueprints to those who fill them; nothing is read until somebody asks."""

from linli import ConfigEntry, PluginContext, hookimpl
from linli_blueprint.api import BlueprintsApi
from linli_blueprint.commands import Commands
from linli_blueprint.fetching import Fetcher
from linli_blueprint.store import Blueprints


@hookimpl
def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Provide :class:`BlueprintsApi`, and answer the message commands."""
    blueprints, fetcher = Blueprints(ctx), Fetcher(entry.data["import_from"])
    ctx.provide(BlueprintsApi, blueprints)  # type: ignore[type-abstract]  # a protocol stands for itself here
    Commands(ctx, blueprints, fetcher).offer()

    async def change(entry: ConfigEntry) -> bool:
        fetcher.allow(entry.data["import_from"])
        return True

    ctx.on_settings(change)
