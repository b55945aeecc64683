"""What other plugins may add to the actions of rules."""

from collections.abc import Mapping, Sequence
from typing import Any

from linli import Answer, Context, PluginContext, hookspec


@hookspec
def automation_actions() -> Answer[Sequence[str]]:
    """The keys of actions that the plugin carries out (``notice:`` in a sequence).

    Called when rules are taken up, and when one of them comes to a step of that kind; it has 10 s. None: none. An error
    or a time-out: none, and a rule that uses one of them is refused by name until an entry of some plugin has been set
    up. Of two plugins that name the same word the first in the order of the manifests has it; those of rules themselves
    are nobody else's.
    """


@hookspec
def automation_act(
    ctx: PluginContext, action: str, config: Mapping[str, Any], variables: Mapping[str, Any], context: Context
) -> Answer[Mapping[str, Any]]:
    """Carry out one action; ``config`` is rendered. What it gives back stands in the rule's trace.

    Only the plugin that names the action is asked, by automations and scripts, once per step; it has 10 s. ``ctx`` is
    its own door. ``context`` carries the rule's bounds: whatever is done on its behalf is done with it. A RequestError
    (Forbidden, InvalidRequest …) fails the step with that sentence and is no failure of the plugin. None, another error
    or a time-out fails the step: nobody carries it out now.
    """
