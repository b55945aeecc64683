"""Migrations: each domain by itself, forward only, after a copy, and never by older code than the data allows."""

import asyncio
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, inspect, text
from sqlalchemy.engine import Connection

import databases
from linli.auth.auth import AUTH_HISTORY
from linli.clock import SimulatedClock
from linli.entity.last_states import HISTORY as ENTITY_HISTORY
from linli.errors import ContractError
from linli.plugin.manifest import Manifest
from linli.storage import Database, History, Outcome, Storage, StorageRefused, upgrades
from linli.storage.history import Revision, oldest_code, takings, version
from linli.storage.migrate import migrate
from linli.storage.plugin_tables import migrate_plugin
from linli.storage.storage import CORE_HISTORY, JOURNAL_HISTORY

SAFETY_HISTORIES = [CORE_HISTORY, JOURNAL_HISTORY, AUTH_HISTORY]

HEAD = 'import sqlalchemy as sa\nfrom alembic import op\nrevision = "{0}"\ndown_revision = {1!r}\noldest_code = "{2}"\n'
FIRST = 'def upgrade():\n    op.create_table("lamp", sa.Column("id", sa.Integer, primary_key=True))\n'
SECOND = 'def upgrade():\n    op.add_column("lamp", sa.Column("watt", sa.BigInteger))\n'
THIRD = 'def upgrade():\n    op.create_index("lamp_watt", "lamp", ["watt"])\n'

Write = Callable[..., History]


@pytest.fixture
def lamps(tmp_path: Path) -> Write:
    """A history of a plugin of the given steps."""
    folder = tmp_path / "migrations"
    folder.mkdir()

    def write(*bodies: str, oldest: str = "0.1.0", **said: object) -> History:
        for old in folder.glob("*.py"):
            old.unlink()
        previous = None
        for number, body in enumerate(bodies, 1):
            name = f"{number:04}"
            (folder / f"{name}_step.py").write_text(HEAD.format(name, previous, oldest) + body)
            previous = name
        return History("lamps", folder, **said)  # type: ignore[arg-type]

    return write


def described() -> MetaData:
    metadata = MetaData()
    Table("lamp", metadata, Column("id", Integer, primary_key=True), Column("watt", BigInteger, index=False))
    return metadata


@pytest.fixture
def run(database: Database, clock: SimulatedClock, tmp_path: Path):
    return lambda history: migrate(database, history, clock=clock, copies=tmp_path / "backups")


def columns(database: Database) -> list[str]:
    with _looking(database) as connection:
        return [column["name"] for column in inspect(connection).get_columns("lamp")]


def asked(database: Database, statement: str) -> list[tuple[object, ...]]:
    with _looking(database) as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


@contextmanager
def _looking(database: Database) -> Iterator[Connection]:
    with closing(database.backend.reader()) as connection, connection.begin():
        yield connection


@pytest.mark.parametrize("history", [*SAFETY_HISTORIES, ENTITY_HISTORY], ids=lambda history: history.domain)
def test_our_own_histories_reach_from_every_version_what_a_fresh_database_has(history: History, tmp_path: Path):
    for start in upgrades.starts(history):
        upgrades.check(history, tmp_path, start, url=databases.current.url(tmp_path))


@pytest.mark.parametrize("history", SAFETY_HISTORIES, ids=lambda history: history.domain)
def test_our_own_histories_only_add_and_are_read_as_alembic_reads_them(history: History):
    line = history.revisions()
    assert [problem for revision in line for problem in takings(revision.file)] == []
    assert oldest_code(line) is not None
    script = ScriptDirectory(str(history.folder), version_locations=[str(history.folder)])
    assert [revision.revision for revision in script.walk_revisions()][::-1] == [revision.name for revision in line]


async def test_a_plugin_is_upgraded_step_by_step(database: Database, run, lamps: Write):
    assert await run(lamps(FIRST)) is Outcome.MIGRATED
    assert await run(lamps(FIRST)) is Outcome.CURRENT
    assert columns(database) == ["id"]
    assert await run(lamps(FIRST, SECOND, THIRD)) is Outcome.MIGRATED
    assert columns(database) == ["id", "watt"]
    assert asked(database, "SELECT version_num FROM linli_lamps_version") == [("0003",)]


async def test_a_fresh_one_is_made_from_its_description_and_goes_on_from_there(database: Database, run, lamps: Write):
    assert await run(lamps(FIRST, SECOND, metadata=described())) is Outcome.CREATED
    assert await run(lamps(FIRST, SECOND, THIRD)) is Outcome.MIGRATED
    with _looking(database) as connection:
        assert [index["name"] for index in inspect(connection).get_indexes("lamp")] == ["lamp_watt"]


@pytest.mark.parametrize("start", [None, "0001", "0002"])
def test_the_helper_for_authors_keeps_rows_and_finds_a_description_that_differs(
    tmp_path: Path, lamps: Write, start: str | None
):
    history = lamps(FIRST, SECOND, metadata=described())

    def fill(connection, start: str | None) -> None:
        if start is not None:
            connection.execute(text("INSERT INTO lamp (id) VALUES (7)"))

    def look(connection) -> None:
        assert connection.execute(text("SELECT id FROM lamp")).scalars().all() == ([] if start is None else [7])

    url = databases.current.url(tmp_path)
    upgrades.check(history, tmp_path, start, url=url, fill=fill, look=look)
    with pytest.raises(ContractError, match="index lamp_watt"):
        upgrades.check(lamps(FIRST, SECOND, THIRD, metadata=described()), tmp_path, start, url=url)


async def test_a_step_that_fails_leaves_everything_as_it_was(database: Database, run, lamps: Write):
    await run(lamps(FIRST))
    half = 'def upgrade():\n    op.add_column("lamp", sa.Column("watt", sa.BigInteger))\n    raise OSError("halfway")\n'
    with pytest.raises(OSError, match="halfway"):
        await run(lamps(FIRST, half))
    assert columns(database) == ["id"]
    assert await run(lamps(FIRST, SECOND)) is Outcome.MIGRATED
    assert columns(database) == ["id", "watt"]


SHADES = (
    FIRST
    + """    op.create_table("shade", sa.Column("lamp", sa.Integer, sa.ForeignKey("lamp.id", ondelete="CASCADE")))
    op.execute("INSERT INTO lamp VALUES (1)")
    op.execute("INSERT INTO shade VALUES (1)")
"""
)
REBUILT = """def upgrade():
    with op.batch_alter_table("lamp", recreate="always") as lamp:
        lamp.add_column(sa.Column("watt", sa.BigInteger))
"""


@pytest.mark.sqlite_only
async def test_a_table_may_be_rebuilt_although_others_refer_to_it(database: Database, run, lamps: Write):
    await run(lamps(SHADES))
    await run(lamps(SHADES, REBUILT))
    assert columns(database) == ["id", "watt"]
    shades = await database.read(lambda tx: tx.execute(text("SELECT lamp FROM shade")).scalars().all())
    assert shades == [1], "dropping the old table would have cascaded"


@pytest.mark.sqlite_only
async def test_a_step_that_orphans_rows_is_undone(database: Database, run, lamps: Write):
    await run(lamps(SHADES))
    with pytest.raises(StorageRefused, match="'shade' without their parent"):
        await run(lamps(SHADES, 'def upgrade():\n    op.execute("DELETE FROM lamp")\n'))
    assert await database.read(lambda tx: tx.execute(text("SELECT id FROM lamp")).scalars().all()) == [1]


async def test_a_copy_is_made_before_and_only_the_last_ones_are_kept(
    database: Database, run, lamps: Write, clock: SimulatedClock, tmp_path: Path
):
    await run(lamps(FIRST, metadata=described()))
    assert not (tmp_path / "backups").exists(), "a first table takes nothing from anybody"
    for number in range(7):
        steps = [
            f"def upgrade():\n    op.add_column('lamp', sa.Column('c{step}', sa.Integer))\n"
            for step in range(number + 1)
        ]
        await run(lamps(FIRST, *steps))
        await clock.forward(seconds=1)
    copies = sorted((tmp_path / "backups").iterdir())
    assert len(copies) == 5
    suffix = database.backend.copy_suffix
    assert copies[-1].name == f"safety-20250101T000006.000000Z-before-lamps-0008{suffix}"
    assert copies[-1].stat().st_mode & 0o077 == 0
    if suffix == ".dump":
        listed = subprocess.run(["pg_restore", "--list", copies[-1]], capture_output=True, text=True, check=True)
        assert "TABLE DATA safety lamp" in listed.stdout
        return
    with sqlite3.connect(copies[-1]) as copy:
        assert [row[1] for row in copy.execute("PRAGMA table_info(lamp)")][-1] == "c5"


async def test_data_of_newer_code_is_refused_with_a_sentence(database: Database, run, lamps: Write):
    await run(lamps(FIRST, SECOND, oldest="0.9.0"))
    with pytest.raises(StorageRefused, match="tables of lamps were written by a newer version"):
        await run(lamps(FIRST))


async def test_older_code_runs_on_what_newer_code_left_for_it(database: Database, run, lamps: Write):
    await run(lamps(FIRST, SECOND, oldest="0.2.0", code="0.9.0"))
    assert await run(lamps(FIRST, oldest="0.2.0", code="0.2.1")) is Outcome.AHEAD
    assert columns(database) == ["id", "watt"]
    with pytest.raises(StorageRefused):
        await run(lamps(FIRST, oldest="0.2.0", code="0.1.9"))


async def test_a_plugin_that_is_gone_keeps_its_tables(database: Database, run, lamps: Write):
    await run(lamps(FIRST))
    await run(CORE_HISTORY)
    assert columns(database) == ["id"]


TAKING = {
    "drop": 'op.drop_table("lamp")',
    "alter": 'op.alter_column("lamp", "watt", new_column_name="w")',
    "batch": 'with op.batch_alter_table("lamp") as t:\n        t.drop_column("watt")',
    "sql": 'op.execute("ALTER TABLE lamp DROP COLUMN watt")',
    "text": 'op.execute(sa.text("delete from lamp"))',
    "required": 'op.add_column("lamp", sa.Column("room", sa.Text, nullable=False))',
}


@pytest.mark.parametrize("statement", TAKING.values(), ids=list(TAKING))
async def test_a_safety_plugin_may_only_add(database: Database, run, lamps: Write, statement: str):
    await run(lamps(FIRST, SECOND, safety=True))
    with pytest.raises(ContractError, match=r"0003_step\.py:[78]: "):
        await run(lamps(FIRST, SECOND, f"def upgrade():\n    {statement}\n", safety=True))
    assert columns(database) == ["id", "watt"]


async def test_what_adds_is_allowed_to_a_safety_plugin(database: Database, run, lamps: Write):
    adding = (
        'def upgrade():\n    op.add_column("lamp", sa.Column("room", sa.Text, nullable=False, server_default=""))\n'
        '    op.execute("UPDATE lamp SET watt = 0 WHERE watt IS NULL")\n'
        'def downgrade():\n    op.drop_table("lamp")\n'
    )
    assert await run(lamps(FIRST, SECOND, adding, safety=True)) is Outcome.MIGRATED


async def test_a_safety_plugin_names_the_oldest_code(database: Database, run, lamps: Write):
    history = lamps(FIRST, safety=True)
    file = history.folder / "0001_step.py"
    file.write_text(file.read_text().replace('oldest_code = "0.1.0"\n', ""))
    with pytest.raises(ContractError, match="names no oldest_code"):
        await run(history)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"a.py": 'revision = "1"\n'},
        {"a.py": 'revision = "1"\ndown_revision = None\n', "b.py": 'revision = "2"\ndown_revision = None\n'},
        {"a.py": 'revision = "1"\ndown_revision = None\n', "b.py": 'revision = "2"\ndown_revision = "9"\n'},
        {"a.py": 'revision = "1"\ndown_revision = "2"\n', "b.py": 'revision = "2"\ndown_revision = "1"\n'},
    ],
    ids=["none", "no down_revision", "two beginnings", "hole", "circle"],
)
def test_a_history_is_one_line(tmp_path: Path, files: dict[str, str]):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(ContractError):
        History("x", tmp_path).revisions()


def test_a_history_is_found_by_its_package_without_importing_it():
    assert History.of_package("journal", "linli.storage.migrations.journal").folder == JOURNAL_HISTORY.folder
    with pytest.raises(ContractError):
        History.of_package("x", "linli.storage.no_such_package")


@pytest.mark.parametrize(
    ("older", "newer"), [("0.1.0", "0.1.1"), ("0.9.0", "0.10.0"), ("0.9", "1"), ("0.1.0rc1", "0.1.1")]
)
def test_versions_compare_as_numbers(older: str, newer: str):
    assert version(older) < version(newer)


@pytest.mark.parametrize(
    ("named", "expected"),
    [(["0.2.0", "0.10.0", "0.3.0"], "0.10.0"), (["0.1.0", None], None)],
    ids=["newest", "unknown"],
)
def test_the_strictest_revision_says_which_code_may_run(tmp_path: Path, named: list[str | None], expected: str | None):
    assert oldest_code([Revision("x", None, name, tmp_path) for name in named]) == expected


async def test_two_processes_that_migrate_at_once_do_it_once(
    database: Database, clock: SimulatedClock, run, lamps: Write, tmp_path: Path
):
    history = lamps(FIRST, SECOND)
    other = Database("safety", databases.current.of("safety", tmp_path), clock=clock)
    await other.open()
    outcomes = await asyncio.gather(run(history), migrate(other, history, clock=clock, copies=tmp_path / "other"))
    await other.close()
    assert Outcome.MIGRATED in outcomes
    assert columns(database) == ["id", "watt"]


COLD = """
import asyncio, os, sys
from pathlib import Path
from linli.clock import RealClock
from linli.ledger import Ledger
from linli.storage import Storage

async def main():
    clock = RealClock()
    for _ in range(2):
        url = os.environ.get("LINLI_TEST_URL")
        storage = await Storage.open(Path(sys.argv[1]), clock=clock, ledger=Ledger(clock), database=url)
        await storage.close()

asyncio.run(main())
print(sorted({"alembic", "mako", "aiosqlite"} & sys.modules.keys()))
"""


def test_neither_a_first_start_nor_the_next_imports_alembic_or_aiosqlite(folder: Path, program):
    process = program(COLD, folder)
    assert process.communicate()[0] == "[]\n"
    assert process.returncode == 0


async def test_a_plugins_folder_brings_its_tables_each_in_its_database(storage: Storage, tmp_path: Path):
    manifest = Manifest("lamps", "management")
    assert await migrate_plugin(storage, manifest, tmp_path) == [], "most plugins have none"
    for folder, table in (("migrations", "lamp"), ("migrations/safety", "lamp_call")):
        (tmp_path / folder).mkdir()
        step = HEAD.format("0001", None, "0.1.0") + FIRST.replace('"lamp"', f'"{table}"')
        (tmp_path / folder / "0001_step.py").write_text(step)
    assert await migrate_plugin(storage, manifest, tmp_path) == [Outcome.MIGRATED, Outcome.MIGRATED]
    assert await migrate_plugin(storage, manifest, tmp_path) == [Outcome.CURRENT, Outcome.CURRENT]
    assert asked(storage.hub, "SELECT count(*) FROM lamp") == [(0,)]
    assert asked(storage.safety, "SELECT count(*) FROM lamp_call") == [(0,)]
    (tmp_path / "migrations" / "0001_step.py").write_text(HEAD.format("0000", None, "9.0.0") + FIRST)
    await storage.hub.transaction(
        lambda tx: tx.execute(text("UPDATE linli_histories SET oldest_code = '9.0.0'")).close()
    )
    with pytest.raises(StorageRefused, match="written by a newer version"):
        await migrate_plugin(storage, manifest, tmp_path)
