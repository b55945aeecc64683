"""Who may give a command: asked after its data were found right, so that a wrong command is told so first."""

import inspect
from collections.abc import Callable
from typing import Any

from linli import Forbidden
from linli_api.connection import Call

Handler = Callable[[Call], Any]


def needs(permission: str, handler: Handler) -> Handler:
    """``handler`` for readers with the permission; its docstring says so, for the reference."""

    def guarded(call: Call) -> Any:
        if not call.view.may(permission):
            raise Forbidden("Unauthorized")
        return handler(call)

    purpose = (inspect.getdoc(handler) or "").partition("\n\n")[0]
    guarded.__doc__ = f"{purpose} Needs the right ``{permission}``.".strip()
    return guarded


def given(call: Call, *left_out: str) -> dict[str, Any]:
    """What the client said beside ``id``, ``type`` and the keys that are left out."""
    return {key: value for key, value in call.message.items() if key not in {"id", "type", *left_out}}
