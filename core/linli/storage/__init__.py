"""Everything that must outlive the process: databases, documents, the feed of changes, the journal, migrations."""

from typing import TYPE_CHECKING

from linli.later import later
from linli.storage.actor import SYSTEM, Actor
from linli.storage.document import Damage, Delete, Document, DocumentKind, Loaded, Put
from linli.storage.errors import (
    Conflict,
    DatabaseBusy,
    DatabaseClosed,
    DatabaseFailed,
    DatabaseFull,
    StorageError,
    StorageRefused,
)
from linli.storage.read_limit import AskedTooMuch, ReadLimit

if TYPE_CHECKING:
    from linli.storage.changes import Changes
    from linli.storage.database import Database, Status
    from linli.storage.documents import Documents
    from linli.storage.history import History
    from linli.storage.journal import Journal
    from linli.storage.journal_rows import JournalFilter, JournalRow
    from linli.storage.journal_verify import Break, Head, Verification
    from linli.storage.journal_writer import RowId
    from linli.storage.migrate import Outcome
    from linli.storage.storage import Storage
    from linli.storage.transaction import Change, Transaction
else:
    __getattr__ = later(
        __name__,
        {
            "Changes": "linli.storage.changes",
            "Database": "linli.storage.database",
            "Status": "linli.storage.database",
            "Documents": "linli.storage.documents",
            "History": "linli.storage.history",
            "Journal": "linli.storage.journal",
            "JournalFilter": "linli.storage.journal_rows",
            "JournalRow": "linli.storage.journal_rows",
            "Break": "linli.storage.journal_verify",
            "Head": "linli.storage.journal_verify",
            "Verification": "linli.storage.journal_verify",
            "RowId": "linli.storage.journal_writer",
            "Outcome": "linli.storage.migrate",
            "Storage": "linli.storage.storage",
            "Change": "linli.storage.transaction",
            "Transaction": "linli.storage.transaction",
        },
    )

__all__ = [
    "SYSTEM",
    "Actor",
    "AskedTooMuch",
    "Break",
    "Change",
    "Changes",
    "Conflict",
    "Damage",
    "Database",
    "DatabaseBusy",
    "DatabaseClosed",
    "DatabaseFailed",
    "DatabaseFull",
    "Delete",
    "Document",
    "DocumentKind",
    "Documents",
    "Head",
    "History",
    "Journal",
    "JournalFilter",
    "JournalRow",
    "Loaded",
    "Outcome",
    "Put",
    "ReadLimit",
    "RowId",
    "Status",
    "Storage",
    "StorageError",
    "StorageRefused",
    "Transaction",
    "Verification",
]
