"""The data folder: who may use it, what it says about itself, and the space it keeps back."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Self

from linli.jsonbytes import dumps, loads
from linli.storage.errors import InUse, StorageRefused
from linli.storage.files import replace_durably

RESERVE_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Instance:
    """What ``instance.json`` says, so that a command finds the store of a running hub; it holds no secret."""

    instance_id: str
    deployment: str | None
    """The deployment that ran here last."""
    database: str
    """``sqlite``, or the address of a server without its password."""
    epoch: int = 1
    """1, and after a restore from a backup the second at which that happened, while the identity stays."""
    restored: bool = False
    """Whether a restore holds old chains and timers back, until an owner releases them."""
    public_key: str | None = None
    """Of the key that signs the heads of the journal (hexadecimal)."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Plugins whose own databases stand on other servers, and where (without passwords): backups are without them."""


class DataFolder:
    """One ``--data`` folder, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.instance_file = path / "instance.json"
        self.copies = path / "backups"
        self.last_good = path / "last_good"
        self.restoring = path / "restoring"
        """Stands while a backup is brought back into the folder."""
        self._reserve = path / "safety.reserve"

    def url(self, name: str) -> str:
        """The address of the database ``name`` where it is a file in this folder."""
        return f"sqlite:///{self.path / name}.db"

    def create(self) -> None:
        """Make the folder if there is none; raises StorageRefused when it cannot be written in."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._refused(f"cannot be made: {error.strerror}") from error
        if not os.access(self.path, os.R_OK | os.W_OK | os.X_OK):
            raise self._refused("cannot be written in by this user")

    def _refused(self, reason: str) -> StorageRefused:
        return StorageRefused(
            f"the data folder {self.path} {reason}",
            key="storage.no_folder",
            parameters={"folder": str(self.path), "reason": reason},
        )

    def holds_data(self) -> bool:
        """Whether a hub or a command has kept something here, or on the server that this folder names."""
        return self.holds_files() or self.read_instance() is not None

    def holds_files(self) -> bool:
        """Whether there are databases in the folder itself."""
        return (self.path / "safety.db").exists()

    def require_whole(self) -> None:
        """Raise StorageRefused where a restore was cut off: such data would hold nothing back."""
        if self.restoring.exists():
            raise StorageRefused(
                f"the restore into {self.path} was not finished: remove the folder and restore again",
                key="storage.restore_unfinished",
                parameters={"folder": str(self.path)},
            )

    def read_instance(self) -> Instance | None:
        """What the folder says of itself; None before the first start. A damaged file counts as none."""
        try:
            said = loads(self.instance_file.read_bytes())
            more = {name: said[name] for name in ("epoch", "restored", "public_key", "elsewhere") if name in said}
            return Instance(said["instance_id"], said["deployment"], said["database"], **more)
        except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
            return None

    def write_instance(self, instance: Instance) -> None:
        """Replace what the folder says of itself."""
        partial = self.instance_file.with_suffix(".partial")
        partial.write_bytes(dumps(asdict(instance)))
        partial.chmod(0o600)
        replace_durably(partial, self.instance_file)

    def keep_reserve(self) -> bool:
        """Hold some of the disk back for ``safety.db``; False when there is no room for it."""
        if self._reserve.exists() and self._reserve.stat().st_size == RESERVE_BYTES:
            return True
        handle = os.open(self._reserve, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(handle, 0, RESERVE_BYTES)
            else:  # macOS
                os.write(handle, bytes(RESERVE_BYTES))
        except OSError:
            self._reserve.unlink()
            return False
        finally:
            os.close(handle)
        return True

    def release_reserve(self) -> bool:
        """Give the space that was held back to whoever writes next; False when it was given away before."""
        try:
            self._reserve.unlink()
        except FileNotFoundError:
            return False
        return True


class FolderLock:
    """Held by the one hub that runs on a folder; it ends with the process, however that ends."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @classmethod
    def take(cls, folder: DataFolder) -> Self:
        """Take the lock, or raise InUse naming the process that has it."""
        handle = os.open(folder.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 32).decode("ascii", "replace").strip() or "?"
            os.close(handle)
            raise InUse(
                f"another hub (process {holder}) runs on the data folder {folder.path}: stop it, or give this one "
                "another folder with --data",
                key="storage.in_use",
                parameters={"folder": str(folder.path), "process": holder},
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        return cls(handle)

    def release(self) -> None:
        """Let another hub have the folder."""
        os.close(self._handle)
