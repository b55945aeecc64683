"""What the function of a transaction gets: a thin layer over SQLAlchemy Core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.sql import Executable

from linli.errors import ContractError
from linli.storage.backend import Backend
from linli.storage.read_limit import ReadLimit
from linli.storage.tables import changes

if TYPE_CHECKING:
    from linli.storage.actor import Actor
    from linli.storage.journal_writer import JournalWriter, RowId

ADD_CHANGES: Final = insert(changes).returning(changes.c.number, sort_by_parameter_order=True)

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a ``changes`` table: ``key`` of ``topic`` is no longer what a reader may remember."""

    number: int
    topic: str
    key: str | None
    """None: rows were pruned before this reader saw them, so anything under the topic may have changed."""


class Transaction:
    """One transaction of one database, usable only inside the function it was given to, in its thread.

    The function lets database errors pass. It may be run again when the first run could not be committed (the disk was
    full and its reserve was let go), so it does nothing but read and write through this. What a result holds is
    fetched inside it.
    """

    def __init__(
        self,
        backend: Backend,
        connection: Connection,
        now_us: int,
        journal: JournalWriter | None,
        *,
        writable: bool,
    ) -> None:
        self._backend = backend
        self.connection = connection
        """SQLAlchemy's connection, for what :meth:`execute` does not offer; never commit or roll back on it."""
        self.now_us = now_us
        """Business time at its beginning, in microseconds since 1970 (UTC), as all tables keep it."""
        self._journal = journal
        self._writable = writable
        self._changed: dict[tuple[str, str], None] = {}
        self.limit: ReadLimit | None = None
        """What a user's question may take; None: the hub's own."""

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """The result of a Core statement; a sequence of parameters runs it once for each."""
        self._backend.require_transaction(self.connection)
        result = self.connection.execute(statement, parameters)
        assert isinstance(result, CursorResult)
        return result

    def changed(self, topic: str, key: str) -> None:
        """Tell everyone who listens to ``topic``, here and in other processes, once this is committed."""
        if not self._writable:
            raise ContractError("a reading transaction changes nothing")
        self._changed[topic, key] = None

    def journal(
        self,
        action: str,
        *,
        actor: Actor,
        subject: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> RowId:
        """Append a row to the journal; it is committed with what else this transaction does, or not at all.

        Only in ``safety.db``: elsewhere there is no common transaction, see :meth:`Journal.around`.
        """
        if self._journal is None or not self._writable:
            raise ContractError("the journal is written only in a transaction of safety.db")
        return self._journal.append(self, action, actor=actor, subject=subject, details=details)

    def finish(self) -> list[tuple[str, str]]:
        """What :meth:`changed` collected; the database asks once, after the function has returned."""
        self._backend.require_transaction(self.connection)
        return list(self._changed)


def add_changes(connection: Connection, pairs: Sequence[tuple[str, str]], at_us: int) -> list[Change]:
    """Store what the transactions of one commit have changed, as its last rows."""
    if not pairs:
        return []
    rows = [{"topic": topic, "key": key, "at_us": at_us} for topic, key in pairs]
    numbers = connection.execute(ADD_CHANGES, rows).scalars()
    return [Change(number, topic, key) for number, (topic, key) in zip(numbers.all(), pairs, strict=True)]
