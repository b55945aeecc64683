"""The disk and the clock that fail on demand (``disk.c``), as the tests hold them."""

import os
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Final

HEAD: Final = struct.Struct("=QQQ")
"""Where it was written, how many bytes it replaced, how long the file was."""


class Faulty:
    """Preload :attr:`environment`; then switch faults on and off."""

    def __init__(self, folder: Path, *, unsynced: bool = False) -> None:
        self._faults, self._unsynced = folder / "faults", folder / "unsynced"
        self._faults.mkdir(parents=True)
        self._unsynced.mkdir()
        self.loses = unsynced
        """Whether a power cut can be played on it."""
        library = folder / "disk.so"
        compiler = shutil.which("cc") or shutil.which("gcc")
        assert compiler is not None, "no C compiler"
        source = Path(__file__).with_name("disk.c")
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl", "-lpthread"], check=True)
        self.environment = {"LD_PRELOAD": str(library), "LINLI_FAULTS": str(self._faults)}
        if unsynced:
            self.environment["LINLI_UNSYNCED"] = str(self._unsynced)

    def start(self, fault: str) -> None:
        (self._faults / fault).touch()

    def end(self, fault: str) -> None:
        (self._faults / fault).unlink()

    def jump(self, seconds: int) -> None:
        """The time of day is so much later (or earlier) than it is."""
        told = self._faults / "clock.new"
        told.write_text(str(seconds))
        told.replace(self._faults / "clock")

    def lose_unsynced(self, data: Path) -> int:
        """The power went: take back every write that was not synced, the newest first; how many there were."""
        lost = 0
        for undo in self._unsynced.glob("*.undo"):
            target = data / undo.name.removesuffix(".undo")
            records = _records(undo.read_bytes())
            if target.exists():
                with target.open("r+b") as file:
                    for offset, size, replaced in reversed(records):
                        file.seek(offset)
                        file.write(replaced)
                        file.truncate(size)
                        lost += 1
                    os.fsync(file.fileno())
            undo.unlink()
        return lost


def _records(raw: bytes) -> list[tuple[int, int, bytes]]:
    found, at = [], 0
    while at + HEAD.size <= len(raw):
        offset, kept, size = HEAD.unpack_from(raw, at)
        at += HEAD.size
        found.append((offset, size, raw[at : at + kept]))
        at += kept
    return found
