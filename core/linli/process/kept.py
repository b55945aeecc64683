"""A child that is to run always: started again when it ends, ever more slowly, and counted."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from linli.clock import Clock
from linli.ids import PluginDomain
from linli.ledger import Ledger
from linli.process.child import Child
from linli.process.pipe import PipeClosed

log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 60.0
SOUND_AFTER_S: Final = 60.0
"""A child that ran this long was sound: the next pause is the first again."""


class KeptChild:
    """Runs in a task of its owner (``nursery.spawn(kept.run(), …)``); cancelled, it takes the child with it."""

    def __init__(
        self,
        owner: PluginDomain,
        name: str,
        start: Callable[[], Awaitable[Child]],
        serve: Callable[[Child], Awaitable[None]],
        clock: Clock,
        ledger: Ledger,
    ) -> None:
        """``start`` makes a child; ``serve`` talks with it, and raises PipeClosed when it went."""
        self.name = name
        self.starts = 0
        """How often it was started."""
        self.child: Child | None = None
        """The child that runs now."""
        self._owner = owner
        self._start = start
        self._serve = serve
        self._clock = clock
        self._ledger = ledger

    async def run(self) -> None:
        """Keep it running until cancelled."""
        pause = FIRST_PAUSE_S
        while True:
            began = self._clock.monotonic()
            ended = await self._live()
            self._ledger.note(self._owner, "ended", self.name, ended)
            if self._clock.monotonic() - began >= SOUND_AFTER_S:
                pause = FIRST_PAUSE_S
            await self._clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _born(self) -> Child:
        """Nothing is left of one that was begun when it was cancelled."""
        starting = asyncio.ensure_future(self._start())
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.wait([starting])
            if starting.exception() is None:
                await _to_its_end(starting.result().kill())
            raise

    async def _live(self) -> str:
        """One life; how it ended."""
        self.starts += 1
        try:
            child = await self._born()
        except OSError as error:
            return f"could not be started: {error}"
        self.child = child
        try:
            await self._serve(child)
        except PipeClosed:
            return f"its process ended with {await child.end()}"
        except Exception as error:  # noqa: BLE001 - the guard: whatever went wrong, the child is replaced
            self._ledger.error(self._owner, self.name, error)
            return f"{type(error).__name__}: {error}"
        finally:
            self.child = None
            await _to_its_end(child.kill())
        return "it was let go"


async def _to_its_end(work: Awaitable[object]) -> None:
    """Await what must not stop half-way: a cancellation comes through when it is done."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
