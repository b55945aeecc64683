"""What is kept: one row for each state and event, and once each what many of them share.

Times are microseconds since 1970 (UTC). A *stream* is one entity as it was during one time: its registry id (or, for
one that nobody registered, its name), its place, the person it is about, and the tenancy. A row names its stream, so
whose past it is is decided once for thousands of rows (SAFETY 18). Empty text stands for "none" in what makes a row
unique: NULL would be different from itself.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from linli import Tables

metadata: Final = MetaData()
_NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")

streams: Final = Table(
    "streams",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("tenancy", Text, nullable=False),
    UniqueConstraint("owner", "place", "subject", "tenancy"),
)
attributes: Final = Table(
    "attributes",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("hash", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("used_day", Integer, nullable=False),  # the last day (since 1970) on which a row was given it
    Index("attributes_hash", "hash"),
)
causes: Final = Table(
    "causes",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("plugin", Text, nullable=False),
    UniqueConstraint("user_id", "plugin"),
)
states: Final = Table(
    "states",
    metadata,
    Column("stream_id", BigInteger, nullable=False),
    Column("updated_us", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("state", Text),  # NULL: the entity went
    Column("changed_us", BigInteger),  # NULL: the state itself changed just then
    Column("attributes_id", BigInteger),  # NULL: it had none
    Column("first", SmallInteger, nullable=False),  # 1: it had no state before
    Column("context_id", LargeBinary, nullable=False),
    Column("parent_id", LargeBinary),
    Column("cause_id", BigInteger),
    PrimaryKeyConstraint("stream_id", "updated_us", "number"),
    sqlite_with_rowid=False,
)
event_types: Final = Table(
    "event_types",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)
event_data: Final = Table(
    "event_data",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("hash", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("used_day", Integer, nullable=False),  # the last day (since 1970) on which a row was given it
    Index("event_data_hash", "hash"),
)
events: Final = Table(
    "events",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("type_id", BigInteger, nullable=False),
    Column("data_id", BigInteger),
    Column("streams", Text),  # ",3,17,": of the entities that its data name; NULL: they name none
    Column("context_id", LargeBinary, nullable=False),
    Column("parent_id", LargeBinary),
    Column("cause_id", BigInteger),
    Index("events_at", "at_us"),
)
marks: Final = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""How far something has come: ``number`` of the newest row, statistics ``short`` and ``hourly``, ``repacked``;
and of the clock how far and when it jumped (``doubt.py``)."""
runs: Final = Table(
    "runs",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("started_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=False),
    Column("closed", Boolean, nullable=False),
)
"""When the hub recorded; of a run that was killed the end is that of its last row."""
gaps: Final = Table(
    "gaps",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("from_us", BigInteger, nullable=False),
    Column("to_us", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
)
"""What was not recorded because the disk was too slow or failed."""
tenancy_facts: Final = Table(
    "tenancy_facts",
    metadata,
    Column("place", Text, nullable=False),
    Column("reader", Text, nullable=False),
    Column("tenancy", Text, nullable=False),
    Column("since_us", BigInteger, nullable=False),
    PrimaryKeyConstraint("place", "reader"),
)
"""The last answers of ``auth_tenancy_of``, which hold while it fails."""

statistics_meta: Final = Table(
    "statistics_meta",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("owner", Text, nullable=False, unique=True),
    Column("entity_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("unit", Text),
    Column("mean_type", SmallInteger, nullable=False),
    Column("has_sum", Boolean, nullable=False),
    Column("name", Text),
)
series: Final = Table(
    "series",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("meta_id", BigInteger, nullable=False),
    Column("place", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("tenancy", Text, nullable=False),
    UniqueConstraint("meta_id", "place", "subject", "tenancy"),
)
"""The statistics of one entity during one time, as with streams: nobody's sum goes on from another's."""


def _statistics(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("series_id", BigInteger, nullable=False),
        Column("start_us", BigInteger, nullable=False),
        Column("mean", Float(53)),
        Column("min", Float(53)),
        Column("max", Float(53)),
        Column("state", Float(53)),
        Column("sum", Float(53)),
        Column("last_reset_us", BigInteger),
        PrimaryKeyConstraint("series_id", "start_us"),
        sqlite_with_rowid=False,
    )


hourly: Final = _statistics("statistics_hourly")
short: Final = _statistics("statistics_short")

TABLES: Final = Tables(Path(__file__).with_name("migrations") / "recorder", metadata)
