"""Actions that belong to no rule: what a person has run on a screen, with that person's rights."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from linli import Context, InvalidRequest
from linli_automation.engine.actions import ACTIONS
from linli_automation.engine.desk import Desk
from linli_automation.engine.language import Step
from linli_automation.engine.principal import Author, Principal, names_in
from linli_automation.engine.running import Run


async def run_for(desk: Desk, steps: tuple[Step, ...], variables: Mapping[str, Any], context: Context) -> Any:
    """The response. Raises what a step failed with; a mistake in the sequence as InvalidRequest."""
    author = Author(context.user_id, context.scope)
    names = names_in(steps)
    principal = Principal("automation.once", author, names)
    run = Run(desk, principal, names, variables, context, None, ACTIONS, author.reader(desk.ctx))
    run.context = context
    try:
        return await run.go(steps, "sequence")
    except vol.Invalid as error:
        raise InvalidRequest(str(error)) from error
