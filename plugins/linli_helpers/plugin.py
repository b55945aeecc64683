"""Helpers come to life with their section of the YAML; the first section also keeps those that people make."""

from linli import ConfigEntry, PluginContext, hookimpl
from linli_helpers import services
from linli_helpers.collection import KINDS, Collection


@hookimpl
def linli_setup(ctx: PluginContext) -> None:
    """Offer the services."""
    services.register(ctx)


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Bring the helpers of this section to life, and in the first one those that people made."""
    first = ctx.entries.all(ctx.domain)[0].entry_id == entry.entry_id
    for kind in KINDS:
        collection = Collection(ctx, kind)
        collection.take_written(entry.data.get(kind.domain, {}))
        if first:
            await collection.take_made()
            collection.offer_commands()
