"""One WebSocket as a handler meets it: an outbox whose messages are frames, and what the client says."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, cast

from aiohttp import WSCloseCode, WSMsgType, web

from linli import Closed, RealClock
from linli_http.flusher import Flusher
from linli_http.frames import arrays, join_frames
from linli_http.outbox import Bounds, Outbox
from linli_http.request import HttpRequest

HEARTBEAT_S: Final = 55.0
"""A ping so often, and half as long for the answer: a half-open connection ends after 83 s."""
CLOSE_WITHIN_S: Final = 5.0
IN_A_ROW: Final = 32
"""Messages taken from one client before the loop gets a turn; they may all have come in one packet."""


class ServerSocket(Outbox):
    """Implements :class:`linli.endpoints.Socket`."""

    __slots__ = ("_closing", "_row", "_ws", "coalesce")

    def __init__(
        self, request: HttpRequest, ws: web.WebSocketResponse, transport: asyncio.Transport, flusher: Flusher,
        bounds: Bounds, wire: RealClock, on_drop: Callable[[Outbox, str], None],
    ) -> None:  # fmt: skip
        super().__init__(request, transport, flusher, bounds, wire, on_drop)
        self._ws = ws
        self.coalesce = False
        self._row = 0
        self._closing: asyncio.Task[None] | None = None

    # receiving -------------------------------------------------------------------------------------------------------

    async def receive(self) -> str:
        if self._reason is not None:
            raise Closed(self._reason)
        self._row += 1
        if self._row > IN_A_ROW:
            self._row = 0
            await self._wire.sleep(0)
        message = await self._ws.receive()
        if message.type is WSMsgType.TEXT:
            self.answering = True
            return cast("str", message.data)
        if self._reason is None:
            self._reason = _why(message.type, self._ws)
            self._wake()
            if message.type is WSMsgType.BINARY:
                self._begin_close(WSCloseCode.UNSUPPORTED_DATA, self._reason)
        raise Closed(self._reason)

    # sending ---------------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        self._row = 0
        super().flush()

    def _framed(self, messages: Sequence[bytes]) -> bytes:
        return join_frames(arrays(messages) if self.coalesce else messages)

    # ending ----------------------------------------------------------------------------------------------------------

    def _begin_close(self, code: int, reason: str) -> None:
        self._wake()
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close(code, reason), name="http:socket:close")

    async def _close(self, code: int, reason: str) -> None:
        """Send what is queued, say why, wait a little for the other side to say goodbye too."""
        if not self._transport.is_closing():
            self._write()
        try:
            async with self._wire.timeout(CLOSE_WITHIN_S):
                await self._ws.close(code=code, message=reason.encode()[:123], drain=False)
        except TimeoutError:
            pass
        finally:
            if self._left():
                self._transport.abort()

    async def finish(self, code: int = 1000, reason: str = "") -> None:
        """The handler has ended: close, and come back when that is done."""
        if self._reason is None:
            self._reason = reason or "closed by the hub"
        self._begin_close(code, reason)
        assert self._closing is not None
        await asyncio.wait([self._closing])

    def leave(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
        super().leave()


def _why(kind: WSMsgType, ws: web.WebSocketResponse) -> str:
    if kind is WSMsgType.BINARY:
        return "text messages only"
    if kind is WSMsgType.ERROR:
        return f"protocol error: {ws.exception() or ws.close_code}"
    return "the client left"
