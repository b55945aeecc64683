"""Requests and message commands as they reach a handler in a process of its own: values, without the live objects."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn

from linli.children.inside.line import refused
from linli.children.inside.process import Door, Process
from linli.context import Context
from linli.endpoints import MessageCommand, Response, Route, StreamedResponse
from linli.errors import InvalidRequest
from linli.jsonbytes import loads_sent


class RemoteRequest:
    """One request, whole: its body has been read. Bearers and cookies are left out."""

    def __init__(self, told: Mapping[str, Any], body: bytes) -> None:
        self.method: str = told["method"]
        self.path: str = told["path"]
        self.params: Mapping[str, str] = told["params"]
        self.query: Mapping[str, str] = told["query"]
        self.headers: Mapping[str, str] = told["headers"]
        self.remote: str = told["remote"]
        self.context: Context = told["context"]
        self.token_id = None
        self._body = body

    @property
    def user(self) -> NoReturn:
        raise refused("the user of a request", "request.context.user_id says who it is; names stay in the hub")

    @property
    def view(self) -> NoReturn:
        raise refused("the view of a request", "rights are evaluated in the hub")

    async def body(self) -> bytes:
        """The whole body."""
        return self._body

    async def json(self) -> Any:
        """The body as JSON; raises InvalidRequest. An empty body is None."""
        try:
            return loads_sent(self._body) if self._body else None
        except ValueError as error:
            raise InvalidRequest(f"the body is no JSON: {error}") from error

    async def form(self) -> Mapping[str, str]:
        """The body as a form; raises InvalidRequest."""
        from urllib.parse import parse_qsl

        try:
            return dict(parse_qsl(self._body.decode(), keep_blank_values=True))
        except ValueError as error:
            raise InvalidRequest(f"the body is no form: {error}") from error


def request_handler(route: Route) -> Callable[..., Awaitable[Any]]:
    """What answers requests of a route, with values."""

    async def answer(told: Mapping[str, Any], body: bytes) -> Any:
        found: Any = route.handler(RemoteRequest(told, body))  # type: ignore[arg-type]  # a request without live objects
        response = await found if inspect.isawaitable(found) else found
        if isinstance(response, StreamedResponse):
            raise refused("a streamed response", "it sends for as long as it likes")
        assert isinstance(response, Response)
        return response.body, response.status, response.content_type, dict(response.headers)

    return answer


class RemoteCall:
    """One message command of one connection."""

    def __init__(self, process: Process, door: Door, told: Mapping[str, Any]) -> None:
        self.id: int = told["id"]
        self.message: Mapping[str, Any] = told["message"]
        self.context: Context = told["context"]
        self.remote: str = told["remote"]
        self._number: int = told["call"]
        self._process = process
        self._door = door

    @property
    def user(self) -> NoReturn:
        raise refused("the user of a command", "call.context.user_id says who it is; names stay in the hub")

    @property
    def view(self) -> NoReturn:
        raise refused("the view of a command", "rights are evaluated in the hub")

    def event(self, payload: Any, about: Any = None) -> None:
        """Send an event message of this subscription."""
        self._door.post("commands.event", self._number, payload, about)

    def on_unsubscribe(self, undo: Callable[[], None]) -> None:
        """Have ``undo`` run when the client unsubscribes or leaves."""
        number = self._process.handlers.add(undo)
        self._door.now("commands.subscribe", self._number, number)


def command_handler(process: Process, door: Door, command: MessageCommand) -> Callable[..., Awaitable[Any]]:
    """What answers a message command, with values."""

    async def answer(told: Mapping[str, Any]) -> Any:
        found = command.handler(RemoteCall(process, door, told))
        return await found if inspect.isawaitable(found) else found

    return answer
