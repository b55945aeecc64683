"""The thread's side of a database: what happens between BEGIN and COMMIT, and what a failing disk means.

Everything here runs in the database's writing thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy.engine import Connection

from linli.clock import Clock, RealClock
from linli.errors import ContractError
from linli.storage.backend import Backend, Mark
from linli.storage.errors import (
    DatabaseBusy,
    DatabaseFailed,
    DatabaseFull,
    DatabaseUnreachable,
    StorageError,
    StorageRefused,
)
from linli.storage.read_limit import ReadLimit
from linli.storage.transaction import Change, Transaction, add_changes
from linli.storage.worker import Job, run_each

if TYPE_CHECKING:
    from linli.storage.journal_writer import JournalWriter

T = TypeVar("T")

SETTLE_WITHIN_S: Final = 3.0
"""How long a server is waited for that may have committed; then whoever asked hears that nobody knows."""
SETTLE_EVERY_S: Final = 0.1


class Writer:
    """The one writer of a database in this process."""

    def __init__(
        self,
        backend: Backend,
        clock: Clock,
        journal: JournalWriter | None,
        spare: Callable[[], bool],
        committed: Callable[[Sequence[Change]], None],
        troubled: Callable[[StorageError | None], None],
    ) -> None:
        self.backend = backend
        self.connection = backend.writer()
        self.failed: DatabaseFailed | None = None
        """Why nothing is acknowledged any more, until :meth:`reopen`."""
        self._in_trouble = False
        self._sent: tuple[Mark, list[Change]] | None = None
        """What the last commit was, from when it was sent until its answer came."""
        self._clock = clock
        self._outside: Clock = RealClock() if clock.simulated else clock
        self._journal = journal
        self._spare = spare
        self._committed = committed
        self._troubled = troubled
        try:
            self.acknowledged, self.newest_us = backend.find_mark(self.connection)
        except BaseException:
            backend.discard(self.connection)
            raise

    def now_us(self) -> int:
        """Business time as tables keep it."""
        return round(self._clock.timestamp() * 1_000_000)

    def run_batch(self, batch: Sequence[Job[Any]]) -> Callable[[], None] | None:
        """Run jobs that wait together in one commit; or one job that works outside transactions."""
        if not batch[0].joins:
            return run_each(batch)
        if self.failed is not None:
            return self._fail(batch, self._still_failed(self.failed))
        try:
            changes = self._commit_or_remedy(batch)
        except StorageError as trouble:
            if isinstance(trouble, DatabaseFailed):
                self.failed = trouble
            self._fail(batch, trouble)
            self._in_trouble = True
            return partial(self._troubled, trouble)
        except Exception as error:  # noqa: BLE001 - handed to those who wait: none of them is committed
            return self._fail(batch, error)
        well_again, self._in_trouble = self._in_trouble, False
        return partial(self._tell, changes, well_again=well_again) if changes or well_again else None

    def _commit_or_remedy(self, batch: Sequence[Job[Any]]) -> list[Change]:
        """Commit; where something can be done about what hinders it and nothing was kept, do that and run it again."""
        try:
            return self._commit(batch)
        except DatabaseFull:
            if not self._spare():
                raise
        except DatabaseUnreachable as away:
            if not away.in_doubt:
                self.reopen()
            elif (kept := self._settle(away)) is not None:
                return kept
        return self._commit(batch)

    def _settle(self, away: DatabaseUnreachable) -> list[Change] | None:
        """What stands after all of a commit whose answer was lost; None: nothing.

        Raises ``away``, still in doubt, where nobody can say which.
        """
        assert self._sent is not None
        mark, changes = self._sent
        until = self._outside.monotonic() + SETTLE_WITHIN_S
        while True:
            try:
                self.reopen()
                kept = self._ask(mark)
            except (DatabaseUnreachable, DatabaseBusy, DatabaseFull):
                if self._outside.monotonic() >= until:
                    raise away from None
                threading.Event().wait(SETTLE_EVERY_S)
            else:
                if kept is None:
                    raise away
                return changes if kept else None

    def _ask(self, mark: Mark) -> bool | None:
        """Whether the server has committed it, asked in a commit: what stands before that stands for good.

        Otherwise a server that was still waiting for its standby would be believed too early.
        """
        try:
            with self.connection.begin():
                kept = self.backend.was_committed(self.connection, mark)
                after = self.backend.raise_mark(self.connection, self.now_us(), tells=False)
        except self.backend.errors as error:
            raise self.backend.meaning(error) or DatabaseFailed(f"{self.backend.name}: {error}") from error
        self.acknowledged = after.number
        return kept

    def _tell(self, changes: Sequence[Change], *, well_again: bool) -> None:
        """On the loop: what was committed, and that a commit succeeds again."""
        if well_again:
            self._troubled(None)
        if changes:
            self._committed(changes)

    def mend(self) -> None:
        """Open anew after a failure that was told: whoever was told hears at once that it is over."""
        self.reopen()
        self._in_trouble = False

    def reopen(self) -> None:
        """Open anew and read back; raises DatabaseFailed (and stays failed) when acknowledged rows are not there."""
        try:
            fresh = self.backend.writer()
            try:
                self._read_back(fresh)
            except BaseException:
                self.backend.discard(fresh)
                raise
        except StorageRefused as error:  # meanwhile another hub has taken the database, or the server promises less
            raise DatabaseFailed(str(error), key=error.key or "storage.failed", parameters=error.parameters) from error
        except self.backend.errors as error:
            raise self.backend.meaning(error) or DatabaseFailed(f"{self.backend.name}: {error}") from error
        except OSError as error:
            raise DatabaseFailed(f"{self.backend.name}: {error}") from error
        broken, self.connection = self.connection, fresh
        self.failed = None
        self.backend.discard(broken)

    def _read_back(self, fresh: Connection) -> None:
        self.backend.read_back(fresh)
        number, _ = self.backend.find_mark(fresh)
        if number < self.acknowledged:
            lost = self.acknowledged - number
            raise DatabaseFailed(
                f"{self.backend.name}: {lost} acknowledged transactions are not on the disk",
                key="storage.rows_lost",
                parameters={"database": self.backend.name, "count": lost},
                damaged=True,
            )

    def _still_failed(self, first: DatabaseFailed) -> DatabaseFailed:
        """The same refusal as an exception of its own: one that is raised again and again would grow."""
        return DatabaseFailed(str(first), key="storage.failed", parameters=first.parameters, damaged=first.damaged)

    def close(self) -> None:
        """Close the connection."""
        self.backend.discard(self.connection)

    def maintain(self, work: Callable[[Connection], T]) -> T:
        """The result of ``work``, which begins and ends its own transactions."""
        try:
            result = work(self.connection)
            if self.connection.in_transaction():
                raise ContractError("work outside transactions left one open; it was undone")
        except self.backend.errors as error:
            raise self.backend.meaning(error) or error from error
        finally:
            if self.connection.in_transaction():
                self.connection.rollback()
        return result

    @staticmethod
    def _fail(batch: Sequence[Job[Any]], error: Exception) -> None:
        for job in batch:
            job.failed(error)

    def _commit(self, batch: Sequence[Job[Any]]) -> list[Change]:
        """Run and commit; each job that raised is undone alone. Raises when nothing at all was committed."""
        sent = False
        try:
            with self.connection.begin() as transaction:
                pending = [pair for job in batch for pair in self._run_in_savepoint(job, alone=len(batch) == 1)]
                if all(job.has_failed for job in batch):
                    transaction.rollback()
                    return []
                now_us = self.now_us()
                # first the mark: from here to the commit no other process numbers its changes
                mark = self.backend.raise_mark(self.connection, now_us, tells=bool(pending))
                changes = add_changes(self.connection, pending, now_us)
                self._sent, sent = (mark, changes), True
        except DatabaseUnreachable as away:
            away.in_doubt = sent
            raise
        except self.backend.errors as error:
            meaning = self.backend.meaning(error)
            if isinstance(meaning, DatabaseUnreachable):
                meaning.in_doubt = sent
            if meaning is not None:
                raise meaning from error
            raise
        self.acknowledged, self._sent = mark.number, None
        return changes

    def _run_in_savepoint(self, job: Job[Any], *, alone: bool) -> list[tuple[str, str]]:
        """What the job changed. Raises when the whole transaction is lost with it; else its error is the job's own."""
        try:
            with nullcontext() if alone else self.connection.begin_nested():
                transaction = Transaction(self.backend, self.connection, self.now_us(), self._journal, writable=True)
                result = job.work(transaction)
                pending = transaction.finish()
        except Exception as error:
            meaning = self.backend.meaning_of_any(error)
            if meaning is not None:
                raise meaning from error
            if not alone:
                self.backend.require_transaction(self.connection)
            job.failed(error)
            return []
        job.succeeded(result)
        return pending


class Reader:
    """The connection that reads; lives in the database's reading thread."""

    def __init__(self, backend: Backend, clock: Clock) -> None:
        self._backend = backend
        self._clock = clock
        self._connection = backend.reader()

    def run(self, work: Callable[[Transaction], T], limit: ReadLimit | None = None) -> T:
        """The result of ``work`` on one snapshot; when the server has gone and come again, on a new connection."""
        try:
            return self._run(work, limit)
        except DatabaseUnreachable:
            try:
                self.reopen()
            except self._backend.errors as error:
                raise self._backend.meaning(error) or error from error
            return self._run(work, limit)

    def _run(self, work: Callable[[Transaction], T], limit: ReadLimit | None) -> T:
        now_us = round(self._clock.timestamp() * 1_000_000)
        try:
            with self._connection.begin() as snapshot:
                transaction = Transaction(self._backend, self._connection, now_us, None, writable=False)
                try:
                    if limit is None:
                        return work(transaction)
                    return self._bounded(work, transaction, limit)
                finally:
                    snapshot.rollback()
        except self._backend.errors as error:
            if limit is not None and limit.is_over:
                raise limit.refusal() from error
            meaning = self._backend.meaning(error)
            if meaning is not None:
                raise meaning from error
            raise

    def _bounded(self, work: Callable[[Transaction], T], transaction: Transaction, limit: ReadLimit) -> T:
        limit.begin()
        transaction.limit = limit
        self._backend.limit(self._connection, limit)
        try:
            return work(transaction)
        finally:
            self._backend.limit(self._connection, None)

    def reopen(self) -> None:
        """Open anew after a disk error."""
        fresh = self._backend.reader()
        broken, self._connection = self._connection, fresh
        self._backend.discard(broken)

    def close(self) -> None:
        """Close the connection."""
        self._backend.discard(self._connection)
