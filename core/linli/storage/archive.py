"""The file of a backup: a tar, gzipped, encrypted with age (age-encryption.org/v1) to keys that are kept elsewhere.

Everything streams, so that a gigabyte needs no gigabyte of memory: one thread makes or reads the tar, the calling one
encrypts or decrypts, and a pipe lies between them. Without linli::

    age --decrypt --identity KEYFILE FILE | tar --extract --gzip
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import pyrage  # type: ignore[import-untyped]  # its wheel has no types

from linli.jsonbytes import loads
from linli.storage.errors import StorageError, StorageRefused
from linli.storage.files import replace_durably

FORM: Final = "linli backup 1"
FORM_OF_SERVER: Final = "linli backup of a server 1"
MANIFEST: Final = "manifest.json"
HEADER: Final = b"age-encryption.org/v1\n"
AT_ONCE: Final = 1 << 20
LONGEST_MANIFEST: Final = 1 << 20


class GivenUp(StorageError):
    """Nobody wants the result any more: the hub stops."""

    code = "given_up"


GoOn = Callable[[], None]
"""Asked in between, in whichever thread; raises GivenUp when the work is to end here."""


def always() -> None:
    """Go on to the end."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a backup: its name there, and its content on the disk or in memory."""

    name: str
    content: Path | bytes


@dataclass(frozen=True, slots=True)
class Written:
    """What a sidecar keeps of an archive, by which anybody sees later that it is whole."""

    length: int
    sha256: str


def recipients_of(keys: Sequence[str]) -> list[pyrage.x25519.Recipient]:
    """The public keys; raises StorageRefused for what is none."""
    try:
        return [pyrage.x25519.Recipient.from_str(key.strip()) for key in keys]
    except pyrage.RecipientError as error:
        raise StorageRefused(
            "a recipient is not a public age key (age1…): make a pair with age-keygen or linli backup --new-identity",
            key="storage.no_recipient",
        ) from error


def identities_of(file: Path) -> list[pyrage.x25519.Identity]:
    """The secret keys of a file as age-keygen writes it; raises StorageRefused where there is none. Blocks."""
    try:
        lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-")]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise _no_identity(file) from error
    if not found:
        raise _no_identity(file)
    return found


def make_identity(file: Path) -> str:
    """Make a pair: the secret key in ``file``, as age-keygen writes it; the public one. Blocks; raises OSError."""
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(f"# public key: {public}\n{identity}\n")
    return public


def _no_identity(file: Path) -> StorageRefused:
    return StorageRefused(
        f"{file} holds no secret age key (a line AGE-SECRET-KEY-…)",
        key="storage.no_identity",
        parameters={"file": str(file)},
    )


def write_archive(target: Path, members: Iterable[Member], recipients: Sequence[str], go_on: GoOn = always) -> Written:
    """Encrypt the members into ``target``, which is complete or not there. Blocks; raises OSError."""
    keys = recipients_of(recipients)
    partial = target.with_name(target.name + ".partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            out = _Counted(file, go_on)
            with _piped(lambda end: _pack(end, members)) as reader:
                try:
                    pyrage.encrypt_io(reader, out, keys)
                except pyrage.EncryptError as error:
                    raise out.failed or OSError(str(error)) from error
                if out.failed is not None:  # in its last write pyrage passes over what the file raised
                    raise out.failed
        replace_durably(partial, target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return Written(out.length, out.sha.hexdigest())


def read_archive(source: Path, identities: Sequence[pyrage.x25519.Identity]) -> _Opened:
    """``with read_archive(…) as members``: (name, stream) of each, in order. Blocks; raises StorageRefused."""
    return _Opened(source, identities)


def look_whole(source: Path, expected: Written) -> bool:
    """Whether a file is the one that was written, and looks like age; needs no key. Blocks."""
    sha = hashlib.sha256()
    length = 0
    with source.open("rb") as file:
        if file.read(len(HEADER)) != HEADER:
            return False
        file.seek(0)
        while chunk := file.read(AT_ONCE):
            sha.update(chunk)
            length += len(chunk)
    return (length, sha.hexdigest()) == (expected.length, expected.sha256)


class _Opened:
    """Decrypts in a thread while the caller reads; a damaged or cut file is refused at the latest at its end."""

    def __init__(self, source: Path, identities: Sequence[pyrage.x25519.Identity]) -> None:
        self._source = source
        self._identities = identities
        self._piped: Any = None

    def __enter__(self) -> Iterator[tuple[str, IO[bytes]]]:
        self._piped = _piped(self._decrypt)
        return self._members(self._piped.__enter__())

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        try:
            self._piped.__exit__(kind, error, trace)
        except (pyrage.DecryptError, OSError) as failed:
            raise self._refused() from failed
        if isinstance(error, tarfile.TarError | EOFError | gzip.BadGzipFile):
            raise self._refused() from error

    def _decrypt(self, end: IO[bytes]) -> None:
        with self._source.open("rb") as file:
            pyrage.decrypt_io(file, end, self._identities)

    @staticmethod
    def _members(reader: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
        with gzip.GzipFile(fileobj=reader) as plain, tarfile.open(fileobj=plain, mode="r|", bufsize=AT_ONCE) as tar:
            for member in tar:
                stream = tar.extractfile(member)
                if stream is not None:
                    yield member.name, stream
        while reader.read(AT_ONCE):  # to the end: only there age proves that nothing was cut off
            pass

    def _refused(self) -> StorageRefused:
        return StorageRefused(
            f"{self._source} cannot be read with this key: it is another key's, or the file is damaged or cut off",
            key="storage.archive_unreadable",
            parameters={"file": str(self._source)},
        )


def read_manifest(members: Iterator[tuple[str, IO[bytes]]], source: Path) -> dict[str, Any]:
    """The first member; raises StorageRefused when it is none of ours, or newer."""
    name, stream = next(members, ("", io.BytesIO()))
    try:
        said: dict[str, Any] = loads(stream.read(LONGEST_MANIFEST))
        if name == MANIFEST and said["form"] in (FORM, FORM_OF_SERVER):
            return said
    except (ValueError, KeyError, TypeError):
        pass
    raise StorageRefused(
        f"{source} is no backup that this version of linli can read",
        key="storage.no_backup",
        parameters={"file": str(source)},
    )


def _pack(end: IO[bytes], members: Iterable[Member]) -> None:
    with (
        gzip.GzipFile(fileobj=end, mode="wb", compresslevel=1, mtime=0) as plain,
        tarfile.open(fileobj=plain, mode="w|", bufsize=AT_ONCE, format=tarfile.PAX_FORMAT) as tar,
    ):
        for member in members:
            entry = tarfile.TarInfo(member.name)
            entry.mode = 0o600
            if isinstance(member.content, bytes):
                entry.size = len(member.content)
                tar.addfile(entry, io.BytesIO(member.content))
            else:
                with member.content.open("rb") as content:
                    entry.size = os.fstat(content.fileno()).st_size
                    tar.addfile(entry, content)


class _Counted:
    """A file that counts and hashes what is written to it."""

    def __init__(self, file: IO[bytes], go_on: GoOn) -> None:
        self._file = file
        self._go_on = go_on
        self.failed: Exception | None = None
        self.length = 0
        self.sha = hashlib.sha256()

    def write(self, chunk: bytes) -> int:
        try:
            self._go_on()
            self._file.write(chunk)
        except (OSError, GivenUp) as error:
            self.failed = error
            raise
        self.sha.update(chunk)
        self.length += len(chunk)
        return len(chunk)

    def flush(self) -> None:
        self._file.flush()


@contextmanager
def _piped(produce: Callable[[IO[bytes]], None]) -> Iterator[IO[bytes]]:
    """What ``produce`` writes, in a thread of its own; its error is raised at the end."""
    reading, writing = os.pipe()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with os.fdopen(writing, "wb", buffering=AT_ONCE) as end:
                produce(end)
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits for it
            failed.append(error)

    thread = threading.Thread(target=work, name="linli-archive", daemon=True)
    thread.start()
    try:
        with os.fdopen(reading, "rb") as reader:
            try:
                yield reader
            except BaseException:
                if not failed:  # its broken pipe, which follows, is no cause
                    failed.append(BrokenPipeError())
                raise
    finally:
        thread.join()
    with suppress(IndexError):
        raise failed[0]
