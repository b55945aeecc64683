"""Claims: of rows that wait to be worked on, each goes to one process at a time, and a dead one's go to another.

A claim has an owner (one run of a hub), a lease that ends by the database's own time, and a fence: a number that grows
with every claim of the row. Whoever writes what came of the work asks :meth:`Claims.hold` in the same transaction; a
process that slept through its lease finds that it is no longer the owner, and writes nothing.

On PostgreSQL several hubs may work on one table: rows that somebody is claiming just now are passed over (``SKIP
LOCKED``). On SQLite only the hub that has the data folder works, so a claim of another run has ended with that run's
lock on the folder, whatever its lease says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Column, ColumnElement, Table, Text, literal, literal_column, or_, select, update

from linli.storage.errors import StorageError
from linli.storage.transaction import Transaction

SERVER_NOW_US: Final[ColumnElement[int]] = literal_column(
    "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint", BigInteger
)


def claim_columns() -> tuple[Column[Any], ...]:
    """What a table needs so that its rows can be claimed."""
    return (
        Column("claimed_by", Text),
        Column("claimed_until_us", BigInteger),
        Column("fence", BigInteger, nullable=False, server_default="0"),
    )


class ClaimLost(StorageError):
    """The lease is over and the row is another's, or free again; nothing that came of the work is written."""

    code = "claim_lost"


@dataclass(frozen=True, slots=True)
class Claim:
    """One row that is ours until its lease ends; ``fence`` is greater than that of every earlier claim of it."""

    key: Any
    fence: int


class Claims:
    """The claims of one process on the rows of one table, whose columns :func:`claim_columns` made."""

    def __init__(self, table: Table, owner: str, *, lease: timedelta, key: str = "id") -> None:
        """``owner``: the run (``Storage.run``), never a name that a later process may have again."""
        self._table = table
        self._owner = owner
        self._lease_us = round(lease.total_seconds() * 1_000_000)
        self._key = table.c[key]

    def take(
        self, tx: Transaction, *where: ColumnElement[bool], order: ColumnElement[Any] | None = None, limit: int = 10
    ) -> list[Claim]:
        """Claim up to ``limit`` free rows that match, the first ones by ``order``."""
        free = select(self._key).where(self._is_free(tx), *where).limit(limit)
        free = free.order_by(self._key if order is None else order).with_for_update(skip_locked=True)
        taken = (
            update(self._table)
            .where(self._key.in_(free))
            .values(
                claimed_by=self._owner,
                claimed_until_us=self._now_us(tx) + self._lease_us,
                fence=self._table.c.fence + 1,
            )
            .returning(self._key, self._table.c.fence)
        )
        rows: Sequence[Any] = tx.execute(taken).all()
        found = [Claim(key, fence) for key, fence in rows]
        return sorted(found, key=lambda claim: str(claim.key))

    def renew(self, tx: Transaction, claim: Claim) -> None:
        """Begin the lease anew; raises ClaimLost."""
        self._change(tx, claim, claimed_until_us=self._now_us(tx) + self._lease_us)

    def hold(self, tx: Transaction, claim: Claim) -> None:
        """Make sure, in the transaction that writes what came of it, that the row is still ours; raises ClaimLost."""
        self._change(tx, claim, claimed_by=self._owner)

    def release(self, tx: Transaction, claim: Claim) -> None:
        """Give the row back before its lease ends; raises ClaimLost."""
        self._change(tx, claim, claimed_by=None, claimed_until_us=None)

    def _change(self, tx: Transaction, claim: Claim, **values: Any) -> None:
        columns = self._table.c
        mine = (
            update(self._table)
            .where(self._key == claim.key, columns.claimed_by == self._owner, columns.fence == claim.fence)
            .where(columns.claimed_until_us > self._now_us(tx))
            .values(values)
        )
        if tx.execute(mine).rowcount != 1:
            raise ClaimLost(
                f"{self._table.name} {claim.key!r} is no longer ours",
                key="storage.claim_lost",
                parameters={"table": self._table.name},
            )

    def _is_free(self, tx: Transaction) -> ColumnElement[bool]:
        columns = self._table.c
        free = [columns.claimed_by.is_(None), columns.claimed_until_us <= self._now_us(tx)]
        if tx.connection.dialect.name == "sqlite":
            free.append(columns.claimed_by != self._owner)
        return or_(*free)

    @staticmethod
    def _now_us(tx: Transaction) -> ColumnElement[int]:
        """The database's time, which all its clients share; on SQLite the one hub's own, which may be simulated."""
        return SERVER_NOW_US if tx.connection.dialect.name == "postgresql" else literal(tx.now_us, BigInteger)
