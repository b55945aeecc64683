"""Who is connected, and how many at most: too many never keeps a new caller out while an idle one can go.

A caller with a safety signal may come at any moment and cannot be told from others before it has spoken (SAFETY 7). So
a full house does not refuse the newcomer: the connection that has been idle longest makes room. Only where every
connection is at work (or a socket) is the newcomer turned away, and that is counted.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from linli import Clock, Delay, Timer, is_loopback
from linli_http.answer import Answer, head_of
from linli_http.refusals import plain

log = logging.getLogger(__name__)

LINGER_S: Final = 5.0
MAX_LINE: Final = 8190
MAX_HEADERS: Final = 100
_OPTIONS: Final[Mapping[str, Any]] = {
    "access_log": None,
    "lingering_time": LINGER_S,
    "max_line_size": MAX_LINE,
    "max_field_size": MAX_LINE,
    "max_headers": MAX_HEADERS,
}


@dataclass(slots=True)
class Connection:
    """One TCP connection."""

    peer: str
    is_local: bool
    """From this machine itself: programs of the house, the command line; no rate limit counts them."""
    busy: int = 0
    """Requests in work; a socket or stream counts as one."""
    on_lost: Callable[[], None] | None = None
    """What wants to know that it has gone: the stream that is on it."""


class Counters:
    """What happened at the door since the start; the metrics read it."""

    __slots__ = ("evicted", "refused", "requests", "sockets_dropped", "throttled", "turned_away")

    def __init__(self) -> None:
        self.requests = 0
        self.evicted = 0
        """Idle connections that made room."""
        self.turned_away = 0
        """Connections for which there was no room."""
        self.refused = 0
        """Requests without a good token, from a banned address, or through an unknown proxy."""
        self.throttled = 0
        self.sockets_dropped = 0
        """Sockets of readers that were too slow."""


class Wire(RequestHandler):
    """One connection's protocol; what is no HTTP gets a short answer and no traceback in the log."""

    __slots__ = ("_clock", "_head_timer", "_head_within")

    def __init__(self, manager: web.Server, clock: Clock, head_within: Delay, **options: Any) -> None:
        super().__init__(manager, **options)
        self._clock = clock
        self._head_within = head_within
        self._head_timer: Timer | None = None

    def data_received(self, data: bytes) -> None:
        """A request line and its headers have ``head_within`` from their first byte that came alone."""
        super().data_received(data)
        if self._head_timer is not None:
            if self._messages:
                self._head_timer.cancel()
                self._head_timer = None
        elif not self._messages and self._waits:
            self._head_timer = self._clock.call_later(self._head_within, self._head_is_late)

    @property
    def _waits(self) -> bool:
        """No request is in work: what comes is the beginning of one."""
        return self._waiter is not None and not self._waiter.done()

    def _head_is_late(self) -> None:
        self._head_timer = None
        if not self._waits or self.transport is None:
            return
        answer = plain(408, HTTPStatus.REQUEST_TIMEOUT.phrase)
        self.transport.write(head_of(answer, len(answer.body), b"", keep_alive=False) + answer.body)
        self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        if status == 500:
            log.error("a request could not be served", exc_info=exc)
        else:
            log.debug("what came is no HTTP: %s", message)
        if request.writer.output_size > 0:
            raise ConnectionResetError("an answer had begun already")
        phrase = HTTPStatus(status).phrase
        return Answer.of(plain(status, phrase))


class Connections(web.Server):
    """aiohttp's low-level server, which calls one handler for every request, with bounds."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        most: int,
        most_per_address: int,
        keep_alive_s: float,
        counters: Counters,
        unbounded: Callable[[str], bool],
        clock: Clock,
        head_within: Delay,
    ) -> None:
        """``keep_alive_s``: how long an idle connection is kept, and what a new one has for its first request to
        begin; begun, its head has ``head_within``. ``unbounded(address)``: a trusted proxy, behind which everybody
        stands."""
        super().__init__(handler)
        self._keep_alive_s = keep_alive_s
        self._clock = clock
        self._head_within = head_within
        self._most = most
        self._most_per_address = most_per_address
        self._counters = counters
        self._unbounded = unbounded
        self._open: OrderedDict[RequestHandler, Connection] = OrderedDict()
        """The one that spoke last stands last."""
        self._per_address: dict[str, int] = {}

    def __call__(self) -> RequestHandler:
        """The protocol of a new connection."""
        return Wire(
            self,
            self._clock,
            self._head_within,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=self._keep_alive_s,
            **_OPTIONS,
        )

    @property
    def count(self) -> int:
        """How many are connected."""
        return len(self._open)

    def of(self, protocol: RequestHandler) -> Connection:
        """The connection on which a request came; it counts as the one that spoke last."""
        connection = self._open.get(protocol)
        if connection is None:
            return Connection("", False)  # it has gone already; its answer will go nowhere
        self._open.move_to_end(protocol)
        return connection

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        name = transport.get_extra_info("peername")
        peer = str(name[0]) if isinstance(name, tuple) else "local"
        if len(self._open) >= self._most:
            self._make_room(transport, None)
        if self._per_address.get(peer, 0) >= self._most_per_address and not self._unbounded(peer):
            self._make_room(transport, peer)
        self._open[handler] = Connection(peer, peer == "local" or is_loopback(peer))
        self._per_address[peer] = self._per_address.get(peer, 0) + 1

    def _make_room(self, newcomer: asyncio.Transport, peer: str | None) -> None:
        for handler, connection in self._open.items():
            if connection.busy == 0 and peer in (None, connection.peer):
                self._counters.evicted += 1
                self._forget(handler)
                handler.force_close()
                return
        self._counters.turned_away += 1
        asyncio.get_running_loop().call_soon(newcomer.abort)  # not at once: aiohttp is still greeting it

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self._forget(handler)

    def _forget(self, handler: RequestHandler) -> None:
        connection = self._open.pop(handler, None)
        if connection is not None:
            if connection.on_lost is not None:
                connection.on_lost()
            left = self._per_address[connection.peer] - 1
            if left:
                self._per_address[connection.peer] = left
            else:
                del self._per_address[connection.peer]
