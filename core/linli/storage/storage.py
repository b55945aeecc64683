"""All that a hub keeps, opened and closed in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from linli.clock import Clock
from linli.ids import new_id
from linli.ledger import Ledger
from linli.storage.actor import SYSTEM
from linli.storage.address import SQLITE, in_words, is_same_database, of_instance, require_same_kind, without_password
from linli.storage.changes import Changes, Feed
from linli.storage.database import Database
from linli.storage.document import Delete
from linli.storage.document_rows import TOPIC as DOCUMENTS_TOPIC
from linli.storage.documents import Documents
from linli.storage.errors import StorageRefused
from linli.storage.folder import DataFolder, FolderLock, Instance
from linli.storage.history import History
from linli.storage.identity import find_identity, keep_identity, other_hubs, require_begun
from linli.storage.journal import Journal
from linli.storage.journal_writer import JournalWriter
from linli.storage.migrate import Outcome, migrate, standing
from linli.storage.rescue import Mender, Rescued, open_sound
from linli.storage.restored import AfterRestore, Restored
from linli.storage.tables import core, journal_metadata
from linli.storage.transaction import Change

if TYPE_CHECKING:
    from linli.storage.backup_plan import Backups
    from linli.storage.heads import Heads

MIGRATIONS: Final = Path(__file__).with_name("migrations")
CORE_HISTORY: Final = History("core", MIGRATIONS / "core", core, safety=True)
JOURNAL_HISTORY: Final = History("journal", MIGRATIONS / "journal", journal_metadata, safety=True)
LOST: Final = Delete("storage", "credentials_lost")


class Storage:
    """The databases ``safety`` and ``hub`` with their documents, the feed of changes and the journal."""

    def __init__(
        self, folder: DataFolder, clock: Clock, ledger: Ledger, *, writer: str, database: str | None, owns: bool
    ) -> None:
        """Made by :meth:`open` and :meth:`open_for_command`; ``writer`` names this process's chain in the journal."""
        self.folder = folder
        self.run = new_id(clock.timestamp())
        """The name of this run: whoever holds a claim under another name has ended, or will lose its lease."""
        self.server = database
        """The address of the server that keeps the data, with its secrets; None: files in the folder."""
        alone = self.run if owns else None
        self.safety = Database(
            "safety",
            database or folder.url("safety"),
            clock=clock,
            journal=JournalWriter(writer),
            spare=folder.release_reserve,
            alone=alone,
        )
        self.hub = Database("hub", database or folder.url("hub"), clock=clock, alone=alone)
        self.changes = Changes(ledger)
        self.journal = Journal(self.safety, clock)
        self.documents = Documents(self.hub, clock, folder.last_good)
        self.safety_documents = Documents(self.safety, clock, folder.last_good / "safety")
        self.after_restore = AfterRestore(self.safety, self.safety_documents)
        self.instance = folder.read_instance() or Instance(new_id(clock.timestamp()), None, in_words(database))
        """What the folder says of itself."""
        self.rescued: list[Rescued] = []
        """Databases that were damaged and set aside at this start."""
        self.credentials_lost = False
        """Whether a damaged ``safety.db`` took the users with it: nobody logs in or becomes the first owner."""
        self._clock = clock
        self._closing = AsyncExitStack()
        self._owns_folder = owns
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock,
        ledger: Ledger,
        deployment: Path | None = None,
        database: str | None = None,
    ) -> Self:
        """The store of a hub that is to run on ``path``; raises StorageRefused, with a sentence, when it must not.

        ``database``: the address of a PostgreSQL server; None: files in the folder.
        """
        folder = DataFolder(path)
        folder.create()
        lock = FolderLock.take(folder)
        try:
            folder.require_whole()
            before = folder.read_instance()
            require_same_kind(folder, before, database)
            storage = cls(folder, clock, ledger, writer="hub", database=database, owns=True)
        except BaseException:
            lock.release()
            raise
        storage._closing.callback(lock.release)
        try:
            if database is None:
                folder.keep_reserve()
            await storage._open_databases(known=before is not None and before.database != SQLITE)
            await storage._note_rescues()
            await storage._agree_on_identity(known=before is not None)
            await storage._start_feeds()
            named = None if deployment is None else str(deployment)
            storage.describe(deployment=named, database=in_words(database), elsewhere={})
        except BaseException:
            await storage.close()
            raise
        return storage

    @classmethod
    async def open_for_command(
        cls, path: Path, *, clock: Clock, ledger: Ledger, create: bool = False, database: str | None = None
    ) -> Self:
        """The same store for a command, beside a hub that may be running on it; its folder says where it is kept.

        Raises StorageRefused when there is no data (unless ``create``), or when the tables must be migrated while a
        hub runs. A command hears of no changes; the hub hears of the command's within a second.
        """
        folder = DataFolder(path)
        if create:
            folder.create()
        elif not folder.holds_data():
            raise StorageRefused(
                f"there is no linli data in {path}: give the folder that the hub was started with (--data)",
                key="storage.no_data",
                parameters={"folder": str(path)},
            )
        before = folder.read_instance()
        if before is not None and (database is None or in_words(database) != before.database):
            database = of_instance(before) or database
        storage = cls(folder, clock, ledger, writer="cli", database=database, owns=False)
        try:
            await storage._open_databases()
            await storage._note_rescues()
            if before is None:
                await storage._agree_on_identity(known=False)
                storage.describe()  # the next command and the hub find what this one began
        except BaseException:
            await storage.close()
            raise
        return storage

    async def migrate(self, database: Database, history: History) -> Outcome:
        """Bring the tables of a domain (``auth``, a plugin) in one of the databases to what its code expects."""
        if self._owns_folder or await standing(database, history) in (Outcome.CURRENT, Outcome.AHEAD):
            return await migrate(database, history, clock=self._clock, copies=self.folder.copies)
        lock = FolderLock.take(self.folder)
        try:
            return await migrate(database, history, clock=self._clock, copies=self.folder.copies, alone=True)
        finally:
            lock.release()

    def address_of(self, name: str) -> str:
        """Where a database ``name`` belongs that stands beside those of the hub."""
        return self.server or self.folder.url(name)

    def describe(self, **said: Any) -> None:
        """Have ``instance.json`` say something else."""
        self.instance = replace(self.instance, **said)
        self.folder.write_instance(self.instance)

    def stands_elsewhere(self, name: str, url: str | None) -> None:
        """A plugin's own database stands at ``url`` (None: beside the hub's): a backup says what it is without."""
        elsewhere = {plugin: where for plugin, where in self.instance.elsewhere.items() if plugin != name}
        if url is not None and (self.server is None or not is_same_database(url, self.server)):
            elsewhere[name] = without_password(url)
        if elsewhere != self.instance.elsewhere:
            self.describe(elsewhere=elsewhere)

    async def keep_heads(self, heads: Heads) -> None:
        """Seal the journal from now on; raises StorageRefused where another hub has this one's identity."""
        self._closing.push_async_callback(heads.close)
        await heads.open()
        self.journal.sealed_by = heads.seal

    def also_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """Have ``close`` awaited before the databases are closed."""
        self._closing.push_async_callback(close)

    async def keep_backups(self, backups: Backups) -> None:
        """Make backups and try them from now on."""
        self._closing.push_async_callback(backups.stop)
        await backups.start()

    @property
    def restored(self) -> Restored | None:
        """The restore from a backup that nobody has released yet: what began before it waits, what is new runs."""
        return self.after_restore.held

    async def close(self) -> None:
        """Write what is still held, then close everything; a second call does nothing."""
        await self._closing.aclose()

    async def _open_databases(self, *, known: bool = False) -> None:
        """``known``: the folder's hub has run on a server before."""
        for database, documents in ((self.safety, self.safety_documents), (self.hub, self.documents)):
            rescued = await self._open_database(database)
            self._closing.push_async_callback(database.close)
            if database is self.safety:
                require_begun(database, known=known)
            await self.migrate(database, CORE_HISTORY)
            self._closing.push_async_callback(documents.close)
            if rescued is not None:
                self.rescued.append(rescued)
                await documents.restore()
        await self.migrate(self.safety, JOURNAL_HISTORY)
        self._closing.push_async_callback(self.journal.close)
        await self.after_restore.load()

    async def _agree_on_identity(self, *, known: bool) -> None:
        """Have the folder and the data say the same; a server's data that are another hub's are refused."""
        own = self.instance.instance_id
        found = await find_identity(self.safety_documents)
        if found is None or (found != own and known and self.server is None):
            await keep_identity(self.safety_documents, own)
        elif found != own and known:
            raise other_hubs(self.safety, found, own)
        else:
            self.instance = replace(self.instance, instance_id=found)

    async def _open_database(self, database: Database) -> Rescued | None:
        """A command only opens; the hub, which has the folder to itself, also mends."""
        if self._owns_folder:
            mender = Mender(database, self._clock)
            self._closing.push_async_callback(mender.close)
            return await open_sound(database, self._clock, check=database is self.hub)
        await database.open()
        return None

    async def _note_rescues(self) -> None:
        """Journal what was set aside, and remember that credentials were lost until somebody makes a user again."""
        for rescued in self.rescued:
            details = {"reason": rescued.reason, "file": rescued.file.name}
            await self.journal.append("storage.set_aside", actor=SYSTEM, subject=rescued.database, details=details)
            if rescued.database == self.safety.name:
                await self.safety_documents.put(LOST.kind, LOST.key, details)
        await self._read_lost()

    async def _read_lost(self) -> None:
        self.credentials_lost = await self.safety_documents.get(LOST.kind, LOST.key) is not None

    def _hear_lost(self, change: Change) -> None:
        """The command line made a user while the hub runs."""
        if change.key in (LOST.kind, None):
            task = asyncio.get_running_loop().create_task(self._read_lost(), name="credentials lost?")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def credentials_restored(self) -> None:
        """A user was made on the command line: logging in is possible again."""
        await self.safety_documents.batch((), [LOST])
        self.credentials_lost = False

    async def _start_feeds(self) -> None:
        self._closing.push_async_callback(self._end_tasks)
        self._closing.push_async_callback(self.after_restore.close)
        self.after_restore.follow(self.changes)
        self.after_restore.on_release(lambda: self.describe(restored=False))
        self.changes.subscribe(DOCUMENTS_TOPIC, self._hear_lost)
        for database in (self.safety, self.hub):
            feed = Feed(database, self.changes, self._clock)
            self._closing.push_async_callback(feed.stop)
            await feed.start()

    async def _end_tasks(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)
