"""Frames over a pair of sockets: a length of four bytes, big end first, then so many bytes."""

import asyncio
import socket
import struct
from typing import Final, Self

from linli.errors import LinliError

MAX_FRAME: Final = 64 * 1024 * 1024
"""The longest frame in bytes; a longer one is refused by the sender and ends the pipe at the receiver."""
BUFFERED: Final = 1024 * 1024
"""Bytes that wait unsent before :meth:`Pipe.send` waits for the other side to read."""

_LENGTH: Final = struct.Struct(">I")


class PipeClosed(LinliError):
    """The other side is gone: its process ended, or it closed its end."""


def framed(payload: bytes) -> bytes:
    """``payload`` with its length before it; raises ValueError past :data:`MAX_FRAME`."""
    if len(payload) > MAX_FRAME:
        raise ValueError(f"a frame of {len(payload)} bytes is longer than {MAX_FRAME}")
    return _LENGTH.pack(len(payload)) + payload


def _length(header: bytes, most: int = MAX_FRAME) -> int:
    (length,) = _LENGTH.unpack(header)
    if length > most:
        raise PipeClosed(f"the other side announced a frame of {length} bytes")
    return int(length)


class Pipe:
    """One end, on the loop. One task receives; any may send, and whole frames go out in the order of the calls."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Made by :meth:`over`."""
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, sock: socket.socket) -> Self:
        """The pipe over one end of a socket pair, which it owns from now on."""
        reader, writer = await asyncio.open_unix_connection(sock=sock)
        writer.transport.set_write_buffer_limits(high=BUFFERED)
        return cls(reader, writer)

    async def send(self, payload: bytes) -> None:
        """Send one frame; waits while the other side does not read. Raises PipeClosed, ValueError."""
        self.post(payload)
        try:
            await self._writer.drain()
        except ConnectionError as error:
            raise PipeClosed("the other side is gone") from error

    def post(self, payload: bytes) -> None:
        """Send one frame without waiting, in order with :meth:`send`. Raises PipeClosed, ValueError."""
        if self._writer.is_closing():
            raise PipeClosed("the pipe is closed")
        self._writer.write(framed(payload))

    @property
    def ended(self) -> bool:
        """Whether the other side is known to be gone, and nothing that it sent is left."""
        return self._reader.at_eof() or self._writer.is_closing()

    @property
    def unsent(self) -> int:
        """Bytes that wait for the other side to read."""
        return self._writer.transport.get_write_buffer_size()

    async def receive(self, most: int = MAX_FRAME) -> bytes:
        """The next frame; raises PipeClosed at the end, and for one of more than ``most`` bytes."""
        try:
            return await self._reader.readexactly(_length(await self._reader.readexactly(_LENGTH.size), most))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise PipeClosed("the other side is gone") from error

    def close(self) -> None:
        """Close this end; the other side's next receive raises PipeClosed."""
        self._writer.close()

    def abort(self) -> None:
        """Close this end at once, with what waits unsent."""
        self._writer.transport.abort()


class BlockingPipe:
    """One end in a process without a loop."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._file = sock.makefile("rb")

    def send(self, payload: bytes) -> None:
        """Send one frame. Raises PipeClosed, ValueError."""
        try:
            self._sock.sendall(framed(payload))
        except OSError as error:
            raise PipeClosed("the other side is gone") from error

    def receive(self, most: int = MAX_FRAME) -> bytes:
        """The next frame; raises PipeClosed at the end, and for one of more than ``most`` bytes."""
        return self._exactly(_length(self._exactly(_LENGTH.size), most))

    def _exactly(self, length: int) -> bytes:
        try:
            data = self._file.read(length)
        except OSError as error:
            raise PipeClosed("the other side is gone") from error
        if len(data) < length:
            raise PipeClosed("the other side is gone")
        return data
