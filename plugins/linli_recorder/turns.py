"""Who reads the past next: flats in turn, one question each at a time, so that nobody waits behind all of another's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from linli import Busy, Context, PluginContext, ReadLimit

AT_ONCE: Final = 2
"""Questions of users that are answered at the same time."""
MOST_WAITING: Final = 50
"""Questions of one flat that wait; more are refused with Busy."""


@dataclass(slots=True)
class _Line:
    """The questions of one flat, or of one user who is of no single flat."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class Turns:
    """Gives turns to readers; the hub's own questions wait for nobody."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._lines: dict[str, _Line] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def turn(self, reader: Context) -> AsyncIterator[ReadLimit | None]:
        """The reader's turn, with what the question may take (None: the hub's own). Raises Busy."""
        if reader.user_id is None:
            yield None
            return
        who = self._ctx.view_of(reader).flat or reader.user_id
        line = self._lines.setdefault(who, _Line())
        if line.waiting >= MOST_WAITING:
            raise Busy("Too many questions about the past wait for an answer; ask again later")
        line.waiting += 1
        try:
            async with line.lock, self._places:
                yield ReadLimit()
        finally:
            line.waiting -= 1
            if not line.waiting:
                del self._lines[who]
