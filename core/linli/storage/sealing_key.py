"""The key with which a hub signs the heads of its journal: in the data folder, for its owner only, in no backup.

The public half stands in ``instance.json`` and in every seal. A new key is signed by the one before it, so that whoever
has seen the old one knows that the new one is no stranger's.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from linli.jsonbytes import dumps, loads
from linli.storage.chain import digest
from linli.storage.errors import StorageRefused
from linli.storage.files import replace_durably

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FILE: Final = "journal.key"


@dataclass(frozen=True, slots=True)
class Origin:
    """The key that was used before, and its signature under the present one."""

    previous: bytes
    certificate: bytes

    def vouches_for(self, public: bytes) -> bool:
        """Whether the key before really signed ``public``."""
        return signed(self.previous, self.certificate, _succession(self.previous, public))


class SealingKey:
    """An Ed25519 key pair (RFC 8032)."""

    def __init__(self, seed: bytes, origin: Origin | None) -> None:
        self._seed = seed
        self._private = _private(seed)
        self.public: Final = self._private.public_key().public_bytes_raw()
        self.origin: Final = origin

    @classmethod
    def of_folder(cls, folder: Path) -> Self:
        """The folder's key, made at the first asking. Raises StorageRefused when it is damaged. Blocks on the disk."""
        file = folder / FILE
        try:
            said = loads(file.read_bytes())
            origin = said["origin"]
            known = None if origin is None else Origin(*(bytes.fromhex(origin[name]) for name in Origin.__slots__))
            return cls(bytes.fromhex(said["seed"]), known)
        except FileNotFoundError:
            made = cls(os.urandom(32), None)
            made._write(file)
            return made
        except (ValueError, KeyError, TypeError) as error:
            raise StorageRefused(
                f"{file} is damaged: the journal can no longer be signed with this key; move the file away, and a new "
                "key is made",
                key="storage.key_damaged",
                parameters={"file": str(file)},
            ) from error

    @classmethod
    def exchange(cls, folder: Path) -> Self:
        """Put a new key, signed by the present one, in its place. Blocks on the disk."""
        before = cls.of_folder(folder)
        seed = os.urandom(32)
        public = _private(seed).public_key().public_bytes_raw()
        made = cls(seed, Origin(before.public, before.sign(_succession(before.public, public))))
        made._write(folder / FILE)
        return made

    def sign(self, content: bytes) -> bytes:
        """The 64 bytes that only this key can make of ``content``."""
        return self._private.sign(content)

    def _write(self, file: Path) -> None:
        origin = self.origin
        said = None if origin is None else {name: getattr(origin, name).hex() for name in Origin.__slots__}
        partial = file.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(dumps({"seed": self._seed.hex(), "origin": said}))
        replace_durably(partial, file)


def _private(seed: bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ed25519  # 7 MB, which a hub that signs nothing does without

    return ed25519.Ed25519PrivateKey.from_private_bytes(seed)


def signed(public: bytes, signature: bytes, content: bytes) -> bool:
    """Whether the owner of ``public`` signed ``content``."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _succession(previous: bytes, public: bytes) -> bytes:
    return digest("linli journal key 1", previous, public)
