"""Requests and message commands on their way to a child, and its answers on their way out."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from linli.endpoints import Request, Response
from linli.errors import ContractError

if TYPE_CHECKING:
    from linli.children.session import At

KEPT_BACK: Final = frozenset({"authorization", "cookie", "proxy-authorization", "set-cookie"})
"""A bearer's secret is the hub's."""
LET_THROUGH: Final = frozenset({"cache-control", "content-disposition", "etag", "last-modified", "content-language"})
"""Headers that a plugin which is not trusted may send."""
CONTAINED: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}
"""No script of a plugin that is not trusted runs in the hub's origin."""


def request_answer(at: "At", handler: Callable[..., Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
    """What a route of the child's answers with."""

    async def answer(request: Request) -> Response:
        told = {
            "method": request.method,
            "path": request.path,
            "params": dict(request.params),
            "query": dict(request.query),
            "headers": {name: value for name, value in request.headers.items() if name.lower() not in KEPT_BACK},
            "remote": request.remote,
            "context": at.session.contexts.give(request.context),
        }
        body, status, content_type, headers = await handler(told, await request.body())
        if not (isinstance(body, bytes) and isinstance(status, int) and 200 <= status <= 599):
            raise ContractError(f"{at.ctx.domain} answers a request with no response")
        if not at.session.entry.trusted:
            let_through = {name: value for name, value in headers.items() if name.lower() in LET_THROUGH}
            headers = {**let_through, **CONTAINED}
        return Response(body, status, str(content_type), {str(name): str(value) for name, value in headers.items()})

    return answer


class _Open:
    """One command that a child answers; ``subscribed``: it goes on after its answer."""

    def __init__(self, call: Any) -> None:
        self.event = call.event
        self.on_unsubscribe = call.on_unsubscribe
        self.subscribed = False


def command_answer(at: "At", handler: Callable[..., Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
    """What a message command of the child's answers with."""

    async def answer(call: Any) -> Any:
        open_calls = at.session.subscribers
        number = next(at.session.call_numbers)
        open_calls[number] = opened = _Open(call)
        told = {
            "id": call.id,
            "message": dict(call.message),
            "context": at.session.contexts.give(call.context),
            "remote": call.remote,
            "call": number,
        }
        try:
            return await handler(told)
        finally:
            if not opened.subscribed:
                open_calls.pop(number, None)

    return answer
