from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.engine import Connection

from linli.auth import AUTH_HISTORY
from linli.clock import SimulatedClock
from linli.storage import Database, History
from linli.storage.history import takings
from linli.storage.migrate import migrate


def described(connection: Connection) -> dict[str, object]:
    """Tables with columns, keys and indices, in an order of their own."""
    seen = inspect(connection)
    tables = [name for name in seen.get_table_names() if name.startswith("auth_")]
    shape: dict[str, object] = {
        name: [
            sorted((c["name"], str(c["type"]), c["nullable"]) for c in seen.get_columns(name)),
            seen.get_pk_constraint(name)["constrained_columns"],
            sorted((sorted(k["constrained_columns"]), k["referred_table"]) for k in seen.get_foreign_keys(name)),
            sorted((str(i["name"]), tuple(i["column_names"])) for i in seen.get_indexes(name)),
            sorted(tuple(u["column_names"]) for u in seen.get_unique_constraints(name)),
        ]
        for name in sorted(tables)
    }
    connection.rollback()
    return shape


async def test_the_migrations_lead_to_the_tables_that_a_fresh_store_has(tmp_path: Path) -> None:
    shapes = []
    for name, metadata in (("fresh", AUTH_HISTORY.metadata), ("migrated", None)):
        clock = SimulatedClock()
        database = Database(name, f"sqlite:///{tmp_path}/{name}.db", clock=clock)
        await database.open()
        history = History("auth", AUTH_HISTORY.folder, metadata, safety=True)
        await migrate(database, history, clock=clock, copies=tmp_path)
        shapes.append(await database.maintain(described))
        await database.close()
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) == 6


def test_the_history_only_adds_and_says_what_may_run_on_it() -> None:
    for revision in AUTH_HISTORY.revisions():
        assert revision.oldest_code
        assert takings(revision.file) == []
