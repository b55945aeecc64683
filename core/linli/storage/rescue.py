"""What happens to a database whose file is damaged or whose disk fails, so that the hub runs on.

A damaged file is set aside under its name and time, a new one takes its place, and documents come back from their
last good copies. Whoever was a user in a damaged ``safety.db`` is not one in the new one, which remembers that: until
the command line makes a user again nobody logs in, and no first owner is asked for.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from linli.clock import Clock
from linli.storage.database import Database, Status
from linli.storage.errors import DatabaseFailed, StorageError

log = logging.getLogger(__name__)

PARTS: Final = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Rescued:
    """A database that was damaged: its name, why, and where the old file lies now."""

    database: str
    reason: str
    file: Path


async def open_sound(database: Database, clock: Clock, *, check: bool) -> Rescued | None:
    """Open the database; a damaged one is set aside and a new one opened. ``check`` looks through the whole file."""
    path = database.backend.path
    if path is None:  # a server looks after its own disk
        await database.open()
        return None
    marker = marker_of(path)
    rescued: Rescued | None = None
    try:
        await database.open()
        if check or marker.exists():
            await database.maintain(database.backend.check)
    except DatabaseFailed as error:
        await database.close()
        if not error.damaged:
            raise
        rescued = Rescued(database.name, str(error), set_aside(path, clock))
        log.error("%s was damaged; it was set aside as %s and a new one begun", database.name, rescued.file)
        await database.open()
    marker.unlink(missing_ok=True)
    return rescued


def set_aside(path: Path, clock: Clock) -> Path:
    """Move a database with its parts out of the way; where it lies now."""
    stamp = datetime.fromtimestamp(clock.timestamp(), UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    target = path.with_name(f"{path.name}.set-aside-{stamp}")
    for part in PARTS:
        source = path.with_name(path.name + part)
        if source.exists():
            source.replace(target.with_name(target.name + part))
    return target


def marker_of(path: Path) -> Path:
    """A file that stands while a database is suspected of damage: the next start looks through it."""
    return path.with_name(f"{path.name}.suspect")


class Mender:
    """Opens a database anew after its disk failed, again and again until it answers."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        database.on_trouble(self._note)

    async def close(self) -> None:
        """Try no longer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _note(self, trouble: StorageError | None) -> None:
        if isinstance(trouble, DatabaseFailed) and (self._task is None or self._task.done()):
            path = self._database.backend.path
            if trouble.damaged and path is not None:
                marker_of(path).touch()
            self._task = asyncio.get_running_loop().create_task(self._mend(), name=f"mend {self._database.name}")

    async def _mend(self) -> None:
        while self._database.status is Status.FAILED:
            try:
                await self._database.reopen()
            except StorageError as error:
                log.debug("%s cannot be opened anew yet: %s", self._database.name, error)
                await self._clock.sleep(self._database.backend.try_again_s)
