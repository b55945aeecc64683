"""What a hub knows about having been restored from a backup: since when, what is held back, who has answered.

Kept in ``safety.db``, so that it goes where the data go. ``rooms.storage.restored`` asks here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

from linli.storage.document import DocumentKind, Put
from linli.storage.document_rows import TOPIC
from linli.storage.journal_writer import RowId

if TYPE_CHECKING:
    from linli.storage.actor import Actor
    from linli.storage.changes import Changes
    from linli.storage.database import Database
    from linli.storage.documents import Documents
    from linli.storage.transaction import Change, Transaction

KIND: Final = DocumentKind("core.restored")
KEY: Final = "last"


@dataclass(frozen=True, slots=True)
class Restored:
    """One restore: chains and timers that began before ``at_us`` wait while ``held``; new ones run at once."""

    epoch: int
    """The second at which it happened: later than that of any restore of the same backup before."""
    since_us: int
    """When the backup was made: withdrawals and erasures after it are unknown to these data."""
    at_us: int
    base: tuple[RowId, ...]
    """The end of each journal chain in the backup."""
    held: bool
    unanswered: tuple[str, ...] | None
    """Plugins that failed to apply withdrawals and erasures again; None: nobody was asked yet."""

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """From its document; raises KeyError, TypeError or ValueError when it cannot be right."""
        unanswered = value["unanswered"]
        return cls(
            int(value["epoch"]),
            int(value["since_us"]),
            int(value["at_us"]),
            tuple(RowId(str(row["writer"]), int(row["sequence"])) for row in value["base"]),
            bool(value["held"]),
            None if unanswered is None else tuple(map(str, unanswered)),
        )

    def value(self) -> dict[str, Any]:
        """As its document keeps it."""
        return asdict(self)


class AfterRestore:
    """The last restore of these data, kept up to date while a hub runs."""

    def __init__(self, database: Database, documents: Documents) -> None:
        self.last: Restored | None = None
        self._database = database
        self._documents = documents
        self._listeners: list[Callable[[], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def held(self) -> Restored | None:
        """The restore that nobody has released yet."""
        return self.last if self.last is not None and self.last.held else None

    @property
    def epoch(self) -> int:
        return 1 if self.last is None else self.last.epoch

    def on_release(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` told, on the loop, when an owner released what a restore holds back."""
        self._listeners.append(listener)

    async def load(self) -> None:
        """Read what the data say."""
        found = await self._documents.get(KIND.name, KEY)
        was_held = self.held is not None
        self.last = None if found is None else Restored.of(found.value)
        if was_held and self.held is None:
            for listener in self._listeners:
                listener()

    def follow(self, changes: Changes) -> None:
        """From now on hear of a release by the command line."""
        changes.subscribe(TOPIC, self._hear)

    async def close(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _hear(self, change: Change) -> None:
        if change.key in (KIND.name, None):
            task = asyncio.get_running_loop().create_task(self.load(), name="released?")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def begin(self, restored: Restored, *, actor: Actor) -> None:
        """Write a restore down, with its row in the journal."""
        details = {"epoch": restored.epoch, "since_us": restored.since_us}
        await self._write(restored, "storage.restored", actor, details)

    async def answered(self, unanswered: tuple[str, ...], *, actor: Actor) -> None:
        """Every plugin was asked to apply withdrawals and erasures again; those named failed."""
        assert self.last is not None
        action = "storage.restored_not_applied" if unanswered else "storage.restored_applied"
        await self._write(replace(self.last, unanswered=unanswered), action, actor, {"failed": list(unanswered)})

    async def release(self, *, actor: Actor) -> bool:
        """Let old chains and timers go on; False when nothing was held."""
        await self.load()
        held = self.held
        if held is None:
            return False
        await self._write(replace(held, held=False), "storage.restored_released", actor, {"epoch": held.epoch})
        return True

    async def _write(self, restored: Restored, action: str, actor: Actor, details: dict[str, Any]) -> None:
        def work(tx: Transaction) -> None:
            self._documents.write(tx, [Put(KIND.name, KEY, restored.value())])
            tx.journal(action, actor=actor, details=details)

        await self._database.transaction(work)
        was_held = self.held is not None
        self.last = restored
        if was_held and not restored.held:
            for listener in self._listeners:
                listener()
