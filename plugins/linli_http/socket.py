"""One WebSocket as a handler meets it: an outbox whose messages are frames, and what the client says."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final, cast

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from linli import Closed, RealClock
from linli_http.flusher import Flusher
from linli_http.frames import arrays, framed
from linli_http.outbox import Bounds, Outbox
from linli_http.request import HttpRequest

HEARTBEAT_S: Final = 55.0
"""A ping so often, and half as long for the answer: a half-open connection ends after 83 s."""
CLOSE_WITHIN_S: Final = 5.0
IN_A_ROW: Final = 32
"""Messages taken from one client before the loop gets a turn; they may all have come in one packet."""


class ServerSocket(Outbox):
    """Implements :class:`linli.endpoints.Socket`."""

    __slots__ = ("_closing", "_heard_goodbye", "_read_ended", "_reading", "_row", "_ws", "coalesce")

    def __init__(
        self, request: HttpRequest, ws: web.WebSocketResponse, transport: asyncio.Transport, flusher: Flusher,
        bounds: Bounds, wire: RealClock, on_drop: Callable[[Outbox, str], None],
    ) -> None:  # fmt: skip
        super().__init__(request, transport, flusher, bounds, wire, on_drop)
        self._ws = ws
        self.coalesce = False
        self._row = 0
        self._closing: asyncio.Task[None] | None = None
        self._reading = False
        self._read_ended = asyncio.Event()
        self._heard_goodbye = False
        """Whether the other side has closed, or is gone."""

    # receiving -------------------------------------------------------------------------------------------------------

    async def receive(self) -> str:
        if self._reason is not None:
            raise Closed(self._reason)
        self._row += 1
        if self._row > IN_A_ROW:
            self._row = 0
            await self._wire.sleep(0)
        message = await self._read()
        if message.type is WSMsgType.TEXT:
            self.answering = True
            return cast("str", message.data)
        if self._reason is None:
            self._reason = _why(message.type, self._ws)
            self._wake()
            if message.type is WSMsgType.BINARY:
                self._begin_close(WSCloseCode.UNSUPPORTED_DATA, self._reason)
        raise Closed(self._reason)

    async def _read(self) -> WSMessage:
        """The next message; once the hub has said goodbye, whatever still comes before the answer is not heard."""
        self._reading = True
        self._read_ended.clear()
        try:
            while True:
                message = await self._ws.receive()
                is_message = message.type in (WSMsgType.TEXT, WSMsgType.BINARY)
                if not is_message:
                    self._heard_goodbye = True
                if not (is_message and self._closing is not None):
                    return message
        finally:
            self._reading = False
            self._read_ended.set()

    # sending ---------------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        self._row = 0
        super().flush()

    def _framed(self, messages: Sequence[bytes]) -> Iterable[bytes]:
        return framed(arrays(messages) if self.coalesce else messages)

    # ending ----------------------------------------------------------------------------------------------------------

    def _begin_close(self, code: int, reason: str) -> None:
        self._wake()
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close(code, reason), name="http:socket:close")

    async def _close(self, code: int, reason: str) -> None:
        """Send what is queued, say why, wait a little for the other side to say goodbye too.

        Not by aiohttp's ``close``: while somebody reads, it ends the connection at once after its own frame, and a
        client whose answer comes too late takes that for a broken connection (1006).
        """
        try:
            if not self._transport.is_closing():
                self._write()
                self._transport.write(close_frame(code, reason))
            async with self._wire.timeout(CLOSE_WITHIN_S):
                while not self._heard_goodbye and not self._transport.is_closing():
                    if self._reading:
                        await self._read_ended.wait()
                    else:
                        await self._read()
        except TimeoutError:
            pass
        finally:
            if self._left():
                self._transport.abort()
            else:
                self._transport.close()

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


def close_frame(code: int, reason: str) -> bytes:
    """RFC 6455, 5.5.1: the code, then at most 123 bytes of text, cut between characters."""
    payload = code.to_bytes(2, "big") + reason.encode()[:123].decode("utf-8", "ignore").encode()
    return bytes((0x88, len(payload))) + payload


def _why(kind: WSMsgType, ws: web.WebSocketResponse) -> str:
    if kind is WSMsgType.BINARY:
        return "text messages only"
    if kind is WSMsgType.ERROR:
        return f"protocol error: {ws.exception() or ws.close_code}"
    return "the client left"
