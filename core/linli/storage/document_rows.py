"""Documents in the table: read with their doubts, mended, written under compare-and-swap. In the database's threads."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select, tuple_, update
from sqlalchemy.engine import Row

from linli.errors import ContractError, LinliError
from linli.jsonbytes import dumps, loads
from linli.storage.backend import Backend
from linli.storage.document import Copy, Damage, Delete, Document, DocumentKind, Loaded, Put, Value
from linli.storage.errors import Conflict, StorageRefused
from linli.storage.tables import documents, documents_set_aside
from linli.storage.transaction import Transaction

TOPIC: Final = "documents"
"""Changes under it have the kind as their key."""
KEYS_AT_ONCE: Final = 400
"""SQLite takes a limited number of parameters a statement."""

ADD: Final = insert(documents)
CHANGE: Final = (
    update(documents)
    .where(documents.c.kind == bindparam("of_kind"), documents.c.key == bindparam("of_key"))
    .values({name: bindparam(name) for name in ("schema_version", "revision", "value", "checksum", "at_us")})
)
REMOVE: Final = delete(documents).where(
    documents.c.kind == bindparam("of_kind"), documents.c.key == bindparam("of_key")
)


@dataclass(slots=True)
class SortedOut:
    """The rows of a kind: as they should be, of an older shape, or damaged (with the reason)."""

    good: dict[str, Document] = field(default_factory=dict)
    migrated: dict[str, Document] = field(default_factory=dict)
    damaged: list[tuple[Row[Any], str]] = field(default_factory=list)


def checksum(kind: str, key: str, schema_version: int, value: bytes) -> int:
    """CRC-32 over what a document says: finds what the disk did to it, not what a person did."""
    return zlib.crc32(b"\0".join((kind.encode(), key.encode(), str(schema_version).encode(), value)))


def read_rows(backend: Backend, tx: Transaction, kind: str, key: str | None = None) -> Sequence[Row[Any]]:
    """The rows of a kind (or one of them), also those whose text is damaged."""
    wanted = select(documents).where(documents.c.kind == kind)
    if key is not None:
        wanted = wanted.where(documents.c.key == key)
    with backend.damaged_text(tx.connection):
        return tx.execute(wanted).all()


def sort_out(kind: DocumentKind, rows: Iterable[Row[Any]]) -> SortedOut:
    """Judge each row; raises StorageRefused when a sound one is newer than this version."""
    result = SortedOut()
    for row in rows:
        try:
            value = parse(kind.name, row.key, row.schema_version, row.value, row.checksum)
            if row.schema_version > kind.schema_version:
                raise newer(kind, row.schema_version)
            document = Document(kind.name, row.key, row.revision, modernise(kind, row.key, row.schema_version, value))
        except StorageRefused:
            raise
        except (ValueError, TypeError, KeyError, AttributeError, LinliError) as error:
            result.damaged.append((row, f"{type(error).__name__}: {error}"))
            continue
        (result.good if row.schema_version == kind.schema_version else result.migrated)[row.key] = document
    return result


def parse(kind: str, key: str, schema_version: int, text: str, expected: int) -> Value:
    """The value in a row; raises ValueError when it is not what was written."""
    content = text.encode()
    if checksum(kind, key, schema_version, content) != expected:
        raise ValueError("its checksum does not match")
    value = loads(content)
    if not isinstance(value, dict):
        raise ValueError("it is no object")
    return value


def modernise(kind: DocumentKind, key: str, schema_version: int, value: Value) -> Value:
    """The value in the present shape, checked."""
    if schema_version < kind.schema_version:
        if kind.migrate is None:
            raise ValueError(f"shape {schema_version} is unknown")
        value = kind.migrate(schema_version, value)
    if kind.check is not None:
        kind.check(key, value)
    return value


def newer(kind: DocumentKind, schema_version: int) -> StorageRefused:
    """The refusal of a document that a newer version wrote."""
    return StorageRefused(
        f"documents of kind {kind.name!r} have shape {schema_version}; this version of linli knows up to "
        f"{kind.schema_version}: start the newer version again, or restore a backup",
        key="storage.newer_documents",
        parameters={"kind": kind.name, "found": schema_version, "known": kind.schema_version},
    )


def mend(
    tx: Transaction, kind: DocumentKind, found: SortedOut, read_copies: Callable[[str], Mapping[str, Copy]]
) -> Loaded:
    """Store migrated values, set damaged rows aside and put copies in their place; everything that now stands."""
    good = {**found.good, **found.migrated}
    copies = _usable(kind, read_copies(kind.name)) if found.damaged else {}
    lost = {row.key for row, _ in found.damaged}
    if not lost <= copies.keys():
        # a key that no copy knows may itself be what was damaged: the row under its true name is missing then
        lost |= copies.keys() - good.keys()
    for row, reason in found.damaged:
        tx.execute(insert(documents_set_aside), _aside(row, reason, tx.now_us))
        if row.key not in copies or not isinstance(row.revision, int):
            tx.execute(delete(documents).where(documents.c.kind == row.kind, documents.c.key == row.key))
    migrated = [Put(kind.name, key, document.value) for key, document in found.migrated.items()]
    restored = [Put(kind.name, key, copies[key]) for key in sorted(lost & copies.keys())]
    written = write(tx, [*migrated, *restored], (), lambda _: kind.schema_version)
    damages = [Damage(kind.name, row.key, reason, row.key in copies) for row, reason in found.damaged]
    return Loaded({**good, **{document.key: document for document in written}}, damages)


def restore(tx: Transaction, kind: str, copies: Mapping[str, Copy]) -> None:
    """Write copies as they are, each in its own shape; :func:`sort_out` migrates them when they are loaded."""
    for shape in {copy.schema_version for copy in copies.values()}:
        puts = [Put(kind, key, copy.value) for key, copy in copies.items() if copy.schema_version == shape]
        write(tx, puts, (), lambda _, version=shape: version)  # type: ignore[misc]


def _usable(kind: DocumentKind, copies: Mapping[str, Copy]) -> dict[str, Value]:
    """The copies in the present shape, without those that do not pass its check."""
    usable: dict[str, Value] = {}
    for key, copy in copies.items():
        with suppress(ValueError, TypeError, KeyError, AttributeError, LinliError):
            usable[key] = modernise(kind, key, copy.schema_version, copy.value)
    return usable


def _aside(row: Row[Any], reason: str, now_us: int) -> dict[str, Any]:
    value = row.value.encode("utf-8", "surrogateescape") if isinstance(row.value, str) else row.value
    return {
        "kind": row.kind,
        "key": row.key.encode("utf-8", "replace").decode(),
        "schema_version": row.schema_version,
        "revision": row.revision,
        "value": value,
        "reason": reason.encode("utf-8", "replace").decode(),
        "at_us": now_us,
    }


def write(
    tx: Transaction, puts: Sequence[Put], deletes: Sequence[Delete], version_of: Callable[[str], int]
) -> list[Document]:
    """Write and remove; raises Conflict, and then nothing of the transaction stands."""
    revisions = _revisions(tx, [*puts, *deletes])
    written: list[Document] = []
    added: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for put in puts:
        revision = revisions.get((put.kind, put.key), 0)
        _compare(put, revision)
        revisions[put.kind, put.key] = revision + 1
        columns = _columns(put, version_of(put.kind), revision + 1, tx.now_us)
        if revision:
            changed.append({**columns, "of_kind": put.kind, "of_key": put.key})
        else:
            added.append({**columns, "kind": put.kind, "key": put.key})
        written.append(Document(put.kind, put.key, revision + 1, put.value))
    removed = [item for item in deletes if _compare(item, revisions.get((item.kind, item.key), 0))]
    for statement, rows in (
        (ADD, added),
        (CHANGE, changed),
        (REMOVE, [{"of_kind": item.kind, "of_key": item.key} for item in removed]),
    ):
        if rows:
            tx.execute(statement, rows)
    for kind in {item.kind for item in puts} | {item.kind for item in removed}:
        tx.changed(TOPIC, kind)
    return written


def _compare(item: Put | Delete, revision: int) -> bool:
    """Whether anything stands; raises Conflict when it is not what was expected."""
    if item.expected is not None and item.expected != revision:
        raise Conflict(item.kind, item.key, item.expected, revision)
    return revision > 0


def _columns(put: Put, schema_version: int, revision: int, now_us: int) -> dict[str, Any]:
    if not isinstance(put.value, dict):
        raise ContractError(f"document {put.kind} {put.key!r} is no object but a {type(put.value).__name__}")
    content = dumps(put.value)
    return {
        "schema_version": schema_version,
        "revision": revision,
        "value": content.decode(),
        "checksum": checksum(put.kind, put.key, schema_version, content),
        "at_us": now_us,
    }


def _revisions(tx: Transaction, items: Sequence[Put | Delete]) -> dict[tuple[str, str], int]:
    """The revisions that stand; locked until the commit where the database has row locks."""
    pairs = sorted({(item.kind, item.key) for item in items})
    found: dict[tuple[str, str], int] = {}
    for start in range(0, len(pairs), KEYS_AT_ONCE):
        wanted = select(documents.c.kind, documents.c.key, documents.c.revision).where(
            tuple_(documents.c.kind, documents.c.key).in_(pairs[start : start + KEYS_AT_ONCE])
        )
        for row in tx.execute(wanted.with_for_update()):
            found[row.kind, row.key] = row.revision
    return found
