"""What one config entry (or one plugin) started and subscribed to, so that unloading needs no list."""

import asyncio
import inspect
import itertools
import logging
from collections.abc import Callable, Coroutine, Hashable, Mapping
from functools import partial
from typing import Any, Final, TypeVar

from linli.cancelling import EndedItself, asking_tasks, cancelled_from_outside
from linli.clock import Clock, Delay
from linli.ids import PluginDomain
from linli.ledger import Ledger
from linli.plugin.bounded import Bounded, Late

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
        self._bounded = Bounded(clock, ledger)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._undo: dict[int, Callable[[], object]] = {}
        self._numbers = itertools.count()
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
        task = asyncio.get_running_loop().create_task(_without_exit(work), name=f"{self.owner}:{name}")
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, work))
        return task

    def _ended(self, work: Coroutine[Any, Any, object], task: asyncio.Task[Any]) -> None:
        work.close()  # where it was cancelled before it began
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._ledger.error(self.owner, task.get_name(), error)

    def own(self, undo: Callable[[], object]) -> Callable[[], None]:
        """Have ``undo`` run at unload, or when the returned function is called, whichever is first.

        After :meth:`close` a synchronous ``undo`` runs at once and RuntimeError is raised: nothing may be left behind.
        """
        if self._closed:
            if not inspect.iscoroutinefunction(undo):
                undo()
            raise RuntimeError(f"{self.owner} has been unloaded; it cannot subscribe or register anything")
        number = next(self._numbers)
        self._undo[number] = undo

        def now() -> None:
            if self._undo.pop(number, None) is not None:
                undo()

        return now

    async def together(
        self, work: Mapping[K, Coroutine[Any, Any, T]], *, within: Delay | None = None
    ) -> "dict[K, T | BaseException]":
        """Run all at once, each to its own end; a failure or a time-out is that one's outcome and cancels no other."""
        if self._closed:
            for coroutine in work.values():
                coroutine.close()
            raise RuntimeError(f"{self.owner} has been unloaded; it cannot start anything")
        tasks = {
            key: self.spawn(self._outcome(coroutine, within), f"together:{key}") for key, coroutine in work.items()
        }
        try:
            if tasks:
                await asyncio.wait(tasks.values())
        except asyncio.CancelledError:
            for task in tasks.values():
                task.cancel()
            raise
        return {key: asyncio.CancelledError() if task.cancelled() else task.result() for key, task in tasks.items()}

    async def _outcome(self, work: Coroutine[Any, Any, T], within: Delay | None) -> "T | BaseException":
        try:
            async with self._clock.timeout(within):
                return await work
        except asyncio.CancelledError as error:
            if cancelled_from_outside():
                raise
            return error
        except Exception as error:  # noqa: BLE001 - the guard: the outcome is handed to who asked
            return error

    async def close(self) -> None:
        """Undo in reverse order, cancel the tasks, wait for them; what does not end in time is charged as leaked.

        A task of this nursery that has it closed (a plugin reloading itself) is not cancelled and not waited for.
        """
        self._closed = True
        while self._undo:
            await self._undo_one(self._undo.popitem()[1])
        tasks = self._tasks - asking_tasks()
        for task in tasks:
            task.cancel()
        if tasks:
            for task in await self._outstaying(tasks):
                self._ledger.note(self.owner, "leaked", task.get_name(), "did not end when it was cancelled")

    async def _undo_one(self, undo: Callable[[], object]) -> None:
        try:
            result = undo()
            if inspect.isawaitable(result):
                await self._bounded.run(result, self.owner, "unload", CLOSE_WITHIN_S)
        except Late:
            self._ledger.note(self.owner, "leaked", "unload", f"an undo did not end within {CLOSE_WITHIN_S:g} s")
        except EndedItself as error:
            if not isinstance(error.__cause__, asyncio.CancelledError):  # it awaited a task that it had cancelled
                self._ledger.error(self.owner, "unload", error)
        except asyncio.CancelledError:
            if cancelled_from_outside():
                raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the guard: one failing undo must not keep the others
            self._ledger.error(self.owner, "unload", error)

    async def _outstaying(self, tasks: set[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
        """Those that do not end within :data:`CLOSE_WITHIN_S`."""
        try:
            async with self._clock.timeout(CLOSE_WITHIN_S):
                await asyncio.wait(tasks)
        except TimeoutError:
            return [task for task in tasks if not task.done()]
        return []


async def _without_exit(work: Coroutine[Any, Any, T]) -> T:
    """A SystemExit in a task would end the loop, and every other plugin with it; here it is that task's failure."""
    try:
        return await work
    except SystemExit as error:
        raise EndedItself(f"it called for the end of the process: {error}") from error
