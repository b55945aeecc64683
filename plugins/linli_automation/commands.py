"""Message commands: actions and conditions to try out."""

from typing import Any

import voluptuous as vol

from linli import Access, CommandCall, NotFound, NotSupported, PluginContext, RequestError
from linli_automation.shared import Rules


class Commands:
    """The handlers."""

    def __init__(self, ctx: PluginContext, rules: Rules) -> None:
        self._ctx = ctx
        self._rules = rules

    def offer(self) -> None:
        """Answer them."""
        add = self._ctx.commands.add
        tried = {vol.Required("condition"): object, vol.Optional("variables"): dict}
        add("test_condition", self.test_condition, tried, access=Access.ADMIN)
        run = {vol.Required("sequence"): object, vol.Optional("variables"): dict}
        add("execute_script", self.execute, run, access=Access.ADMIN)

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
