"""Checking the journal: every chain from its first row on, and the first broken row of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from sqlalchemy import and_, select
from sqlalchemy.engine import Row

from linli.storage.backend import Backend
from linli.storage.chain import FIRST, Link, details_digest
from linli.storage.journal_writer import RowId
from linli.storage.tables import journal, journal_details
from linli.storage.transaction import Transaction

FORGOTTEN: Final = "journal.details_forgotten"
"""The action of a row whose subject names the row that lost its details."""
ROWS_AT_ONCE: Final = 500
LINK_FIELDS: Final = Link.__slots__


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: kept elsewhere, it proves later that the chain was not cut or replaced."""

    writer: str
    sequence: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Break:
    """The first row of a chain that is not as it was written, and what is wrong with it.

    ``what`` is one of: missing (a row before it is gone), previous (it does not build on the row before), hash (a
    column was changed), details (they were changed or added), details_missing (gone, and no row says that they were
    forgotten), orphan (details without a row), anchor (a head kept elsewhere says that this row was another).
    """

    row: RowId
    what: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked and what is broken; ``breaks`` has at most one entry for each chain and kind of check."""

    rows: int
    heads: tuple[Head, ...]
    breaks: tuple[Break, ...]

    @property
    def holds(self) -> bool:
        return not self.breaks


def verify(backend: Backend, tx: Transaction, anchors: Sequence[Head]) -> Verification:
    """Stream over all chains; memory does not grow with their length, but for one entry a chain."""
    rows = 0
    heads: list[Head] = []
    breaks: list[Break] = []
    with backend.damaged_text(tx.connection):
        wanted = select(journal, journal_details.c.salt, journal_details.c.details).outerjoin(
            journal_details,
            and_(journal.c.writer == journal_details.c.writer, journal.c.sequence == journal_details.c.sequence),
        )
        ordered = wanted.order_by(journal.c.writer, journal.c.sequence).execution_options(yield_per=ROWS_AT_ONCE)
        for writer, chain in groupby(tx.execute(ordered), key=lambda row: row.writer):
            checked, end = 0, Head(writer, 0, FIRST)
            for row in chain:
                checked += 1
                what = _wrong(tx, row, end)
                if what is not None:
                    breaks.append(Break(RowId(writer, row.sequence), what))
                    break
                end = Head(writer, row.sequence, row.hash)
            rows += checked
            heads.append(end)
        breaks += _orphans(tx)
        breaks += _missing_anchors(tx, anchors)
    return Verification(rows, tuple(heads), tuple(breaks))


def _wrong(tx: Transaction, row: Row[Any], before: Head) -> str | None:
    """What is wrong with ``row``, which follows ``before`` in its chain."""
    if row.sequence != before.sequence + 1:
        return "missing"
    if row.previous != before.hash:
        return "previous"
    if row.hash != Link(*(getattr(row, name) for name in LINK_FIELDS)).hash():
        return "hash"
    if row.details_digest is None:
        return None if row.details is None else "details"
    if row.details is None and row.salt is None:
        return None if _was_forgotten(tx, RowId(row.writer, row.sequence)) else "details_missing"
    return None if row.details_digest == details_digest(row.salt, row.details) else "details"


def _was_forgotten(tx: Transaction, row: RowId) -> bool:
    said = select(journal.c.sequence).where(journal.c.subject == str(row), journal.c.action == FORGOTTEN).limit(1)
    return tx.execute(said).first() is not None


def _orphans(tx: Transaction) -> Iterator[Break]:
    wanted = (
        select(journal_details.c.writer, journal_details.c.sequence)
        .outerjoin(
            journal,
            and_(journal.c.writer == journal_details.c.writer, journal.c.sequence == journal_details.c.sequence),
        )
        .where(journal.c.writer.is_(None))
        .limit(1)
    )
    for row in tx.execute(wanted):
        yield Break(RowId(row.writer, row.sequence), "orphan")


def _missing_anchors(tx: Transaction, anchors: Sequence[Head]) -> Iterator[Break]:
    broken: set[str] = set()
    for head in anchors:
        if head.writer in broken:
            continue
        if not stands(tx, head):
            broken.add(head.writer)
            yield Break(RowId(head.writer, head.sequence), "anchor")


def stands(tx: Transaction, head: Head) -> bool:
    """Whether its row is in the journal with its hash."""
    found = select(journal.c.hash).where(journal.c.writer == head.writer, journal.c.sequence == head.sequence)
    return bool(tx.execute(found).scalar_one_or_none() == head.hash)
