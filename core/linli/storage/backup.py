"""Making a backup, beside a hub that runs: online copies of its data, its documents, its deployment, its history.

What is not in it: tokens, set-up secrets and the key that signs the journal. They would let whoever gets hold of a
backup act as somebody else, and a restored hub makes new ones. Passwords are in it as their argon2 hashes only.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from linli.clock import Clock
from linli.jsonbytes import dumps, loads
from linli.storage.actor import Actor
from linli.storage.archive import (
    FORM,
    FORM_OF_SERVER,
    MANIFEST,
    GoOn,
    Member,
    Written,
    always,
    recipients_of,
    write_archive,
)
from linli.storage.files import replace_durably
from linli.storage.never_kept import NEVER_KEPT
from linli.storage.own_databases import own_files
from linli.storage.worker import Worker

if TYPE_CHECKING:
    from linli.storage.database import Database
    from linli.storage.storage import Storage
    from linli.storage.transaction import Transaction

SUFFIX: Final = ".linli.age"
LEFT_S: Final = 86_400.0
CONFIGURATION: Final = "last_good_configuration.json"
LAST_GOOD: Final = "last_good"
DUMP: Final = "server.dump"
"""The data of a server, as ``pg_dump --format=custom`` writes them."""

Rows = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What stands beside an archive, readable without a key: nothing about anybody."""

    instance_id: str
    epoch: int
    at_us: int
    written: Written
    rows: Rows
    """Database → table → number of rows."""

    @staticmethod
    def file_of(archive: Path) -> Path:
        return archive.with_name(f"{archive.name}.json")

    @classmethod
    def read(cls, archive: Path) -> Self | None:
        """None where there is none, or a damaged one. Blocks."""
        try:
            said = loads(cls.file_of(archive).read_bytes())
            return cls(**{**said, "written": Written(**said["written"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, archive: Path) -> None:
        """Blocks."""
        target = self.file_of(archive)
        partial = target.with_name(f"{target.name}.partial")
        partial.write_bytes(dumps(asdict(self)))
        partial.chmod(0o600)
        replace_durably(partial, target)


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made."""

    file: Path
    sidecar: Sidecar
    elsewhere: Mapping[str, str]
    """Plugins whose own databases are not in it, and where those stand."""


async def make_backup(
    storage: Storage,
    clock: Clock,
    target: Path,
    recipients: Sequence[str],
    *,
    configuration: bytes | None,
    actor: Actor,
    history: bool = True,
    go_on: GoOn = always,
) -> Made:
    """Make one: ``target`` is a folder, or the file itself. Raises StorageRefused or OSError.

    ``configuration``: the deployment as it ran last (``last_good_configuration.json``). ``history``: also what plugins
    keep in databases of their own, where those stand beside the hub's.
    """
    recipients_of(recipients)
    if storage.folder.read_instance() is None:  # no hub has run yet: now they have an identity
        storage.describe()
    work = _Backup(storage, clock, configuration, history, go_on)
    made = await work.run(target, recipients)
    details: dict[str, Any] = {"file": made.file.name, "bytes": made.sidecar.written.length}
    if made.elsewhere:
        details["without"] = sorted(made.elsewhere)
    await storage.journal.append("backup.made", actor=actor, details=details)
    return made


@dataclass(frozen=True, slots=True)
class _Copies:
    """The data as they go into the archive."""

    form: str
    files: Mapping[str, Path]
    """Name in the archive → file."""
    rows: Rows
    more: Mapping[str, Any] = field(default_factory=dict)
    """What else the manifest says."""


class _Backup:
    """One run; the copies lie in the data folder for as long as it lasts."""

    def __init__(
        self, storage: Storage, clock: Clock, configuration: bytes | None, history: bool, go_on: GoOn
    ) -> None:  # fmt: skip
        self._storage = storage
        self._clock = clock
        self._configuration = configuration
        self._history = history
        self._go_on = go_on
        self._at_us = round(clock.timestamp() * 1_000_000)

    async def run(self, target: Path, recipients: Sequence[str]) -> Made:
        worker = Worker("backup", self._clock)
        try:
            folder = await worker.run(lambda: own_folder(self._storage.folder.copies, "backup"))
            try:
                copies = await self._copy(Path(folder.name), worker)
                return await worker.run(lambda: self._pack(copies, target, recipients))
            finally:
                await worker.run(folder.cleanup)  # not here on the loop: a gigabyte takes half a second to go
        finally:
            await worker.close()

    async def _copy(self, folder: Path, worker: Worker) -> _Copies:
        """Online copies, read in a thread of their own: writers go on meanwhile."""
        server = self._storage.server
        if server is not None:
            from linli.storage.server_copy import dump

            target = folder / DUMP
            rows, owned = await self._storage.safety.read_apart(
                lambda tx: dump(tx, server, target, self._go_on, self._history)
            )
            return _Copies(FORM_OF_SERVER, {DUMP: target}, rows, {"owned": owned.rows})
        files = {}
        for database in (self._storage.safety, self._storage.hub):
            target = files[database.name] = folder / f"{database.name}.db"
            await database.read_apart(partial(_copy_file, database, target, self._go_on))
        if self._history:
            for file in await worker.run(lambda: own_files(self._storage.folder.path)):
                target = files[file.stem] = folder / file.name
                await worker.run(partial(copy_file, file, target, self._go_on))
        return await worker.run(lambda: _without_credentials(files))

    def _pack(self, copies: _Copies, target: Path, recipients: Sequence[str]) -> Made:
        file = self._file_in(target)
        written = write_archive(file, self._members(copies), recipients, self._go_on)
        instance = self._storage.instance
        sidecar = Sidecar(instance.instance_id, instance.epoch, self._at_us, written, copies.rows)
        sidecar.write(file)
        return Made(file, sidecar, instance.elsewhere)

    def _file_in(self, target: Path) -> Path:
        if target.suffix == ".age" and not target.is_dir():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return target
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        stamp = datetime.fromtimestamp(self._at_us / 1_000_000, UTC)
        return target / f"{self._storage.instance.instance_id}-{stamp:%Y%m%dT%H%M%S.%fZ}{SUFFIX}"

    def _members(self, copies: _Copies) -> Iterator[Member]:
        files = dict(copies.files)
        kept = self._storage.folder.last_good
        files.update({f"{LAST_GOOD}/{file.relative_to(kept)}": file for file in sorted(kept.rglob("*.json"))})
        yield Member(MANIFEST, self._manifest(copies, files))
        if self._configuration is not None:
            yield Member(CONFIGURATION, self._configuration)
        for name, file in files.items():
            # a copy of documents may be replaced meanwhile: what is read is then the newer one, whole
            yield Member(name, file.read_bytes() if name.startswith(LAST_GOOD) else file)

    def _manifest(self, copies: _Copies, files: Mapping[str, Path]) -> bytes:
        instance = self._storage.instance
        said = {
            "form": copies.form,
            "instance_id": instance.instance_id,
            "epoch": instance.epoch,
            "deployment": instance.deployment,
            "public_key": instance.public_key,
            "at_us": self._at_us,
            "files": [*files, *([] if self._configuration is None else [CONFIGURATION])],
            "rows": copies.rows,
            **copies.more,
        }
        return dumps(said)


def _without_credentials(files: Mapping[str, Path]) -> _Copies:
    for copy in files.values():
        void_credentials(copy)
    rows = {name: count_rows(copy) for name, copy in files.items()}
    return _Copies(FORM, {f"{name}.db": copy for name, copy in files.items()}, rows)


def _copy_file(database: Database, target: Path, go_on: GoOn, tx: Transaction) -> None:
    copy_online(database, target, go_on)


def own_folder(within: Path, prefix: str) -> tempfile.TemporaryDirectory[str]:
    """A folder that goes when it is done with; what a kill left of such folders a day ago goes first. Blocks."""
    within.mkdir(mode=0o700, exist_ok=True)
    newest = within.stat().st_mtime
    for left in within.glob("*.working"):
        if newest - left.stat().st_mtime > LEFT_S:
            shutil.rmtree(left, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=f"{prefix}-", suffix=".working", dir=within)


def copy_online(database: Database, target: Path, go_on: GoOn) -> None:
    """Copy the file of a database while others write to it. Blocks."""
    assert database.backend.path is not None
    copy_file(database.backend.path, target, go_on)


def copy_file(source: Path, target: Path, go_on: GoOn) -> None:
    """Copy a database file while others write to it: one consistent snapshot. Blocks."""
    with closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as reading:
        with closing(sqlite3.connect(target)) as writing:
            target.chmod(0o600)
            # a read transaction: without it every commit of another connection would begin the copy anew
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
            reading.backup(writing, pages=4096, progress=lambda *_: go_on())
            writing.execute("PRAGMA journal_mode=DELETE")


def void_credentials(file: Path) -> None:
    """Take out of a database file what lets somebody in without a password, leaving no trace in its pages. Blocks."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA foreign_keys=OFF")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        connection.execute("BEGIN IMMEDIATE")
        for table, statement in NEVER_KEPT:
            if table in tables:
                connection.execute(statement)
        connection.execute("COMMIT")


def count_rows(file: Path) -> dict[str, int]:
    """How many rows each table of a database file has. Blocks."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        ).fetchall()
        return {name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for (name,) in names}


def sidecars(folder: Path, instance_id: str) -> list[tuple[Path, Sidecar]]:
    """The backups of one hub in a folder, oldest first; those without a sidecar are not counted. Blocks."""
    found = ((file, Sidecar.read(file)) for file in folder.glob(f"{instance_id}-*{SUFFIX}"))
    return sorted(((file, said) for file, said in found if said is not None), key=lambda pair: pair[1].at_us)
