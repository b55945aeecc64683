"""One database: transactions in a thread of its own, reads in another, and what happens when the disk fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.engine import Connection

from linli.clock import Clock
from linli.storage.backend import Synchronous
from linli.storage.backends import make_backend
from linli.storage.errors import DatabaseClosed, DatabaseFailed, StorageError
from linli.storage.read_limit import ReadLimit
from linli.storage.transaction import Change, Transaction
from linli.storage.worker import Worker
from linli.storage.writer import Reader, Writer

if TYPE_CHECKING:
    from linli.storage.journal_writer import JournalWriter

log = logging.getLogger(__name__)

T = TypeVar("T")


class Status(StrEnum):
    """What a database can do now."""

    CLOSED = "closed"
    OPEN = "open"
    FAILED = "failed"
    """It reads what it can, and acknowledges nothing."""


class Database:
    """Acknowledged means committed: when :meth:`transaction` has returned, its rows survive a kill or a power cut.

    Transactions wait in a bounded queue (1 024 of them, then callers wait) for one thread. Those that wait together
    share one commit, each in a savepoint of its own, so that one that fails undoes nothing of another. Whoever is
    cancelled before his transaction began has written nothing; during it, the transaction still commits whole or not
    at all, and what it changed is told.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        clock: Clock,
        synchronous: Synchronous = "FULL",
        journal: JournalWriter | None = None,
        spare: Callable[[], bool] = lambda: False,
        alone: str | None = None,
        shrinks: bool = False,
    ) -> None:
        """``spare()`` is called in the database thread when the disk is full: True when it made some room.

        ``alone``: the name of this run of a hub, which no other hub may write beside; None for a command.
        ``shrinks``: a new file is laid out so that :meth:`give_back` can be done in pieces.
        """
        self.name = name
        self.backend = make_backend(name, url, synchronous, alone=alone, shrinks=shrinks)
        self._reads_fail = False
        self._clock = clock
        self._journal = journal
        self._spare = spare
        self._logged_trouble: str | None = None
        self._access: _Access | None = None
        self._commit_listeners: list[Callable[[Sequence[Change]], None]] = []
        self._trouble_listeners: list[Callable[[StorageError | None], None]] = []

    @property
    def status(self) -> Status:
        """Whether it can be used."""
        if self._access is None:
            return Status.CLOSED
        return Status.FAILED if self._access.writer.failed else Status.OPEN

    @property
    def newest_us(self) -> int:
        """Business time of the newest commit that :meth:`open` found (0: none): a clock behind it is wrong."""
        return self._opened().writer.newest_us

    def on_commit(self, listener: Callable[[Sequence[Change]], None]) -> None:
        """Have ``listener`` told, on the loop, what each commit changed, before its caller goes on."""
        self._commit_listeners.append(listener)

    def on_trouble(self, listener: Callable[[StorageError | None], None]) -> None:
        """Have ``listener`` told, on the loop, that nothing can be committed and why; None: it can be again."""
        self._trouble_listeners.append(listener)

    async def open(self) -> None:
        """Start its threads and connections; raises StorageRefused when it does not run as it must."""
        write = Worker(f"{self.name}-write", self._clock)
        read = Worker(f"{self.name}-read", self._clock)
        try:
            writer = await write.run(lambda: self._make_writer(write))
            reader = await read.run(lambda: self._make_reader(read))
        except BaseException:
            await read.close()
            await write.close()
            raise
        write.serve_with(writer.run_batch)
        self._access = _Access(write, read, writer, reader)

    async def close(self) -> None:
        """Run what is queued, then close; a second call does nothing."""
        access, self._access = self._access, None
        if access is not None:
            await access.close()
            self.backend.release()

    async def transaction(self, work: Callable[[Transaction], T]) -> T:
        """The result of ``work(tx)``, once it is committed; when it raises, nothing of it is kept.

        Raises DatabaseFull (nothing kept, earlier rows stand), DatabaseBusy, or DatabaseFailed (nothing more is
        acknowledged until :meth:`reopen`).
        """
        return await self._opened().write.run(work, joins=True)

    async def read(self, work: Callable[[Transaction], T], *, limit: ReadLimit | None = None) -> T:
        """The result of ``work(tx)`` on one snapshot, which holds no writer up; what it returns is plain values.

        ``limit``: what it may take where a user asks; beyond it AskedTooMuch is raised.
        """
        access = self._opened()
        try:
            result = await access.read.run(lambda: access.reader.run(work, limit))
        except DatabaseFailed as error:
            self._reads_fail = True
            self._tell_trouble(error)
            raise
        if self._reads_fail and access.writer.failed is None:
            self._reads_fail = False
            self._tell_trouble(None)
        return result

    async def read_apart(self, work: Callable[[Transaction], T], *, limit: ReadLimit | None = None) -> T:
        """Like :meth:`read`, in a thread and connection of its own: for what takes long (checking, exporting)."""
        self._opened()
        worker = Worker(f"{self.name}-apart", self._clock)
        try:
            return await worker.run(lambda: self._make_reader(worker).run(work, limit))
        finally:
            await worker.close()

    async def maintain(self, work: Callable[[Connection], T]) -> T:
        """The result of ``work(connection)``, run in the writing thread outside transactions (copies, migrations)."""
        access = self._opened()
        return await access.write.run(lambda: access.writer.maintain(work))

    async def give_back(self) -> None:
        """Give what is free back to the disk, in pieces between which transactions go on."""
        access = self._opened()
        if self.backend.path is not None:
            while await access.write.run(lambda: access.writer.maintain(self.backend.give_back)):
                pass
            return
        worker = Worker(f"{self.name}-apart", self._clock)
        try:
            await worker.run(self._give_back_apart)
        finally:
            await worker.close()

    def _give_back_apart(self) -> None:
        try:
            connection = self.backend.reader()
            try:
                self.backend.give_back(connection)
            finally:
                self.backend.discard(connection)
        except self.backend.errors as error:
            raise self.backend.meaning(error) or error from error

    async def reopen(self) -> None:
        """After a disk error: open anew, read the last acknowledged rows back from the disk, and serve again.

        Raises DatabaseFailed, and stays failed, when they are not there.
        """
        access = self._opened()
        await access.write.run(access.writer.mend)
        await access.read.run(access.reader.reopen)
        self._reads_fail = False
        log.warning("%s was opened anew; everything acknowledged is there", self.name)
        self._tell_trouble(None)

    def _make_writer(self, worker: Worker) -> Writer:
        self.backend.prepare()
        try:
            writer = Writer(
                self.backend, self._clock, self._journal, self._spare, self._tell_commit, self._tell_trouble
            )
        except self.backend.errors as error:
            raise self.backend.meaning(error) or error from error
        worker.at_end(writer.close)
        return writer

    def _make_reader(self, worker: Worker) -> Reader:
        try:
            reader = Reader(self.backend, self._clock)
        except self.backend.errors as error:
            raise self.backend.meaning(error) or error from error
        worker.at_end(reader.close)
        return reader

    def _opened(self) -> _Access:
        if self._access is None:
            raise DatabaseClosed(f"{self.name} is not open", key="storage.closed", parameters={"database": self.name})
        return self._access

    def _tell_commit(self, changes: Sequence[Change]) -> None:
        for listener in self._commit_listeners:
            listener(changes)

    def _tell_trouble(self, trouble: StorageError | None) -> None:
        if trouble is None:
            log.warning("%s is written again", self.name)
        elif str(trouble) != self._logged_trouble:
            log.error("%s (%s)", trouble, self.backend.where)
        self._logged_trouble = None if trouble is None else str(trouble)
        for listener in self._trouble_listeners:
            listener(trouble)


@dataclass(frozen=True, slots=True)
class _Access:
    """The two threads of an open database and what lives in them."""

    write: Worker
    read: Worker
    writer: Writer
    reader: Reader

    async def close(self) -> None:
        await self.read.close()
        await self.write.close()
