"""Awaiting a plugin's code for no longer than it was given, whatever it does about being cancelled."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final, TypeVar

from linli.cancelling import ordinary
from linli.clock import Clock
from linli.ids import PluginDomain
from linli.ledger import Ledger

T = TypeVar("T")

GRACE_S: Final = 1.0
"""How long code may take to end after it was cancelled; then it is left behind and charged as leaked."""


class Late(TimeoutError):
    """The deadline passed; a TimeoutError of the plugin's own is not one of these."""


class Bounded:
    """Runs a plugin's coroutines, each in a task of its own, so that one that catches its cancellation holds nobody."""

    def __init__(self, clock: Clock, ledger: Ledger) -> None:
        self._clock = clock
        self._ledger = ledger
        self._left: set[asyncio.Task[Any]] = set()

    async def run(self, work: Awaitable[T], owner: PluginDomain, what: str, within: float) -> T:
        """What ``work`` answers or raises (see :func:`ordinary`). Raises Late after ``within`` seconds."""
        task = asyncio.get_running_loop().create_task(ordinary(work), name=f"{owner}:{what}")
        try:
            async with self._clock.timeout(within):
                await asyncio.wait((task,))
        except TimeoutError:
            if not task.done():
                await self._put_an_end_to(task, owner, what)
                raise Late(f"no end within {within:g} s") from None
        except asyncio.CancelledError:
            await self._put_an_end_to(task, owner, what)
            raise
        return task.result()

    async def _put_an_end_to(self, task: "asyncio.Task[Any]", owner: PluginDomain, what: str) -> None:
        task.cancel()
        self._left.add(task)
        task.add_done_callback(self._ended)
        try:
            async with self._clock.timeout(GRACE_S):
                await asyncio.wait((task,))
        except TimeoutError:
            self._ledger.note(owner, "leaked", what, "did not end when it was cancelled, and is left behind")

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        """Nobody waits for its outcome any more; asyncio would complain of an exception that nobody took."""
        self._left.discard(task)
        if not task.cancelled():
            task.exception()
