"""Who did what, in a chain that cannot be changed unseen: appending, reading, forgetting details, checking.

What is hashed is in ``chain.py``, how a chain is checked in ``journal_verify.py``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import and_, delete, func, select

from linli.clock import Clock, Timer
from linli.context import Context
from linli.errors import NotFound
from linli.ids import CORE, PluginDomain, new_id
from linli.storage.actor import Actor
from linli.storage.database import Database
from linli.storage.errors import StorageError
from linli.storage.journal_rows import EVERY_ROW, JournalFilter, JournalRow, as_row, select_rows
from linli.storage.journal_verify import FORGOTTEN, Head, Verification, stands, verify
from linli.storage.journal_writer import RowId
from linli.storage.tables import journal, journal_details
from linli.storage.transaction import Transaction

log = logging.getLogger(__name__)

T = TypeVar("T")

REFUSED: Final = "refused"
MOST_ROWS: Final = 1000
MOST_REFUSALS: Final = 1000
"""Different (plugin, reason) pairs kept in one minute; those beyond are counted under the reason ``other``."""
REFUSALS_EVERY_S: Final = 60


class Journal:
    """The journal of ``safety.db``: one chain for each writer, this process appending to its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._refusals: dict[tuple[PluginDomain, str], int] = {}
        self._flush: Timer | None = None
        self._flushing: set[asyncio.Task[None]] = set()
        self.sealed_by: Callable[[], Awaitable[int | None]] | None = None
        """Seals it to the second places; None where the deployment names none."""

    async def append(
        self,
        action: str,
        *,
        actor: Actor,
        subject: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> RowId:
        """Append one row by itself; where it belongs to a change in ``safety.db``, use ``tx.journal`` instead."""
        return await self._database.transaction(
            lambda tx: tx.journal(action, actor=actor, subject=subject, details=details)
        )

    async def record(
        self,
        action: str,
        *,
        context: Context,
        subject: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> RowId:
        """Append one row in the name of whoever a context speaks of."""
        return await self.append(action, actor=Actor.of(context), subject=subject, details=details)

    async def around(
        self,
        action: str,
        work: Callable[[], Awaitable[T]],
        *,
        actor: Actor,
        subject: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> T:
        """Do ``work`` on another database between two rows: ``ACTION.intended`` before, ``ACTION.done`` after.

        Both carry one idempotency key. When the work raises, no second row is written: an intention that stands alone
        says exactly that nobody knows whether it was done.
        """
        key = new_id(self._clock.timestamp())
        both = {**(details or {}), "idempotency_key": key}
        await self.append(f"{action}.intended", actor=actor, subject=subject, details=both)
        result = await work()
        await self.append(f"{action}.done", actor=actor, subject=subject, details=both)
        return result

    async def forget(self, row: RowId, *, actor: Actor, reason: str) -> None:
        """Erase a row's details for good; the chain still verifies, and a new row says who did it and why."""

        def work(tx: Transaction) -> None:
            erased = tx.execute(
                delete(journal_details).where(
                    journal_details.c.writer == row.writer, journal_details.c.sequence == row.sequence
                )
            )
            if not erased.rowcount:
                raise NotFound(f"row {row} of the journal has no details")
            tx.journal(FORGOTTEN, actor=actor, subject=str(row), details={"reason": reason})

        await self._database.transaction(work)

    def refused(self, plugin: PluginDomain, reason: str) -> None:
        """Note that a plugin was refused something: one row for each plugin, reason and minute, with a count.

        ``reason`` is a fixed word or key, never what a user typed. Rows are written within a minute and at close.
        """
        key = (plugin, reason)
        if key not in self._refusals and len(self._refusals) >= MOST_REFUSALS:
            key = (CORE, "other")
        self._refusals[key] = self._refusals.get(key, 0) + 1
        if self._flush is None:
            self._flush = self._clock.call_later(REFUSALS_EVERY_S, self._begin_flush)

    async def rows(
        self, which: JournalFilter = EVERY_ROW, *, limit: int = 100, before: JournalRow | None = None
    ) -> list[JournalRow]:
        """The newest rows that match, newest first; ``before`` is the last row of the page before."""
        wanted = select_rows(which, before).limit(min(limit, MOST_ROWS))
        return await self._database.read(lambda tx: [as_row(found) for found in tx.execute(wanted)])

    async def heads(self) -> list[Head]:
        """The end of each chain, to be anchored elsewhere."""
        ends = select(journal.c.writer, func.max(journal.c.sequence).label("sequence")).group_by(journal.c.writer)
        end = ends.subquery()
        wanted = select(journal.c.writer, journal.c.sequence, journal.c.hash).join(
            end, and_(journal.c.writer == end.c.writer, journal.c.sequence == end.c.sequence)
        )
        return await self._database.read(
            lambda tx: [Head(row.writer, row.sequence, row.hash) for row in tx.execute(wanted.order_by("writer"))]
        )

    async def seal(self) -> int | None:
        """Sign the heads and send them to the second places now; the seal's counter, once every place has it.

        None: the deployment names no place, or one could not take it (an issue says why). What must be provable
        at once (the end of an incident) is sealed so; everything else within a minute.
        """
        return None if self.sealed_by is None else await self.sealed_by()

    async def verify(self, anchors: Sequence[Head] = ()) -> Verification:
        """Check every chain from its first row on, beside the hub's other work; see ``journal_verify.py``."""
        return await self._database.read_apart(lambda tx: verify(self._database.backend, tx, anchors))

    async def lacking(self, heads: Sequence[Head]) -> list[Head]:
        """Those of ``heads`` that do not stand in the journal as they are."""

        def work(tx: Transaction) -> list[Head]:
            return [head for head in heads if not stands(tx, head)]

        return await self._database.read(work)

    async def close(self) -> None:
        """Write what :meth:`refused` still holds."""
        await asyncio.gather(*self._flushing)
        await self._write_refusals()

    def _begin_flush(self) -> None:
        task = asyncio.get_running_loop().create_task(self._write_refusals(), name="journal refusals")
        self._flushing.add(task)
        task.add_done_callback(self._flushing.discard)

    async def _write_refusals(self) -> None:
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        refusals, self._refusals = self._refusals, {}
        if not refusals:
            return

        def work(tx: Transaction) -> None:
            for (plugin, reason), count in refusals.items():
                actor = Actor("plugin", plugin, plugin)
                tx.journal(REFUSED, actor=actor, subject=reason, details={"count": count})

        try:
            await self._database.transaction(work)
        except StorageError:
            log.error("%d refusals could not be journaled", sum(refusals.values()), exc_info=True)
