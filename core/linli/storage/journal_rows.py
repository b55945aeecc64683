"""Reading the journal: a row, which rows, and the page after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, and_, or_, select, tuple_
from sqlalchemy.engine import Row

from linli.context import Purpose
from linli.ids import PluginDomain
from linli.jsonbytes import loads
from linli.storage.actor import Actor
from linli.storage.journal_writer import RowId
from linli.storage.tables import journal, journal_details


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A row as it is read; ``details`` is None where there are none or they were forgotten."""

    id: RowId
    at_us: int
    action: str
    actor: Actor
    subject: str | None
    details: Mapping[str, Any] | None
    has_details: bool
    """Whether the row was written with details."""


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """Which rows: all fields that are given must match; ``action`` matches its dotted beginning too."""

    action: str | None = None
    actor_id: str | None = None
    plugin: str | None = None
    subject: str | None = None
    writer: str | None = None
    since_us: int | None = None
    until_us: int | None = None
    """Exclusive."""


EVERY_ROW: Final = JournalFilter()


def select_rows(which: JournalFilter, before: JournalRow | None) -> Select[Any]:
    """The statement for rows that match, newest first, from the one after ``before`` on."""
    columns = journal.c
    wanted = select(journal, journal_details.c.details).outerjoin(
        journal_details,
        and_(columns.writer == journal_details.c.writer, columns.sequence == journal_details.c.sequence),
    )
    if which.action is not None:
        below = columns.action.startswith(f"{which.action}.", autoescape=True)
        wanted = wanted.where(or_(columns.action == which.action, below))
    for column, value in (
        (columns.actor_id, which.actor_id),
        (columns.plugin, which.plugin),
        (columns.subject, which.subject),
        (columns.writer, which.writer),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if which.since_us is not None:
        wanted = wanted.where(columns.at_us >= which.since_us)
    if which.until_us is not None:
        wanted = wanted.where(columns.at_us < which.until_us)
    order = tuple_(columns.at_us, columns.writer, columns.sequence)
    if before is not None:
        wanted = wanted.where(order < (before.at_us, before.id.writer, before.id.sequence))
    return wanted.order_by(columns.at_us.desc(), columns.writer.desc(), columns.sequence.desc())


def as_row(row: Row[Any]) -> JournalRow:
    """What the statement gave, as a value."""
    return JournalRow(
        id=RowId(row.writer, row.sequence),
        at_us=row.at_us,
        action=row.action,
        actor=Actor(row.actor_kind, row.actor_id, PluginDomain(row.plugin), Purpose(row.purpose)),
        subject=row.subject,
        details=None if row.details is None else loads(row.details),
        has_details=row.details_digest is not None,
    )
