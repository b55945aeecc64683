"""An answer that goes on for as long as its handler likes: an outbox whose messages are chunks of one body."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter

from linli import Closed, RealClock, Turn
from linli_http.flusher import Flusher
from linli_http.outbox import TOO_SLOW, Bounds, Outbox
from linli_http.request import HttpRequest


class ServerStream(Outbox):
    """Implements :class:`linli.endpoints.Stream`."""

    __slots__ = ("_over", "is_chunked")

    def __init__(
        self, request: HttpRequest, transport: asyncio.Transport, flusher: Flusher, bounds: Bounds, wire: RealClock,
        on_drop: Callable[[Outbox, str], None],
    ) -> None:  # fmt: skip
        super().__init__(request, transport, flusher, bounds, wire, on_drop)
        self.is_chunked = request.raw.version >= HttpVersion11
        """Before HTTP/1.1 the end of the connection is the end of the body."""
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def open(self, head: bytes) -> None:
        """Status line and headers; everything sent follows them."""
        self._transport.write(head)

    def _framed(self, messages: Sequence[bytes]) -> Iterable[bytes]:
        body = b"".join(messages)
        return (b"%x\r\n%b\r\n" % (len(body), body) if self.is_chunked and body else body,)

    def watch(self, callback: Callable[[Turn], None]) -> Callable[[], None]:
        session = self.request.session
        return _never if session is None else session.watch(callback)

    async def ended(self) -> None:
        if self._reason is None:
            await asyncio.shield(self._over)
        raise Closed(self._reason or "")

    def lost(self) -> None:
        """The other side has gone."""
        if self._reason is None:
            self._reason = "the client left"
            self._begin_close(0, self._reason)

    def _begin_close(self, code: int, reason: str) -> None:
        self._wake()
        if not self._over.done():
            self._over.set_result(None)
        if code == TOO_SLOW:
            self._transport.abort()

    def finish(self) -> bool:
        """The handler has ended: write what is queued and the end; False: there is nobody to write to any more."""
        if self._reason is None:
            self._reason = "the stream has ended"
        self._begin_close(0, self._reason)
        if self._transport.is_closing():
            return False
        self._write()
        if self.is_chunked:
            self._transport.write(b"0\r\n\r\n")
        return True


def _never() -> None:
    """Nobody in particular reads: there are no rights that could change."""


class StreamEnd(web.StreamResponse):
    """What aiohttp is told of a stream: it has been sent."""

    def __init__(self, *, is_whole: bool, keep_alive: bool) -> None:
        # The constructor of StreamResponse is left out on purpose: it makes what is not used here.
        self._is_whole = is_whole
        self._stays_open = keep_alive and is_whole

    @property
    def keep_alive(self) -> bool:
        return self._stays_open

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        if not self._is_whole:
            raise ConnectionResetError("the caller has gone")
        return request.writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Everything has been written."""
