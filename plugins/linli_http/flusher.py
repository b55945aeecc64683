"""When queued messages leave: all of one turn of the loop together, and under a flood all of a few milliseconds.

A lone message leaves at the end of the turn that made it, and so does every answer to something the client just sent.
Only where much is written does a socket that is merely listening, and was written to less than :data:`GATHER_S` ago,
wait for more to come: one write to the network costs as much as twenty frames, and order is kept
(``docs/performance.md``).
Waits on real sockets are real time, also where the hub's clock is simulated.
"""

import asyncio
from collections import deque
from typing import Final, Protocol

GATHER_S: Final = 0.004
"""At most so long does a listener's message wait for the next ones; below what a person or a rule can notice."""
MUCH: Final = 16
"""Writes within :data:`GATHER_S` from which on listeners wait; together they cost a tenth of that time."""
AT_ONCE: Final = 64
"""Sockets written to in one turn; then the loop may do something else."""


class Flushable(Protocol):
    """A socket with something queued."""

    answering: bool
    """The client said something since the last write: it waits for an answer."""
    flushed_at: float
    """Loop time of the last write."""
    waits: bool
    """It stands in the queue of those that gather."""

    def flush(self) -> None:
        """Write all that is queued; nothing queued is fine."""


class Flusher:
    """One for all sockets of a server: a hundred listeners of one event cost one call of the loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._soon: deque[Flushable] = deque()
        self._later: list[Flushable] = []
        self._running = False
        self._counted_from = 0.0
        self._written = 0
        """Writes since then."""

    def add(self, socket: Flushable) -> None:
        """``socket`` has its first message in an empty queue, or has an answer where only news was gathering."""
        now = self._loop.time()
        much = self._written >= MUCH and now - self._counted_from <= GATHER_S
        if socket.answering or now - socket.flushed_at > GATHER_S or not much:
            self._soon.append(socket)
            if not self._running:
                self._running = True
                self._loop.call_soon(self._run)
            return
        socket.waits = True
        self._later.append(socket)
        if len(self._later) == 1:
            self._loop.call_later(GATHER_S, self._gathered)

    def _gathered(self) -> None:
        self._soon.extend(self._later)
        self._later.clear()
        if not self._running:
            self._run()

    def _run(self) -> None:
        self._running = False
        now = self._loop.time()
        if now - self._counted_from > GATHER_S:
            self._counted_from, self._written = now, 0
        for _ in range(min(len(self._soon), AT_ONCE)):
            socket = self._soon.popleft()
            socket.waits = socket.answering = False
            socket.flushed_at = now
            socket.flush()
            self._written += 1
        if self._soon:
            self._running = True
            self._loop.call_soon(self._run)
