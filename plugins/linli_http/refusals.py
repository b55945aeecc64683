"""What a caller is told when a request fails: a status, a sentence, a code; never a traceback."""

from collections.abc import Mapping
from typing import Final

from linli import (
    AddressBanned,
    Busy,
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
    Busy: 429,
    NotFound: 404,
    Forbidden: 401,
    RequestError: 400,
    HandlerFailed: 500,
    LinliError: 500,
}
"""By the nearest class in the error's ancestry. Forbidden is 401 as with Home Assistant, whose clients know it so."""

FAILED: Final = "This hub failed to answer; the failure is noted with the plugin that caused it"


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
    response = Response.message(str(error), status, error.code)
    if isinstance(error, TooManyAttempts):
        response.headers = {"Retry-After": str(max(1, round(error.retry_after + 0.5)))}
    return response


def failure() -> Response:
    """A handler broke; whose it was is charged already."""
    return Response.message(FAILED, 500, HandlerFailed.code)
