"""What a backup does where the data are on a PostgreSQL server: one snapshot of both schemas, and its way back.

``pg_dump`` writes the copy and ``pg_restore`` reads it, for they alone know how to make again whatever tables, indexes
and triggers a plugin brought. The rows of tokens and set-up secrets are not dumped at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from linli.storage.address import of_database
from linli.storage.archive import GoOn
from linli.storage.errors import StorageError, StorageRefused
from linli.storage.never_kept import NEVER_KEPT
from linli.storage.own_databases import BACK, HUBS, MAKE_MARK, own_schemas
from linli.storage.postgresql import UNFINISHED, PostgresqlBackend, driver
from linli.storage.server_tools import run_tool
from linli.storage.transaction import Transaction

SCHEMAS: Final = HUBS
SAFETY: Final = SCHEMAS[0]
MAKE_SCRATCH: Final = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")

Session = psycopg.Connection[TupleRow]
Rows = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Owned:
    """What a backup keeps of ``auth_setup``, whose secret it does not: since when there is an owner."""

    rows: Sequence[tuple[int, int | None]] = field(default=())

    @classmethod
    def of(cls, said: Any) -> Self:
        """From a manifest; raises ValueError or TypeError when it cannot be right."""
        return cls(tuple((int(number), None if at is None else int(at)) for number, at in said))


def dump(tx: Transaction, url: str, target: Path, go_on: GoOn, history: bool) -> tuple[Rows, Owned]:
    """Copy what ``tx`` sees into ``target``: the number of rows of each table, and who owned. Blocks.

    ``history``: with the schemas of plugins' own databases.
    """
    raw = driver(tx.connection)
    schemas = [*SCHEMAS, *(own_schemas(raw) if history else ())]
    raw.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    void = {table for table, _ in NEVER_KEPT}
    rows = {
        schema: {name: 0 if schema == SAFETY and name in void else count for name, count in found.items()}
        for schema, found in count_rows(raw, schemas, go_on).items()
    }
    owned = Owned()
    if "auth_setup" in rows[SAFETY]:
        owned = Owned.of(raw.execute("SELECT id, owned_us FROM safety.auth_setup ORDER BY id").fetchall())
        rows[SAFETY]["auth_setup"] = len(owned.rows)
    [snapshot] = raw.execute("SELECT pg_export_snapshot()").fetchall()
    target.touch(mode=0o600)
    run_tool(
        "pg_dump", "--format=custom", "--compress=0", "--no-owner", "--no-privileges", f"--snapshot={snapshot[0]}",
        *(f"--schema={schema}" for schema in schemas),
        *(f"--exclude-table-data={SAFETY}.{table}" for table in sorted(void)),
        f"--file={target}", url=url, go_on=go_on,
    )  # fmt: skip
    return rows, owned


def count_rows(raw: Session, schemas: Sequence[str], go_on: GoOn) -> Rows:
    """How many rows each table of ours has. Blocks."""
    rows: Rows = {schema: {} for schema in schemas}
    tables = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s) ORDER BY schemaname, tablename"
    for schema, table in raw.execute(tables, (list(schemas),)).fetchall():
        go_on()
        asked = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
        [(rows[schema][table],)] = raw.execute(asked).fetchall()
    return rows


class EmptyDatabase:
    """A database that has none of ours yet, while a backup is brought into it.

    A mark stands in it meanwhile, so that no hub starts on the half of a restore. All of it blocks.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._backend = PostgresqlBackend(SAFETY, url, "FULL")

    def take(self) -> None:
        """Mark it; raises StorageRefused where it is not empty, or DatabaseUnreachable."""
        with self._session() as raw:
            wanted = "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)"
            found = {name for (name,) in raw.execute(wanted, ([*SCHEMAS, UNFINISHED],)).fetchall()}
            if found or own_schemas(raw):
                raise self._not_empty()
            try:
                raw.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(UNFINISHED)))
            except (psycopg.errors.DuplicateSchema, psycopg.errors.UniqueViolation) as error:
                raise self._not_empty() from error
            except psycopg.errors.InsufficientPrivilege as error:
                raise StorageRefused(
                    f"the user of {self._backend.where} may make no schema there: give it the right (GRANT CREATE ON "
                    "DATABASE), or make the database its own",
                    key="storage.no_right_on_server",
                    parameters={"server": self._backend.where},
                ) from error

    def fill(self, copy: Path, owned: Owned, go_on: GoOn) -> Rows:
        """Bring a dump in, all of it or nothing, without what lets somebody in; how many rows it has then."""
        run_tool(
            "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(copy),
            url=self.url, go_on=go_on,
        )  # fmt: skip
        with self._session() as raw:
            with raw.transaction():
                tables = raw.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (SAFETY,)).fetchall()
                for table, statement in NEVER_KEPT:  # an archive that somebody else made may hold what ours never does
                    if (table,) in tables:
                        raw.execute(statement.encode())
                if ("auth_setup",) in tables:
                    with raw.cursor() as cursor:
                        cursor.executemany("INSERT INTO auth_setup (id, owned_us) VALUES (%s, %s)", owned.rows)
            raw.execute("ANALYZE")
            return count_rows(raw, [*SCHEMAS, *own_schemas(raw)], go_on)

    def mark(self, at_us: int) -> None:
        """Have what plugins keep for themselves say that it came back."""
        with self._session() as raw:
            for schema in own_schemas(raw):
                raw.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(schema)))
                raw.execute(f"DROP TABLE IF EXISTS {BACK}".encode())
                raw.execute(MAKE_MARK.encode())
                raw.execute(f"INSERT INTO {BACK} VALUES (%s)".encode(), (at_us,))

    def finish(self) -> None:
        """Take the mark away: a hub may start."""
        with self._session() as raw:
            raw.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(UNFINISHED)))

    def empty(self) -> None:
        """Leave it as it was found."""
        with suppress(StorageError), self._session() as raw:
            for schema in (*SCHEMAS, *own_schemas(raw), UNFINISHED):
                raw.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with sessions(self._backend) as raw:
            yield raw

    def _not_empty(self) -> StorageRefused:
        return StorageRefused(
            f"the database {self._backend.where} holds data of a hub, or of a restore that was not finished: give an "
            "empty one with --database, nothing is ever restored over data",
            key="storage.server_not_empty",
            parameters={"server": self._backend.where},
        )


def make_scratch(url: str, instance_id: str) -> str:
    """The address of a new database beside that of ``url``, for a drill. Blocks.

    Its name belongs to the hub, so that one that a kill left behind goes at the next drill.
    """
    drop_scratch(url, instance_id)
    backend = PostgresqlBackend(SAFETY, url, "FULL")
    name = _scratch(instance_id)
    with sessions(backend) as raw:
        try:
            raw.execute(MAKE_SCRATCH.format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise StorageRefused(
                f"the user of {backend.where} may make no database, and a drill needs one for a while: ALTER ROLE … "
                "CREATEDB, or drill without identity_file",
                key="storage.no_scratch_database",
                parameters={"server": backend.where},
            ) from error
    return of_database(url, name)


def drop_scratch(url: str, instance_id: str) -> None:
    """Let the database of a drill go, if there is one. Blocks."""
    with sessions(PostgresqlBackend(SAFETY, url, "FULL")) as raw:
        raw.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_scratch(instance_id))))


def _scratch(instance_id: str) -> str:
    return f"linli_drill_{instance_id.lower()}"


@contextmanager
def sessions(backend: PostgresqlBackend) -> Iterator[Session]:
    """One session; what the server says is explained as everywhere."""
    try:
        with backend.session() as raw:
            yield raw
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise backend.meaning(error) or StorageRefused(
            f"{backend.where}: {reason}",
            key="storage.server_refused",
            parameters={"server": backend.where, "reason": reason},
        ) from error
