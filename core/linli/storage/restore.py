"""Bringing a backup back, into a folder (and a server's database) that is empty: the same identity, a later epoch.

Nobody's token is valid on it (passwords are), it signs its journal with a key of its own, and what began before the
backup waits until an owner releases it (SAFETY 14).
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from linli.clock import Clock
from linli.ledger import Ledger
from linli.process.last_good import LastGood
from linli.storage.actor import Actor
from linli.storage.address import in_words
from linli.storage.archive import AT_ONCE, FORM_OF_SERVER, GoOn, always, identities_of, read_archive, read_manifest
from linli.storage.backup import CONFIGURATION, DUMP, Rows, count_rows, void_credentials
from linli.storage.errors import StorageRefused
from linli.storage.folder import DataFolder, Instance
from linli.storage.journal_writer import RowId
from linli.storage.own_databases import mark_file, own_files
from linli.storage.restored import Restored
from linli.storage.storage import Storage
from linli.storage.worker import Worker

DEPLOYMENT: Final = "restored_deployment"
"""The sub-folder with the files of the deployment as they were in the backup."""
NAME: Final = re.compile(r"(?:[a-z_]+/)*[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What a backup said of itself, now that its files lie in a folder."""

    instance_id: str
    epoch: int
    at_us: int
    deployment: str | None
    rows: Rows
    owned: Any
    """What ``server_copy.Owned`` was, where the data come from a server."""


async def restore_backup(
    file: Path, identity_file: Path, folder: Path, *, clock: Clock, ledger: Ledger, actor: Actor,
    database: str | None = None, go_on: GoOn = always,
) -> Restored:  # fmt: skip
    """Restore ``file`` into ``folder``. Raises StorageError, and then leaves nothing behind; or OSError.

    ``database``: the address of an empty database, for a backup whose data come from a server.
    """
    worker = Worker("restore", clock)
    try:
        await worker.run(lambda: _take_empty(folder))
        try:
            unpacked = await worker.run(
                lambda: unpack(file, identity_file, folder, go_on, to_server=database is not None)
            )
            at_us = round(clock.timestamp() * 1_000_000)
            async with _filled(database, file, folder, unpacked, worker, go_on, at_us):
                epoch = max(unpacked.epoch + 1, at_us // 1_000_000)
                await worker.run(lambda: _describe(folder, unpacked, epoch, in_words(database)))
                restored = await _begin(folder, unpacked, epoch, database, clock=clock, ledger=ledger, actor=actor)
            await worker.run(DataFolder(folder).restoring.unlink)
            return restored
        except BaseException:
            await worker.run(lambda: _empty(folder))
            raise
    finally:
        await worker.close()


@asynccontextmanager
async def _filled(
    database: str | None, file: Path, folder: Path, unpacked: Unpacked, worker: Worker, go_on: GoOn, at_us: int
) -> AsyncIterator[None]:
    """Bring the data into the database, which is marked as half restored until this ends; emptied again on failure."""
    if database is None:
        for own in await worker.run(lambda: own_files(folder)):
            await worker.run(partial(mark_file, own, at_us))
        yield
        return
    from linli.storage.server_copy import EmptyDatabase, Owned

    target = EmptyDatabase(database)
    await worker.run(target.take)
    try:
        copy = folder / DUMP
        owned = Owned.of(unpacked.owned)
        if await worker.run(lambda: target.fill(copy, owned, go_on)) != unpacked.rows:
            raise _damaged(file, DUMP)
        await worker.run(copy.unlink)
        await worker.run(lambda: target.mark(at_us))
        yield
        await worker.run(target.finish)
    except BaseException:
        await worker.run(target.empty)
        raise


async def _begin(
    folder: Path, unpacked: Unpacked, epoch: int, database: str | None, *, clock: Clock, ledger: Ledger, actor: Actor
) -> Restored:
    storage = await Storage.open_for_command(folder, clock=clock, ledger=ledger, database=database)
    try:
        base = tuple(RowId(head.writer, head.sequence) for head in await storage.journal.heads())
        at_us = round(clock.timestamp() * 1_000_000)
        restored = Restored(epoch, unpacked.at_us, at_us, base, held=True, unanswered=None)
        await storage.after_restore.begin(restored, actor=actor)
    finally:
        await storage.close()
    return restored


def unpack(file: Path, identity_file: Path, folder: Path, go_on: GoOn, *, to_server: bool) -> Unpacked:
    """Decrypt and write every file, then look through the databases. Blocks; raises StorageRefused."""
    identities = identities_of(identity_file)
    if not file.is_file():
        raise StorageRefused(f"{file} is not there", key="storage.no_archive", parameters={"file": str(file)})
    with read_archive(file, identities) as members:
        said = read_manifest(members, file)
        _require_same_kind(file, said["form"] == FORM_OF_SERVER, to_server)
        awaited = set(said["files"])
        for name, stream in members:
            if name not in awaited or not NAME.fullmatch(name) or ".." in PurePosixPath(name).parts:
                raise _damaged(file, name)
            awaited.remove(name)
            _write(folder / name, stream, go_on)
    if awaited or (to_server and DUMP not in said["files"]):
        raise _damaged(file, min(awaited, default=DUMP))
    if not to_server:
        for database, rows in said["rows"].items():
            _look_through(file, folder / f"{database}.db", rows)
    return Unpacked(
        said["instance_id"], int(said["epoch"]), int(said["at_us"]), said["deployment"], said["rows"],
        said.get("owned", ()),
    )  # fmt: skip


def _require_same_kind(file: Path, from_server: bool, to_server: bool) -> None:
    if from_server and not to_server:
        raise StorageRefused(
            f"{file} holds data of a database server: give an empty database with --database postgresql://…",
            key="storage.backup_of_server",
            parameters={"file": str(file)},
        )
    if to_server and not from_server:
        raise StorageRefused(
            f"{file} holds data that were files: restore it without --database",
            key="storage.backup_of_files",
            parameters={"file": str(file)},
        )


def _look_through(file: Path, database: Path, rows: Mapping[str, int]) -> None:
    """Raise StorageRefused unless a database is sound and has the rows that it had."""
    try:
        void_credentials(database)  # an archive that somebody else made may hold what ours never does
        with closing(sqlite3.connect(database)) as connection:
            sound = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        if not sound or count_rows(database) != rows:
            raise _damaged(file, database.name)
    except sqlite3.Error as error:
        raise _damaged(file, database.name) from error


def _damaged(file: Path, name: str) -> StorageRefused:
    return StorageRefused(
        f"{file} is damaged: {name!r} is not what the backup says of it",
        key="storage.archive_damaged",
        parameters={"file": str(file), "name": name},
    )


def _write(target: Path, stream: IO[bytes], go_on: GoOn) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as out:
        while chunk := stream.read(AT_ONCE):
            go_on()
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())


def _describe(folder: Path, unpacked: Unpacked, epoch: int, database: str) -> None:
    """Say in the folder whose data these are, and lay the deployment's files out for a person."""
    instance = Instance(unpacked.instance_id, unpacked.deployment, database, epoch=epoch, restored=True)
    DataFolder(folder).write_instance(instance)
    kept = LastGood.read(folder)
    if kept is None:
        (folder / CONFIGURATION).unlink(missing_ok=True)
        return
    for path, content in kept.files.contents.items():
        inside = path.is_relative_to(kept.main.parent)
        name = path.relative_to(kept.main.parent) if inside else Path("outside", *path.parts[1:])
        target = folder / DEPLOYMENT / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(0o600)


def _take_empty(folder: Path) -> None:
    """Mark the folder as one that is being filled: after a kill no hub starts on the half of a restore."""
    DataFolder(folder).create()
    if any(folder.iterdir()):
        raise StorageRefused(
            f"{folder} is not empty: give a new folder with --data, nothing is ever restored over data",
            key="storage.not_empty",
            parameters={"folder": str(folder)},
        )
    DataFolder(folder).restoring.touch(mode=0o600)


def _empty(folder: Path) -> None:
    """Leave the folder as it was found: empty."""
    for part in folder.iterdir():
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink()
