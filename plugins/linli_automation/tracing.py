"""Message commands about traces: which runs there were, what each did, as far as the reader may know (SAFETY 15)."""

from collections.abc import Iterable
from typing import Any, Final

import voluptuous as vol

from linli import Access, CommandCall, NotFound, PluginContext
from linli_automation.engine.traces import Run, Told
from linli_automation.house import House

TRACED: Final = vol.In(("automation", "script"))
_RUN: Final = {vol.Required("domain"): TRACED, vol.Required("item_id"): str, vol.Required("run_id"): str}


class TraceCommands:
    """The handlers. The traces of automations are here; those of scripts are with what all rules share."""

    def __init__(self, ctx: PluginContext, house: House) -> None:
        self._house = house
        add = ctx.commands.add
        of_item: dict[Any, Any] = {vol.Required("domain"): TRACED, vol.Optional("item_id"): str}
        add("trace/list", self.list_traces, of_item, access=Access.ADMIN)
        add("trace/get", self.get_trace, _RUN, access=Access.ADMIN)
        pair: dict[Any, Any] = {vol.Inclusive("domain", "id"): TRACED, vol.Inclusive("item_id", "id"): str}
        add("trace/contexts", self.contexts, pair, access=Access.ADMIN)

    async def list_traces(self, call: CommandCall) -> list[dict[str, Any]]:
        """The runs that are kept of a domain or an item."""
        return [run.trace.short() for run in await self._seen(call)]

    async def get_trace(self, call: CommandCall) -> dict[str, Any]:
        """One run, step by step."""
        for run in await self._seen(call):
            if run.trace.run_id == call.message["run_id"]:
                return run.trace.full()
        raise NotFound("The trace could not be found")

    async def contexts(self, call: CommandCall) -> dict[str, Any]:
        """Which run a context belongs to: a run goes by the id of its context."""
        return {
            run.trace.run_id: {"run_id": run.trace.run_id, "domain": run.domain, "item_id": run.item_id}
            for run in await self._seen(call)
        }

    async def _seen(self, call: CommandCall) -> list[Run]:
        """The runs that the message is about and the reader may read."""
        domain, item_id, run_id = (call.message.get(key) for key in ("domain", "item_id", "run_id"))
        found: Iterable[Run] = [
            run for run in self._house.traces.all(domain, item_id) if run_id in (None, run.trace.run_id)
        ]
        if domain != "automation":
            told = await self._house.rules.kept_traces(item_id, run_id)
            found = [*found, *(Run("script", full["item_id"], entity_id, Told(full)) for entity_id, full in told)]
        view = call.view
        if view.everything:
            return list(found)
        return [run for run in found if self._house.sight.reads(view, run.entity_id, run.trace.full())]
