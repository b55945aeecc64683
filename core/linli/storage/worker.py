"""One thread that runs jobs in their order, for a loop that waits for them.

The queue is bounded, and the policy when it is full is to wait. Simulated time stands still from the moment a job is
queued until its outcome has reached the loop.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Generic, TypeVar

from linli.clock import Clock
from linli.storage.errors import DatabaseClosed

log = logging.getLogger(__name__)

T = TypeVar("T")
QUEUED_JOBS: Final = 1024
JOBS_AT_ONCE: Final = 64


class Job(Generic[T]):
    """One piece of work, its outcome, and the future that somebody may still be waiting on."""

    __slots__ = ("_busy", "_error", "_future", "_result", "joins", "work")

    def __init__(
        self, work: Callable[..., T], joins: bool, future: "asyncio.Future[T]", busy: AbstractContextManager[None]
    ) -> None:
        self.work = work
        self.joins = joins
        """Whether it may share one commit with the jobs beside it in the queue."""
        self._future = future
        self._busy = busy
        self._result: T | None = None
        self._error: BaseException | None = None
        busy.__enter__()

    def succeeded(self, result: T) -> None:
        """Record the outcome; the loop hears of it when the whole batch is over."""
        self._result, self._error = result, None

    def failed(self, error: BaseException) -> None:
        """Record that it raised."""
        self._result, self._error = None, error

    @property
    def has_failed(self) -> bool:
        return self._error is not None

    def settle(self) -> None:
        """On the loop: tell whoever waits, and let simulated time go on."""
        self._busy.__exit__(None, None, None)
        if self._future.done():
            if self._error is not None:
                log.warning("work in a database thread failed after its caller had left", exc_info=self._error)
        elif self._error is not None:
            self._future.set_exception(self._error)
        else:
            self._future.set_result(self._result)  # type: ignore[arg-type]  # a T, once succeeded() was called

    def withdraw(self) -> None:
        """On the loop: it never ran and never will."""
        self._busy.__exit__(None, None, None)


RunBatch = Callable[[Sequence[Job[Any]]], Callable[[], None] | None]


def run_each(batch: Sequence[Job[Any]]) -> Callable[[], None] | None:
    """Each job on its own, without transactions."""
    for job in batch:
        try:
            job.succeeded(job.work())
        except BaseException as error:  # noqa: BLE001 - handed to the one who waits, whatever it is
            job.failed(error)
    return None


class Worker:
    """A thread of its own. Made and used on one loop."""

    def __init__(self, name: str, clock: Clock, *, bound: int = QUEUED_JOBS) -> None:
        self._clock = clock
        self._run_batch: RunBatch = run_each
        self._room = asyncio.Semaphore(bound)
        self._jobs: deque[Job[Any]] = deque()
        self._changed = threading.Condition()
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._open = True
        self._closers: list[Callable[[], None]] = []
        self._thread = threading.Thread(target=self._serve, name=f"linli-{name}", daemon=True)
        self._thread.start()

    def serve_with(self, run_batch: RunBatch) -> None:
        """From now on have ``run_batch`` run the jobs and record each one's outcome in it.

        It returns what the loop is to do before those who wait are told, or None.
        """
        self._run_batch = run_batch

    def at_end(self, close: Callable[[], None]) -> None:
        """In the thread: have ``close`` called there when it ends, whatever became of whoever asked for the work."""
        self._closers.append(close)

    async def run(self, work: Callable[..., T], *, joins: bool = False) -> T:
        """The result of ``work``, run in the thread.

        Waits while the queue is full. Cancelled before its turn, the work never runs; cancelled during it, the work
        goes on to its end without whoever asked for it.
        """
        async with self._room:
            if not self._open:
                raise DatabaseClosed("the database is closed", key="storage.closed")
            future: asyncio.Future[T] = self._loop.create_future()
            job = Job(work, joins, future, self._clock.busy())
            with self._changed:
                self._jobs.append(job)
                self._changed.notify()
            try:
                return await future
            except asyncio.CancelledError:
                self._withdraw(job)
                raise

    async def close(self) -> None:
        """End the thread after the jobs that are queued."""
        with self._clock.busy():
            with self._changed:
                self._open = False
                self._changed.notify()
            await asyncio.shield(self._ended)
        self._thread.join()

    def _withdraw(self, job: Job[Any]) -> None:
        with self._changed:
            if job not in self._jobs:
                return
            self._jobs.remove(job)
        job.withdraw()

    def _take(self) -> list[Job[Any]]:
        """The next job, and those behind it that may share its commit; none when the thread is to end."""
        with self._changed:
            while self._open and not self._jobs:
                self._changed.wait()
            batch: list[Job[Any]] = []
            while self._jobs and len(batch) < JOBS_AT_ONCE and (not batch or (batch[0].joins and self._jobs[0].joins)):
                batch.append(self._jobs.popleft())
            return batch

    def _serve(self) -> None:
        while batch := self._take():
            then = self._run_batch(batch)
            self._tell(self._settle, batch, then)
        for close in reversed(self._closers):
            close()
        self._tell(self._end)

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    @staticmethod
    def _settle(batch: Sequence[Job[Any]], then: Callable[[], None] | None) -> None:
        try:
            if then is not None:
                then()
        finally:
            for job in batch:
                job.settle()

    def _tell(self, function: Callable[..., None], *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            log.debug("the loop ended before its database thread did")
