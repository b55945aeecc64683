"""Which statistics there are: what each is of, and its series, in the database's thread."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from linli import Transaction
from linli_recorder.sql import change, run, upsert_all
from linli_recorder.statistics.model import MeanType, Values
from linli_recorder.tables import hourly, short
from linli_recorder.whose import StreamKey
from linli_recorder.writing import number_of

OURS: Final = "recorder"
"""The source of statistics of entities; others are called ``source:name`` and belong to their source."""
COLUMNS: Final = "id, owner, entity_id, source, unit, mean_type, has_sum, name"
TABLES: Final = {"statistics_short": short, "statistics_hourly": hourly}


@dataclass(frozen=True, slots=True)
class Meta:
    """What statistics are of."""

    id: int
    owner: str
    """Registry id or marked name of an entity, or the whole id of somebody else's."""
    entity_id: str
    """As the entity was called last; the whole id of somebody else's."""
    source: str
    unit: str | None
    mean_type: MeanType
    has_sum: bool
    name: str | None


def all_meta(tx: Transaction) -> dict[str, Meta]:
    """Everything there is, by owner."""
    found = (_meta(row) for row in run(tx, f"SELECT {COLUMNS} FROM statistics_meta"))
    return {meta.owner: meta for meta in found}


def _meta(row: tuple[Any, ...]) -> Meta:
    number, owner, entity_id, source, unit, mean_type, has_sum, name = row
    return Meta(number, owner, entity_id, source, unit, MeanType(mean_type), bool(has_sum), name)


def keep_meta(tx: Transaction, meta: Meta) -> Meta:
    """Write it, new or changed; gives it with its number."""
    row = {
        "entity_id": meta.entity_id, "source": meta.source, "unit": meta.unit, "mean_type": int(meta.mean_type),
        "has_sum": meta.has_sum, "name": meta.name,
    }  # fmt: skip
    number = number_of(tx, "statistics_meta", {"owner": meta.owner}, **row)
    names = ", ".join(f"{name} = ?" for name in row)
    change(tx, f"UPDATE statistics_meta SET {names} WHERE id = ?", (*row.values(), number))
    return replace(meta, id=number)


def has_rows(tx: Transaction, meta_id: int) -> bool:
    """Whether anything is kept of it."""
    found = "SELECT 1 FROM {} WHERE series_id = series.id"
    either = " OR ".join(f"EXISTS ({found.format(table)})" for table in TABLES)
    return bool(run(tx, f"SELECT 1 FROM series WHERE meta_id = ? AND ({either}) LIMIT 1", (meta_id,)))


def series_of(tx: Transaction, meta_id: int, key: StreamKey) -> int:
    """The number of the series of a time; it is made where it does not stand yet."""
    whose = {"place": key.place, "subject": key.subject, "tenancy": key.tenancy}
    return number_of(tx, "series", {"meta_id": meta_id, **whose})


def series_by_meta(tx: Transaction) -> dict[int, list[tuple[int, StreamKey]]]:
    """All series, by what they are of; the owner in their keys is left empty."""
    found: dict[int, list[tuple[int, StreamKey]]] = {}
    for number, meta_id, *whose in run(tx, "SELECT id, meta_id, place, subject, tenancy FROM series"):
        found.setdefault(meta_id, []).append((number, StreamKey("", *whose)))
    return found


def write(tx: Transaction, table: str, rows: Iterable[tuple[int, int, Values]]) -> None:
    """Rows of series, start and values; those that stand are replaced."""
    upsert_all(
        tx,
        TABLES[table],
        [
            {
                "series_id": series, "start_us": start, "mean": one.mean, "min": one.min, "max": one.max,
                "state": one.state, "sum": one.sum, "last_reset_us": one.last_reset_us,
            }
            for series, start, one in rows
        ],
        ("series_id", "start_us"),
    )  # fmt: skip


def read(tx: Transaction, table: str, series: int, start_us: int, end_us: int) -> list[tuple[int, Values]]:
    """The rows of a series from ``start_us`` to before ``end_us``."""
    rows = run(
        tx,
        f"SELECT start_us, mean, min, max, state, sum, last_reset_us FROM {table}"
        " WHERE series_id = ? AND start_us >= ? AND start_us < ? ORDER BY start_us",
        (series, start_us, end_us),
    )
    return [(start, Values(*values)) for start, *values in rows]


def before(tx: Transaction, table: str, series: int, start_us: int) -> tuple[int, Values] | None:
    """The last row of a series that began before ``start_us``."""
    rows = run(
        tx,
        f"SELECT start_us, mean, min, max, state, sum, last_reset_us FROM {table}"
        " WHERE series_id = ? AND start_us < ? ORDER BY start_us DESC LIMIT 1",
        (series, start_us),
    )
    return (rows[0][0], Values(*rows[0][1:])) if rows else None
