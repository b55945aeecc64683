"""What other plugins may add to the actions of rules."""

from collections.abc import Mapping, Sequence
from typing import Any

from linli import Answer, Context, hookspec


@hookspec
def automation_actions() -> Answer[Sequence[str]]:
    """The keys of actions that the plugin carries out (``notice:`` in a sequence).

    Called when rules are taken up; it has 10 s. None: none. An error or a time-out: none, and a rule that uses one of
    them is refused by name.
    """


@hookspec
def automation_act(
    action: str, config: Mapping[str, Any], variables: Mapping[str, Any], context: Context
) -> Answer[Mapping[str, Any]]:
    """Carry out one action; ``config`` is rendered. What it gives back stands in the rule's trace.

    Called by automations and scripts, once per step; it has 10 s. ``context`` carries the rule's bounds: whatever is
    done on its behalf is done with it. None: not my action. No answer, an error or a time-out fails the step.
    """
