"""Errors as Home Assistant's clients know them: a code, a sentence, sometimes a translation key."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol
from voluptuous.humanize import humanize_error

from linli import Busy, Conflict, Forbidden, InvalidRequest, LinliError, StorageError

INVALID_FORMAT: Final = "invalid_format"
UNKNOWN_COMMAND: Final = "unknown_command"
UNKNOWN_ERROR: Final = "unknown_error"
ID_REUSE: Final = "id_reuse"
NOT_FOUND: Final = "not_found"
UNAUTHORIZED: Final = "unauthorized"
NOT_ALLOWED: Final = "not_allowed"
TEMPLATE_ERROR: Final = "template_error"
HOME_ASSISTANT_ERROR: Final = "home_assistant_error"
TOO_MANY: Final = "too_many_requests"

MAX_VALUE_SHOWN: Final = 500
"""Characters of a refused value that are told back."""
MAX_SENTENCE: Final = 10_000
"""Characters of all that is told back about one message; a long list may be wrong in every item."""
NO_STORAGE: Final = "This hub cannot use its storage at the moment; try again later"
"""What exactly is wrong stands in the log: it may name files and servers."""
TRANSLATION_DOMAIN: Final = "homeassistant"


class CommandError(LinliError):
    """An answer with a code of the protocol's own (``invalid_info``, ``config_not_found`` …)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.error_code = code


def error_of(error: LinliError | vol.Invalid, data: Any = None) -> dict[str, Any]:
    """The ``error`` part of a failed result; ``data``: what a schema refused."""
    if isinstance(error, vol.Invalid):
        return {"code": INVALID_FORMAT, "message": sentence(error) if data is None else told_back(error, data)}
    if isinstance(error, CommandError):
        return {"code": error.error_code, "message": str(error)}
    if isinstance(error, StorageError) and not isinstance(error, Conflict):
        return {"code": error.code, "message": NO_STORAGE}
    found: dict[str, Any] = {"code": _code(error), "message": str(error)}
    if error.key is not None and "." not in error.key:  # "room.key" is linli's own, which no client has words for
        found |= {
            "translation_key": error.key,
            "translation_domain": TRANSLATION_DOMAIN,
            "translation_placeholders": _texts(error.parameters),
        }
    return found


def _code(error: LinliError) -> str:
    if isinstance(error, InvalidRequest):
        return INVALID_FORMAT
    if isinstance(error, Forbidden):
        return UNAUTHORIZED
    if isinstance(error, Busy):
        return TOO_MANY
    return error.code


def _texts(parameters: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items()}


def sentence(error: vol.Invalid) -> str:
    """Every mistake that a schema found, each with its place."""
    mistakes = error.errors if isinstance(error, vol.MultipleInvalid) else [error]
    return ", ".join(str(mistake) for mistake in mistakes)


def told_back(error: vol.Invalid, data: Any) -> str:
    """The same, one line each, with the value that was found in its place: only for the one who sent it."""
    try:
        return humanize_error(data, error, MAX_VALUE_SHOWN)[:MAX_SENTENCE]
    except RecursionError:
        return sentence(error)[:MAX_SENTENCE]


def in_short(value: Any) -> str:
    """What was found, as far as it is worth telling back."""
    try:
        shown = repr(value)
    except RecursionError:
        return f"a {type(value).__name__}"
    return shown if len(shown) <= MAX_VALUE_SHOWN else shown[: MAX_VALUE_SHOWN - 3] + "..."
