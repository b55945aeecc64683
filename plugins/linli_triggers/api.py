"""What a plugin that uses triggers imports from here: the commands, and the event that says that one fired."""

from collections.abc import Mapping
from typing import Any, Protocol

from linli import Context
from linli_triggers.events import TRIGGERS_FIRED
from linli_triggers.parts import A_MAP, condition_parts, template_parts, trigger_parts
from linli_triggers.words import duration, has_template, is_template, rendered, templates_in, truthy

__all__ = [
    "A_MAP",
    "TRIGGERS_FIRED",
    "ConditionsApi",
    "TriggersApi",
    "condition_parts",
    "duration",
    "has_template",
    "is_template",
    "rendered",
    "template_parts",
    "templates_in",
    "trigger_parts",
    "truthy",
]


class ConditionsApi(Protocol):
    """Test conditions."""

    async def problem(self, config: Any, reader: Context | None = None) -> str | None:
        """What is wrong with a condition, a template or a list of conditions, as one sentence; None: nothing.

        ``reader``: the context of the user who wrote them (None: the hub's own).
        """

    async def test(
        self, config: Any, variables: Mapping[str, Any] | None = None, reader: Context | None = None
    ) -> dict[str, Any]:
        """Whether all of ``config`` holds now, in the view of a context's user (None: the hub's own).

        ``{"result": bool, "error": why it cannot be said or None, "steps": what was seen}``; a step has ``path``
        (``""`` or, of a list, ``"/0"`` …, then ``/conditions/0`` and ``/entity_id/0``) and ``result`` or ``error``.
        What cannot be said does not hold; a kind whose plugin has gone cannot. Raises InvalidRequest for what
        :meth:`problem` would name. What a rule hands in again and again, as the same object, is parsed once.
        """


class TriggersApi(Protocol):
    """Attach triggers. A protocol holds no handlers, so what fires is told by :data:`TRIGGERS_FIRED`."""

    async def problem(self, config: Any, reader: Context | None = None) -> str | None:
        """What is wrong with a trigger or a list of triggers, as one sentence; None: nothing.

        ``reader``: the context of the user who wrote them (None: the hub's own).
        """

    async def attach(
        self,
        config: Any,
        reader: Context | None = None,
        variables: Mapping[str, Any] | None = None,
        name: str = "",
    ) -> str:
        """Follow a trigger or a list of them in the view of a context's user (None: the hub's own), until detached.

        ``variables`` are known to its templates; ``name`` is what people call whoever waits. Nothing fires before this
        has returned the attachment's id. A trigger of a kind whose plugin goes later waits, is shown, and is followed
        again when that returns. Raises InvalidRequest for what is wrong with ``config``, Busy where too many are
        attached.
        """

    async def detach(self, attachment: str) -> None:
        """Follow no longer; unknown is fine."""

    async def fired(self, follow: str, trigger: Mapping[str, Any], context: Context | None = None) -> None:
        """For plugins with kinds of their own (``hooks.py``): what they were asked to follow has fired.

        ``trigger``: the kind's own words of the variable ``trigger``. ``context``: the cause; None: nobody's, and a
        rule acts on its own grant alone. Raises Forbidden for a user for whom the hub does not vouch. Unknown is fine:
        nobody waits any more. Of one trigger 20 a second are heard in the long run (200 at once), of all of one plugin
        100 (500); more are dropped and counted.
        """

    async def render(self, follow: str, value: Any, variables: Mapping[str, Any] | None = None) -> Any:
        """For the same: ``value`` with its templates (also deep inside) rendered as the trigger's author sees it.

        ``variables`` are known beside the trigger's own. Raises TemplateError, and NotFound for what is not followed.
        """
