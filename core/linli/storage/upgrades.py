"""For tests of a history, ours and those of plugin authors: every earlier version reaches the present schema.

::

    @pytest.mark.parametrize("start", upgrades.starts(HISTORY))
    def test_every_earlier_version_is_upgraded(tmp_path, start):
        upgrades.check(HISTORY, tmp_path, start)

``start`` is None for an empty database. ``fill(connection, start)`` may write rows as that version had them, and
``look(connection)`` may assert afterwards that they still say the same.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import Connection

from linli.errors import ContractError
from linli.storage.alembic_run import upgrade
from linli.storage.history import History
from linli.storage.sqlite import SqliteBackend

Schema = dict[str, tuple[object, ...]]


def starts(history: History) -> list[str | None]:
    """None and every revision, oldest first."""
    return [None, *(revision.name for revision in history.revisions())]


def check(
    history: History,
    folder: Path,
    start: str | None,
    *,
    fill: Callable[[Connection, str | None], None] = lambda connection, start: None,
    look: Callable[[Connection], None] = lambda connection: None,
) -> None:
    """Migrate a database from ``start`` to the newest revision; raises ContractError when the result is another schema
    than the one that ``history.metadata`` describes, which is what a fresh database is made from.
    """
    backend = SqliteBackend(history.domain, f"sqlite:///{folder}/upgrade-{start}.db", "NORMAL")
    with closing(backend.writer()) as connection:
        if start is not None:
            with backend.schema_change(connection):
                upgrade(connection, history, start)
        with connection.begin():
            fill(connection, start)
        with backend.schema_change(connection):
            upgrade(connection, history)
        with connection.begin():
            look(connection)
            migrated = schema_of(connection)
    if history.metadata is not None:
        _compare(history, migrated, _described(history, folder))


def _described(history: History, folder: Path) -> Schema:
    assert history.metadata is not None
    path = folder / "described.db"
    path.unlink(missing_ok=True)
    backend = SqliteBackend(history.domain, f"sqlite:///{path}", "NORMAL")
    with closing(backend.writer()) as connection, connection.begin():
        history.metadata.create_all(connection)
        return schema_of(connection)


def _compare(history: History, migrated: Schema, described: Schema) -> None:
    migrated.pop(f"table {history.version_table}")
    different = sorted(name for name in migrated.keys() | described.keys() if migrated.get(name) != described.get(name))
    if different:
        lines = [
            f"{name}:\n  migrated:  {migrated.get(name)}\n  described: {described.get(name)}" for name in different
        ]
        raise ContractError(f"{history.domain}: migrations and metadata differ\n" + "\n".join(lines))


def schema_of(connection: Connection) -> Schema:
    """What SQLite knows of each table, index and trigger, however the statement that made it was written."""
    schema: Schema = {}
    objects = connection.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    ).all()
    for kind, name, table, sql in objects:
        if kind == "table":
            columns, keys = (
                _rows(connection, f"PRAGMA {pragma}('{name}')") for pragma in ("table_xinfo", "foreign_key_list")
            )
            # by name: SQLite numbers indexes in the order in which they were made
            indexes = sorted(row[1:] for row in _rows(connection, f"PRAGMA index_list('{name}')"))
            options = tuple(connection.exec_driver_sql(f"SELECT wr, strict FROM pragma_table_list('{name}')").one())
            schema[f"table {name}"] = (columns, keys, indexes, options, "AUTOINCREMENT" in sql.upper())
        elif kind == "index":
            schema[f"index {name}"] = (_rows(connection, f"PRAGMA index_xinfo('{name}')"),)
        else:
            schema[f"{kind} {name}"] = (table, " ".join(sql.split()))
    return schema


def _rows(connection: Connection, pragma: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.exec_driver_sql(pragma)]
