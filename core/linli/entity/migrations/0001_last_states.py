"""The last state of every registered entity."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
oldest_code = "0.1.0"


def upgrade() -> None:
    op.create_table(
        "last_states",
        sa.Column("registry_id", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("doubts", sa.Text),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
