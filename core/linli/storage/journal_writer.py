"""Appending to the journal inside a transaction: who acts, and the row that says so."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, insert, select

from linli.jsonbytes import dumps
from linli.storage.actor import Actor
from linli.storage.chain import FIRST, Link, details_digest
from linli.storage.tables import journal, journal_details

if TYPE_CHECKING:
    from linli.storage.transaction import Transaction

TOPIC: Final = "journal"
"""Changes under it have the key ``WRITER/SEQUENCE``."""


@dataclass(frozen=True, slots=True, order=True)
class RowId:
    """The place of a row: its chain, and its number in it (from 1)."""

    writer: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.writer}/{self.sequence}"


FIND_HEAD: Final = (
    select(journal.c.sequence, journal.c.hash)
    .where(journal.c.writer == bindparam("of_writer"))
    .order_by(journal.c.sequence.desc())
    .limit(1)
)
ADD_ROW: Final = insert(journal)
ADD_DETAILS: Final = insert(journal_details)


class JournalWriter:
    """Appends to one writer's chain, inside transactions of ``safety.db``."""

    def __init__(self, writer: str) -> None:
        self.writer = writer

    def append(
        self,
        tx: Transaction,
        action: str,
        *,
        actor: Actor,
        subject: str | None,
        details: Mapping[str, Any] | None,
    ) -> RowId:
        """Append one row; the head is read in the same transaction, which nobody else can write in."""
        head = tx.execute(FIND_HEAD, {"of_writer": self.writer}).one_or_none()
        row = RowId(self.writer, head.sequence + 1 if head else 1)
        link = Link(
            writer=row.writer,
            sequence=row.sequence,
            previous=head.hash if head else FIRST,
            at_us=tx.now_us,
            action=_storable(action),
            actor_kind=actor.kind,
            actor_id=None if actor.id is None else _storable(actor.id),
            plugin=actor.plugin,
            purpose=actor.purpose.value,
            subject=None if subject is None else _storable(subject),
            details_digest=None if details is None else self._keep_details(tx, row, details),
        )
        tx.execute(ADD_ROW, {**link.columns(), "hash": link.hash()})
        tx.changed(TOPIC, str(row))
        return row

    @staticmethod
    def _keep_details(tx: Transaction, row: RowId, details: Mapping[str, Any]) -> bytes:
        text = dumps(details).decode()
        salt = secrets.token_bytes(16)
        tx.execute(
            ADD_DETAILS,
            {"writer": row.writer, "sequence": row.sequence, "salt": salt, "details": text},
        )
        return details_digest(salt, text)


def _storable(text: str) -> str:
    """What is hashed must come back as it was written: PostgreSQL has no NUL, and keeps the sign for it."""
    return text.replace("\0", "\u2400")
