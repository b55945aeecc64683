"""What one config entry (or one plugin) started and subscribed to, so that unloading needs no list."""

import asyncio
import contextlib
import inspect
import logging
from collections.abc import Callable, Coroutine, Hashable, Mapping
from typing import Any, Final, TypeVar

from linli.clock import Clock, Delay
from linli.ids import PluginDomain
from linli.ledger import Ledger

log = logging.getLogger(__name__)

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

CLOSE_WITHIN_S: Final = 5.0


class Nursery:
    """Tasks and undo functions of one owner. One task's exception is charged and touches no other task.

    Not an :class:`asyncio.TaskGroup`: that would cancel the others at the first exception.
    """

    def __init__(self, owner: PluginDomain, clock: Clock, ledger: Ledger) -> None:
        self.owner = owner
        self._clock = clock
        self._ledger = ledger
        self._tasks: set[asyncio.Task[Any]] = set()
        self._undo: list[Callable[[], object]] = []
        self._closed = False

    def __len__(self) -> int:
        return len(self._tasks) + len(self._undo)

    @property
    def tasks(self) -> frozenset[asyncio.Task[Any]]:
        """What runs now."""
        return frozenset(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, T], name: str) -> "asyncio.Task[T]":
        """Start ``work``; it ends by itself or with the owner. Raises RuntimeError after :meth:`close`."""
        if self._closed:
            work.close()
            raise RuntimeError(f"{self.owner} has been unloaded; it cannot start {name}")
        task = asyncio.get_running_loop().create_task(work, name=f"{self.owner}:{name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._ledger.error(self.owner, task.get_name(), error)

    def own(self, undo: Callable[[], object]) -> Callable[[], None]:
        """Have ``undo`` run at unload, or when the returned function is called, whichever is first."""
        self._undo.append(undo)

        def now() -> None:
            if undo in self._undo:
                self._undo.remove(undo)
                undo()

        return now

    async def together(
        self, work: Mapping[K, Coroutine[Any, Any, T]], *, within: Delay | None = None
    ) -> "dict[K, T | BaseException]":
        """Run all at once, each to its own end; a failure or a time-out is that one's outcome and cancels no other."""
        tasks = {
            key: self.spawn(self._outcome(coroutine, within), f"together:{key}") for key, coroutine in work.items()
        }
        try:
            return {key: await task for key, task in tasks.items()}
        except asyncio.CancelledError:
            for task in tasks.values():
                task.cancel()
            raise

    async def _outcome(self, work: Coroutine[Any, Any, T], within: Delay | None) -> "T | BaseException":
        try:
            async with self._clock.timeout(within):
                return await work
        except Exception as error:  # noqa: BLE001 - the guard: the outcome is handed to who asked
            return error

    async def close(self) -> None:
        """Undo in reverse order, cancel the tasks, wait for them; what does not end in time is charged as leaked."""
        self._closed = True
        while self._undo:
            undo = self._undo.pop()
            try:
                result = undo()
                if inspect.isawaitable(result):
                    await result
            except Exception as error:  # noqa: BLE001 - the guard: one failing undo must not keep the others
                self._ledger.error(self.owner, "unload", error)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            with contextlib.suppress(TimeoutError):
                async with self._clock.timeout(CLOSE_WITHIN_S):
                    await asyncio.wait(tasks)
        for task in tasks:
            if not task.done():
                self._ledger.note(self.owner, "leaked", task.get_name(), "did not end when it was cancelled")
