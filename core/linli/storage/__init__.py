"""Everything that must outlive the process: databases, documents, the feed of changes, the journal, migrations."""

from linli.storage.changes import Changes
from linli.storage.database import Database, Status
from linli.storage.document import Damage, Delete, Document, DocumentKind, Loaded, Put
from linli.storage.documents import Documents
from linli.storage.errors import (
    Conflict,
    DatabaseBusy,
    DatabaseClosed,
    DatabaseFailed,
    DatabaseFull,
    StorageError,
    StorageRefused,
)
from linli.storage.history import History
from linli.storage.journal import Journal
from linli.storage.journal_rows import JournalFilter, JournalRow
from linli.storage.journal_verify import Break, Head, Verification
from linli.storage.journal_writer import SYSTEM, Actor, RowId
from linli.storage.migrate import Outcome, migrate
from linli.storage.storage import Storage
from linli.storage.transaction import Change, Transaction

__all__ = [
    "SYSTEM",
    "Actor",
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
    "RowId",
    "Status",
    "Storage",
    "StorageError",
    "StorageRefused",
    "Transaction",
    "Verification",
    "migrate",
]
