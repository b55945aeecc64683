"""What other plugins may add to the language of triggers and conditions."""

from collections.abc import Mapping, Sequence
from typing import Any

from linli import Answer, Context, PluginContext, hookspec


@hookspec
def triggers_condition_kinds() -> Answer[Sequence[str]]:
    """The words after ``condition:`` that the plugin tests.

    Called when a condition of no kind of triggers' own is checked, or tested for the first time, and when nobody
    answers it; it has 10 s. None, nonsense, an error or a time-out: none. Of two plugins that name the same kind the
    first in the order of the manifests has it; triggers' own kinds are nobody else's.
    """


@hookspec
def triggers_test_condition(kind: str, config: Mapping[str, Any], variables: Mapping[str, Any]) -> Answer[bool]:
    """Whether a condition of one of the plugin's kinds holds now; ``config`` is rendered, without ``condition:``.

    Called once per test, of the plugin that named the kind and no other; it has 10 s. None, no answer, an error or a
    time-out: the condition cannot be answered and does not hold, and the rule that asks is told why; a RequestError is
    told with its own sentence.
    """


@hookspec
def triggers_kinds() -> Answer[Sequence[str]]:
    """The words after ``trigger:`` that the plugin follows.

    Called when a trigger of no kind of triggers' own is checked or attached, and when a plugin has come or gone; it has
    10 s. None, an error or a time-out: none, and what is attached of its kinds waits. Of two plugins that name the same
    kind the first in the order of the manifests has it; triggers' own kinds are nobody else's.
    """


@hookspec
def triggers_problem(kind: str, config: Mapping[str, Any]) -> Answer[str]:
    """What is wrong with a trigger of one of the plugin's kinds, as one sentence; ``config``: see triggers_follow.

    Called when a trigger is checked or attached; it has 10 s. None: nothing. An error or a time-out: nothing is known
    to be wrong; triggers_follow may still refuse.
    """


@hookspec
def triggers_follow(
    ctx: PluginContext,
    kind: str,
    follow: str,
    config: Mapping[str, Any],
    variables: Mapping[str, Any],
    author: Context,
    name: str,
) -> Answer[bool]:
    """Follow one trigger until triggers_unfollow, and tell by ``TriggersApi.fired`` under ``follow`` whenever it fires.

    ``ctx`` is the answering plugin's own door. ``follow`` is a secret between the two: whoever knows it can have the
    trigger fire. ``config`` is what was written, without what all kinds have (``id``, ``enabled``, ``variables`` …);
    templates stand in it as they were written, and ``TriggersApi.render`` renders them. ``author``: in whose view;
    without a user in that of the deployment. ``name``: of the rule, for people; may be empty.

    Called when a trigger is attached, and again when the plugin has lost it; it has 10 s. True: it is followed. A
    RequestError (InvalidRequest, Forbidden …): it never can be, and attaching is refused with that sentence. None or
    False: not now. No answer, another error or a time-out: the trigger waits, is shown as not followed, and is asked
    for again with growing pauses, and whenever an entry of some plugin has been set up. One that is followed already is
    followed anew, not twice.
    """


@hookspec
def triggers_unfollow(ctx: PluginContext, follow: str) -> Answer[None]:
    """Follow it no longer; unknown is fine.

    Called when a trigger is detached while the plugin is there; it has 10 s. An error or a time-out is charged, and
    what it still tells of it is not heard. None: done (there is no other answer).
    """


@hookspec
def triggers_following(ctx: PluginContext) -> Answer[Sequence[str]]:
    """What the plugin follows now (the ``follow`` of each): what it has lost is followed again, what nobody waits for
    is ended.

    Called when an entry of some plugin has been set up or unloaded, so that reloading, a new process and a release from
    quarantine cost no trigger; it has 10 s. None, an error or a time-out: nothing is known to be lost.
    """
