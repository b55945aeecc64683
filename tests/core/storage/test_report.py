"""What goes wrong reaches a person: as a repair issue that goes when it is mended, in Chinese and English."""

import ast
import sqlite3
from pathlib import Path

import pytest

import databases
import linli.storage
from linli.bus import EventBus
from linli.clock import SimulatedClock
from linli.issues import Issues
from linli.ledger import Ledger
from linli.received_heads import SUSPICIOUS
from linli.storage import SYSTEM, DatabaseBusy, Storage
from linli.storage.faults import TROUBLES, report_to
from linli.translations import read_texts

ROOM = Path(linli.storage.__file__).parent


@pytest.fixture
def issues(storage: Storage, clock: SimulatedClock) -> Issues:
    ledger = Ledger(clock)
    issues = Issues(clock, EventBus(clock, ledger), ledger, storage.documents, "0.1.0")
    report_to(issues, storage)
    return issues


def shown(issues: Issues) -> list[tuple[str, dict[str, object]]]:
    return [(issue.message.key, dict(issue.message.parameters)) for issue in issues.all()]


@pytest.mark.sqlite_only
async def test_a_trouble_stands_until_a_commit_succeeds_again(storage: Storage, issues: Issues):
    await storage.safety.maintain(lambda found: found.connection.driver_connection.execute("PRAGMA busy_timeout=1"))
    other = sqlite3.connect(storage.safety.backend.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(2):
        with pytest.raises(DatabaseBusy):
            await storage.journal.append("x.y", actor=SYSTEM)
    assert shown(issues) == [("storage_busy", {"database": "safety"})]
    other.execute("COMMIT")
    other.close()
    await storage.journal.append("x.y", actor=SYSTEM)
    assert shown(issues) == []


async def test_a_damaged_document_is_shown(storage: Storage, issues: Issues, folder: Path, clock: SimulatedClock):
    await storage.documents.put("area", "hall", {})
    await clock.forward(seconds=6)
    databases.current.execute(folder, "hub", "UPDATE documents SET checksum = 0 WHERE kind = 'area'")
    await storage.documents.load("area")
    assert shown(issues) == [("storage_document_restored", {"kind": "area", "key": "hall"})]
    await issues.close()


@pytest.mark.sqlite_only
async def test_a_database_that_was_set_aside_is_shown(folder: Path, clock: SimulatedClock):
    ledger = Ledger(clock)
    await (await Storage.open(folder, clock=clock, ledger=ledger)).close()
    (folder / "hub.db").write_bytes(b"no database at all" * 1000)
    storage = await Storage.open(folder, clock=clock, ledger=ledger)
    issues = Issues(clock, EventBus(clock, ledger), ledger, storage.documents, "0.1.0")
    report_to(issues, storage)
    assert shown(issues) == [("storage_set_aside_hub", {"file": storage.rescued[0].file.name})]
    await issues.close()
    await storage.close()


MADE_OF_PARTS = {
    "storage_set_aside_hub", "storage_set_aside_safety", "storage_set_aside_own", "storage_restored_held",
    "storage_restored_not_applied",
    "journal_heads_unreachable", "journal_heads_rolled_back", "journal_heads_second_hub", "journal_heads_changed",
    "journal_heads_refused", "received_heads_silent", *(f"received_heads_{what}" for what in SUSPICIOUS),
}  # fmt: skip
"""Names of issues that no source of this room says whole."""


ACTIONS = {f"storage.{name}" for name in (
    "set_aside", "restored", "restored_applied", "restored_not_applied", "restored_released",
)}  # fmt: skip
"""What the journal says; no sentence."""


def said_in_code() -> set[str]:
    """Every key that the room's sources name."""
    said = {
        node.value
        for source in ROOM.glob("*.py")
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    issues = {key.split(".")[1] for key in read_texts(ROOM)["en"] if key.startswith("issues.")}
    known = issues & (said | MADE_OF_PARTS) | set(TROUBLES.values())
    return {key for key in said if key.startswith("storage.") and key not in ACTIONS} | {
        key for name in known for key in issue_texts(name)
    }


def issue_texts(name: str) -> set[str]:
    return {f"issues.{name}.title", f"issues.{name}.description"}


def test_every_sentence_exists_in_both_languages_and_no_other_does():
    texts = read_texts(ROOM)
    assert texts["zh-Hans"].keys() == texts["en"].keys()
    assert texts["en"].keys() == said_in_code()
