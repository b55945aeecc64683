"""The second place, where the heads of the journal are kept: a folder on another disk, or another hub by HTTPS.

In a folder stands one sub-folder for each hub, named by its identity: a file of seals for each day (UTC), to which is
only ever added, and who holds the identity now, so that a second hub with the same one is seen.
"""

from __future__ import annotations

import fcntl
import logging
import os
import platform
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from linli.clock import Clock
from linli.jsonbytes import dumps, loads
from linli.storage.errors import StorageRefused
from linli.storage.files import replace_durably
from linli.storage.seals import Seal
from linli.storage.worker import Worker

log = logging.getLogger(__name__)

HELD_FOR_US: Final = 180_000_000
"""A hub on another machine counts as running this long after its last seal."""
WITHIN_S: Final = 20.0

Send = Callable[[str, bytes], Awaitable[None]]
"""Bring one line to an address; raises OSError when it was not taken."""


class Place(Protocol):
    """Takes seals. All raise OSError when the place cannot be reached."""

    name: str

    async def take_over(self, instance: str, epoch: int, run: str) -> Seal | None:
        """Claim the identity there; the newest seal that the place has. Raises StorageRefused: another hub has it."""

    async def add(self, seal: Seal) -> None:
        """Keep one seal; when this returns, it is on the disk there."""

    async def close(self) -> None:
        """Let the identity go."""


class FolderPlace:
    """A folder that the deployment names; it must exist, so that a disk that is not mounted is not taken for it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.name = str(folder)
        self._folder = folder
        self._clock = clock
        self._worker = Worker("heads", clock)
        self._shelf: _Shelf | None = None

    async def take_over(self, instance: str, epoch: int, run: str) -> Seal | None:
        async with self._clock.timeout(WITHIN_S):
            self._shelf, newest = await self._worker.run(lambda: self._claim(instance, epoch, run))
        return newest

    def _claim(self, instance: str, epoch: int, run: str) -> tuple[_Shelf, Seal | None]:
        if not self._folder.is_dir():
            raise FileNotFoundError(f"{self._folder} is not there")
        shelf = _Shelf(self._folder / instance, epoch, run)
        try:
            shelf.claim(round(self._clock.timestamp() * 1_000_000))
            return shelf, newest_seal(shelf.folder)
        except BaseException:
            shelf.release(None)
            raise

    async def add(self, seal: Seal) -> None:
        shelf = self._shelf
        if shelf is None:
            raise FileNotFoundError(f"{self._folder} was not taken over yet")
        async with self._clock.timeout(WITHIN_S):
            await self._worker.run(lambda: shelf.add(seal))

    async def close(self) -> None:
        shelf, self._shelf = self._shelf, None
        now_us = round(self._clock.timestamp() * 1_000_000)
        async with self._clock.timeout(WITHIN_S):
            if shelf is not None:
                await self._worker.run(lambda: shelf.release(now_us))
            await self._worker.close()


class _Shelf:
    """One hub's sub-folder, in the worker's thread."""

    def __init__(self, folder: Path, epoch: int, run: str) -> None:
        self.folder = folder
        self._epoch = epoch
        self._run = run
        self._holder = folder / "holder.json"
        folder.mkdir(mode=0o700, exist_ok=True)
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def claim(self, now_us: int) -> None:
        """Hold the identity; raises StorageRefused when another hub does."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise self._refused() from None
        said = self._read_holder()
        newest = newest_seal(self.folder)  # who takes the holder's file away does not bring an old hub back
        if max(said["epoch"], 0 if newest is None else newest.epoch) > self._epoch:
            raise StorageRefused(
                f"a backup of this hub was restored elsewhere and has run since, as {self.folder} knows: this hub is "
                "the old one and must not run any more",
                key="storage.superseded",
                parameters={"folder": str(self.folder)},
            )
        elsewhere = said["machine"] not in ("", platform.node())
        if elsewhere and not said["ended"] and 0 <= now_us - said["at_us"] < HELD_FOR_US:
            raise self._refused()
        self._write_holder(now_us, ended=False)

    def _refused(self) -> StorageRefused:
        return StorageRefused(
            f"another hub with the same identity runs: it keeps its journal heads in {self.folder}; stop it first",
            key="storage.second_hub",
            parameters={"folder": str(self.folder)},
        )

    def add(self, seal: Seal) -> None:
        """Append one line, and say that its hub runs."""
        if self._read_holder()["epoch"] > self._epoch:
            raise self._refused()
        add_line(self.folder / f"{datetime.fromtimestamp(seal.at_us / 1_000_000, UTC):%Y-%m-%d}.jsonl", seal.line())
        self._write_holder(seal.at_us, ended=False)

    def release(self, now_us: int | None) -> None:
        """Let another hub have the identity."""
        try:
            if now_us is not None:
                self._write_holder(now_us, ended=True)
        finally:
            os.close(self._lock)

    def _read_holder(self) -> dict[str, Any]:
        try:
            said = loads(self._holder.read_bytes())
            return {
                "epoch": int(said["epoch"]),
                "machine": str(said["machine"]),
                "at_us": int(said["at_us"]),
                "ended": bool(said["ended"]),
            }
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return {"epoch": 0, "machine": "", "at_us": 0, "ended": True}

    def _write_holder(self, now_us: int, *, ended: bool) -> None:
        """Say who holds the identity; a write-once place replaces no file, and there only the seals say it."""
        partial = self._holder.with_suffix(".partial")
        said = {"epoch": self._epoch, "run": self._run, "machine": platform.node(), "at_us": now_us, "ended": ended}
        try:
            partial.write_bytes(dumps(said))
            replace_durably(partial, self._holder)
        except PermissionError:
            log.debug("%s takes additions only", self.folder)


class AddressPlace:
    """An HTTPS address of whatever program: each seal is posted there as JSON; any 2xx means that it is kept.

    Who answers keeps the lines in files as :class:`FolderPlace` does, where ``verify`` can read them. Another hub
    answers more (``heads_hub.py``).
    """

    def __init__(self, address: str, clock: Clock, send: Send | None = None) -> None:
        self.name = address
        self._clock = clock
        self._send = send or post

    async def take_over(self, instance: str, epoch: int, run: str) -> Seal | None:
        """An address tells nothing: whether a second hub posts there, only its owner sees."""
        return None

    async def add(self, seal: Seal) -> None:
        async with self._clock.timeout(WITHIN_S):
            await self._send(self.name, seal.line())

    async def close(self) -> None:
        """Nothing is kept open."""


async def post(address: str, line: bytes) -> None:
    """POST one line; raises OSError unless it was taken."""
    import aiohttp

    try:
        async with (
            aiohttp.ClientSession() as session,
            session.post(address, data=line, headers={"Content-Type": "application/json"}) as answer,
        ):
            status = answer.status
    except aiohttp.ClientError as error:
        raise ConnectionError(f"{address}: {str(error) or type(error).__name__}") from error
    if not 200 <= status < 300:
        raise ConnectionError(f"{address} answered {status}")


def add_line(file: Path, line: bytes) -> None:
    """Append one line to a day's file and bring it to the disk. Blocks on the disk."""
    handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        length = os.fstat(handle).st_size
        torn = length > 0 and os.pread(handle, 1, length - 1) != b"\n"
        os.write(handle, (b"\n" if torn else b"") + line)
        os.fsync(handle)
    finally:
        os.close(handle)


def seal_lines(folder: Path) -> Iterator[bytes]:
    """Every line of one hub's files, oldest first. Blocks on the disk."""
    for file in sorted(folder.glob("????-??-??.jsonl")):
        with file.open("rb") as lines:
            yield from (line for line in lines if line.strip())


def newest_seal(folder: Path) -> Seal | None:
    """The last line that is a signed seal. Blocks on the disk."""
    for file in sorted(folder.glob("????-??-??.jsonl"), reverse=True):
        for line in reversed(file.read_bytes().splitlines()):
            try:
                seal = Seal.of_line(line)
            except ValueError:
                continue
            if seal.is_signed:
                return seal
    return None
