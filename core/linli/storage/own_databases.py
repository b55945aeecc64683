"""Databases that plugins have for themselves, seen from outside: which there are, and that one came back from a backup.

They lie where the hub's own lie: files ``NAME.db`` beside them, or schemas on the same server. What came back says so
in a table of its own until it is released: what somebody had forgotten after the backup is in it again, and whoever
reads for people must not show it before an owner has looked.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import inspect

if TYPE_CHECKING:
    from linli.storage.transaction import Transaction

HUBS: Final = ("safety", "hub")
BACK: Final = "linli_brought_back"
MAKE_MARK: Final = f"CREATE TABLE {BACK} (at_us BIGINT NOT NULL)"


def own_files(folder: Path) -> list[Path]:
    """The files that are databases of plugins. Blocks."""
    return [file for file in sorted(folder.glob("*.db")) if file.stem not in HUBS and _is_ours(file)]


def _is_ours(file: Path) -> bool:
    """Whether a hub wrote it: every database of linli has the mark that commits raise."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            asked = "SELECT 1 FROM sqlite_master WHERE name = 'linli_commits'"
            return connection.execute(asked).fetchone() is not None
    except sqlite3.Error:
        return False


def own_schemas(raw: Any) -> list[str]:
    """The schemas of a server's database that belong to plugins alone. Blocks."""
    asked = "SELECT schemaname FROM pg_tables WHERE tablename = 'linli_commits' ORDER BY schemaname"
    return [name for (name,) in raw.execute(asked).fetchall() if name not in HUBS]


def mark_file(file: Path, at_us: int) -> None:
    """Have a file say that it came back from a backup. Blocks."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(f"DROP TABLE IF EXISTS {BACK}")  # of a backup of what had come back itself
        connection.execute(MAKE_MARK)
        connection.execute(f"INSERT INTO {BACK} VALUES (?)", (at_us,))


def brought_back(tx: Transaction) -> float | None:
    """When the database was brought back, if that is not released yet (seconds)."""
    if not inspect(tx.connection).has_table(BACK):
        return None
    row = tx.connection.exec_driver_sql(f"SELECT at_us FROM {BACK}").fetchone()
    return None if row is None else int(row[0]) / 1_000_000


def release(tx: Transaction) -> None:
    """It is like any other from now on."""
    tx.connection.exec_driver_sql(f"DELETE FROM {BACK}")
