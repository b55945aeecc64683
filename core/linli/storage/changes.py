"""The feed of changes: what was committed, by this process or another, told to those who remember it.

Rows are written in the transaction they speak of (:meth:`Transaction.changed`). A commit of this process is told at
once. Another process's (the command line, a child) is noticed on a kept connection: by ``PRAGMA data_version`` on
SQLite; on PostgreSQL by a notification, and, since one can be lost, by looking as often as on SQLite. There is one
writer at a time, across processes, so the numbers follow each other in the order of the commits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.engine import Connection

from linli.bus import Listeners, Unsubscribe
from linli.clock import Clock, RealClock, Timer
from linli.ids import CORE, PluginDomain
from linli.ledger import Ledger, Listener
from linli.storage.backend import Backend
from linli.storage.database import Database
from linli.storage.errors import StorageError
from linli.storage.tables import changes
from linli.storage.transaction import Change, Transaction
from linli.storage.worker import Worker

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 0.25
KEPT_ROWS: Final = 10_000
KEPT_US: Final = 24 * 3600 * 1_000_000
PRUNE_EVERY_S: Final = 3600


class Changes:
    """Who wants to know of which topic, over all databases."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._topics: dict[str, Listeners] = {}

    def subscribe(self, topic: str, callback: Callable[[Change], object], owner: PluginDomain = CORE) -> Unsubscribe:
        """Call ``callback`` (synchronous, quick) on the loop for each committed change of ``topic``, in order.

        A change of this process is told before the transaction that made it returns; another process's within a
        second. ``change.key`` is None when rows were pruned unseen: then anything under the topic may have changed.
        """
        listeners = self._topics.setdefault(topic, Listeners())
        where = getattr(callback, "__qualname__", repr(callback))
        return listeners.add(Listener(callback, owner, where, self._ledger))

    def tell(self, committed: Iterable[Change]) -> None:
        """Hand on changes in their order."""
        for change in committed:
            for listener in self._members(change.topic):
                listener.notify(change)

    def tell_gap(self, number: int) -> None:
        """Tell everybody that something was missed."""
        for topic in list(self._topics):
            for listener in self._members(topic):
                listener.notify(Change(number, topic, None))

    def counts(self) -> dict[str, int]:
        """How many subscribers each topic has (for the test kit's leak check)."""
        return {topic: len(found.members) for topic, found in self._topics.items() if found.members}

    def _members(self, topic: str) -> tuple[Listener, ...]:
        listeners = self._topics.get(topic)
        return listeners.members if listeners is not None else ()


class Told:
    """Which rows of a table were told: all up to a number, and some of our own beyond it.

    Own rows are told at their commit, even when another process's rows before them were not seen yet.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._ahead: set[int] = set()

    def own(self, committed: Sequence[Change]) -> list[Change]:
        """The rows of an own commit that are to be told now."""
        new = [change for change in committed if change.number > self.number]
        self._ahead.update(change.number for change in new)
        self._close_ranks()
        return new

    def seen(self, rows: Sequence[Change]) -> tuple[list[Change], bool]:
        """The rows of a look (all there are beyond a number told before) that are to be told now; were any missed?"""
        newest = rows[-1].number
        present = {change.number for change in rows} | self._ahead
        missed = not present.issuperset(range(self.number + 1, newest + 1))
        new = [change for change in rows if change.number > self.number and change.number not in self._ahead]
        self.number = max(self.number, newest)
        self._close_ranks()
        return new, missed

    def _close_ranks(self) -> None:
        while self.number + 1 in self._ahead:
            self.number += 1
        self._ahead = {number for number in self._ahead if number > self.number}


class Feed:
    """The ``changes`` table of one database: tells what is new in it, each row once, and keeps it short.

    Other processes live in real time, whatever this hub's clock says, so looking for their commits waits on real time
    even when the clock is simulated; pruning goes by the hub's clock.
    """

    def __init__(self, database: Database, hub_changes: Changes, clock: Clock) -> None:
        self._database = database
        self._changes = hub_changes
        self._clock = clock
        self._outside: Clock = RealClock() if clock.simulated else clock
        self._told = Told(0)
        self._tasks: set[asyncio.Task[None]] = set()
        self._prune_timer: Timer | None = None
        database.on_commit(self._tell_own)

    async def start(self) -> None:
        """Begin after the newest row, and watch; the database is open and migrated."""
        newest = select(func.max(changes.c.number))
        self._told = Told(await self._database.read(lambda tx: tx.execute(newest).scalar() or 0))
        self._spawn(self._watch())
        self._spawn(self._prune())

    async def stop(self) -> None:
        """Watch no longer."""
        if self._prune_timer is not None:
            self._prune_timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name=f"changes of {self._database.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tell_own(self, committed: Sequence[Change]) -> None:
        self._changes.tell(self._told.own(committed))

    def _tell_seen(self, rows: Sequence[Change]) -> None:
        new, missed = self._told.seen(rows)
        if missed:
            log.warning("changes of %s were pruned before they were seen", self._database.name)
            self._changes.tell_gap(self._told.number)
        self._changes.tell(new)

    async def _watch(self) -> None:
        worker = Worker(f"{self._database.name}-watch", RealClock())
        try:
            watcher = Watcher(self._database.backend, worker)
            while True:
                rows = await worker.run(partial(watcher.look, self._told.number))
                if rows:
                    self._tell_seen(rows)
                await self._pause(watcher.wakes)
        finally:
            await worker.close()

    async def _pause(self, wakes: int | None) -> None:
        """Until it is time to look again, or the database's socket says so."""
        if wakes is None:
            await self._outside.sleep(LOOK_EVERY_S)
            return
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(wakes, woken.set)
        try:
            async with self._outside.timeout(LOOK_EVERY_S):
                await woken.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(wakes)

    async def _prune(self) -> None:
        newest = select(func.max(changes.c.number)).scalar_subquery()

        def work(tx: Transaction) -> None:
            tx.execute(
                delete(changes).where(
                    or_(changes.c.number <= newest - KEPT_ROWS, changes.c.at_us < tx.now_us - KEPT_US)
                )
            )

        try:
            await self._database.transaction(work)
        except StorageError as trouble:
            log.warning("changes of %s were not pruned: %s", self._database.name, trouble)
        self._prune_timer = self._clock.call_later(PRUNE_EVERY_S, lambda: self._spawn(self._prune()))


class Watcher:
    """The kept connection that notices commits; everything but its making runs in the worker's thread."""

    def __init__(self, backend: Backend, worker: Worker) -> None:
        self._backend = backend
        self._connection: Connection | None = None
        self._version: int | None = None
        self.wakes: int | None = None
        """The file that becomes readable when there is something new, if the database has one."""
        worker.at_end(self._drop)

    def look(self, told: int) -> list[Change]:
        """Rows after ``told``, if anybody has committed since the last look; none when it cannot be told just now."""
        try:
            connection = self._opened()
            version = self._backend.version_seen(connection)
            if version is None or version == self._version:
                return []
            with connection.begin():
                wanted = select(changes.c.number, changes.c.topic, changes.c.key).where(changes.c.number > told)
                rows = connection.execute(wanted.order_by(changes.c.number)).all()
        except self._backend.errors as error:
            log.debug("changes could not be read just now: %s", error)
            if self.wakes is not None:  # a server may have gone: the next look asks for a new session
                self._drop()
            return []
        self._version = version
        return [Change(row.number, row.topic, row.key) for row in rows]

    def _opened(self) -> Connection:
        if self._connection is None:
            self._connection = self._backend.watcher()
            self.wakes = self._backend.wakes(self._connection)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._backend.discard(self._connection)
        self._connection = self.wakes = None
