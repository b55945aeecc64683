"""The journal's chains, their details, and the guards that let rows only be added."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
oldest_code = "0.1.0"

GUARDS = (
    "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal"
    " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    "CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal"
    " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    "CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal"
    " WHEN EXISTS (SELECT 1 FROM journal WHERE writer = NEW.writer AND sequence >= NEW.sequence)"
    " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    "CREATE TRIGGER journal_details_no_update BEFORE UPDATE ON journal_details"
    " BEGIN SELECT RAISE(ABORT, 'details of the journal can only be forgotten'); END",
)

GUARDS_POSTGRESQL = (
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


def upgrade() -> None:
    op.create_table(
        "journal",
        sa.Column("writer", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("previous", sa.LargeBinary, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text),
        sa.Column("plugin", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("details_digest", sa.LargeBinary),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("writer", "sequence"),
        sqlite_with_rowid=False,
    )
    op.create_index("journal_by_time", "journal", ["at_us"])
    op.create_index("journal_by_subject", "journal", ["subject"])
    op.create_table(
        "journal_details",
        sa.Column("writer", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("writer", "sequence"),
        sqlite_with_rowid=False,
    )
    for guard in GUARDS if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL:
        op.execute(guard)
