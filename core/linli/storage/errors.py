"""What storage refuses or cannot do, as a sentence.

StorageError
├── Conflict          the document was changed meanwhile; read it again and decide anew
├── DatabaseClosed    asked before it was opened or after it was closed
├── DatabaseBusy      another process held the database for longer than the busy time-out
├── DatabaseFull      the disk is full; nothing of the transaction was kept, earlier rows stand
├── DatabaseFailed    the disk failed; nothing is acknowledged until the database is opened anew and read back
│   └── DatabaseUnreachable   the server does not answer; the same until it does
└── StorageRefused    the data folder cannot be used as it is (unsafe, in use, newer than this version, damaged)
    └── InUse         another hub uses it
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from linli.errors import LinliError


class StorageError(LinliError):
    """Root of what storage raises on purpose."""

    code: ClassVar[str] = "storage_error"


class Conflict(StorageError):
    """A compare-and-swap met another revision than it expected; ``revision`` is the one that stands (0: none)."""

    code = "conflict"

    def __init__(self, kind: str, key: str, expected: int, revision: int) -> None:
        super().__init__(
            f"{kind} {key!r} was changed meanwhile: revision {revision} stands, {expected} was expected",
            key="storage.conflict",
            parameters={"kind": kind, "key": key},
        )
        self.expected = expected
        self.revision = revision


class DatabaseClosed(StorageError):
    """The database is not open."""

    code = "database_closed"


class DatabaseBusy(StorageError):
    """Another process kept the database to itself for too long; nothing was written, trying again is safe."""

    code = "database_busy"


class DatabaseFull(StorageError):
    """No space is left on the disk; the transaction was undone, and nothing acknowledged before it is lost."""

    code = "database_full"


class DatabaseFailed(StorageError):
    """The disk failed under the database; it acknowledges nothing more until :meth:`Database.reopen` succeeded."""

    code = "database_failed"

    def __init__(
        self,
        message: str,
        *,
        key: str = "storage.failed",
        parameters: Mapping[str, Any] | None = None,
        damaged: bool = False,
    ) -> None:
        super().__init__(message, key=key, parameters=parameters)
        self.damaged = damaged
        """Whether the file itself is not sound any more, so that reading it again cannot help."""


class DatabaseUnreachable(DatabaseFailed):
    """The database server does not answer, or not as the one that takes writes; it is asked again until it does."""

    def __init__(self, database: str, server: str, reason: str) -> None:
        super().__init__(
            f"{database}: the database server {server} cannot be reached: {reason}",
            key="storage.unreachable",
            parameters={"database": database, "server": server, "reason": reason},
        )
        self.in_doubt = True
        """Whether the transaction may stand nevertheless: its commit had been sent when the server went."""


class StorageRefused(StorageError):
    """The data folder cannot be used as it is; the message says why and how to mend it."""

    code = "storage_refused"


class InUse(StorageRefused):
    """Another hub runs on the same data; it goes on, this one does not start."""
