"""The drill: a backup that was never restored is none, so the newest one is tried, in a folder that goes again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from linli.clock import Clock, stopwatch
from linli.ledger import Ledger
from linli.storage.actor import SYSTEM
from linli.storage.archive import GoOn, look_whole
from linli.storage.backup import Sidecar, own_folder, sidecars
from linli.storage.errors import StorageRefused
from linli.storage.restore import restore_backup
from linli.storage.storage import Storage
from linli.storage.worker import Worker


@dataclass(frozen=True, slots=True)
class Drilled:
    """A drill that went well."""

    file: Path
    restored: bool
    """False: there was no identity, so only the file was tried (header, length, digest)."""
    rows: int
    """In all tables, counted in what was restored; in a file that was only looked at, as it was made."""
    took_s: float


async def drill(
    shelf: Path, instance_id: str, identity: Path | None, *, scratch: Path, server: str | None, clock: Clock,
    ledger: Ledger, go_on: GoOn,
) -> Drilled:  # fmt: skip
    """Try the newest backup of a hub in ``shelf``, restored under ``scratch``. Raises StorageError or OSError.

    ``server``: where the data are, if not in files; it is restored into a database beside them, which goes again.
    """
    began = stopwatch()
    worker = Worker("drill", clock)
    try:
        file, sidecar = await worker.run(lambda: _newest(shelf, instance_id))
        if not await worker.run(lambda: look_whole(file, sidecar.written)):
            raise StorageRefused(
                f"{file} is not the file that was written",
                key="storage.archive_unreadable",
                parameters={"file": str(file)},
            )
        if identity is not None:
            own = await worker.run(lambda: own_folder(scratch, "drill"))
            try:
                async with _database_beside(server, instance_id, worker) as database:
                    await _restore(file, identity, Path(own.name), database, clock, ledger, go_on)
            finally:
                await worker.run(own.cleanup)
    finally:
        await worker.close()
    rows = sum(sum(tables.values()) for tables in sidecar.rows.values())
    return Drilled(file, identity is not None, rows, stopwatch() - began)


@asynccontextmanager
async def _database_beside(server: str | None, instance_id: str, worker: Worker) -> AsyncIterator[str | None]:
    if server is None:
        yield None
        return
    from linli.storage.server_copy import drop_scratch, make_scratch

    try:
        yield await worker.run(lambda: make_scratch(server, instance_id))
    finally:
        await worker.run(lambda: drop_scratch(server, instance_id))


async def _restore(
    file: Path, identity: Path, folder: Path, database: str | None, clock: Clock, ledger: Ledger, go_on: GoOn
) -> None:
    """Restore, which compares every table's number of rows; open it as a command does; check the journal."""
    data = folder / "data"
    await restore_backup(file, identity, data, clock=clock, ledger=ledger, actor=SYSTEM, database=database, go_on=go_on)
    storage = await Storage.open_for_command(data, clock=clock, ledger=ledger, database=database)
    try:
        verification = await storage.journal.verify()
    finally:
        await storage.close()
    if not verification.holds:
        broken = verification.breaks[0]
        raise StorageRefused(
            f"{file}: the journal in it is broken at {broken.row} ({broken.what})",
            key="storage.archive_damaged",
            parameters={"file": str(file), "name": f"journal {broken.row}"},
        )


def _newest(shelf: Path, instance_id: str) -> tuple[Path, Sidecar]:
    found = sidecars(shelf, instance_id)
    if not found:
        raise StorageRefused(
            f"there is no backup of this hub in {shelf}",
            key="storage.no_backup_yet",
            parameters={"folder": str(shelf)},
        )
    return found[-1]
