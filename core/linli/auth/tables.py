"""The tables of users and what lets them in, all in ``safety.db``. No secret stands in any of them, only hashes.

A fresh database is made from these descriptions; an old one is brought to them by the migrations beside this file.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

auth_metadata: Final = MetaData()

users: Final = Table(
    "auth_user",
    auth_metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("username", Text, unique=True),
    Column("role", Text, nullable=False),
    Column("is_owner", Boolean, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("system_generated", Boolean, nullable=False),
    Column("local_only", Boolean, nullable=False),
    Column("places", Text, nullable=False),
    Column("person", Text),
    Column("language", Text),
    Column("time_zone", Text),
    Column("created_us", BigInteger, nullable=False),
    Column("changed_us", BigInteger, nullable=False),
)

credentials: Final = Table(
    "auth_credential",
    auth_metadata,
    Column("id", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("auth_user.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("changed_us", BigInteger, nullable=False),
    UniqueConstraint("user_id", "kind"),
)
"""``secret`` of the kind ``password`` is its argon2 hash in the PHC format, which names its own parameters."""

tokens: Final = Table(
    "auth_token",
    auth_metadata,
    Column("id", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("auth_user.id", ondelete="CASCADE"), nullable=False),
    Column("type", Text, nullable=False),
    Column("client_id", Text),
    Column("client_name", Text),
    Column("client_icon", Text),
    Column("secret_hash", LargeBinary, unique=True),
    Column("previous_hash", LargeBinary, unique=True),
    Column("rotated_us", BigInteger),
    Column("created_us", BigInteger, nullable=False),
    Column("last_used_us", BigInteger),
    Column("last_used_ip", Text),
    Column("expires_us", BigInteger),
    Column("access_lifetime_us", BigInteger, nullable=False),
    Column("scope", Text),
    Index("auth_token_by_user", "user_id"),
    Index("auth_token_by_expiry", "expires_us"),
)
"""``previous_hash``: of the secret before the last rotation; whoever shows it later is a thief, or was robbed."""

access: Final = Table(
    "auth_access",
    auth_metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("token_id", Text, ForeignKey("auth_token.id", ondelete="CASCADE"), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Index("auth_access_by_token", "token_id"),
    Index("auth_access_by_expiry", "expires_us"),
    sqlite_with_rowid=False,
)
"""Access tokens in force; each belongs to a token and goes with it."""

bans: Final = Table(
    "auth_ban",
    auth_metadata,
    Column("network", Text, primary_key=True),
    Column("banned_us", BigInteger, nullable=False),
    Column("until_us", BigInteger),
)

setup: Final = Table(
    "auth_setup",
    auth_metadata,
    Column("id", Integer, primary_key=True),
    Column("secret_hash", LargeBinary),
    Column("expires_us", BigInteger),
    Column("owned_us", BigInteger),
)
"""One row. ``owned_us``: when the first owner was made; from then on only the command line sets a secret here."""
