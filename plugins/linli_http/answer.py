"""How an answer leaves: head and body in one write, a long one in pieces.

aiohttp's own Response builds, defaults and serialises a multidict of headers for each answer. Ours is the same bytes
put together from parts that seldom change; on the measured machine that takes a third of a whole ``POST`` away
(``docs/performance.md``). It is a StreamResponse for aiohttp in the three members that its protocol asks for.
"""

import asyncio
import zlib
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Final, Self

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from linli import Clock, ContractError, Response

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "SAMEORIGIN",
}
"""Sent with every answer; the server's name and version are not."""

COMPRESS_FROM: Final = 4 * 1024
COMPRESS_ELSEWHERE_FROM: Final = 64 * 1024
"""From here on compressing takes about half a millisecond: a thread does it."""
LONG: Final = 256 * 1024
"""From here on an answer is written in pieces of this size."""
EVENT_STREAM: Final = "text/event-stream"
"""UTF-8 by its own definition."""
_COMPRESSIBLE: Final = ("application/json", "text/", "application/javascript", "image/svg+xml", "application/openapi")

_STATUS_LINES: Final[dict[int, bytes]] = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
_FIXED: Final = "".join(f"{name}: {value}\r\n" for name, value in SECURITY_HEADERS.items()).encode()
_BODILESS: Final = frozenset({204, 205, 304})


class Dates:
    """The Date header, formatted once a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._second = -1
        self._line = b""

    def line(self) -> bytes:
        """``Date: …`` with its line end."""
        second = int(self._clock.timestamp())
        if second != self._second:
            self._second = second
            self._line = f"Date: {formatdate(second, usegmt=True)}\r\n".encode()
        return self._line


class Answer(web.StreamResponse):
    """One answer on its way; made from the head that :func:`head_of` gives."""

    def __init__(self, head: bytes, body: bytes, keep_alive: bool) -> None:
        # The constructor of StreamResponse is left out on purpose: it makes what prepare() below does not use.
        self._head = head
        self._content = body
        self._stays_open = keep_alive

    @classmethod
    def of(cls, response: Response) -> Self:
        """The last answer on a connection (no date: the clock of the hub is not at hand)."""
        return cls(head_of(response, len(response.body), b"", keep_alive=False), response.body, False)

    @property
    def keep_alive(self) -> bool:
        return self._stays_open

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the caller has gone")
        if len(self._content) < LONG:
            transport.write(self._head + self._content)
        else:
            await self._write_long(transport, request)
        if request.protocol.writing_paused:
            await request.writer.drain()
        return request.writer

    async def _write_long(self, transport: asyncio.WriteTransport, request: web.BaseRequest) -> None:
        """No more than the network takes: the transport copies what is left, 68 MB of it held the loop for 150 ms."""
        transport.write(self._head)
        content = memoryview(self._content)
        for at in range(0, len(content), LONG):
            if request.protocol.writing_paused:
                await request.writer.drain()
            transport.write(content[at : at + LONG])

    async def write_eof(self, data: bytes = b"") -> None:
        """Everything has been written by :meth:`prepare`."""


def head_of(response: Response, length: int | None, date: bytes, *, keep_alive: bool, extra: bytes = b"") -> bytes:
    """Status line and headers; ``length`` is the body's (also where no body is sent: HEAD), None: nobody knows it yet,
    ``extra`` says how it ends. Raises ContractError for a header that would break out of its line."""
    status = response.status
    parts = [_STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status]
    if status not in _BODILESS:
        parts.append(_content_type_line(response.content_type))
        if length is not None:
            parts.append(b"Content-Length: %d\r\n" % length)
    parts += (date, _FIXED, extra)
    if response.headers:
        parts.append(header_lines(response.headers))
    if not keep_alive:
        parts.append(b"Connection: close\r\n")
    parts.append(b"\r\n")
    return b"".join(parts)


@lru_cache(maxsize=256)
def _content_type_line(kind: str) -> bytes:
    if kind.startswith("text/") and "charset" not in kind and kind != EVENT_STREAM:
        kind += "; charset=utf-8"
    return header_lines({"Content-Type": kind})


def header_lines(headers: Mapping[str, str]) -> bytes:
    """Headers as they are sent; raises ContractError."""
    return "".join([f"{_safe(name)}: {_safe(value)}\r\n" for name, value in headers.items()]).encode()


def _safe(text: str) -> str:
    if "\n" in text or "\r" in text or "\0" in text:
        raise ContractError(f"a response header holds a line break: {text[:40]!r}")
    return text


def may_compress(response: Response, accepts: str) -> bool:
    """Whether a body is worth compressing for who sent ``Accept-Encoding: accepts``."""
    return (
        len(response.body) >= COMPRESS_FROM
        and "gzip" in accepts
        and response.content_type.startswith(_COMPRESSIBLE)
        and "Content-Encoding" not in response.headers
    )


def compress(body: bytes) -> bytes:
    """gzip, quick rather than small."""
    packer = zlib.compressobj(level=1, wbits=31)
    return packer.compress(body) + packer.flush()
