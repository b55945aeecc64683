"""Everything that is true of SQLite only: connections and their pragmas, what its errors mean, copies, reading back.

``postgresql.py`` says the same for PostgreSQL; ``backend.py`` says what both can do.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import Connection, create_engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from linli.storage.backend import BUSY_TIMEOUT_MS, Mark, Synchronous, first_meaning
from linli.storage.errors import DatabaseBusy, DatabaseFailed, DatabaseFull, StorageError, StorageRefused
from linli.storage.files import replace_durably
from linli.storage.read_limit import ReadLimit

INCREMENTAL: Final = 2
STEPS: Final = 20_000
"""Of SQLite's machine between two looks at the clock, where a statement is limited: about a millisecond."""
PAGES_AT_ONCE: Final = 1_000
"""How many pages one piece gives back (4 MB)."""
JOURNAL_SIZE_LIMIT: Final = 64 * 1024 * 1024
CACHE_KB: Final = 512
"""Of each connection, where the hub holds in memory what the file has (SQLite's own measure is 2 000)."""
STATEMENTS: Final = 32
"""The last used ones that each connection keeps prepared; they hold 5 to 20 KB each (Python's own measure is 128)."""
LEVELS: Final[dict[str, int]] = {"NORMAL": 1, "FULL": 2}

PRAGMAS: Final[tuple[tuple[str, str, object], ...]] = (
    ("busy_timeout", str(BUSY_TIMEOUT_MS), BUSY_TIMEOUT_MS),
    ("journal_mode", "WAL", "wal"),
    # macOS: without it a sync ends in the disk's own cache
    ("fullfsync", "ON", 1),
    ("foreign_keys", "ON", 1),
    ("journal_size_limit", str(JOURNAL_SIZE_LIMIT), JOURNAL_SIZE_LIMIT),
    ("cell_size_check", "ON", 1),
    # what was deleted is overwritten: forgotten details must not linger in free pages
    ("secure_delete", "ON", 1),
)
"""Name, value, and what SQLite must answer afterwards; beside them each database has its ``synchronous``."""

BROKEN: Final = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
"""Primary result codes after which nothing that the database says may be trusted."""
BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class SqliteBackend:
    """One SQLite file: makes its connections, all with the same pragmas, all read back."""

    errors: Final = (DBAPIError, sqlite3.Error)
    copy_suffix: Final = ".db"
    try_again_s: Final = 5.0

    def __init__(self, name: str, url: str, synchronous: Synchronous, *, shrinks: bool = False) -> None:
        database = make_url(url).database
        if not database or database == ":memory:":
            raise StorageRefused(f"{name}: a database in memory keeps nothing; give it a file")
        self.name = name
        self.path: Final = Path(database)
        self.where: Final = str(self.path)
        self._synchronous: Final = synchronous
        self._shrinks: Final = shrinks
        self._handles: list[int] = []
        self._engine: Final = create_engine("sqlite+pysqlite://", creator=self._connect, poolclass=NullPool)
        event.listen(self._engine, "begin", self._begin)

    def prepare(self) -> None:
        """Make the file, readable by its owner only."""
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    def writer(self) -> Connection:
        """A connection whose transactions begin as the one writer; to be used in the thread that made it."""
        return self._engine.connect().execution_options(linli_begin="BEGIN IMMEDIATE")

    def reader(self) -> Connection:
        """A connection that sees one snapshot per transaction and cannot write."""
        return self._prepared("PRAGMA query_only=ON")

    def limit(self, connection: Connection, limit: ReadLimit | None) -> None:
        """In an open transaction that reads: end a statement when the time of ``limit`` is up; None: end none."""
        asked = None if limit is None else lambda: int(limit.is_over)
        driver(connection).set_progress_handler(asked, STEPS)

    def watcher(self) -> Connection:
        """A connection that is kept to notice what other connections commit; it never waits for a lock."""
        return self._prepared("PRAGMA query_only=ON", "PRAGMA busy_timeout=0")

    def _prepared(self, *pragmas: str) -> Connection:
        connection = self._engine.connect().execution_options(linli_begin="BEGIN")
        try:
            for pragma in pragmas:
                driver(connection).execute(pragma)
        except BaseException:
            self.discard(connection)
            raise
        return connection

    def wakes(self, connection: Connection) -> int | None:
        """None: SQLite tells nobody; see :meth:`version_seen`."""
        return None

    @staticmethod
    def version_seen(connection: Connection) -> int | None:
        """A number that changes when another connection has committed; None when it cannot be told just now."""
        try:
            row = driver(connection).execute("PRAGMA data_version").fetchone()
        except sqlite3.OperationalError:
            return None
        return int(row[0])

    def require_transaction(self, connection: Connection) -> None:
        """Raise when SQLite gave the transaction up by itself: what follows would commit piece by piece."""
        if not driver(connection).in_transaction:
            raise StorageError(
                f"{self.name} undid the transaction by itself; an error in it was not passed on",
                key="storage.undone",
                parameters={"database": self.name},
            )

    @staticmethod
    def find_mark(connection: Connection) -> tuple[int, int]:
        """Number and time of the newest commit, from the one row that every commit raises; (0, 0) in a fresh file.

        Read back after a disk error, it proves that nothing acknowledged was lost. Written past SQLAlchemy: that
        costs 80 µs a commit, this 8.
        """
        raw = driver(connection)
        raw.execute(
            "CREATE TABLE IF NOT EXISTS linli_commits"
            " (id INTEGER PRIMARY KEY, number BIGINT NOT NULL, at_us BIGINT NOT NULL)"
        )
        row = raw.execute("SELECT number, at_us FROM linli_commits").fetchone()
        if row is None:
            raw.execute("INSERT OR IGNORE INTO linli_commits VALUES (1, 0, 0)")
            return 0, 0
        return int(row[0]), int(row[1])

    @staticmethod
    def raise_mark(connection: Connection, now_us: int, *, tells: bool) -> Mark:
        """Raise that row by one, in the transaction that is open."""
        row = (
            driver(connection)
            .execute("UPDATE linli_commits SET number = number + 1, at_us = ? RETURNING number", (now_us,))
            .fetchone()
        )
        return Mark(int(row[0]))

    @staticmethod
    def was_committed(connection: Connection, mark: Mark) -> bool | None:
        """Nobody can be asked; a commit here is never in doubt, since no network stands between."""
        return None

    @staticmethod
    @contextmanager
    def damaged_text(connection: Connection) -> Iterator[None]:
        """Let text be read that is no UTF-8 any more, as lone surrogates, instead of failing the whole statement."""
        raw = driver(connection)
        raw.text_factory = lambda content: content.decode("utf-8", "surrogateescape")
        try:
            yield
        finally:
            raw.text_factory = str

    def meaning(self, error: BaseException) -> StorageError | None:
        """What a driver's error means for everybody; None when it concerns only the statement (a constraint)."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, sqlite3.Error):
            return None
        primary = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        parameters = {"database": self.name}
        if primary == sqlite3.SQLITE_FULL:
            text = f"no space is left for {self.name}"
            return DatabaseFull(text, key="storage.full", parameters=parameters)
        if primary in BROKEN:
            code = getattr(cause, "sqlite_errorname", "")
            text = f"{self.name} failed ({code}: {cause}); nothing is acknowledged until it is opened anew"
            return DatabaseFailed(text, parameters=parameters, damaged=primary != sqlite3.SQLITE_IOERR)
        if primary in BUSY:
            text = f"{self.name} is held by another process"
            return DatabaseBusy(text, key="storage.busy", parameters=parameters)
        return None

    def meaning_of_any(self, error: BaseException) -> StorageError | None:
        """The same, for an error or what it was raised from: then SQLite may have undone the whole transaction."""
        return first_meaning(self, error)

    @contextmanager
    def schema_change(self, connection: Connection) -> Iterator[None]:
        """One transaction in which tables may be rebuilt: foreign keys are checked at its end instead of on the way."""
        raw = driver(connection)
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchone()
                if broken is not None:
                    raise StorageRefused(f"{self.name}: a migration leaves rows of {broken[0]!r} without their parent")
        finally:
            raw.execute("PRAGMA foreign_keys=ON")

    @contextmanager
    def standing_alone(self, connection: Connection) -> Iterator[None]:
        """The lock on the data folder has done it already."""
        yield

    def copy_to(self, connection: Connection, target: Path) -> bool:
        """An online copy, complete or not there: written beside, synced, then renamed."""
        partial = target.with_name(target.name + ".partial")
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        copy = sqlite3.connect(partial)
        try:
            driver(connection).backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        finally:
            copy.close()
        replace_durably(partial, target)
        return True

    def give_back(self, connection: Connection) -> bool:
        """Cut some free pages off the file; one that was not laid out for that is written anew, once."""
        raw = driver(connection)
        if raw.execute("PRAGMA auto_vacuum").fetchone()[0] != INCREMENTAL:
            raw.execute("PRAGMA auto_vacuum=INCREMENTAL")
            raw.execute("VACUUM")
            return False
        before = raw.execute("PRAGMA freelist_count").fetchone()[0]
        raw.execute(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})").fetchall()
        left: int = raw.execute("PRAGMA freelist_count").fetchone()[0]
        if left and left < before:
            return True
        raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()  # what was cut is cut off the file only then
        return False

    def read_back(self, connection: Connection) -> None:
        """Raise unless the disk, not the page cache, holds a sound database; ends with everything synced."""
        for suffix in ("-wal", ""):
            self._drop_from_cache(self.path.with_name(self.path.name + suffix))
        self.check(connection)
        driver(connection).execute("PRAGMA wal_checkpoint(FULL)").fetchone()

    def check(self, connection: Connection) -> None:
        """Raise DatabaseFailed unless the whole file is sound (some 20 ms for 10 MB)."""
        verdict = driver(connection).execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise DatabaseFailed(f"{self.name} is damaged: {verdict}", parameters={"database": self.name}, damaged=True)

    @staticmethod
    def discard(connection: Connection) -> None:
        """Close a connection; if its disk failed, what it still says about that is of no use to anyone."""
        with suppress(DBAPIError, sqlite3.Error):
            connection.close()

    def release(self) -> None:
        """After the last connection was closed: let go of what :meth:`read_back` had to keep open."""
        while self._handles:
            os.close(self._handles.pop())

    def _drop_from_cache(self, path: Path) -> None:
        """Sync ``path`` and let the kernel forget it, so that the next read comes from the disk.

        The handle stays open: closing it would drop the POSIX locks of every connection of this process.
        """
        if path.exists():
            handle = os.open(path, os.O_RDWR)
            self._handles.append(handle)
            os.fsync(handle)
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)

    def _connect(self) -> sqlite3.Connection:
        raw = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None, cached_statements=STATEMENTS
        )
        try:
            if self._shrinks:  # before the first page is written; a file that stands keeps its own way
                raw.execute("PRAGMA auto_vacuum=INCREMENTAL")
            else:
                raw.execute(f"PRAGMA cache_size=-{CACHE_KB}")
            set_pragmas(
                raw, self.name, self.path, (("synchronous", self._synchronous, LEVELS[self._synchronous]), *PRAGMAS)
            )
        except BaseException:
            raw.close()
            raise
        return raw

    @staticmethod
    def _begin(connection: Connection) -> None:
        driver(connection).execute(connection.get_execution_options()["linli_begin"])


def set_pragmas(raw: sqlite3.Connection, name: str, path: Path, wanted: Sequence[tuple[str, str, object]]) -> None:
    """Set each pragma to its value and read it back; raises StorageRefused when SQLite says something else."""
    for pragma, value, expected in wanted:
        raw.execute(f"PRAGMA {pragma}={value}")
        answer = raw.execute(f"PRAGMA {pragma}").fetchone()[0]
        if answer != expected:
            raise StorageRefused(
                f"{path}: PRAGMA {pragma} is {answer!r}, not {expected!r}; "
                "put the data folder on a local disk, not on a network share",
                key="storage.unsafe",
                parameters={"database": name, "pragma": pragma},
            )


def driver(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection under SQLAlchemy's."""
    raw: Any = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw
