"""The data folder: one hub at a time, commands beside it, and what happens when a file is damaged."""

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

import databases
from linli.clock import SimulatedClock
from linli.ledger import Ledger
from linli.storage import SYSTEM, History, Outcome, Storage, StorageRefused
from linli.storage.folder import RESERVE_BYTES, DataFolder
from linli.storage.rescue import PARTS, set_aside


@pytest.fixture
def start(folder: Path, clock: SimulatedClock):
    return lambda **said: Storage.open(folder, clock=clock, ledger=Ledger(clock), **said)


@pytest.fixture
def command(folder: Path, clock: SimulatedClock):
    return lambda **said: Storage.open_for_command(folder, clock=clock, ledger=Ledger(clock), **said)


async def test_a_second_hub_on_the_same_folder_refuses_with_a_sentence(storage: Storage, start):
    with pytest.raises(StorageRefused, match=rf"another hub \(process {os.getpid()}\) runs on the data folder"):
        await start()


async def test_the_folder_is_free_after_the_hub_has_ended(start):
    await (await start()).close()
    await (await start()).close()


async def test_everything_in_the_folder_belongs_to_its_owner_only(storage: Storage, folder: Path):
    await storage.journal.append("hub.started", actor=SYSTEM)
    assert folder.stat().st_mode & 0o777 == 0o700
    loose = [file.name for file in folder.iterdir() if file.stat().st_mode & 0o077]
    assert loose == []


async def test_the_folder_says_what_runs_on_it_and_keeps_its_identity(start, folder: Path):
    await (await start(deployment=Path("/etc/linli/home"))).close()
    first = DataFolder(folder).read_instance()
    await (await start(deployment=Path("/etc/linli/other"))).close()
    second = DataFolder(folder).read_instance()
    assert (first.deployment, second.deployment) == ("/etc/linli/home", "/etc/linli/other")
    assert first.instance_id == second.instance_id
    assert second.database == (databases.current.url(folder) or "sqlite")


async def test_a_command_writes_beside_a_running_hub(storage: Storage, command):
    beside = await command()
    await beside.journal.append("user.created", actor=SYSTEM)
    await beside.close()
    assert [row.id.writer for row in await storage.journal.rows()] == ["cli"]


async def test_a_command_without_data_says_which_folder_to_give(command, folder: Path):
    with pytest.raises(StorageRefused, match="there is no linli data"):
        await command()
    assert not folder.exists()


async def test_a_command_may_make_the_first_data(command, start):
    made = await command(create=True)
    await made.documents.put("area", "hall", {})
    await made.close()
    hub = await start()
    assert (await hub.documents.load("area")).keys() == {"hall"}
    await hub.close()


TABLE = 'import sqlalchemy as sa\nfrom alembic import op\nrevision = "1"\ndown_revision = None\n' + (
    'def upgrade():\n    op.create_table("lamp", sa.Column("id", sa.Integer, primary_key=True))\n'
)


async def test_a_command_migrates_only_where_no_hub_runs(storage: Storage, command, tmp_path: Path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "1.py").write_text(TABLE)
    history = History("lamps", tmp_path / "m")
    beside = await command()
    with pytest.raises(StorageRefused, match="another hub"):
        await beside.migrate(beside.hub, history)
    assert await storage.migrate(storage.hub, history) is Outcome.MIGRATED
    assert await beside.migrate(beside.hub, history) is Outcome.CURRENT
    await beside.close()
    await storage.close()
    alone = await command()
    assert await alone.migrate(alone.safety, history) is Outcome.MIGRATED
    await alone.close()


@pytest.mark.sqlite_only
async def test_a_folder_that_cannot_be_made_is_refused_with_a_sentence(tmp_path: Path, clock: SimulatedClock):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageRefused, match="cannot be made"):
        await Storage.open(tmp_path / "file" / "data", clock=clock, ledger=Ledger(clock))


@pytest.mark.sqlite_only
async def test_space_is_held_back_for_safety(storage: Storage, folder: Path):
    assert (folder / "safety.reserve").stat().st_blocks * 512 >= RESERVE_BYTES
    assert storage.folder.release_reserve()
    assert not storage.folder.release_reserve()


def ruin(file: Path, keep: int) -> None:
    """Overwrite a database after its first bytes."""
    with file.open("r+b") as content:
        content.seek(keep)
        content.write(b"\xff" * max(file.stat().st_size - keep, 0))


@pytest.mark.sqlite_only
@pytest.mark.parametrize("keep", [0, 4096], ids=["no database any more", "damaged inside"])
async def test_a_damaged_hub_db_is_set_aside_and_filled_from_the_last_good_copies(start, folder: Path, keep: int):
    hub = await start()
    await hub.documents.put("area", "hall", {"name": "门厅"})
    await hub.close()
    ruin(folder / "hub.db", keep)
    hub = await start()
    assert [found.database for found in hub.rescued] == ["hub"]
    assert hub.rescued[0].file.stat().st_size > 0
    assert (await hub.documents.load("area"))["hall"].value == {"name": "门厅"}
    assert not hub.credentials_lost
    assert [(row.action, row.subject) for row in await hub.journal.rows()] == [("storage.set_aside", "hub")]
    await hub.close()
    hub = await start()
    assert hub.rescued == []
    await hub.close()


def test_a_database_is_set_aside_with_all_its_parts(tmp_path: Path, clock: SimulatedClock):
    for part in PARTS:
        (tmp_path / f"hub.db{part}").write_text(part)
    aside = set_aside(tmp_path / "hub.db", clock)
    assert [file.name for file in sorted(tmp_path.iterdir())] == [f"{aside.name}{part}" for part in sorted(PARTS)]


@pytest.mark.sqlite_only
async def test_a_damaged_safety_db_leaves_no_login_until_the_command_line_makes_a_user(start, command, folder: Path):
    await (await start()).close()
    ruin(folder / "safety.db", 0)
    hub = await start()
    assert [found.database for found in hub.rescued] == ["safety"]
    assert hub.credentials_lost
    assert (await hub.journal.verify()).holds
    await hub.close()
    hub = await start()
    assert hub.credentials_lost, "a restart does not make it forget"
    beside = await command()
    assert beside.credentials_lost
    await beside.credentials_restored()
    await beside.close()
    async with asyncio.timeout(2):
        while hub.credentials_lost:
            await asyncio.sleep(0.01)
    await hub.close()
    hub = await start()
    assert not hub.credentials_lost
    await hub.close()


@pytest.mark.sqlite_only
async def test_damage_found_while_running_is_looked_for_at_the_next_start(start, folder: Path):
    hub = await start()
    for number in range(50):
        await hub.journal.append("x.y", actor=SYSTEM, details={"text": "x" * 500, "n": number})
    await hub.close()
    with sqlite3.connect(folder / "safety.db") as raw:
        (page,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'journal'").fetchone()
        (size,) = raw.execute("PRAGMA page_size").fetchone()
    raw.close()
    with (folder / "safety.db").open("r+b") as content:
        content.seek((page - 1) * size)
        content.write(b"\xff" * size)
    hub = await start()
    with pytest.raises(Exception, match=r"SQLITE_CORRUPT"):
        await hub.journal.rows()
    await hub.close()
    hub = await start()
    assert [found.database for found in hub.rescued] == ["safety"]
    await hub.close()


@pytest.mark.sqlite_only
async def test_a_clean_close_leaves_only_whole_databases(start, folder: Path):
    for _ in range(5):
        await (await start()).close()
        assert list(folder.glob("*-wal")) == [], "some connection was left open"
