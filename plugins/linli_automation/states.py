"""The states in a trigger's words, as templates know them: after a restart, or from another plugin, they are maps."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from linli import Context, EntityId, State

KEYS: Final = ("from_state", "to_state", "zone")


def with_states(variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """``variables`` with the plain maps of states in ``trigger`` made states again."""
    trigger = variables.get("trigger")
    if not isinstance(trigger, Mapping):
        return variables
    made = {key: _state(trigger[key]) for key in KEYS if isinstance(trigger.get(key), Mapping)}
    return {**variables, "trigger": {**trigger, **made}} if made else variables


def _state(plain: Mapping[str, Any]) -> Any:
    try:
        context = plain["context"]
        return State(
            EntityId(plain["entity_id"]),
            plain["state"],
            plain["attributes"],
            datetime.fromisoformat(plain["last_changed"]).timestamp(),
            datetime.fromisoformat(plain["last_updated"]).timestamp(),
            Context(context["user_id"], context["parent_id"], id=context["id"]),
        )
    except (KeyError, TypeError, ValueError):
        return plain
