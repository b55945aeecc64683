"""Users, credentials, tokens, access tokens, bans, and the state of the first set-up."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
oldest_code = "0.1.0"


def upgrade() -> None:
    op.create_table(
        "auth_user",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("username", sa.Text, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("is_owner", sa.Boolean, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("system_generated", sa.Boolean, nullable=False),
        sa.Column("local_only", sa.Boolean, nullable=False),
        sa.Column("places", sa.Text, nullable=False),
        sa.Column("person", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("time_zone", sa.Text),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("changed_us", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "auth_credential",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("auth_user.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("changed_us", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("user_id", "kind"),
    )
    op.create_table(
        "auth_token",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("auth_user.id", ondelete="CASCADE"), nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text),
        sa.Column("client_name", sa.Text),
        sa.Column("client_icon", sa.Text),
        sa.Column("secret_hash", sa.LargeBinary, unique=True),
        sa.Column("previous_hash", sa.LargeBinary, unique=True),
        sa.Column("rotated_us", sa.BigInteger),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("last_used_us", sa.BigInteger),
        sa.Column("last_used_ip", sa.Text),
        sa.Column("expires_us", sa.BigInteger),
        sa.Column("access_lifetime_us", sa.BigInteger, nullable=False),
        sa.Column("scope", sa.Text),
    )
    op.create_index("auth_token_by_user", "auth_token", ["user_id"])
    op.create_index("auth_token_by_expiry", "auth_token", ["expires_us"])
    op.create_table(
        "auth_access",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("token_id", sa.Text, sa.ForeignKey("auth_token.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("expires_us", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("auth_access_by_token", "auth_access", ["token_id"])
    op.create_index("auth_access_by_expiry", "auth_access", ["expires_us"])
    op.create_table(
        "auth_ban",
        sa.Column("network", sa.Text, primary_key=True),
        sa.Column("banned_us", sa.BigInteger, nullable=False),
        sa.Column("until_us", sa.BigInteger),
    )
    op.create_table(
        "auth_setup",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("secret_hash", sa.LargeBinary),
        sa.Column("expires_us", sa.BigInteger),
        sa.Column("owned_us", sa.BigInteger),
    )
