"""Work that would hold the loop (disk, DNS, hashing, big parsing), in a bounded pool of threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

from linli.clock import Clock
from linli.ids import PluginDomain

T = TypeVar("T")

THREADS: Final = 6
OF_ONE_PLUGIN: Final = THREADS // 2
"""A plugin whose calls hang (a disk in the network that is gone) leaves the other half to everybody else."""
HASHING: Final = 2
"""Threads that hash passwords and do nothing else: nobody is kept from logging in by what others wait for."""


class BlockingPool:
    """At most :data:`THREADS` at once, beside those that hash; more wait their turn, without a bound.

    Simulated time stands still while any runs.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="linli-blocking")
        self._hashing = ThreadPoolExecutor(HASHING, thread_name_prefix="linli-hashing")
        self._room: dict[PluginDomain, asyncio.Semaphore] = {}
        self.waiting = 0
        """Calls begun and not ended (a metric)."""

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """``function(*arguments)`` in a thread; its exception is raised here.

        A cancelled caller goes at once; the thread finishes its call and the result is dropped.
        """
        return await self._counted(self._pool, function, arguments)

    async def hash(self, function: Callable[..., T], *arguments: Any) -> T:
        """The same in a thread that only hashes passwords."""
        return await self._counted(self._hashing, function, arguments)

    async def run_for(self, plugin: PluginDomain, function: Callable[..., T], *arguments: Any) -> T:
        """The same for a plugin, of which :data:`OF_ONE_PLUGIN` run at once; a place is free when its thread has ended,
        whether or not somebody still waits for it."""
        room = self._room.setdefault(plugin, asyncio.Semaphore(OF_ONE_PLUGIN))
        with self._clock.busy():
            await room.acquire()
            return await self._counted(self._pool, function, arguments, room.release)

    async def _counted(
        self, pool: ThreadPoolExecutor, function: Callable[..., T], arguments: tuple[Any, ...],
        ended: Callable[[], None] | None = None,
    ) -> T:  # fmt: skip
        self.waiting += 1
        try:
            with self._clock.busy():
                call = pool.submit(function, *arguments)
                if ended is not None:
                    call.add_done_callback(_on_loop(ended))
                return await asyncio.wrap_future(call)
        finally:
            self.waiting -= 1

    def close(self) -> None:
        """Let running calls end, begin no more."""
        for pool in (self._pool, self._hashing):
            pool.shutdown(wait=False, cancel_futures=True)


def _on_loop(callback: Callable[[], None]) -> Callable[[Future[Any]], None]:
    """``callback`` as what a thread that ends tells the loop; a loop that is gone needs it no more."""
    loop = asyncio.get_running_loop()

    def tell(_: Future[Any]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(callback)

    return tell
