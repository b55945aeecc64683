"""Work that would hold the loop (disk, DNS, hashing, big parsing), in a bounded pool of threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from linli.clock import Clock

T = TypeVar("T")

THREADS: Final = 6


class BlockingPool:
    """At most :data:`THREADS` at once; more wait their turn. Simulated time stands still while any runs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="linli-blocking")
        self.waiting = 0
        """Calls begun and not ended (a metric)."""

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """``function(*arguments)`` in a thread; its exception is raised here.

        A cancelled caller goes at once; the thread finishes its call and the result is dropped.
        """
        self.waiting += 1
        try:
            with self._clock.busy():
                return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)
        finally:
            self.waiting -= 1

    def close(self) -> None:
        """Let running calls end, begin no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
