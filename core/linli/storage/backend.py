"""What every database can do for the room: the seam between SQLite and PostgreSQL.

``sqlite.py`` and ``postgresql.py`` fulfil it; nothing else in the room names a database. A backend belongs to one
database (``safety``, ``hub`` …), makes its connections and explains its errors; it holds no connection of its own.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

from sqlalchemy.engine import Connection

from linli.storage.errors import StorageError
from linli.storage.read_limit import ReadLimit

Synchronous = Literal["FULL", "NORMAL"]
"""FULL: a commit that was acknowledged survives a power cut. NORMAL: it may lose its last moments, never its order."""

BUSY_TIMEOUT_MS: Final = 5000
"""How long a writer waits for another process's."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a transaction left in the row that every commit raises: its number, and how a server knows it again."""

    number: int
    server: str | None = None
    """The cluster and the timeline of its log; None: nobody can be asked what became of the transaction."""
    transaction: str | None = None


class Backend(Protocol):
    """One database of one kind. Every connection is used in the thread that asked for it."""

    @property
    def name(self) -> str:
        """The database's, ``safety`` or ``hub``; on PostgreSQL also that of its schema."""

    @property
    def where(self) -> str:
        """The file, or the server, for people to read; no secret."""

    @property
    def path(self) -> Path | None:
        """The file, which can be set aside when it is damaged; None where a server keeps it."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What statements raise; :meth:`meaning` explains them."""

    @property
    def copy_suffix(self) -> str:
        """What :meth:`copy_to` makes."""

    @property
    def try_again_s(self) -> float:
        """Pause between attempts to open a failed database anew."""

    def prepare(self) -> None:
        """Before the first connection: make what connections need."""

    def writer(self) -> Connection:
        """A connection whose transactions begin as the one writer, whichever process has others."""

    def reader(self) -> Connection:
        """A connection that sees one snapshot per transaction and cannot write."""

    def limit(self, connection: Connection, limit: ReadLimit | None) -> None:
        """In an open transaction that reads: end a statement when the time of ``limit`` is up; None: end none."""

    def watcher(self) -> Connection:
        """A connection that is kept to notice what other connections commit; it never waits for a lock."""

    def version_seen(self, connection: Connection) -> int | None:
        """A number that changes when another connection may have committed; None when it cannot be told just now."""

    def wakes(self, connection: Connection) -> int | None:
        """A file that becomes readable when somebody commits; None: one has to look from time to time."""

    def require_transaction(self, connection: Connection) -> None:
        """Raise StorageError when the database gave the transaction up: what follows would commit piece by piece."""

    def find_mark(self, connection: Connection) -> tuple[int, int]:
        """Number and time of the newest commit, from the one row that every commit raises; (0, 0) in a fresh one.

        Read back after a failure, it proves that nothing acknowledged was lost.
        """

    def raise_mark(self, connection: Connection, now_us: int, *, tells: bool) -> Mark:
        """Raise that row by one in the open transaction; ``tells``: wake those who watch, once it is committed."""

    def was_committed(self, connection: Connection, mark: Mark) -> bool | None:
        """What became of a transaction whose answer was lost, asked in a later one; None: that cannot be told."""

    def damaged_text(self, connection: Connection) -> AbstractContextManager[None]:
        """Let text be read that is no UTF-8 any more, as lone surrogates, instead of failing the whole statement."""

    def meaning(self, error: BaseException) -> StorageError | None:
        """What a driver's error means for everybody; None when it concerns only the statement (a constraint)."""

    def meaning_of_any(self, error: BaseException) -> StorageError | None:
        """The same, for an error or what it was raised from: then the whole transaction may be undone."""

    def schema_change(self, connection: Connection) -> AbstractContextManager[None]:
        """One transaction in which tables may be rebuilt, and in which nobody else migrates."""

    def standing_alone(self, connection: Connection) -> AbstractContextManager[None]:
        """Hold off every hub on the same data while it lasts; raises StorageRefused when one runs."""

    def copy_to(self, connection: Connection, target: Path) -> bool:
        """An online copy, complete or not there; False where none can be made (the log says why)."""

    def give_back(self, connection: Connection) -> bool:
        """Give a piece of what is free back to the disk; False when nothing is left to be given.

        Where ``path`` is None it works beside the writer and does all at once; otherwise it is the writer's work.
        """

    def read_back(self, connection: Connection) -> None:
        """Raise unless what the database says now comes from the disk and is sound."""

    def check(self, connection: Connection) -> None:
        """Raise DatabaseFailed unless it is sound as a whole."""

    def discard(self, connection: Connection) -> None:
        """Close a connection; if its database failed, what it still says about that is of no use to anyone."""

    def release(self) -> None:
        """After the last connection was closed: let go of everything else."""


def first_meaning(backend: Backend, error: BaseException) -> StorageError | None:
    """The meaning of an error or of the first one that it was raised from."""
    following: BaseException | None = error
    while following is not None:
        meaning = backend.meaning(following)
        if meaning is not None:
            return meaning
        following = following.__cause__ or following.__context__
    return None
