"""A database that belongs to one plugin alone: for what is much and may lose its last moments (history, statistics).

It lies where the hub's own data lie, as a file beside them or as a schema on the same server, or on its own server.
It is opened, migrated, mended and closed for the plugin; when its file is damaged it is set aside under its name and
time, a new one takes its place, and people are told by a repair issue.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from linli.ids import CORE
from linli.issues import Severity
from linli.messages import Message
from linli.storage.database import Database
from linli.storage.errors import DatabaseFailed, StorageError
from linli.storage.faults import report_trouble
from linli.storage.history import History
from linli.storage.own_databases import brought_back, release
from linli.storage.rescue import Mender, Rescued, marker_of, open_sound

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from linli.plugin.context import PluginContext
    from linli.rooms import Rooms

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tables:
    """What a plugin keeps in a database of its own."""

    folder: Path
    """Its migrations: ``migrations/NAME/``, so that they are not taken for tables of the hub's database."""
    metadata: MetaData
    """What all of them together make."""


class OwnDatabase:
    """Opens one, and looks after it until :meth:`close`."""

    def __init__(
        self, rooms: Rooms, ctx: PluginContext, tables: Tables, url: str | None, replaced: Callable[[], None],
        withheld: Callable[[float | None], None],
    ) -> None:  # fmt: skip
        storage = rooms.storage
        name = ctx.domain
        self._rooms = rooms
        self._ctx = ctx
        self._replaced = replaced
        self._withheld = withheld
        self._history = History(name, tables.folder, tables.metadata)
        self._url = url
        self._closed = False
        self._replacing = False
        self.database = Database(
            name,
            url or storage.address_of(name),
            clock=rooms.clock,
            synchronous="NORMAL",
            alone=storage.run,
            shrinks=True,
        )
        self._mender = Mender(self.database, rooms.clock)
        self.database.on_trouble(self._note)

    async def open(self) -> Database:
        """Open and migrate it; a damaged file is set aside first. Raises StorageError."""
        try:
            rescued = await open_sound(self.database, self._rooms.clock, check=False)
            if rescued is not None:
                self._tell(rescued)
            await self._rooms.storage.migrate(self.database, self._history)
            await self._look_whether_it_came_back()
            self._rooms.storage.stands_elsewhere(self.database.name, self._url)
        except BaseException:
            await self.database.close()
            raise
        return self.database

    async def _look_whether_it_came_back(self) -> None:
        """After a restore what is in it waits for the same owner as chains and timers do."""
        at = await self.database.read(brought_back)
        if at is None:
            return
        self._withheld(at)
        after_restore = self._rooms.storage.after_restore
        if after_restore.held is None:
            await self._release()
        else:
            after_restore.on_release(self._released)

    def _released(self) -> None:
        if not self._closed:
            self._ctx.spawn(self._release(), name="released")

    async def _release(self) -> None:
        await self.database.transaction(release)
        self._withheld(None)

    async def close(self) -> None:
        """Close it; a second call does nothing."""
        self._closed = True
        await self._mender.close()
        await self.database.close()
        report_trouble(self._rooms.issues, self.database, None)

    def _note(self, trouble: StorageError | None) -> None:
        report_trouble(self._rooms.issues, self.database, trouble, Severity.ERROR)
        damaged = isinstance(trouble, DatabaseFailed) and trouble.damaged and self.database.backend.path is not None
        if damaged and not self._closed and not self._replacing:
            self._replacing = True
            self._ctx.spawn(self._replace(), name=f"replace {self.database.name}")

    async def _replace(self) -> None:
        """The file is damaged: a new one takes its place while the plugin runs on."""
        try:
            path = self.database.backend.path
            assert path is not None
            marker_of(path).touch()
            await self._mender.close()
            await self.database.close()
            if not self._closed:
                await self.open()
                report_trouble(self._rooms.issues, self.database, None)
                self._replaced()
        except StorageError as error:
            log.error("%s could not be begun anew: %s", self.database.name, error)
        finally:
            self._replacing = False

    def _tell(self, rescued: Rescued) -> None:
        message = Message("storage_set_aside_own", {"database": rescued.database, "file": rescued.file.name}, CORE)
        self._rooms.issues.raise_issue(
            CORE,
            f"storage_set_aside_{rescued.file.name}",
            severity=Severity.ERROR,
            message=message,
            persistent=True,
        )
