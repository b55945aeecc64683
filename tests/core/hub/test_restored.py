"""The first start after a restore: withdrawals and erasures are applied again, loudly, before the hub is ready."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import databases
from linli.clock import SimulatedClock
from linli.hub import Hub
from linli.ids import CORE
from linli.ledger import Ledger
from linli.storage import SYSTEM, StorageRefused
from linli.storage.archive import make_identity
from linli.storage.backup import make_backup
from linli.storage.restore import restore_backup
from linli.testing import Deployment, running_hub

PLUGIN = '''
    """Register: remembers what people withdrew, in a file of the office."""
    import pathlib
    from linli import Manifest, hookimpl

    MANIFEST = Manifest(domain="register", layer="application")
    BOOK = pathlib.Path("THE_BOOK")

    @hookimpl
    def storage_restored(since):
        with BOOK.open("a") as out:
            out.write(since.isoformat() + "\\n")
        if BOOK.with_name("book.broken").exists():
            raise RuntimeError("the office's list does not answer")
'''


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book"


@pytest.fixture
def home(tmp_path: Path, book: Path) -> Deployment:
    return Deployment(tmp_path, "register: {}").drop_in("register", PLUGIN.replace("THE_BOOK", str(book)))


async def restored(home: Deployment, clock: SimulatedClock, tmp_path: Path) -> datetime:
    """Run, back up, and put the backup in the data folder's place; when it was made."""
    recipient = make_identity(tmp_path / "key")
    async with running_hub(home, clock=clock) as hub:
        made_at = clock.now()
        made = await make_backup(
            hub.rooms.storage, clock, tmp_path / "shelf", [recipient], configuration=None, actor=SYSTEM
        )
    await clock.forward(hours=3)
    home.data = tmp_path / "new data"
    await restore_backup(
        made.file, tmp_path / "key", home.data, clock=clock, ledger=Ledger(clock), actor=SYSTEM,
        database=databases.current.url(home.data),
    )  # fmt: skip
    return made_at


def issues(hub: Hub) -> set[str]:
    return {issue.issue_id for issue in hub.rooms.issues.all() if issue.domain == CORE}


async def test_no_plugin_is_asked_where_nothing_was_restored(home, clock, book):
    async with running_hub(home, clock=clock) as hub:
        assert hub.rooms.storage.restored is None
        assert issues(hub) == set()
    assert not book.exists()


async def test_plugins_are_asked_once_and_what_is_held_is_shown_until_released(home, clock, book, tmp_path):
    made_at = await restored(home, clock, tmp_path)
    async with running_hub(home, clock=clock) as hub:
        assert book.read_text() == f"{made_at.astimezone(UTC).isoformat()}\n"
        assert issues(hub) == {"storage_restored_held"}
        actions = [row.action for row in await hub.rooms.storage.journal.rows()]
        assert "storage.restored_applied" in actions
        await hub.rooms.storage.after_restore.release(actor=SYSTEM)
        assert hub.rooms.storage.restored is None
        assert issues(hub) == set()
    async with running_hub(home, clock=clock) as hub:
        assert issues(hub) == set()
        actions = [row.action for row in await hub.rooms.storage.journal.rows()]
        assert actions.count("storage.restored_applied") == 1
    assert len(book.read_text().splitlines()) == 1
    assert json.loads((home.data / "instance.json").read_text())["restored"] is False


async def test_a_plugin_that_fails_is_shown_and_asked_at_every_start_until_it_answers(home, clock, book, tmp_path):
    await restored(home, clock, tmp_path)
    broken = book.with_name("book.broken")
    broken.touch()
    async with running_hub(home, clock=clock) as hub:
        assert issues(hub) == {"storage_restored_held", "storage_restored_not_applied"}
        [issue] = [one for one in hub.rooms.issues.all() if one.issue_id == "storage_restored_not_applied"]
        assert issue.message.parameters["plugins"] == "register"
        [row] = [row for row in await hub.rooms.storage.journal.rows() if row.action == "storage.restored_not_applied"]
        assert row.details == {"failed": ["register"]}
    broken.unlink()
    async with running_hub(home, clock=clock) as hub:
        assert issues(hub) == {"storage_restored_held"}
    assert len(book.read_text().splitlines()) == 2


@pytest.mark.sqlite_only
async def test_heads_of_the_deployment_are_sealed_and_a_second_hub_is_refused(home, clock, tmp_path):
    elsewhere = tmp_path / "heads"
    elsewhere.mkdir()
    yaml = home.folder / "linli.yaml"
    yaml.write_text(
        f"linli: {{trusted: [register], journal: {{heads: {json.dumps(str(elsewhere))}}}}}\nregister: {{}}\n"
    )
    async with running_hub(home, clock=clock) as hub:
        assert await hub.rooms.storage.journal.seal() is not None
        copy = tmp_path / "copy"
        copy.mkdir()
        (copy / "instance.json").write_bytes((home.data / "instance.json").read_bytes())
        first, home.data = home.data, copy
        with pytest.raises(StorageRefused, match="same identity"):
            async with running_hub(home, clock=clock):
                pass
        home.data = first
    assert list(elsewhere.glob("*/*.jsonl"))


async def test_why_the_hubs_own_backup_failed_is_said_in_its_language(home, clock, tmp_path):
    recipient = make_identity(tmp_path / "key")
    yaml = home.folder / "linli.yaml"
    yaml.write_text(
        "linli:\n  trusted: [register]\n  language: zh-Hans\n"
        f"  backup: {{recipients: {recipient}, folder: {json.dumps(str(tmp_path))}, drill: monthly}}\nregister: {{}}\n"
    )
    async with running_hub(home, clock=clock):
        pass
    await clock.forward(hours=24 * 30)
    async with running_hub(home, clock=clock) as hub:
        await clock.forward(minutes=1)
        [issue] = hub.rooms.issues.all()
        assert issue.issue_id == "backup_drill_failed"
        assert issue.message.parameters["reason"] == f"{tmp_path} 中还没有本实例的备份。"
