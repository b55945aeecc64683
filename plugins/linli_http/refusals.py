"""What a caller is told when a request fails: a status, a sentence, a code; never a traceback."""

from collections.abc import Mapping
from typing import Final

from linli import (
    AddressBanned,
    Busy,
    Conflict,
    Forbidden,
    HandlerFailed,
    InvalidAuth,
    LinliError,
    LoginBlocked,
    LoginsClosed,
    NotFound,
    RequestError,
    Response,
    SetupRefused,
    StorageError,
    TooManyAttempts,
)
from linli_http.errors import PayloadTooLarge, TooSlow

_STATUS: Final[Mapping[type[LinliError], int]] = {
    AddressBanned: 403,
    LoginBlocked: 403,
    SetupRefused: 403,
    LoginsClosed: 503,
    InvalidAuth: 401,
    PayloadTooLarge: 413,
    TooSlow: 408,
    TooManyAttempts: 429,
    Busy: 503,
    Conflict: 409,
    StorageError: 503,
    NotFound: 404,
    Forbidden: 401,
    RequestError: 400,
    HandlerFailed: 500,
    LinliError: 500,
}
"""By the nearest class in the error's ancestry. Forbidden is 401 as with Home Assistant, whose clients know it so. 429
says that this caller asked too much, 503 that the hub cannot just now, whoever asks."""

FAILED: Final = "This hub failed to answer; the failure is noted with the plugin that caused it"

NO_STORAGE: Final = "This hub cannot use its storage at the moment; try again later"
"""What exactly is wrong stands in the log: it may name files."""
AGAIN_SOON_S: Final = 1
AGAIN_LATER_S: Final = 30
"""What is full or damaged is mended by a person."""
PASSING: Final = frozenset({Busy.code, "database_busy"})


def plain(status: int, phrase: str) -> Response:
    """aiohttp's own kind of refusal, which Home Assistant's clients know: ``404: Not Found``."""
    return Response.text(f"{status}: {phrase}", status)


def unauthorized() -> Response:
    """No token, or none that is good."""
    return plain(401, "Unauthorized")


def too_many(wait_s: float) -> Response:
    """A limit was reached; nothing was done."""
    response = Response.message("Too many requests; try again later", 429, Busy.code)
    response.headers = {"Retry-After": str(max(1, round(wait_s + 0.5)))}
    return response


def status_of(error: LinliError) -> int:
    """The HTTP status that goes with an error."""
    for kind in type(error).__mro__:
        if kind in _STATUS:
            return _STATUS[kind]
    return 500


def answer_to(error: LinliError) -> Response:
    """What a handler raised on purpose, as an answer."""
    status = status_of(error)
    if status == 500:
        return Response.message(FAILED, 500, error.code)
    sentence = NO_STORAGE if status == 503 and isinstance(error, StorageError) else str(error)
    response = Response.message(sentence, status, error.code)
    wait_s = _wait_s(error, status)
    if wait_s is not None:
        response.headers = {"Retry-After": str(wait_s)}
    return response


def _wait_s(error: LinliError, status: int) -> int | None:
    """When it is worth while to come again; None: not by waiting."""
    if isinstance(error, TooManyAttempts):
        return max(1, round(error.retry_after + 0.5))
    if status != 503:
        return None
    return AGAIN_SOON_S if error.code in PASSING else AGAIN_LATER_S


def failure() -> Response:
    """A handler broke; whose it was is charged already."""
    return Response.message(FAILED, 500, HandlerFailed.code)
