"""The one row that every commit raises, on PostgreSQL, and what became of a commit whose answer was lost.

A transaction has a number on its server. Asked on a later session, a server says whether it committed that number, as
long as it is the same server with the same log: one that took over from it, or was brought back from a copy, may have
given the number to another transaction, and is not believed.
"""

from __future__ import annotations

import logging
from typing import Any, Final

import psycopg
from psycopg import sql

from linli.storage.backend import Mark

log = logging.getLogger(__name__)

MAKE: Final = sql.SQL(
    "BEGIN; SELECT pg_advisory_xact_lock({locks}, {make}); CREATE SCHEMA IF NOT EXISTS {schema};"
    " CREATE TABLE IF NOT EXISTS linli_commits"
    " (id INTEGER PRIMARY KEY, number BIGINT NOT NULL, at_us BIGINT NOT NULL);"
    " INSERT INTO linli_commits VALUES (1, 0, 0) ON CONFLICT DO NOTHING; COMMIT"
)
_UPDATE: Final = "UPDATE linli_commits SET number = number + 1, at_us = %s RETURNING number"
RAISE: Final = f"WITH mark AS ({_UPDATE}) SELECT number, pg_current_xact_id()::text FROM mark"
RAISE_AND_TELL: Final = (
    f"WITH mark AS ({_UPDATE}) SELECT number, pg_current_xact_id()::text, pg_notify(%s, '') FROM mark"
)
SERVER: Final = (
    "SELECT system_identifier::text || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) FROM pg_control_system()"
)
"""The cluster and the timeline of its log, which is another one after every failover and every restore."""
STATUS: Final = "SELECT pg_xact_status(%s::xid8)"


def find(raw: psycopg.Connection[Any]) -> tuple[int, int]:
    """Number and time of the newest commit."""
    row = raw.execute("SELECT number, at_us FROM linli_commits").fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def raise_by_one(raw: psycopg.Connection[Any], now_us: int, *, server: str | None, channel: str | None) -> Mark:
    """Raise it in the open transaction; whoever listens on ``channel`` hears of the commit."""
    statement, parameters = (RAISE, (now_us,)) if channel is None else (RAISE_AND_TELL, (now_us, channel))
    row = raw.execute(statement, parameters).fetchone()
    assert row is not None
    return Mark(int(row[0]), server, str(row[1]))


def server_of(raw: psycopg.Connection[Any]) -> str | None:
    """Which server with which log this is; None where a provider does not let us ask."""
    try:
        row = raw.execute(SERVER).fetchone()
    except psycopg.errors.Error as error:
        if raw.closed:
            raise
        log.debug("a commit in doubt cannot be settled on this server: %s", error)
        return None
    return None if row is None else str(row[0])


def was_committed(raw: psycopg.Connection[Any], mark: Mark, server: str | None) -> bool | None:
    """Whether the server committed what ``mark`` names; None when it cannot know.

    Asked in a transaction that has the writer's lock, so that the one that it asks about is not under way any more.
    """
    if mark.server is None or mark.server != server:
        return None
    try:
        row = raw.execute(STATUS, (mark.transaction,)).fetchone()
    except psycopg.errors.InvalidParameterValue:  # "in the future": this server never had it
        return None
    return None if row is None else {"committed": True, "aborted": False}.get(row[0])
