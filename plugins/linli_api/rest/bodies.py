"""Bodies as Home Assistant's clients send them, and the sentences that they get for wrong ones."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson
import voluptuous as vol

from linli import MOST_SENT_PARTS, LinliError, Request, Response, dumps_anyway, has_many_parts, loads_sent

Serve = Callable[[Request, Any], Awaitable[Response]]

ADMIN: Final = "admin"
WRONG: Final = "Message format incorrect: "


class Refused(LinliError):
    """An answer that ends the request; raised so that a helper can refuse for its caller."""

    def __init__(self, response: Response) -> None:
        super().__init__("refused")
        self.response = response


def message(text: str, status: int = 200) -> Response:
    """``{"message": …}``."""
    return Response(dumps_anyway({"message": text}), status)


def unauthorized() -> Response:
    """Signed in, but not allowed: the same words as for nobody."""
    return Response.text("401: Unauthorized", 401)


def bad_request() -> Response:
    """Without a word of explanation, as the original answers."""
    return Response.text("400: Bad Request", 400)


def may(permission: str, serve: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """``serve`` for readers with the permission, before the body is read."""

    async def guarded(request: Request) -> Response:
        return await serve(request) if request.view.may(permission) else unauthorized()

    return guarded


async def json_body(request: Request, complaint: str, *, empty: Any = ...) -> Any:
    """The body as JSON; a broken one is refused with ``complaint``. ``empty``: what no body means, where it may."""
    body = await request.body()
    if not body and empty is not ...:
        return empty
    if has_many_parts(body) and not request.view.may(ADMIN):
        raise Refused(message(f"more than {MOST_SENT_PARTS} values, which only administrators send", 413))
    try:
        return loads_sent(body)
    except orjson.JSONDecodeError:
        raise Refused(message(complaint, 400)) from None


def checked(schema: vol.Schema, serve: Serve) -> Callable[[Request], Awaitable[Response]]:
    """``serve`` with the body in the form of ``schema``, which is refused as the original does."""

    async def handle(request: Request) -> Response:
        data = await json_body(request, "Invalid JSON.")
        try:
            return await serve(request, schema(data))
        except vol.Invalid as error:
            return message(WRONG + str(error), 400)  # of several mistakes the first, as the original says it

    return answering(handle)


def answering(serve: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """``serve``, whose helpers may refuse for it."""

    async def handle(request: Request) -> Response:
        try:
            return await serve(request)
        except Refused as refused:
            return refused.response

    return handle
