"""What storage has to tell a person: each fault as a repair issue that stands until it is mended."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from linli.ids import CORE
from linli.issues import Severity
from linli.messages import Message
from linli.storage.document import Damage
from linli.storage.errors import DatabaseBusy, DatabaseFailed, DatabaseFull, DatabaseUnreachable, StorageError

if TYPE_CHECKING:
    from linli.issues import Issues
    from linli.storage.database import Database
    from linli.storage.storage import Storage

TROUBLES: Final[dict[type[StorageError], str]] = {
    DatabaseFailed: "storage_failed",
    DatabaseUnreachable: "storage_unreachable",
    DatabaseFull: "storage_full",
    DatabaseBusy: "storage_busy",
}


def report_to(issues: Issues, storage: Storage) -> None:
    """Raise what this start found, and from now on whatever goes wrong; a trouble that passes clears its issue."""
    for rescued in storage.rescued:
        message = Message(f"storage_set_aside_{rescued.database}", {"file": rescued.file.name})
        issues.raise_issue(CORE, message.key, severity=Severity.CRITICAL, message=message, persistent=True)
    for documents in (storage.safety_documents, storage.documents):
        documents.on_damage(partial(_report_damage, issues))
    for database in (storage.safety, storage.hub):
        database.on_trouble(partial(report_trouble, issues, database))


def _report_damage(issues: Issues, damage: Damage) -> None:
    key = "storage_document_restored" if damage.restored else "storage_document_lost"
    message = Message(key, {"kind": damage.kind, "key": damage.key})
    issue_id = f"{key}_{damage.kind}_{damage.key}"
    issues.raise_issue(CORE, issue_id, severity=Severity.ERROR, message=message, persistent=True)


def report_trouble(
    issues: Issues, database: Database, trouble: StorageError | None, severity: Severity = Severity.CRITICAL
) -> None:
    """Say what hinders a database now; None: nothing any more."""
    for kind, key in TROUBLES.items():
        issue_id = f"{key}_{database.name}"
        if type(trouble) is kind:
            message = Message(key, {"database": database.name, **trouble.parameters})
            issues.raise_issue(CORE, issue_id, severity=severity, message=message)
        elif trouble is None:
            issues.clear(CORE, issue_id)
