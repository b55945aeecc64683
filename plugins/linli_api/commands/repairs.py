"""``repairs/*``: what a person should mend; for those who may see it, to others there is nothing."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import PluginContext
from linli_api.codes import CommandError
from linli_api.commands.rights import anew, needs
from linli_api.connection import Call

READ: Final = "issues.read"


class RepairCommands:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._issues = ctx.serving.rooms.issues

    def all(self, call: Call) -> Mapping[str, Any]:
        """Every issue."""
        may = call.view.may(READ)
        return {"issues": [issue.as_dict() for issue in self._issues.all()] if may else []}

    async def ignore(self, call: Call) -> None:
        """Somebody chose not to mend it, or takes that back."""
        message = call.message
        await self._issues.ignore(message["domain"], message["issue_id"], message["ignore"])

    def data(self, call: Call) -> Mapping[str, Any]:
        """What its plugin says for whoever mends it."""
        issue_id = call.message["issue_id"]
        issue = self._issues.get(call.message["domain"], issue_id)
        if issue is None:
            raise CommandError("unknown_issue", f"Issue '{issue_id}' not found")
        return {"issue_data": issue.data}


def add(ctx: PluginContext) -> None:
    """Offer them."""
    commands, offer = RepairCommands(ctx), ctx.commands.add
    which = {vol.Required("domain"): str, vol.Required("issue_id"): str}
    offer("repairs/list_issues", anew(commands.all))
    offer("repairs/ignore_issue", needs("admin", commands.ignore), {**which, vol.Required("ignore"): bool})
    offer("repairs/get_issue_data", needs(READ, commands.data), which)
