"""Who may give a command: asked after its data were found right, so that a wrong command is told so first."""

import inspect
from collections.abc import Callable
from typing import Any

from linli import Forbidden
from linli_api.connection import ANSWERED, Call

Handler = Callable[[Call], Any]


def needs(permission: str, handler: Handler) -> Handler:
    """``handler`` for readers with the permission; its docstring says so, for the reference."""

    def guarded(call: Call) -> Any:
        if not call.view.may(permission):
            raise Forbidden("Unauthorized")
        return handler(call)

    purpose = (inspect.getdoc(handler) or "").partition("\n\n")[0]
    guarded.__doc__ = f"{purpose} Needs the right ``{permission}``.".strip()
    guarded.permission = permission  # type: ignore[attr-defined]  # the connection asks for it when the answer waits
    return guarded


def anew(read: Handler) -> Handler:
    """``read`` (which waits for nothing and changes nothing) answered so that a change of rights holds for its answer
    too while that waits to be sent: it is then made anew."""

    def answered(call: Call) -> Any:
        call.connection.answer_anew(call, read)
        return ANSWERED

    answered.__doc__ = inspect.getdoc(read)
    return answered


def given(call: Call, *left_out: str) -> dict[str, Any]:
    """What the client said beside ``id``, ``type`` and the keys that are left out."""
    return {key: value for key, value in call.message.items() if key not in {"id", "type", *left_out}}
