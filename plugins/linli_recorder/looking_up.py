"""The numbers of many streams and texts at once, in a few statements: after a start every entity is new to the writer.

Asked for one by one they cost as many journeys to the database, 4 000 entities on PostgreSQL ten seconds and more.
"""

from collections.abc import Mapping, Sequence
from sys import intern
from typing import Any, Final

from linli import Transaction
from linli_recorder.sql import CHUNK, change, chunks, holes, run
from linli_recorder.whose import StreamKey

FEW: Final = 8
"""So many are as well asked for one by one."""


def all_streams(tx: Transaction) -> list[tuple[int, StreamKey, str]]:
    """Every stream: number, key and name."""
    rows = run(tx, "SELECT id, owner, place, subject, tenancy, entity_id FROM streams")
    return [(number, StreamKey(*map(intern, key)), entity_id) for number, *key, entity_id in rows]


def numbers_of_streams(tx: Transaction, names: Mapping[StreamKey, str]) -> tuple[dict[StreamKey, int], list[StreamKey]]:
    """The number of each key, and which of them were added now, under these names."""
    found: dict[StreamKey, int] = {}
    for owners in chunks({key.owner: None for key in names}):
        statement = f"SELECT id, owner, place, subject, tenancy FROM streams WHERE owner IN ({holes(owners)})"
        for number, *parts in run(tx, statement, owners):
            known = StreamKey(*map(intern, parts))
            if known in names:
                found[known] = number
    missing = [key for key in names if key not in found]
    columns = ("owner", "place", "subject", "tenancy", "entity_id")
    rows = [(*key, names[key]) for key in missing]
    for number, *key in _added(tx, "streams", columns, rows, "id,owner,place,subject,tenancy"):
        found[StreamKey(*key)] = number
    return found, missing


def numbers_of_texts(tx: Transaction, table: str, wanted: Mapping[int, tuple[str, int]]) -> dict[int, int]:
    """The number of each text, by its hash; ``wanted``: the text of each hash, and the day on which it is used."""
    found: dict[int, int] = {}
    for hashes in chunks(wanted):
        rows = run(tx, f"SELECT id, hash, text FROM {table} WHERE hash IN ({holes(hashes)})", hashes)
        found |= {digest: number for number, digest, text in rows if text == wanted[digest][0]}
    used: dict[int, list[int]] = {}
    for digest, number in found.items():
        used.setdefault(wanted[digest][1], []).append(number)
    for day, numbers in used.items():
        for some in chunks(numbers):
            statement = f"UPDATE {table} SET used_day = ? WHERE used_day < ? AND id IN ({holes(some)})"
            change(tx, statement, (day, day, *some))
    missing = [(digest, *wanted[digest]) for digest in wanted if digest not in found]
    added = _added(tx, table, ("hash", "text", "used_day"), missing, "id,hash")
    return found | {digest: number for number, digest in added}


def _added(
    tx: Transaction, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], told: str
) -> list[tuple[Any, ...]]:  # fmt: skip
    """What the database says (``told``) of each row that it takes up."""
    found: list[tuple[Any, ...]] = []
    most = CHUNK // len(columns)
    for begin in range(0, len(rows), most):
        some = rows[begin : begin + most]
        values = ",".join([f"({holes(columns)})"] * len(some))
        statement = f"INSERT INTO {table} ({','.join(columns)}) VALUES {values} RETURNING {told}"
        found += run(tx, statement, [value for row in some for value in row])
    return found
