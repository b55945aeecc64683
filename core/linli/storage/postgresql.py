"""Everything that is true of PostgreSQL only: sessions and what they promise, what its errors mean, copies.

One database on a server; each of ours is a schema in it. Transactions that write wait for each other across processes
as they do on SQLite (an advisory lock taken with BEGIN): whatever code of ours decides from what it has just read holds
until its commit, the chains of the journal cannot fork, and rows of the feed follow each other in the order of commits.
A session must be ours alone: no pooler that shares sessions between transactions may stand between.
"""

from __future__ import annotations

import logging
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import conninfo, sql
from psycopg.errors import LockNotAvailable
from psycopg.pq import TransactionStatus
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import event
from sqlalchemy.engine import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from linli.storage import postgresql_marks as marks
from linli.storage.backend import BUSY_TIMEOUT_MS, Mark, Synchronous, first_meaning
from linli.storage.errors import (
    DatabaseBusy,
    DatabaseFailed,
    DatabaseFull,
    DatabaseUnreachable,
    InUse,
    StorageError,
    StorageRefused,
)
from linli.storage.files import replace_durably
from linli.storage.read_limit import ReadLimit
from linli.storage.server_tools import run_tool

log = logging.getLogger(__name__)

OLDEST_SERVER: Final = 130000
MIGRATION_WAIT_MS: Final = 60_000
TAKE_OVER_MS: Final = 2_000
"""How long a hub that starts waits for the session of one that has just ended."""

SESSION: Final = {
    "client_encoding": "UTF8",
    "timezone": "UTC",
    # a session whose network is gone must not keep its locks for hours
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
WRITING: Final = {"lock_timeout": str(BUSY_TIMEOUT_MS), "idle_in_transaction_session_timeout": "30000"}
"""A process that was stopped in the middle of a transaction holds the others up for this long."""
NETWORK: Final[dict[str, str | int]] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""For libpq; what the address itself says goes first."""

UNFINISHED: Final = "linli_restoring"
"""A schema that stands while a backup is brought back into the database."""
LOCKS: Final = 0x6C696E6C
"""Our advisory locks' class: "linl"."""
FULL: Final = frozenset({"53100"})
BROKEN: Final = frozenset({"58030", "XX001", "XX002"})
"""I/O error, data or an index corrupted."""
BUSY: Final = frozenset({"55P03", "40001", "40P01", "57014"})
"""No lock in time, a conflict, a deadlock, cancelled."""
AWAY: Final = ("08", "57P", "53", "28", "3D")
"""Beginnings of what a server says that goes, comes, is full of sessions, or does not know us."""

READING: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
SERVER: Final = "linli_server"
"""Where a writer's session keeps which server it speaks with."""
HOLDERS: Final = (
    "SELECT pid, application_name FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory'"
    " AND granted AND classid = %s::bigint::oid AND objid = %s::bigint::oid"
    " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class WithoutNul(StrDumperUnknown):
    """PostgreSQL's text knows no NUL: it is kept as the sign for it (U+2400), which a person sees; nothing fails."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\u2400") if "\0" in obj else obj)


class PostgresqlBackend:
    """One schema on a PostgreSQL server."""

    path: Final = None
    errors: Final = (DBAPIError, psycopg.Error)
    copy_suffix: Final = ".dump"
    try_again_s: Final = 0.5

    def __init__(self, name: str, url: str, synchronous: Synchronous, *, alone: str | None = None) -> None:
        self.name = name
        self._url: Final = url
        said = conninfo.conninfo_to_dict(url)
        self.where: Final = "{}:{}/{}".format(*(said.get(part) or "" for part in ("host", "port", "dbname")))
        self._options: Final = str(said.get("options") or "")
        self._network: Final = {key: value for key, value in NETWORK.items() if key not in said}
        self._synchronous: Final = synchronous
        self._alone: Final = alone
        self._channel: Final = f"linli_{name}"
        self._looks: Final = count(1)
        self._engine: Final = create_engine(
            "postgresql+psycopg://",
            creator=partial(self._connect, SESSION),
            poolclass=NullPool,
            use_native_hstore=False,
        )
        event.listen(self._engine, "begin", _begin)

    def prepare(self) -> None:
        """Nothing: the first writer makes the schema."""

    def writer(self) -> Connection:
        """A session whose transactions begin as the one writer; a hub's holds the lock that keeps other hubs away."""
        connection = self._made(f"BEGIN; SELECT pg_advisory_xact_lock({LOCKS}, {self._lock('writer')})", writes=True)
        try:
            raw = driver(connection)
            if raw.execute("SELECT to_regclass('linli_commits')").fetchone() == (None,):
                self._make_mark(raw)
            if self._alone is not None:
                self._take_place(raw)
            connection.info[SERVER] = marks.server_of(raw)
        except BaseException:
            self.discard(connection)
            raise
        return connection

    def reader(self) -> Connection:
        """A session that sees one snapshot per transaction and cannot write."""
        return self._made(READING)

    def limit(self, connection: Connection, limit: ReadLimit | None) -> None:
        """In an open transaction that reads: end a statement when the time of ``limit`` is up; None: end none."""
        if limit is not None:
            driver(connection).execute(f"SET LOCAL statement_timeout = {max(round(limit.seconds * 1000), 1)}")

    def watcher(self) -> Connection:
        """A session that is told of commits (LISTEN)."""
        connection = self._made(READING)
        try:
            driver(connection).execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
        except BaseException:
            self.discard(connection)
            raise
        return connection

    def version_seen(self, connection: Connection) -> int | None:
        """Another number each time: a notification may have been lost, so whoever looks reads."""
        for _ in driver(connection).notifies(timeout=0):
            pass
        return next(self._looks)

    def wakes(self, connection: Connection) -> int | None:
        """The session's socket."""
        return driver(connection).fileno()

    def require_transaction(self, connection: Connection) -> None:
        """Raise when an error undid the transaction, or something ended it."""
        if driver(connection).pgconn.transaction_status != TransactionStatus.INTRANS:
            raise StorageError(
                f"{self.name} undid the transaction by itself; an error in it was not passed on",
                key="storage.undone",
                parameters={"database": self.name},
            )

    @staticmethod
    def find_mark(connection: Connection) -> tuple[int, int]:
        """Number and time of the newest commit, from the one row that every commit raises."""
        return marks.find(driver(connection))

    def raise_mark(self, connection: Connection, now_us: int, *, tells: bool) -> Mark:
        """Raise that row by one in the open transaction; the notification goes out with its commit."""
        channel = self._channel if tells else None
        return marks.raise_by_one(driver(connection), now_us, server=connection.info[SERVER], channel=channel)

    @staticmethod
    def was_committed(connection: Connection, mark: Mark) -> bool | None:
        """Whether the server committed a transaction whose answer was lost; None: it cannot know."""
        return marks.was_committed(driver(connection), mark, connection.info[SERVER])

    @staticmethod
    @contextmanager
    def damaged_text(connection: Connection) -> Iterator[None]:
        """The server takes and gives only what is UTF-8."""
        yield

    def meaning(self, error: BaseException) -> StorageError | None:
        """What a driver's error means for everybody; None when it concerns only the statement (a constraint)."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, psycopg.Error):
            return None
        state = cause.sqlstate or ""
        parameters = {"database": self.name}
        said = " ".join(str(cause).split())
        if state in FULL:
            return DatabaseFull(f"no space is left for {self.name}", key="storage.full", parameters=parameters)
        if state in BROKEN:
            return DatabaseFailed(f"{self.name} failed ({state}: {said})", parameters=parameters)
        if state in BUSY:
            text = f"{self.name} is held by another process ({said})"
            return DatabaseBusy(text, key="storage.busy", parameters=parameters)
        broken = not state and isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
        if broken or state.startswith(AWAY):
            return DatabaseUnreachable(self.name, self.where, said)
        return None

    def meaning_of_any(self, error: BaseException) -> StorageError | None:
        """The same, for an error or what it was raised from."""
        return first_meaning(self, error)

    @contextmanager
    def schema_change(self, connection: Connection) -> Iterator[None]:
        """One transaction, waiting longer than others: another process may be migrating just now."""
        raw = driver(connection)
        raw.execute(f"SET lock_timeout = {MIGRATION_WAIT_MS}")
        try:
            with connection.begin():
                yield
        finally:
            if not raw.closed:
                raw.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")

    @contextmanager
    def standing_alone(self, connection: Connection) -> Iterator[None]:
        """Hold the lock of a hub; a hub's own writer has it already."""
        if self._alone is not None:
            yield
            return
        raw, place = driver(connection), (LOCKS, self._lock("hub"))
        if raw.execute("SELECT pg_try_advisory_lock(%s::int, %s::int)", place).fetchone() != (True,):
            raise self._in_use(self._holders(raw))
        try:
            yield
        finally:
            if not raw.closed:
                raw.execute("SELECT pg_advisory_unlock(%s::int, %s::int)", place)

    def copy_to(self, connection: Connection, target: Path) -> bool:
        """A dump of the schema by ``pg_dump``, where that is installed and not older than the server."""
        partial_file = target.with_name(target.name + ".partial")
        os.close(os.open(partial_file, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600))
        try:
            run_tool("pg_dump", "--format=custom", f"--schema={self.name}", f"--file={partial_file}", url=self._url)
        except StorageRefused as error:
            partial_file.unlink(missing_ok=True)
            log.warning("%s is not copied before its migration: %s", self.name, error)
            return False
        replace_durably(partial_file, target)
        return True

    def give_back(self, connection: Connection) -> bool:
        """What is dead in our tables can be used again; writers go on meanwhile."""
        raw = driver(connection)
        tables = raw.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (self.name,)).fetchall()
        for (table,) in tables:
            raw.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(self.name, table)))
        return False

    def read_back(self, connection: Connection) -> None:
        """The server answers for its disk."""

    def check(self, connection: Connection) -> None:
        """The server answers for its disk."""

    @staticmethod
    def discard(connection: Connection) -> None:
        """Close a session, whatever became of it."""
        with suppress(DBAPIError, psycopg.Error):
            connection.close()

    def release(self) -> None:
        """Nothing is kept."""

    def session(self) -> psycopg.Connection[Any]:
        """A session by itself, for work that no writer or reader does; whoever asked closes it."""
        return self._connect(SESSION)

    # sessions --------------------------------------------------------------------------------------------------------

    def _made(self, begin: str, *, writes: bool = False) -> Connection:
        connection = self._engine.connect().execution_options(linli_begin=begin)
        try:
            self._require_promises(driver(connection), writes=writes)
        except BaseException:
            self.discard(connection)
            raise
        return connection

    def _connect(self, session: dict[str, str]) -> psycopg.Connection[Any]:
        said = {**session, "search_path": self.name}
        options = " ".join([self._options, *(f"-c {name}={value}" for name, value in said.items())])
        name = f"linli {self._alone}" if self._alone is not None else "linli"
        network: dict[str, Any] = {**self._network, "options": options, "application_name": name}
        raw = psycopg.connect(self._url, autocommit=True, **network)
        raw.adapters.register_dumper(str, WithoutNul)
        return raw

    def _require_promises(self, raw: psycopg.Connection[Any], *, writes: bool) -> None:
        """Raise StorageRefused where the server is too old, or does not keep what it acknowledges."""
        wanted = "synchronous_commit", "fsync", "server_encoding", "transaction_read_only"
        said = dict(zip(wanted, self._settings(raw, wanted), strict=True))
        if raw.info.server_version < OLDEST_SERVER:
            raise self._unsafe("server_version", str(raw.info.server_version))
        if said["server_encoding"] != "UTF8":
            raise self._unsafe("server_encoding", said["server_encoding"])
        if not writes:
            return
        if said["transaction_read_only"] == "on":
            raise DatabaseUnreachable(self.name, self.where, "the server is a standby, which takes no writes")
        for name, value in WRITING.items():
            raw.execute(sql.SQL("SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        if self._synchronous == "NORMAL":
            raw.execute("SET synchronous_commit = off")
        elif said["fsync"] != "on":
            raise self._unsafe("fsync", said["fsync"])
        elif said["synchronous_commit"] in ("off", "local"):
            raw.execute("SET synchronous_commit = on")

    @staticmethod
    def _settings(raw: psycopg.Connection[Any], names: Sequence[str]) -> Sequence[str]:
        asked = sql.SQL(", ").join(sql.SQL("current_setting({})").format(sql.Literal(name)) for name in names)
        row: Sequence[str] | None = raw.execute(sql.SQL("SELECT {}").format(asked)).fetchone()
        assert row is not None
        return row

    def _unsafe(self, setting: str, value: str) -> StorageRefused:
        return StorageRefused(
            f"{self.where}: the server's {setting} is {value}, so what linli acknowledges would not be safe there",
            key="storage.unsafe_server",
            parameters={"server": self.where, "setting": setting, "value": value},
        )

    def _make_mark(self, raw: psycopg.Connection[Any]) -> None:
        names = {"locks": sql.Literal(LOCKS), "make": sql.Literal(self._lock("make"))}
        try:
            raw.execute(marks.MAKE.format(schema=sql.Identifier(self.name), **names), prepare=False)
        except psycopg.errors.InsufficientPrivilege as error:
            raise DatabaseUnreachable(self.name, self.where, " ".join(str(error).split())) from error

    # one hub ---------------------------------------------------------------------------------------------------------

    def _take_place(self, raw: psycopg.Connection[Any]) -> None:
        """Hold the hub's lock as long as this session lives, so that writing means holding it.

        A session of this very run that the server has not missed yet is ended; for one of another hub that has just
        ended its server process gets a moment.
        """
        if raw.execute("SELECT to_regnamespace(%s)", (UNFINISHED,)).fetchone() != (None,):
            raise StorageRefused(
                f"the restore into the database {self.where} was not finished: make an empty database and restore "
                "again",
                key="storage.restore_unfinished_on_server",
                parameters={"server": self.where},
            )
        place = (LOCKS, self._lock("hub"))
        holders = self._holders(raw)
        for pid, name in holders:
            if name == f"linli {self._alone}":
                raw.execute("SELECT pg_terminate_backend(%s)", (pid,))
        raw.execute(f"SET lock_timeout = {TAKE_OVER_MS}")
        try:
            raw.execute("SELECT pg_advisory_lock(%s::int, %s::int)", place)
        except LockNotAvailable as error:
            raise self._in_use(holders) from error
        raw.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")

    def _holders(self, raw: psycopg.Connection[Any]) -> list[tuple[int, str]]:
        place = (LOCKS, self._lock("hub") & 0xFFFFFFFF)
        return [(int(pid), str(name)) for pid, name in raw.execute(HOLDERS, place).fetchall()]

    def _in_use(self, holders: Sequence[tuple[int, str]]) -> InUse:
        process = ", ".join(str(pid) for pid, _ in holders) or "?"
        return InUse(
            f"another hub (session {process} of the server) runs on the database {self.where}: stop it, or give this "
            "one another database",
            key="storage.server_in_use",
            parameters={"server": self.where, "process": process},
        )

    def _lock(self, what: str) -> int:
        """The number of an advisory lock of this schema, as PostgreSQL's signed ``int``."""
        number = zlib.crc32(f"{self.name}/{what}".encode())
        return number - (1 << 32) if number >= 1 << 31 else number


def driver(connection: Connection) -> psycopg.Connection[Any]:
    """The driver's own connection under SQLAlchemy's."""
    raw: Any = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    return raw


def _begin(connection: Connection) -> None:
    """Begin as the connection does; where the lock did not come in time, the transaction that had begun ends again."""
    raw = driver(connection)
    try:
        raw.execute(connection.get_execution_options()["linli_begin"], prepare=False)
    except BaseException:
        with suppress(psycopg.Error):
            raw.rollback()
        raise
