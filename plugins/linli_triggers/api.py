"""What a plugin that uses triggers imports from here: the commands, and the event that says that one fired."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from linli import Context, EventType

TRIGGERS_FIRED: Final[EventType[dict[str, Any]]] = EventType("triggers_fired")
"""A trigger fired.

attachment: the id that attaching gave
variables: ``{"trigger": {…}}``, and what the trigger's own ``variables`` say
context: the cause's, with Home Assistant's three keys; null: time passed
"""


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
        What cannot be said does not hold. Raises InvalidRequest for what :meth:`problem` would name.
        """


class TriggersApi(Protocol):
    """Attach triggers. A protocol holds no handlers, so what fires is told by :data:`TRIGGERS_FIRED`."""

    async def problem(self, config: Any, reader: Context | None = None) -> str | None:
        """What is wrong with a trigger or a list of triggers, as one sentence; None: nothing.

        ``reader``: the context of the user who wrote them (None: the hub's own).
        """

    async def attach(
        self, config: Any, reader: Context | None = None, variables: Mapping[str, Any] | None = None
    ) -> str:
        """Follow a trigger or a list of them in the view of a context's user (None: the hub's own), until detached.

        ``variables`` are known to its templates. Nothing fires before this has returned the attachment's id. Raises
        InvalidRequest for what is wrong with ``config``, Busy where too many are attached.
        """

    async def detach(self, attachment: str) -> None:
        """Follow no longer; unknown is fine."""
