"""Bringing one domain's tables to what its code expects: one history at a time, forward only, after a copy.

Alembic is imported only when a revision must run that no description covers. A fresh database is made from the
description (``History.metadata``) and marked as up to date; a test holds both ways to the same result.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Connection

from linli.clock import Clock
from linli.errors import ContractError
from linli.storage.database import Database
from linli.storage.errors import StorageRefused
from linli.storage.history import History, Revision, oldest_code, takings, version

log = logging.getLogger(__name__)

Hears = Callable[..., None]
"""Told ``begins=True`` before tables are changed, and ``begins=False`` when that has ended."""
_HEARS: ContextVar[Hears] = ContextVar("hears_of_migrations")
KEPT_COPIES: Final = 5

histories: Final = Table(
    "linli_histories",
    MetaData(),
    Column("domain", Text, primary_key=True),
    Column("revision", Text, nullable=False),
    Column("oldest_code", Text),
    Column("at_us", BigInteger, nullable=False),
)
"""Where each history stands, read in one statement at a start; changed in the transaction of its migration."""


class Outcome(StrEnum):
    """What :func:`migrate` found or did."""

    CURRENT = "current"
    CREATED = "created"
    MIGRATED = "migrated"
    AHEAD = "ahead"
    """A newer version has been here, and said that this one may run on what it left."""


@dataclass(frozen=True, slots=True)
class _Standing:
    revision: str
    oldest_code: str | None


def hear_of_migrations(hears: Hears) -> None:
    """Have ``hears`` told of every migration in this task and in those that it starts."""
    _HEARS.set(hears)


@contextmanager
def _told() -> Iterator[None]:
    hears = _HEARS.get(None)
    if hears is None:
        yield
        return
    hears(begins=True)
    try:
        yield
    finally:
        hears(begins=False)


async def standing(database: Database, history: History) -> Outcome:
    """What :func:`migrate` would have to do."""
    found = await database.maintain(lambda connection: _standing(connection, history))
    return _judge(database.name, history, history.revisions(), found)


async def migrate(database: Database, history: History, *, clock: Clock, copies: Path, alone: bool = False) -> Outcome:
    """Bring ``history`` to its newest revision; raises StorageRefused when the data needs newer code than ours.

    ``copies`` is the folder for the copy of the database that is made before Alembic changes anything in it; ``alone``:
    whoever asks is no hub, so that none may run meanwhile.
    """
    line = history.revisions()
    outcome = _judge(database.name, history, line, await database.maintain(lambda found: _standing(found, history)))
    if outcome in (Outcome.CREATED, Outcome.MIGRATED):
        with _told():
            if outcome is Outcome.MIGRATED:
                _refuse_takings(history, line)
                stamp = datetime.fromtimestamp(clock.timestamp(), UTC).strftime("%Y%m%dT%H%M%S.%fZ")
                suffix = database.backend.copy_suffix
                target = copies / f"{database.name}-{stamp}-before-{history.domain}-{line[-1].name}{suffix}"
                await database.maintain(lambda found: _keep_copy(database, found, target))
            at_us = round(clock.timestamp() * 1_000_000)
            outcome = await database.maintain(lambda found: _apply(database, found, history, line, at_us, alone=alone))
        log.info("%s: tables of %s are at %s", database.name, history.domain, line[-1].name)
    return outcome


def _standing(connection: Connection, history: History) -> _Standing | None:
    """Where the history stands; None: it has never been here."""
    with connection.begin():
        return _read_standing(connection, history)


def _read_standing(connection: Connection, history: History) -> _Standing | None:
    histories.create(connection, checkfirst=True)
    row = connection.execute(
        select(histories.c.revision, histories.c.oldest_code).where(histories.c.domain == history.domain)
    ).one_or_none()
    return None if row is None else _Standing(row.revision, row.oldest_code)


def _judge(name: str, history: History, line: list[Revision], standing: _Standing | None) -> Outcome:
    if standing is None:
        return Outcome.CREATED if history.metadata is not None else Outcome.MIGRATED
    if standing.revision == line[-1].name:
        return Outcome.CURRENT
    if standing.revision in {revision.name for revision in line}:
        return Outcome.MIGRATED
    if standing.oldest_code is not None and version(history.code) >= version(standing.oldest_code):
        return Outcome.AHEAD
    raise StorageRefused(
        f"{name}: the tables of {history.domain} were written by a newer version (revision {standing.revision}; this "
        f"version knows up to {line[-1].name}): start the newer version again, or restore a backup",
        key="storage.newer_tables",
        parameters={"database": name, "domain": history.domain, "found": standing.revision, "known": line[-1].name},
    )


def _refuse_takings(history: History, line: list[Revision]) -> None:
    if not history.safety:
        return
    problems = [problem for revision in line for problem in takings(revision.file)]
    problems += [f"{revision.file}: names no oldest_code" for revision in line if revision.oldest_code is None]
    if problems:
        raise ContractError(f"{history.domain} is a safety history, which only adds:\n" + "\n".join(problems))


def _apply(
    database: Database, connection: Connection, history: History, line: list[Revision], at_us: int, *, alone: bool
) -> Outcome:
    """Create or migrate under the write lock, where it is looked up again: another process may have been quicker."""
    backend = database.backend
    with backend.standing_alone(connection) if alone else nullcontext(), backend.schema_change(connection):
        found = _read_standing(connection, history)
        outcome = _judge(database.name, history, line, found)
        if outcome is Outcome.CREATED:
            assert history.metadata is not None
            history.metadata.create_all(connection, checkfirst=False)
            _mark_current(connection, history, line[-1])
        elif outcome is Outcome.MIGRATED:
            from linli.storage.alembic_run import upgrade

            upgrade(connection, history)
        _keep_standing(connection, history, line, at_us, first=found is None)
    return outcome


def _keep_standing(connection: Connection, history: History, line: list[Revision], at_us: int, *, first: bool) -> None:
    row = {"revision": line[-1].name, "oldest_code": oldest_code(line), "at_us": at_us}
    if first:
        connection.execute(insert(histories).values(domain=history.domain, **row))
    else:
        connection.execute(update(histories).where(histories.c.domain == history.domain).values(row))


def _mark_current(connection: Connection, history: History, last: Revision) -> None:
    """Make Alembic's version table as Alembic itself would, so that the next migration starts from here."""
    name = history.version_table
    table = Table(
        name,
        MetaData(),
        Column("version_num", String(32), nullable=False),
        PrimaryKeyConstraint("version_num", name=f"{name}_pkc"),
    )
    table.create(connection, checkfirst=False)
    connection.execute(insert(table).values(version_num=last.name))


def _keep_copy(database: Database, connection: Connection, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    database.backend.copy_to(connection, target)
    for old in sorted(target.parent.glob(f"{database.name}-*{database.backend.copy_suffix}"))[:-KEPT_COPIES]:
        old.unlink()
