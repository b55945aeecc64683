"""Brings what changed in the registries to the disk: at once for a person, soon for what a plugin discovered.

What is in memory is the truth; a row that differs from its document is *owed*. A person's change is acknowledged when
nothing is owed any more; discovery's rows are written together after :data:`WRITE_WITHIN_S` at the latest. When the
disk refuses, the person is told, and the rows stay owed and are tried again. A row that cannot be written as JSON (a
plugin gave it a value of its own kind) is left out alone and charged to its plugin; what the disk has of it stays.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

from linli.clock import Clock, Timer
from linli.errors import LinliError
from linli.ids import CORE, PluginDomain
from linli.jsonbytes import dumps
from linli.ledger import Ledger
from linli.storage.document import Delete, Put, Value

log = logging.getLogger(__name__)

WRITE_WITHIN_S: Final = 3.0
"""How much of what discovery found a kill may cost."""
RETRY_S: Final = 5.0
ROWS_AT_ONCE: Final = 500
"""Rows of one transaction: a bound for the loop, which makes them, and for memory."""


class DocumentBatch(Protocol):
    """The part of the documents' room that is needed here."""

    async def batch(self, puts: list[Put], deletes: list[Delete] = ...) -> Any: ...


Owed = Callable[[], Value | None]
"""The document as it should be when it is written; None: there is none."""


class Keeper:
    """Owes rows to the documents, and pays."""

    def __init__(self, documents: DocumentBatch, clock: Clock, ledger: Ledger) -> None:
        self._documents = documents
        self._clock = clock
        self._ledger = ledger
        self._unwritable: set[tuple[str, str]] = set()
        """Rows that were left out and charged; each is charged once, until it can be written again."""
        self._owed: dict[tuple[str, str], tuple[PluginDomain, Owed]] = {}
        self._timer: Timer | None = None
        self._writing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._failing = False
        self._closed = False

    @property
    def owed(self) -> int:
        """How many rows are not on the disk yet (a metric)."""
        return len(self._owed)

    def owe(self, kind: str, key: str, value: Owed, owner: PluginDomain = CORE) -> None:
        """The row changed; it is written within :data:`WRITE_WITHIN_S`, or with the next :meth:`commit`.

        ``owner`` is charged if the row cannot be written.
        """
        self._owed[kind, key] = owner, value
        self._arm(WRITE_WITHIN_S)

    async def commit(self) -> None:
        """Return when all that is owed now is committed; raises what the storage raises, and then it is still owed."""
        async with self._writing:
            left = len(self._owed)
            while left > 0 and self._owed:
                await self._pay(ROWS_AT_ONCE)
                left -= ROWS_AT_ONCE

    async def close(self) -> None:
        """Write what is owed, and start nothing more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        try:
            await self.commit()
        except Exception:  # the stop goes on, whatever the disk says
            log.exception("%d registry rows could not be written at the stop", len(self._owed))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _arm(self, delay_s: float) -> None:
        if self._timer is None and not self._closed:
            self._timer = self._clock.call_later(delay_s, self._due)

    def _due(self) -> None:
        self._timer = None
        self._start(self._pay_all())

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="core:registry:write")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pay_all(self) -> None:
        try:
            async with self._writing:
                while self._owed:
                    await self._pay(ROWS_AT_ONCE)
        except Exception as error:  # nobody waits for this task: what it meets is logged and tried again
            if not self._failing:
                log.error(
                    "registry rows cannot be written (%s); they are kept and tried again",
                    error,
                    exc_info=None if isinstance(error, LinliError) else error,
                )
            self._failing = True
            self._arm(RETRY_S)

    async def _pay(self, most: int) -> None:
        """Write up to ``most`` rows; what changes meanwhile is owed anew, what cannot be written stays owed."""
        paying = dict(list(self._owed.items())[:most])
        for row in paying:
            del self._owed[row]
        puts: list[Put] = []
        deletes: list[Delete] = []
        for (kind, key), (owner, value_now) in paying.items():
            try:
                value = value_now()
                dumps([key, value])
            except Exception as error:  # noqa: BLE001 - what a plugin gave decides what is raised; the other rows go on
                self._leave_out(owner, kind, key, error)
                continue
            self._unwritable.discard((kind, key))
            if value is None:
                deletes.append(Delete(kind, key))
            else:
                puts.append(Put(kind, key, value))
        written = False
        try:
            await self._documents.batch(puts, deletes)
            written = True
        finally:
            if not written:
                self._owed = {**paying, **self._owed}
                self._arm(RETRY_S)
        if self._failing:
            log.warning("registry rows can be written again")
            self._failing = False

    def _leave_out(self, owner: PluginDomain, kind: str, key: str, error: Exception) -> None:
        if (kind, key) not in self._unwritable:
            self._unwritable.add((kind, key))
            self._ledger.error(owner, f"the row {key} of {kind} is not kept", error)
