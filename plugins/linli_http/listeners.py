"""Whoever stays: sockets and streams, from the moment a route takes them until they are over."""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from aiohttp import web

from linli import (
    Auth,
    Closed,
    Ledger,
    PluginDomain,
    RealClock,
    Response,
    Route,
    Session,
    SocketHandler,
    StreamedResponse,
)
from linli_http.connections import Connection, Counters
from linli_http.flusher import Flusher
from linli_http.outbox import Bounds, Outbox
from linli_http.refusals import failure
from linli_http.request import HttpRequest
from linli_http.settings import Limits
from linli_http.socket import HEARTBEAT_S, ServerSocket
from linli_http.stream import ServerStream, StreamEnd

GOODBYE_WITHIN_S: Final = 5.0
Head = Callable[[bytes, bool], bytes]
"""Status line and headers for these further headers and keep-alive; raises ContractError."""


class Listeners:
    """All of one server; a token that ends, a route that goes and the hub's stop end them."""

    def __init__(
        self, auth: Auth, ledger: Ledger, limits: Limits, wire: RealClock, owner: PluginDomain, counters: Counters
    ) -> None:
        self.open: set[ServerSocket | ServerStream] = set()
        self._auth = auth
        self._ledger = ledger
        self._message_size = limits.message_size
        self._bounds = Bounds(limits.socket_messages, limits.socket_bytes, limits.socket_stalled.total_seconds())
        self._wire = wire
        self._owner = owner
        self._counters = counters
        self._flusher = Flusher()

    async def close_all(self, code: int, reason: str) -> None:
        """Say goodbye to everybody and wait until they have gone."""
        for listener in list(self.open):
            listener.close(code, reason)
        waiting = [listener.gone for listener in self.open]
        if waiting:
            await asyncio.wait(waiting, timeout=GOODBYE_WITHIN_S)

    def keep_to(self, routes: list[Route]) -> None:
        """Send away whose route is none of these any more."""
        present = set(map(id, routes))
        for listener in list(self.open):
            if id(listener.request.route) not in present:
                listener.close(1001, "this address is not served any more")

    # one socket ------------------------------------------------------------------------------------------------------

    async def serve_socket(self, request: HttpRequest) -> Response | web.StreamResponse:
        """Its whole life."""
        ws = web.WebSocketResponse(
            compress=False, heartbeat=HEARTBEAT_S, max_msg_size=self._message_size, autoclose=False
        )
        ws.headers["Server"] = "linli"
        try:
            await ws.prepare(request.raw)
        except web.HTTPBadRequest:
            return Response.message("This address speaks WebSocket only", 400, "websocket_expected")
        except ConnectionError:
            return failure()
        transport = request.raw.transport
        if transport is None:
            return failure()
        socket = ServerSocket(request, ws, transport, self._flusher, self._bounds, self._wire, self._dropped)
        self.open.add(socket)
        unwatch = self._watch_token(socket, request.session)
        try:
            code, reason = await self._run_socket(request.route, socket)
            await socket.finish(code, reason)
        finally:
            unwatch()
            self.open.discard(socket)
            socket.leave()
        return ws

    async def _run_socket(self, route: Route, socket: ServerSocket) -> tuple[int, str]:
        try:
            await cast("SocketHandler", route.handler)(socket)
        except Closed as closed:
            return 1000, closed.reason
        except Exception as error:  # noqa: BLE001 - the guard: what a plugin raises ends here and is charged
            self._ledger.error(route.owner, f"socket {route.path}", error)
            return 1011, "this hub failed"
        return 1000, ""

    # one stream ------------------------------------------------------------------------------------------------------

    async def serve_stream(
        self, request: HttpRequest, response: StreamedResponse, connection: Connection, head: Head
    ) -> Response | web.StreamResponse:
        """Its whole life. A stream that breaks ends without its proper end, so that its reader knows."""
        transport = request.raw.transport
        if transport is None:
            return failure()
        stream = ServerStream(request, transport, self._flusher, self._bounds, self._wire, self._dropped)
        keep_alive = request.raw.keep_alive and stream.is_chunked
        stream.open(head(b"Transfer-Encoding: chunked\r\n" if stream.is_chunked else b"", keep_alive))
        self.open.add(stream)
        connection.on_lost = stream.lost
        unwatch = self._watch_token(stream, request.session)
        try:
            is_whole = await self._feed(request.route, stream, response) and stream.finish()
            return StreamEnd(is_whole=is_whole, keep_alive=keep_alive)
        finally:
            unwatch()
            connection.on_lost = None
            self.open.discard(stream)
            stream.leave()

    async def _feed(self, route: Route, stream: ServerStream, response: StreamedResponse) -> bool:
        try:
            await response.feed(stream)
        except Closed:
            return True
        except Exception as error:  # noqa: BLE001 - the guard: what a plugin raises ends here and is charged
            self._ledger.error(route.owner, f"stream {route.path}", error)
            return False
        return True

    # both ------------------------------------------------------------------------------------------------------------

    def _watch_token(self, listener: ServerSocket | ServerStream, session: Session | None) -> Callable[[], object]:
        """Who came with a token in the request ends with it; others are watched by who took their token."""
        if session is None:
            return lambda: None
        return self._auth.watch_token(session.token_id, lambda: listener.close(1008, "the token has ended"))

    def _dropped(self, listener: Outbox, reason: str) -> None:
        self._counters.sockets_dropped += 1
        kind = "socket" if isinstance(listener, ServerSocket) else "stream"
        self._ledger.note(self._owner, "dropped", f"{kind} {listener.request.route.path}", reason)
