"""What plugins answer to the outside: HTTP routes, sockets and message commands, in tables that a serving plugin reads.

The core speaks no protocol. ``linli_http`` serves the routes, ``linli_api`` the commands; both only read these tables,
so a plugin's handler stays on its own side and is known here by what it declared.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

import voluptuous as vol

from linli.auth.model import User
from linli.auth.view import Turn, View
from linli.context import Context
from linli.errors import ContractError
from linli.ids import PluginDomain, TokenId
from linli.jsonbytes import dumps

JSON: Final = "application/json"


class Access(StrEnum):
    """Who may reach an endpoint at all; what the answer shows is cut by the reader's view in any case."""

    PUBLIC = "public"
    """Anybody, without a token."""
    USER = "user"
    ADMIN = "admin"
    OWNER = "owner"
    """An administrator who owns the hub: what is done is about everybody, and nobody can take it back."""

    def admits(self, user: User | None, view: View) -> bool:
        """Whether a user who has come in, with this view, may reach it."""
        if self is Access.OWNER:
            return user is not None and user.is_owner and view.may("admin")
        return self is not Access.ADMIN or view.may("admin")


class Request(Protocol):
    """A request as a handler meets it, whoever serves it."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def params(self) -> Mapping[str, str]:
        """What stood in the braces of the route's path."""

    @property
    def query(self) -> Mapping[str, str]: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def remote(self) -> str:
        """The caller's address, behind trusted proxies its real one."""

    @property
    def user(self) -> User | None:
        """None only on public routes."""

    @property
    def token_id(self) -> TokenId | None: ...
    @property
    def view(self) -> View:
        """What the caller may see; on a public route that of nobody."""

    @property
    def context(self) -> Context:
        """The cause of whatever this request does."""

    async def body(self) -> bytes:
        """The whole body; raises PayloadTooLarge beyond the route's limit."""

    async def json(self) -> Any:
        """The body as JSON; raises InvalidRequest. An empty body is None."""

    async def form(self) -> Mapping[str, str]:
        """The body as a form; raises InvalidRequest."""


@dataclass(slots=True)
class Response:
    """An answer: bytes with their kind."""

    body: bytes = b""
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> "Response":
        """``value`` as JSON."""
        return cls(dumps(value), status, JSON, headers or {})

    @classmethod
    def text(cls, text: str, status: int = 200, content_type: str = "text/plain") -> "Response":
        """``text`` as UTF-8; half a surrogate pair (a template can make one) becomes a question mark."""
        return cls(text.encode(errors="replace"), status, content_type)

    @classmethod
    def message(cls, text: str, status: int, code: str | None = None) -> "Response":
        """A sentence for the caller, with a code for its program."""
        return cls.json({"message": text} if code is None else {"message": text, "code": code}, status)


class Stream(Protocol):
    """A body that goes on, as its handler meets it. Sending never waits; what piles up is bounded, as with a socket."""

    def send(self, message: bytes, about: str | None = None) -> None:
        """Queue a piece of the body; a reader who lets too many pile up is cut off. ``about``: see :class:`Socket`."""

    def revoke(self, gone: Container[str]) -> None:
        """Drop queued pieces about these entities."""

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End it: what is queued leaves, then :meth:`ended` raises."""

    def watch(self, callback: Callable[[Turn], None]) -> Callable[[], None]:
        """Have ``callback`` told when what the reader sees changes; the returned function ends that."""

    async def ended(self) -> None:
        """Wait until the reader has left, was sent away, or its token ended; raises Closed then."""


@dataclass(slots=True, kw_only=True)
class StreamedResponse(Response):
    """An answer that goes on: ``feed`` sends its body for as long as it likes, and its return or ``Closed`` ends it."""

    feed: Callable[[Stream], Awaitable[None]]


class Closed(Exception):
    """The other side has gone, or was sent away; ``reason`` says why."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class Socket(Protocol):
    """A message socket (WebSocket) as a handler meets it. Sending never waits; what piles up is bounded."""

    coalesce: bool
    """What leaves in one write goes as one JSON array; the client said that it understands that."""

    @property
    def request(self) -> Request: ...

    async def receive(self) -> str:
        """The next text message; raises Closed."""

    def send(self, message: bytes, about: str | None = None) -> None:
        """Queue a text message (UTF-8). Queued ones leave in one write; a reader who lets more than the bound pile up
        is dropped with a reason, counted, and its handler's next ``receive`` raises Closed.

        ``about`` names the entity whose state the message carries (or is a text of another kind that says what it
        hangs on), so that :meth:`revoke` finds it.
        """

    def revoke(self, gone: Container[str]) -> None:
        """Drop queued messages about these entities: the reader's right to see them has just ended or changed.

        ``gone`` is asked for each queued message in the order in which they were sent.
        """

    async def drained(self) -> None:
        """Return when what was queued has left for the network; raises Closed."""

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Send what is queued, then close."""


Handler = Callable[[Request], Awaitable[Response] | Response]
SocketHandler = Callable[[Socket], Awaitable[None]]

_PARAMETER = re.compile(r"\{(\w+)(?::[^{}]+)?\}")


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP address that a plugin answers."""

    method: str
    path: str
    """``/api/linli/plugins/{domain}``; ``{rest:.*}`` takes slashes too."""
    handler: Handler | SocketHandler
    owner: PluginDomain
    access: Access = Access.USER
    socket: bool = False
    body_schema: vol.Schema | None = None
    """What the body is, for the OpenAPI document; the handler validates it, with the answers of its protocol."""
    body_type: str = JSON
    body_is_optional: bool = False
    summary: str = ""
    max_body: int = 1 << 20
    exempt: bool = False
    """A safety signal: no ban and no rate limit keeps it out (SAFETY 7)."""

    @property
    def parameters(self) -> list[str]:
        return [match.group(1) for match in _PARAMETER.finditer(self.path)]


class RouteTable:
    """All routes; the serving plugin is told of each that comes and goes."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], Route] = {}
        self.changed: list[Callable[[], None]] = []

    def add(self, route: Route) -> Callable[[], None]:
        """Take up a route; the returned function takes it back. An address taken twice is the second one's error."""
        key = (route.method, route.path)
        present = self._routes.get(key)
        if present is not None:
            raise ContractError(f"{route.method} {route.path} is answered by {present.owner} already")
        self._routes[key] = route
        self._tell()

        def remove() -> None:
            if self._routes.get(key) is route:
                del self._routes[key]
                self._tell()

        return remove

    def _tell(self) -> None:
        for watcher in list(self.changed):
            watcher()

    def all(self) -> list[Route]:
        """Every route, in the order in which they came."""
        return list(self._routes.values())


class CommandCall(Protocol):
    """One message command of one connection, as a handler meets it."""

    @property
    def id(self) -> int: ...
    @property
    def message(self) -> Mapping[str, Any]:
        """Validated, with ``id`` and ``type``."""

    @property
    def user(self) -> User: ...
    @property
    def token_id(self) -> TokenId: ...
    @property
    def view(self) -> View:
        """The reader's view now; ask anew after an await, it may have changed."""

    @property
    def context(self) -> Context: ...

    @property
    def remote(self) -> str: ...

    def event(self, payload: Any, about: str | Collection[str] | None = None) -> None:
        """Send an event message of this subscription; bytes are taken as JSON.

        ``about`` names the entity, or all entities, of which it tells: while it waits it is dropped with the right to
        see any of them.
        """

    def on_unsubscribe(self, undo: Callable[[], None]) -> None:
        """Make this command a subscription: ``undo`` runs when the client unsubscribes, leaves, or is sent away.

        Raises Busy, after ``undo``, where the connection follows too much already.
        """


CommandHandler = Callable[[Any], Awaitable[Any] | Any]
"""Gets a :class:`CommandCall`; the serving plugin's own handlers know its own, richer kind."""


@dataclass(frozen=True, slots=True)
class MessageCommand:
    """One type of message that clients may send; the handler's value is the result."""

    type: str
    handler: CommandHandler
    owner: PluginDomain
    schema: vol.Schema
    access: Access = Access.USER


class CommandTable:
    """All message commands, by type."""

    def __init__(self) -> None:
        self._commands: dict[str, MessageCommand] = {}

    def add(self, command: MessageCommand) -> Callable[[], None]:
        """Take up a command; the returned function takes it back."""
        present = self._commands.get(command.type)
        if present is not None:
            raise ContractError(f"the command {command.type} is answered by {present.owner} already")
        self._commands[command.type] = command

        def remove() -> None:
            if self._commands.get(command.type) is command:
                del self._commands[command.type]

        return remove

    def get(self, type: str) -> MessageCommand | None:
        """The command, or None."""
        return self._commands.get(type)

    def all(self) -> list[MessageCommand]:
        """Every command, by type."""
        return [self._commands[name] for name in sorted(self._commands)]
