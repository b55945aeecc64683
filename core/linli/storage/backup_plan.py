"""What the hub does by itself about backups, where its deployment says so: make them, keep some, try the newest.

Without a schedule nothing is made. A backup that was due while the hub did not run is made soon after its start; one
that fails is tried again every hour. The drill comes 30 days after the last that went well, and once a day while it
fails.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from cronsim import CronSim

from linli.clock import Clock
from linli.errors import LinliError
from linli.ledger import Ledger
from linli.storage.actor import SYSTEM
from linli.storage.archive import GivenUp
from linli.storage.backup import Sidecar, make_backup, sidecars
from linli.storage.configuration import configuration_of
from linli.storage.document import DocumentKind
from linli.storage.drill import drill
from linli.storage.worker import Worker

if TYPE_CHECKING:
    from linli.storage.storage import Storage

log = logging.getLogger(__name__)

STATE: Final = DocumentKind("core.backups")
KEY: Final = "plan"
SOON: Final = timedelta(minutes=1)
AGAIN: Final = timedelta(hours=1)
DRILL_EVERY: Final = timedelta(days=30)
DRILL_AGAIN: Final = timedelta(days=1)
DRILL_OVERDUE: Final = timedelta(days=45)

FAILED: Final = "backup_failed"
DRILL_FAILED: Final = "backup_drill_failed"
OVERDUE: Final = "backup_drill_overdue"

Tell = Callable[[str, Mapping[str, Any] | None], None]
"""(issue, parameters); None: it is over. ``reason`` among them is what was raised."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What ``linli: {backup: …}`` says."""

    recipients: tuple[str, ...]
    folder: Path
    schedule: str | None
    keep: int
    drills: bool
    identity: Path | None
    history: bool = True

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> Self:
        """From the validated section."""
        identity = section.get("identity_file")
        return cls(
            tuple(section["recipients"]),
            Path(section["folder"]),
            section.get("schedule"),
            section["keep"],
            section.get("drill") is not None,
            None if identity is None else Path(identity),
            section["history"],
        )


@dataclass(frozen=True, slots=True)
class _Done:
    """When things were done last, kept over restarts (microseconds)."""

    began_us: int
    backup_us: int | None = None
    drill_us: int | None = None


class Backups:
    """Carries a plan out."""

    def __init__(
        self, storage: Storage, clock: Clock, ledger: Ledger, zone: tzinfo, plan: Plan, tell: Tell, *,
        soon: timedelta = SOON,
    ) -> None:  # fmt: skip
        """``soon``: after a start, when the backup that was due meanwhile is made."""
        self._storage = storage
        self._clock = clock
        self._ledger = ledger
        self._zone = zone
        self._plan = plan
        self._tell = tell
        self._soon = soon
        self._done = _Done(self._now_us())
        self._worker = Worker("backup-plan", clock)
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = threading.Event()

    async def start(self) -> None:
        """Remember what was done, and begin to wait."""
        found = await self._storage.documents.get(STATE.name, KEY)
        if found is None:
            await self._keep(self._done)
        else:
            self._done = _Done(**found.value)
        loop = asyncio.get_running_loop()
        if self._plan.schedule is not None:
            self._tasks.append(loop.create_task(self._make_on_schedule(self._plan.schedule), name="backups"))
        if self._plan.drills:
            self._tasks.append(loop.create_task(self._drill_monthly(), name="backup drill"))

    async def stop(self) -> None:
        """A backup under way is given up; what it had written goes."""
        self._stopping.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._worker.close()

    # making ----------------------------------------------------------------------------------------------------------

    async def _make_on_schedule(self, schedule: str) -> None:
        while True:
            await self._until(self._next_backup(schedule))
            while not await self._make():
                await self._clock.sleep(AGAIN)

    def _next_backup(self, schedule: str) -> datetime:
        now = self._clock.now()
        last = self._done.backup_us
        if last is not None and next(CronSim(schedule, self._local(last))) <= now.astimezone(self._zone):
            return now + self._soon
        return next(CronSim(schedule, now.astimezone(self._zone))).astimezone(UTC)

    async def _make(self) -> bool:
        storage, clock = self._storage, self._clock
        at = clock.timestamp()
        try:
            configuration = await self._worker.run(lambda: configuration_of(storage, at=at))
            made = await make_backup(
                storage, clock, self._plan.folder, self._plan.recipients,
                configuration=configuration, actor=SYSTEM, history=self._plan.history, go_on=self._go_on,
            )  # fmt: skip
            await self._worker.run(lambda: self._prune(made.file))
            await self._keep(replace(self._done, backup_us=made.sidecar.at_us))
        except (LinliError, OSError) as error:
            log.error("the backup failed: %s", error)
            self._tell(FAILED, {"reason": error})
            return False
        self._tell(FAILED, None)
        return True

    def _prune(self, newest: Path) -> None:
        """Keep the last few. The newest stays whatever the clock says of its age."""
        found = [file for file, _ in sidecars(self._plan.folder, self._storage.instance.instance_id) if file != newest]
        for file in found[: max(len(found) + 1 - self._plan.keep, 0)]:
            file.unlink(missing_ok=True)
            Sidecar.file_of(file).unlink(missing_ok=True)

    # trying ----------------------------------------------------------------------------------------------------------

    async def _drill_monthly(self) -> None:
        while True:
            self._look_overdue()
            await self._until(self._last_drill() + DRILL_EVERY)
            while not await self._try():
                self._look_overdue()
                await self._clock.sleep(DRILL_AGAIN)

    def _last_drill(self) -> datetime:
        """Of one that went well; before the first, when the plan began."""
        return self._local(self._done.drill_us or self._done.began_us)

    def _look_overdue(self) -> None:
        age = self._clock.now() - self._last_drill()
        self._tell(OVERDUE, {"days": age.days} if age > DRILL_OVERDUE else None)

    async def _try(self) -> bool:
        storage = self._storage
        try:
            done = await drill(
                self._plan.folder,
                storage.instance.instance_id,
                self._plan.identity,
                scratch=storage.folder.copies,
                server=storage.server,
                clock=self._clock,
                ledger=self._ledger,
                go_on=self._go_on,
            )
            details = {"file": done.file.name, "restored": done.restored, "rows": done.rows}
            await storage.journal.append("backup.drilled", actor=SYSTEM, details=details)
            await self._keep(replace(self._done, drill_us=self._now_us()))
        except (LinliError, OSError) as error:
            log.error("the backup drill failed: %s", error)
            self._tell(DRILL_FAILED, {"folder": str(self._plan.folder), "reason": error})
            return False
        self._tell(DRILL_FAILED, None)
        self._tell(OVERDUE, None)
        return True

    # ----------------------------------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise GivenUp("the hub stops")

    async def _until(self, when: datetime) -> None:
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self._clock.call_at(when, lambda: None if reached.done() else reached.set_result(None))
        try:
            await reached
        finally:
            timer.cancel()

    async def _keep(self, done: _Done) -> None:
        value = {"began_us": done.began_us, "backup_us": done.backup_us, "drill_us": done.drill_us}
        await self._storage.documents.put(STATE.name, KEY, value)
        self._done = done

    def _now_us(self) -> int:
        return round(self._clock.timestamp() * 1_000_000)

    def _local(self, at_us: int) -> datetime:
        return datetime.fromtimestamp(at_us / 1_000_000, self._zone)
