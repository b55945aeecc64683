"""Helpers come to life with their section of the YAML; the first section also keeps those that people make."""

from linli import ConfigEntry, PluginContext, hookimpl
from linli_helpers import services
from linli_helpers.collection import Collection
from linli_helpers.kinds import KINDS
from linli_helpers.life import Life, LifeApi


@hookimpl
def linli_setup(ctx: PluginContext) -> None:
    """Offer the services."""
    ctx.provide(LifeApi, Life())  # type: ignore[type-abstract]  # a protocol stands for itself here
    services.register(ctx)


@hookimpl
async def linli_started(ctx: PluginContext) -> None:
    """Timers that ended while the hub was down may say so."""
    await ctx.use(LifeApi).begin()  # type: ignore[type-abstract]  # a protocol is what is asked for


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Bring the helpers of this section to life, and in the first one those that people made."""
    first = ctx.entries.all(ctx.domain)[0].entry_id == entry.entry_id
    collections = [Collection(ctx, kind) for kind in KINDS]
    for collection in collections:
        collection.take_written(entry.data.get(collection.domain, {}))
        if first:
            await collection.take_made()
            collection.offer_commands()

    async def change(entry: ConfigEntry) -> bool:
        wanted = [(collection, entry.data.get(collection.domain, {})) for collection in collections]
        if not all([await collection.can_change(items) for collection, items in wanted]):
            return False
        for collection, items in wanted:
            await collection.change_written(items)
        return True

    ctx.on_settings(change)
