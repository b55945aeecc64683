"""What is hashed in the journal, byte by byte, so that anyone can check a chain without linli.

A row's hash is SHA-256 over these fields, one after another, each written as one letter for its type, its length in
bytes as four bytes (big endian), and its bytes::

    "linli journal 1", writer, sequence, previous hash, at_us, action, actor_kind, actor_id, plugin, purpose, subject,
    details_digest

The letters: ``T`` text (UTF-8), ``I`` whole number (decimal ASCII), ``B`` bytes, ``N`` nothing (length 0). ``previous
hash`` is that of the row before in the same writer's chain, or 32 zero bytes in its first row, whose sequence is 1.

Details are JSON text beside the row. Their digest is SHA-256 over ``"linli details 1"``, a salt of 16 random bytes and
the text, encoded the same way. The chain holds the digest only, so text and salt can be forgotten; without the salt
nobody can guess a short text from its digest.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

FIRST: Final = bytes(32)
"""Stands for the hash before the first row of a chain."""

Field = str | int | bytes | None


@dataclass(frozen=True, slots=True)
class Link:
    """One row as the chain sees it, in the order in which it is hashed."""

    writer: str
    sequence: int
    previous: bytes
    at_us: int
    action: str
    actor_kind: str
    actor_id: str | None
    plugin: str
    purpose: str
    subject: str | None
    details_digest: bytes | None

    def columns(self) -> dict[str, Field]:
        """Its fields by name, as the table has them."""
        return {name: getattr(self, name) for name in self.__slots__}

    def hash(self) -> bytes:
        """The 32 bytes that the next row of this chain builds on."""
        return digest(
            "linli journal 1",
            self.writer,
            self.sequence,
            self.previous,
            self.at_us,
            self.action,
            self.actor_kind,
            self.actor_id,
            self.plugin,
            self.purpose,
            self.subject,
            self.details_digest,
        )


def details_digest(salt: bytes, details: str) -> bytes:
    """What the chain keeps of a row's details."""
    return digest("linli details 1", salt, details)


def digest(*fields: Field) -> bytes:
    """SHA-256 over fields in the encoding above: no two lists of fields have the same bytes."""
    sha = hashlib.sha256()
    for field in fields:
        letter, content = _encoded(field)
        sha.update(letter + len(content).to_bytes(4, "big") + content)
    return sha.digest()


def _encoded(field: Field) -> tuple[bytes, bytes]:
    if field is None:
        return b"N", b""
    if isinstance(field, str):
        # a byte that is no UTF-8 any more (a damaged row) must still give some hash: a wrong one
        return b"T", field.encode("utf-8", "surrogateescape")
    if isinstance(field, bytes):
        return b"B", field
    return b"I", str(field).encode("ascii")
