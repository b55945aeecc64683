"""Offers the logbook to clients, and lets rules write lines into it."""

import voluptuous as vol

from linli import ConfigEntry, PluginContext, ServiceCall, hookimpl
from linli import schema as sv
from linli_logbook import commands, rest
from linli_logbook.book import Book
from linli_logbook.descriptions import LOGBOOK_ENTRY, Descriptions
from linli_recorder.api import RecorderApi

LOG = {
    vol.Required("name"): sv.text(max=200),
    vol.Required("message"): sv.text(max=2000),
    vol.Optional("entity_id"): sv.entity_id(),
    vol.Optional("domain"): sv.slug,
}


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Two addresses, two message commands and a service."""
    recorder = ctx.use(RecorderApi)  # type: ignore[type-abstract]  # a protocol stands for itself here
    descriptions = Descriptions(ctx)
    book = Book(ctx, recorder, descriptions)
    rest.add(ctx, recorder, book)
    commands.add(ctx, recorder, book, descriptions)

    async def log(call: ServiceCall) -> None:
        """Write a line. One about an entity that the caller does not see is written without it."""
        line = dict(call.data)
        if "entity_id" in line and not call.view.sees(line["entity_id"]):
            del line["entity_id"]
        if not line.keys() & {"entity_id", "domain"}:
            line["domain"] = "logbook"
        ctx.bus.fire(LOGBOOK_ENTRY, line, call.context)

    ctx.services.register("logbook", "log", log, schema=LOG)
