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
from typing import Final

from sqlalchemy import inspect
from sqlalchemy.engine import Connection

from linli.errors import ContractError
from linli.storage.alembic_run import upgrade
from linli.storage.backend import Backend
from linli.storage.backends import make_backend
from linli.storage.history import History

Schema = dict[str, tuple[object, ...]]


def starts(history: History) -> list[str | None]:
    """None and every revision, oldest first."""
    return [None, *(revision.name for revision in history.revisions())]


def check(
    history: History,
    folder: Path,
    start: str | None,
    *,
    url: str | None = None,
    fill: Callable[[Connection, str | None], None] = lambda connection, start: None,
    look: Callable[[Connection], None] = lambda connection: None,
) -> None:
    """Migrate a database from ``start`` to the newest revision; raises ContractError when the result is another schema
    than the one that ``history.metadata`` describes, which is what a fresh database is made from.

    ``url``: an empty database on a server; None: files in ``folder``.
    """
    backend = _fresh(folder, f"upgrade_{start}".lower(), url)
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
        _compare(history, migrated, _described(history, folder, url))


def _fresh(folder: Path, name: str, url: str | None) -> Backend:
    """A database of this name, without what an earlier look left in it."""
    if url is None:
        path = folder / f"{name}.db"
        path.unlink(missing_ok=True)
        return make_backend(name, f"sqlite:///{path}", "NORMAL", alone=None)
    backend = make_backend(name, url, "NORMAL", alone=None)
    with closing(backend.writer()) as connection, connection.begin():
        connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
    return backend


def _described(history: History, folder: Path, url: str | None) -> Schema:
    assert history.metadata is not None
    backend = _fresh(folder, "described", url)
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
    """What the database knows of each table, index and trigger, however the statement that made it was written."""
    return _on_server(connection) if connection.dialect.name == "postgresql" else _in_file(connection)


OWN: Final = frozenset({"linli_commits"})
TRIGGERS: Final = (
    "SELECT tgname, pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
    " WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal"
)


def _on_server(connection: Connection) -> Schema:
    schema: Schema = {}
    look = inspect(connection)
    name = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    for table in look.get_table_names():
        if table in OWN:
            continue
        columns = tuple(
            (each["name"], str(each["type"]), each["nullable"], str(each["default"]).replace(f"{name}.", ""))
            for each in look.get_columns(table)
        )
        keys = tuple(look.get_pk_constraint(table)["constrained_columns"])
        foreign = sorted(str((each["constrained_columns"], each["referred_table"], each["options"]))
                         for each in look.get_foreign_keys(table))  # fmt: skip
        unique = sorted(str(each["column_names"]) for each in look.get_unique_constraints(table))
        schema[f"table {table}"] = (columns, keys, foreign, unique)
        for index in look.get_indexes(table):
            schema[f"index {index['name']}"] = (table, tuple(index["column_names"]), index["unique"])
    for trigger, said in connection.exec_driver_sql(TRIGGERS):
        schema[f"trigger {trigger}"] = (said.replace(f"{name}.", ""),)
    return schema


def _in_file(connection: Connection) -> Schema:
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
