"""The event that says that a trigger fired."""

from typing import Any, Final

from linli import EventType

TRIGGERS_FIRED: Final[EventType[dict[str, Any]]] = EventType("triggers_fired")
"""A trigger fired.

attachment: the id that attaching gave
variables: ``{"trigger": {…}}``, and what the trigger's own ``variables`` say; states in it are states
context: the cause's, with Home Assistant's three keys; null: time passed
"""
