"""The heads of other hubs' journals, kept here: the second place, where it is a hub.

One folder for each hub, named by its identity, with the same files as in ``heads_place.py``, so that ``linli journal
verify`` reads them from the disk too. What does not follow from what is here is refused and changes nothing.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from linli.jsonbytes import dumps, loads
from linli.storage.files import replace_durably
from linli.storage.heads_place import add_line, newest_seal
from linli.storage.seals import Seal, not_following

FOLDER: Final = "received_heads"
DAY_BYTES: Final = 16 << 20
"""Of one hub in one day; a minute's seal has some 400 bytes."""
SENDER: Final = "sender.json"
_INSTANCE: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """A seal that was not kept.

    ``what``: form (it is no signed seal), full (too many today), other_user (its hub is another user's), or why it
    does not follow (see :func:`linli.storage.seals.not_following`).
    """

    what: str
    instance: str = ""
    counter: int = 0


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends a hub's heads, and when the last one came."""

    user_id: str
    heard_us: int


class ReceivedHeads:
    """The folder of a hub that receives; everything here blocks on the disk and runs in one thread."""

    def __init__(self, data: Path) -> None:
        self.folder: Final = data / FOLDER

    def keep(self, line: bytes, user_id: str, now_us: int) -> Seal:
        """Keep what a user sent; raises Refused. What is here already is fine: its answer may have been lost."""
        try:
            seal = Seal.of_line(line)
        except ValueError:
            raise Refused("form") from None
        if not seal.is_signed or _INSTANCE.fullmatch(seal.instance) is None:
            raise Refused("form")
        shelf = self.folder / seal.instance
        sender = self.sender(seal.instance)
        if sender is not None and sender.user_id != user_id:
            raise Refused("other_user", seal.instance, seal.counter)
        last = newest_seal(shelf)
        what = None if last is None else not_following(last, seal)
        if what is not None:
            raise Refused(what, seal.instance, seal.counter)
        if last is None or last.place != seal.place:
            self._add(shelf, seal, now_us)
        self._note(shelf, Sender(user_id, now_us))
        return seal

    def sender(self, instance: str) -> Sender | None:
        """None: nothing of that hub is here."""
        try:
            said: Any = loads((self.folder / instance / SENDER).read_bytes())
            return Sender(str(said["user"]), int(said["heard_us"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def senders(self) -> dict[str, Sender]:
        """Every hub whose heads are here."""
        if not self.folder.is_dir():
            return {}
        found = {entry.name: self.sender(entry.name) for entry in self.folder.iterdir() if entry.is_dir()}
        return {name: sender for name, sender in found.items() if sender is not None}

    def days(self, instance: str, user_id: str | None) -> list[str] | None:
        """The days of which there are heads, oldest first; None: no such hub of this user. ``user_id`` None: any."""
        sender = self.sender(instance) if _INSTANCE.fullmatch(instance) else None
        if sender is None or user_id not in (None, sender.user_id):
            return None
        return sorted(file.stem for file in (self.folder / instance).glob("????-??-??.jsonl"))

    def day(self, instance: str, day: str) -> bytes:
        """The lines of one day; :meth:`days` was asked."""
        return (self.folder / instance / f"{day}.jsonl").read_bytes() if _DAY.fullmatch(day) else b""

    def newest(self, instance: str) -> Seal | None:
        """The last one; :meth:`days` was asked."""
        return newest_seal(self.folder / instance)

    @staticmethod
    def _add(shelf: Path, seal: Seal, now_us: int) -> None:
        shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
        today = f"{datetime.fromtimestamp(now_us / 1_000_000, UTC):%Y-%m-%d}.jsonl"
        # by this hub's clock, which the sender cannot choose; one that went back still adds after what is here
        newest = max((file.name for file in shelf.glob("????-??-??.jsonl")), default=today)
        file = shelf / max(today, newest)
        if file.exists() and file.stat().st_size + len(seal.line()) > DAY_BYTES:
            raise Refused("full", seal.instance, seal.counter)
        add_line(file, seal.line())

    @staticmethod
    def _note(shelf: Path, sender: Sender) -> None:
        partial = (shelf / SENDER).with_suffix(".partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(dumps({"user": sender.user_id, "heard_us": sender.heard_us}))
        replace_durably(partial, shelf / SENDER)
