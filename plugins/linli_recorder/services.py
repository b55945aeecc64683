"""What administrators may have the recorder do, under Home Assistant's names; to forget is the owners'."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import InvalidRequest, PluginContext, ServiceAccess, ServiceCall
from linli import schema as sv
from linli_recorder.filters import Named
from linli_recorder.purging import Purger
from linli_recorder.recorder import Recorder

DOMAIN: Final = "recorder"
MOST_DAYS: Final = 36_500
PURGE: Final = {
    vol.Optional("keep_days"): sv.integer(min=0, max=MOST_DAYS),
    vol.Optional("repack", default=False): sv.boolean,
    vol.Optional("apply_filter", default=False): sv.boolean,
}
PURGE_ENTITIES: Final = {
    vol.Optional("domains", default=[]): sv.ensure_list(sv.slug),
    vol.Optional("entity_globs", default=[]): sv.ensure_list(sv.string),
    vol.Optional("keep_days", default=0): sv.integer(min=0, max=MOST_DAYS),
}
TARGET: Final[Mapping[str, Any]] = {"entity": [{}]}


def register(ctx: PluginContext, recorder: Recorder, purger: Purger, keep_days: int) -> None:
    """Offer them."""

    async def purge(call: ServiceCall) -> None:
        """Forget what is old: answers when that has begun."""
        await purger.purge(
            call.data.get("keep_days", keep_days), repack=call.data["repack"],
            apply_filter=call.data["apply_filter"], context=call.context,
        )  # fmt: skip

    async def purge_entities(call: ServiceCall) -> None:
        """Forget some entities: answers when that has begun."""
        chosen = Named.of(call.target.entity_ids, call.data["domains"], call.data["entity_globs"])
        if chosen.empty:
            raise InvalidRequest("name at least one of entity_id, domains, entity_globs", key="recorder.nothing_named")
        await purger.purge_entities(chosen, call.data["keep_days"], call.context)

    async def enable(call: ServiceCall) -> None:
        """Record again."""
        recorder.recording = True

    async def disable(call: ServiceCall) -> None:
        """Record nothing until somebody enables it, or the next start."""
        recorder.recording = False

    offer = ctx.services.register
    offer(DOMAIN, "purge", purge, schema=PURGE, access=ServiceAccess.OWNERS)
    offer(DOMAIN, "purge_entities", purge_entities, schema=PURGE_ENTITIES, access=ServiceAccess.OWNERS, target=TARGET)
    offer(DOMAIN, "enable", enable, access=ServiceAccess.ADMINS)
    offer(DOMAIN, "disable", disable, access=ServiceAccess.ADMINS)
