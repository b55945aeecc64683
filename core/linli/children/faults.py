"""Errors on their way over the pipe: what kind, what sentence, and whose line it was."""

import sys
import traceback
from pathlib import Path
from typing import Any, Final

from linli.errors import (
    Busy,
    ContractError,
    DeploymentError,
    Forbidden,
    HandlerFailed,
    InvalidRequest,
    LinliError,
    NotFound,
    NotSupported,
    RequestError,
)

CORE_FOLDER: Final = Path(__file__).parents[1]
PLAIN: Final[dict[str, type[Exception]]] = {"TimeoutError": TimeoutError, "OSError": OSError}
"""What an entity raises whose device does not answer."""
OURS: Final[dict[str, type[LinliError]]] = {
    kind.__name__: kind
    for kind in (
        LinliError, RequestError, NotFound, InvalidRequest, NotSupported, Forbidden, Busy, HandlerFailed,
        DeploymentError, ContractError,
    )
}  # fmt: skip


class ChildGone(HandlerFailed):
    """The process ended (or is not up yet) while something was asked of it."""


class Raised(Exception):
    """What a plugin raised in its process and no caller foresaw: it is charged here, with the line over there."""

    def __init__(self, text: str, line: str | None) -> None:
        super().__init__(text)
        self.line_there = line


def fault_of(error: BaseException) -> list[Any]:
    """``error`` as plain values: kind, sentence, key, parameters, path, line."""
    from linli.entries import NotReady
    from linli.plugin.wire import pack

    if isinstance(error, LinliError):
        kind = next((base.__name__ for base in type(error).__mro__ if base in (*OURS.values(), NotReady)), "LinliError")
        try:
            parameters = pack(dict(error.parameters))
        except ContractError:
            parameters = {}
        return [kind, str(error), error.key, parameters, list(getattr(error, "path", ())), line_of(error)]
    plain = next((name for name, base in PLAIN.items() if isinstance(error, base)), None)
    text = str(error) if plain is not None else f"{type(error).__name__}: {error}"
    return [plain or "", text, None, {}, [], line_of(error)]


def error_of(fault: Any) -> Exception:
    """The error again, as one of few kinds."""
    from linli.entries import NotReady
    from linli.plugin.wire import unpack

    kind, text, key, parameters, path, line = fault
    text = str(text)[:4000]
    if kind in PLAIN:
        return PLAIN[kind](text)
    found = NotReady if kind == "NotReady" else OURS.get(kind)
    if found is None:
        return Raised(text, None if line is None else str(line)[:200])
    error = found.__new__(found)
    LinliError.__init__(
        error, text, key=None if key is None else str(key), parameters=unpack(parameters, _NOTHING_SPECIAL)
    )
    if isinstance(error, InvalidRequest):
        error.path = tuple(part for part in path if isinstance(part, str | int))
    if isinstance(error, DeploymentError):
        error.lines = ()
    return error


_NOTHING_SPECIAL: Final[dict[str, Any]] = {}
"""Parameters are texts and numbers; anything else is refused."""


def line_of(error: BaseException) -> str | None:
    """The innermost line of the plugin's own code (``folder/file.py:12``)."""
    prefix = sys.prefix
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if file.suffix == ".py" and not file.is_relative_to(CORE_FOLDER) and not file.is_relative_to(prefix):
            return f"{file.parent.name}/{file.name}:{frame.lineno}"
    return None
