"""The only file that imports Alembic; itself imported only when a revision must run."""

from __future__ import annotations

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from linli.storage.history import History


def upgrade(connection: Connection, history: History, target: str = "head") -> None:
    """Run the revisions that are missing up to ``target``, in the transaction that is open on ``connection``."""
    script = ScriptDirectory(str(history.folder), version_locations=[str(history.folder)])
    context = MigrationContext.configure(
        connection,
        opts={
            "script": script,
            "version_table": history.version_table,
            # on SQLite Alembic's default is False: a migration that fails would stay half done
            "transactional_ddl": True,
            "fn": lambda heads, _: script._upgrade_revs(target, heads),
        },
    )
    with Operations.context(context):
        context.run_migrations()
