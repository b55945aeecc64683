"""Message commands: traces, an automation's configuration, and actions and conditions to try out."""

from typing import Any, Final

import voluptuous as vol

from linli import Access, CommandCall, NotFound, NotSupported, PluginContext, RequestError
from linli_automation.shared import Rules

TRACED: Final = vol.In(("automation", "script"))
_RUN: Final = {vol.Required("domain"): TRACED, vol.Required("item_id"): str, vol.Required("run_id"): str}


class Commands:
    """The handlers."""

    def __init__(self, ctx: PluginContext, rules: Rules) -> None:
        self._ctx = ctx
        self._rules = rules

    def offer(self) -> None:
        """Answer them."""
        add = self._ctx.commands.add
        of_item: dict[Any, Any] = {vol.Required("domain"): TRACED, vol.Optional("item_id"): str}
        add("trace/list", self.list_traces, of_item, access=Access.ADMIN)
        add("trace/get", self.get_trace, _RUN, access=Access.ADMIN)
        pair: dict[Any, Any] = {vol.Inclusive("domain", "id"): TRACED, vol.Inclusive("item_id", "id"): str}
        add("trace/contexts", self.contexts, pair, access=Access.ADMIN)
        tried = {vol.Required("condition"): object, vol.Optional("variables"): dict}
        add("test_condition", self.test_condition, tried, access=Access.ADMIN)
        run = {vol.Required("sequence"): object, vol.Optional("variables"): dict}
        add("execute_script", self.execute, run, access=Access.ADMIN)

    # traces ----------------------------------------------------------------------------------------------------------

    def list_traces(self, call: CommandCall) -> list[dict[str, Any]]:
        """The runs that are kept of a domain or an item."""
        return self._rules.traces.list(call.message["domain"], call.message.get("item_id"))

    def get_trace(self, call: CommandCall) -> dict[str, Any]:
        """One run, step by step."""
        words = call.message
        return self._rules.traces.get(words["domain"], words["item_id"], words["run_id"])

    def contexts(self, call: CommandCall) -> dict[str, Any]:
        """Which run a context belongs to."""
        return self._rules.traces.contexts(call.message.get("domain"), call.message.get("item_id"))

    # trying out ------------------------------------------------------------------------------------------------------

    async def test_condition(self, call: CommandCall) -> dict[str, Any]:
        """Whether conditions hold now, in the asker's view."""
        words = call.message
        answer = await self._rules.desk.conditions.test(words["condition"], words.get("variables"), call.context)
        if answer["error"] is not None:
            raise RequestError(answer["error"])
        return {"result": answer["result"]}

    async def execute(self, call: CommandCall) -> dict[str, Any]:
        """Run actions with the asker's rights."""
        words = call.message
        try:
            response = await self._rules.run_once(words["sequence"], dict(words.get("variables") or {}), call.context)
        except NotFound as error:  # a service that is not there is a mistake in the sequence
            raise NotSupported(str(error), key=error.key, parameters=error.parameters) from error
        return {"context": call.context.as_dict(), "response": response}


def configuration(ctx: PluginContext, domain: str, find: Any) -> None:
    """Answer ``DOMAIN/config``: what a rule says, by its entity; ``find`` gives it or None."""

    def config(call: CommandCall) -> dict[str, Any]:
        written = find(call.message["entity_id"])
        if written is None:
            raise NotFound("Entity not found")
        return {"config": written.says}

    ctx.commands.add(f"{domain}/config", config, {vol.Required("entity_id"): str}, access=Access.ADMIN)
