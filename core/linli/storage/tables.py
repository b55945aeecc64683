"""The tables that storage keeps for everybody, as SQLAlchemy Core describes them.

A fresh database is made from these descriptions; an old one is brought to them by the migrations beside this file. A
test holds both to the same result.
"""

from typing import Final

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    event,
)

core: Final = MetaData()
"""In every database: documents and the feed of changes."""

documents: Final = Table(
    "documents",
    core,
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("value", Text, nullable=False),
    Column("checksum", BigInteger, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    PrimaryKeyConstraint("kind", "key"),
)

documents_set_aside: Final = Table(
    "documents_set_aside",
    core,
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("schema_version", Integer),
    Column("revision", Integer),
    Column("value", LargeBinary),
    Column("reason", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)

changes: Final = Table(
    "changes",
    core,
    # SQLite numbers rows by itself only in a column that is declared INTEGER, which it keeps in 64 bits all the same
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

journal_metadata: Final = MetaData()
"""In ``safety.db`` only."""

journal: Final = Table(
    "journal",
    journal_metadata,
    Column("writer", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("action", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text),
    Column("plugin", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("subject", Text),
    Column("details_digest", LargeBinary),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("writer", "sequence"),
    Index("journal_by_time", "at_us"),
    Index("journal_by_subject", "subject"),
    sqlite_with_rowid=False,
)

journal_details: Final = Table(
    "journal_details",
    journal_metadata,
    Column("writer", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("details", Text, nullable=False),
    PrimaryKeyConstraint("writer", "sequence"),
    sqlite_with_rowid=False,
)

APPEND_ONLY: Final = (
    "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal"
    " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    "CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal"
    " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    # INSERT OR REPLACE would delete a row without its DELETE trigger
    "CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal"
    " WHEN EXISTS (SELECT 1 FROM journal WHERE writer = NEW.writer AND sequence >= NEW.sequence)"
    " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    "CREATE TRIGGER journal_details_no_update BEFORE UPDATE ON journal_details"
    " BEGIN SELECT RAISE(ABORT, 'details of the journal can only be forgotten'); END",
)
"""SQLite's guards of the chain; the migration that made them says the same."""

APPEND_ONLY_POSTGRESQL: Final = (
    "CREATE FUNCTION journal_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF TG_OP = 'INSERT' THEN"
    " IF NOT EXISTS (SELECT 1 FROM journal WHERE writer = NEW.writer AND sequence >= NEW.sequence) THEN RETURN NEW;"
    " END IF; END IF;"
    " RAISE EXCEPTION 'the journal is append-only'; END $$",
    "CREATE TRIGGER journal_no_change BEFORE INSERT OR UPDATE OR DELETE ON journal"
    " FOR EACH ROW EXECUTE FUNCTION journal_guard()",
    "CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal EXECUTE FUNCTION journal_guard()",
    "CREATE TRIGGER journal_details_no_update BEFORE UPDATE ON journal_details"
    " FOR EACH ROW EXECUTE FUNCTION journal_guard()",
)
"""PostgreSQL's, which cannot replace a row unseen but can empty a table without deleting rows."""

for dialect, guards in (("sqlite", APPEND_ONLY), ("postgresql", APPEND_ONLY_POSTGRESQL)):
    for statement in guards:
        guard: DDL = DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy left this constructor untyped
        event.listen(journal_metadata, "after_create", guard.execute_if(dialect=dialect))
