"""Documents: what registries, config entries, dashboards and helpers keep, as rows with a revision.

How rows are read, mended and written is in ``document_rows.py``; the copies beside them in ``last_good.py``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from linli.clock import Clock
from linli.errors import ContractError
from linli.storage.database import Database
from linli.storage.document import KIND_NAME, Damage, Delete, Document, DocumentKind, Loaded, Put, Value
from linli.storage.document_rows import mend, read_rows, restore, sort_out, write
from linli.storage.last_good import LastGood
from linli.storage.transaction import Transaction

log = logging.getLogger(__name__)


class Documents:
    """The documents of one database."""

    def __init__(self, database: Database, clock: Clock, folder: Path) -> None:
        """``folder`` takes the last good copies, one file a kind."""
        self._database = database
        self._kinds: dict[str, DocumentKind] = {}
        self.damages: list[Damage] = []
        """All that :meth:`load` had to set aside since the start."""
        self._damage_listeners: list[Callable[[Damage], None]] = []
        self._last_good = LastGood(database, clock, folder)

    def on_damage(self, listener: Callable[[Damage], None]) -> None:
        """Have ``listener`` told of each document that was found damaged; at once of those found before."""
        self._damage_listeners.append(listener)
        for damage in self.damages:
            listener(damage)

    def register(self, kind: DocumentKind) -> None:
        """Say how a kind is migrated and checked; one that is not registered has version 1 and no check."""
        self._kinds[kind.name] = kind

    async def load(self, kind: str) -> Loaded:
        """All documents of a kind; older ones are migrated, damaged ones replaced and named in ``damages``.

        Raises StorageRefused when a document was written by a newer version.
        """
        described = self._described(kind)
        backend = self._database.backend
        found = await self._database.read(lambda tx: sort_out(described, read_rows(backend, tx, kind)))
        if not found.damaged and not found.migrated:
            return Loaded(found.good)
        loaded = await self._database.transaction(
            lambda tx: mend(tx, described, sort_out(described, read_rows(backend, tx, kind)), self._last_good.read)
        )
        self.damages += loaded.damages
        for damage in loaded.damages:
            for listener in self._damage_listeners:
                listener(damage)
            log.error(
                "%s %r in %s was damaged (%s) and set aside; %s",
                damage.kind,
                damage.key,
                self._database.name,
                damage.reason,
                "its last good copy took its place" if damage.restored else "there is no copy of it",
            )
        return loaded

    async def get(self, kind: str, key: str) -> Document | None:
        """One document as it stands in the database; None if there is none, or none that can be read."""
        described = self._described(kind)
        backend = self._database.backend
        found = await self._database.read(lambda tx: sort_out(described, read_rows(backend, tx, kind, key)))
        return found.good.get(key) or found.migrated.get(key)

    async def put(self, kind: str, key: str, value: Value, *, expected: int | None = None) -> Document:
        """Write one document; raises Conflict when another revision than ``expected`` stands."""
        (document,) = await self.batch([Put(kind, key, value, expected)])
        return document

    async def delete(self, kind: str, key: str, *, expected: int | None = None) -> None:
        """Remove one document; raises Conflict as :meth:`put` does."""
        await self.batch((), [Delete(kind, key, expected)])

    async def batch(self, puts: Sequence[Put], deletes: Sequence[Delete] = ()) -> list[Document]:
        """Write and remove many in one commit, all or none; the documents written, in the order of ``puts``."""
        return await self._database.transaction(lambda tx: self.write(tx, puts, deletes))

    def write(self, tx: Transaction, puts: Sequence[Put], deletes: Sequence[Delete] = ()) -> list[Document]:
        """The same inside a transaction of this database, in its thread."""
        return write(tx, puts, deletes, lambda kind: self._described(kind).schema_version)

    async def restore(self) -> None:
        """Fill a database that was begun anew from the last good copies of every kind."""

        def work(tx: Transaction) -> None:
            for kind in self._last_good.kinds():
                restore(tx, kind, self._last_good.read(kind))

        await self._database.transaction(work)

    async def close(self) -> None:
        """Bring the last good copies up to date."""
        await self._last_good.close()

    def _described(self, kind: str) -> DocumentKind:
        if not KIND_NAME.match(kind):
            raise ContractError(f"{kind!r} is no name for a kind of documents: lower-case letters, digits, _ and .")
        return self._kinds.get(kind) or DocumentKind(kind)
