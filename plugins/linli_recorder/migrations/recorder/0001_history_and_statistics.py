"""States, events, what they share, and statistics."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
oldest_code = "0.1.0"


def number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)


def long(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def causes_of_rows() -> tuple[sa.Column[bytes], sa.Column[bytes], sa.Column[int]]:
    return (
        sa.Column("context_id", sa.LargeBinary, nullable=False),
        sa.Column("parent_id", sa.LargeBinary),
        long("cause_id", nullable=True),
    )


def upgrade() -> None:
    whose = ("place", "subject", "tenancy")
    op.create_table(
        "streams", number(), text("owner"), text("entity_id"), *map(text, whose), sa.UniqueConstraint("owner", *whose)
    )
    for name in ("attributes", "event_data"):
        op.create_table(name, number(), long("hash"), text("text"), sa.Column("used_day", sa.Integer, nullable=False))
        op.create_index(f"{name}_hash", name, ["hash"])
    op.create_table("causes", number(), text("user_id"), text("plugin"), sa.UniqueConstraint("user_id", "plugin"))
    op.create_table(
        "states",
        long("stream_id"),
        long("updated_us"),
        long("number"),
        text("state", nullable=True),
        long("changed_us", nullable=True),
        long("attributes_id", nullable=True),
        sa.Column("first", sa.SmallInteger, nullable=False),
        *causes_of_rows(),
        sa.PrimaryKeyConstraint("stream_id", "updated_us", "number"),
        sqlite_with_rowid=False,
    )
    op.create_table("event_types", number(), sa.Column("name", sa.Text, nullable=False, unique=True))
    op.create_table(
        "events",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        long("at_us"),
        long("type_id"),
        long("data_id", nullable=True),
        text("streams", nullable=True),
        *causes_of_rows(),
    )
    op.create_index("events_at", "events", ["at_us"])
    op.create_table("marks", sa.Column("name", sa.Text, primary_key=True), long("value"))
    op.create_table(
        "runs", number(), long("started_us"), long("ended_us"), sa.Column("closed", sa.Boolean, nullable=False)
    )
    op.create_table("gaps", number(), long("from_us"), long("to_us"), long("rows"))
    op.create_table(
        "tenancy_facts",
        text("place"),
        text("reader"),
        text("tenancy"),
        long("since_us"),
        sa.PrimaryKeyConstraint("place", "reader"),
    )
    statistics(whose)


def statistics(whose: tuple[str, ...]) -> None:
    op.create_table(
        "statistics_meta",
        number(),
        sa.Column("owner", sa.Text, nullable=False, unique=True),
        text("entity_id"),
        text("source"),
        text("unit", nullable=True),
        sa.Column("mean_type", sa.SmallInteger, nullable=False),
        sa.Column("has_sum", sa.Boolean, nullable=False),
        text("name", nullable=True),
    )
    op.create_table("series", number(), long("meta_id"), *map(text, whose), sa.UniqueConstraint("meta_id", *whose))
    for name in ("statistics_hourly", "statistics_short"):
        op.create_table(
            name,
            long("series_id"),
            long("start_us"),
            *(sa.Column(value, sa.Float(53)) for value in ("mean", "min", "max", "state", "sum")),
            long("last_reset_us", nullable=True),
            sa.PrimaryKeyConstraint("series_id", "start_us"),
            sqlite_with_rowid=False,
        )
