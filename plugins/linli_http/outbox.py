"""What waits to be sent to one listener: sending never waits, what piles up is bounded, who does not read must go."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from linli import Closed, RealClock, Timer
from linli_http.flusher import Flusher
from linli_http.request import HttpRequest

LOOK_EVERY_S: Final = 5.0
TOO_SLOW: Final = 1013
"""WebSocket's word (try again later) for a listener who does not read; a stream just ends."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one listener may hold of the hub's memory, and for how long."""

    max_messages: int = 4096
    max_bytes: int = 16 << 20
    """Queued here and in the transport together; one message more may be in it (a list of all states may be longer
    than the bound itself)."""
    stalled_s: float = 30.0
    """Nothing at all left for the network for so long."""


class Outbox(ABC):
    """The sending half of a socket or a stream; each says how messages become bytes, and how it ends."""

    __slots__ = (
        "_about", "_bounds", "_drainer", "_flusher", "_idle", "_look_every_s", "_on_drop", "_queue", "_queued_bytes",
        "_reason", "_transport", "_watch", "_wire", "answering", "flushed_at", "gone", "request", "waits",
    )  # fmt: skip

    def __init__(
        self, request: HttpRequest, transport: asyncio.Transport, flusher: Flusher, bounds: Bounds, wire: RealClock,
        on_drop: Callable[["Outbox", str], None],
    ) -> None:  # fmt: skip
        self.request = request
        self.answering = True
        self.flushed_at = 0.0
        self.waits = False
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when it is over and its handler has ended."""
        self._transport = transport
        self._flusher = flusher
        self._bounds = bounds
        self._wire = wire
        self._on_drop = on_drop
        self._queue: list[bytes] = []
        self._about: list[str | None] = []
        """Beside each message the entity that it speaks of."""
        self._queued_bytes = 0
        self._reason: str | None = None
        """Why it is over; None while it lives."""
        self._idle: asyncio.Future[None] | None = None
        self._drainer: asyncio.Task[None] | None = None
        self._look_every_s = min(LOOK_EVERY_S, bounds.stalled_s / 2)
        self._watch: Timer | None = None

    @abstractmethod
    def _framed(self, messages: Sequence[bytes]) -> Iterable[bytes]:
        """``messages`` as they go over the wire, in pieces for one write each."""

    @abstractmethod
    def _begin_close(self, code: int, reason: str) -> None:
        """It is over; say so to the other side, and to who waits here."""

    # sending ---------------------------------------------------------------------------------------------------------

    def send(self, message: bytes, about: str | None = None) -> None:
        if self._reason is not None:
            return
        queue = self._queue
        if len(queue) >= self._bounds.max_messages or self._queued_bytes + self._left() >= self._bounds.max_bytes:
            self._drop("too slow: more is waiting than this hub keeps for one reader")
            return
        queue.append(message)
        self._about.append(about)
        self._queued_bytes += len(message)
        if len(queue) == 1 or (self.waits and self.answering):
            self._flusher.add(self)

    def revoke(self, gone: Container[str]) -> None:
        kept = [(message, about) for message, about in zip(self._queue, self._about, strict=True) if about not in gone]
        self._forget_queue()
        for message, about in kept:
            self._queue.append(message)
            self._about.append(about)
            self._queued_bytes += len(message)

    def _forget_queue(self) -> None:
        self._queue.clear()
        self._about.clear()
        self._queued_bytes = 0

    def flush(self) -> None:
        """Write what is queued, if the network takes it; otherwise as soon as it does."""
        if self._transport.is_closing():
            self._wake()
        elif self._paused():
            self._begin_drain()
        elif self._queue:
            self._write()
            if self._paused():
                self._begin_drain()
            elif self._idle is not None:
                self._wake()

    def _paused(self) -> bool:
        return self.request.raw.protocol.writing_paused

    def _write(self) -> None:
        if self._queue:
            pieces = list(self._framed(self._queue))
            self._forget_queue()
            for piece in pieces:
                self._transport.write(memoryview(piece))  # of bytes the transport would copy what is left twice

    # waiting for the reader ------------------------------------------------------------------------------------------

    def _begin_drain(self) -> None:
        if self._drainer is None:
            self._drainer = asyncio.get_running_loop().create_task(self._drain(), name="http:drain")

    async def _drain(self) -> None:
        """Wait until the reader has read, then write what came meanwhile.

        The wait itself has no deadline (aiohttp's waiter is shared, a time-out would cancel it for others too); who
        does not read is sent away by :meth:`_look`, and that ends the wait.
        """
        before = self._left()
        self._watch = self._wire.call_later(self._look_every_s, lambda: self._look(before, 0.0))
        try:
            await self.request.raw.writer.drain()
        except ConnectionError:
            self._wake()
        finally:
            if self._watch is not None:
                self._watch.cancel()
            self._drainer = None
        self.flush()
        if not self._queue:
            self._wake()

    def _left(self) -> int:
        return self._transport.get_write_buffer_size()

    def _look(self, before: int, unmoved_s: float) -> None:
        """Did anything leave since the last look?"""
        left = self._left()
        unmoved_s = 0.0 if left < before else unmoved_s + self._look_every_s
        if unmoved_s >= self._bounds.stalled_s:
            self._drop("too slow: nothing was read for a while")
        else:
            self._watch = self._wire.call_later(self._look_every_s, lambda: self._look(left, unmoved_s))

    async def drained(self) -> None:
        while self._reason is None and (self._queue or self._paused()):
            if self._transport.is_closing():
                raise Closed("gone")
            if self._paused():
                self._begin_drain()
            if self._idle is None:
                self._idle = asyncio.get_running_loop().create_future()
            await self._idle
        if self._reason is not None:
            raise Closed(self._reason)

    def _wake(self) -> None:
        if self._idle is not None:
            idle, self._idle = self._idle, None
            if not idle.done():
                idle.set_result(None)

    # ending ----------------------------------------------------------------------------------------------------------

    def close(self, code: int = 1000, reason: str = "") -> None:
        if self._reason is None:
            self._reason = reason or "closed by the hub"
            self._begin_close(code, reason)

    def _drop(self, reason: str) -> None:
        self._forget_queue()
        self._reason = reason
        self._on_drop(self, reason)
        self._begin_close(TOO_SLOW, reason)

    def leave(self) -> None:
        """Nothing of it is in use any more."""
        if self._drainer is not None:
            self._drainer.cancel()
        self._wake()
        if not self.gone.done():
            self.gone.set_result(None)
