"""Brings what changed in the registries to the disk: first there for a person, soon for what a plugin discovered.

What discovery changes is in memory at once; a row that differs from its document is *owed*, and owed rows are written
together after :data:`WRITE_WITHIN_S` at the latest. What a person changes is rehearsed, written, and only then done in
memory and told (:meth:`Keeper.change`): a change that was refused has never been there. A row that cannot be written
as JSON (a plugin gave it a value of its own kind) is charged to its plugin: of discovery's it is left out alone, and
what the disk has of it stays; a person's change that has such a row is refused.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

from linli.cancelling import to_its_end
from linli.clock import Clock, Timer
from linli.errors import LinliError
from linli.ids import CORE, PluginDomain
from linli.jsonbytes import dumps
from linli.ledger import Ledger
from linli.registry.errors import CannotBeKept
from linli.storage.document import Delete, Put, Value
from linli.storage.errors import DatabaseBusy, DatabaseClosed, DatabaseFull

log = logging.getLogger(__name__)

T = TypeVar("T")

WRITE_WITHIN_S: Final = 3.0
"""How much of what discovery found a kill may cost."""
RETRY_S: Final = 5.0
ROWS_AT_ONCE: Final = 500
"""Rows of one transaction: a bound for the loop, which makes them, and for memory."""


class DocumentBatch(Protocol):
    """The part of the documents' room that is needed here."""

    async def batch(self, puts: list[Put], deletes: list[Delete] = ...) -> Any: ...


Owed = Callable[[], Value | None]
"""The document as it should be when it is written; None: there is none."""
RowKey = tuple[str, str]
"""Kind and key of a document."""
NOTHING_KEPT: Final = (DatabaseFull, DatabaseBusy, DatabaseClosed)
"""After these the disk has what it had; after any other failure it may have what was refused, and is set right."""


@dataclass(frozen=True, slots=True)
class _Planned:
    """A row as a person's change will have it."""

    owner: PluginDomain
    value: Value | None
    now: Owed
    """What memory says of it, also after the change was refused."""


@dataclass(slots=True)
class _Plan:
    """What a rehearsed change would write; the change itself bears the same time."""

    at: float
    rehearsing: bool = True
    rows: dict[RowKey, _Planned] = field(default_factory=dict)


class Keeper:
    """Owes rows to the documents, and pays."""

    def __init__(self, documents: DocumentBatch, clock: Clock, ledger: Ledger) -> None:
        self._documents = documents
        self._clock = clock
        self._ledger = ledger
        self._unwritable: set[RowKey] = set()
        """Rows that were left out and charged; each is charged once, until it can be written again."""
        self._owed: dict[RowKey, tuple[PluginDomain, Owed]] = {}
        self._plan: _Plan | None = None
        """Of the change that is being rehearsed or made at this moment."""
        self._timer: Timer | None = None
        self._writing = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._failing = False
        self._closed = False

    @property
    def owed(self) -> int:
        """How many rows are not on the disk yet (a metric)."""
        return len(self._owed)

    @property
    def rehearsing(self) -> bool:
        """A person's change is only tried: whoever writes now calls :meth:`plan`, changes nothing and tells nobody."""
        return self._plan is not None and self._plan.rehearsing

    def now(self) -> float:
        """The time that a change bears, in seconds since 1970: the same in its rehearsal and when it is made."""
        return self._clock.timestamp() if self._plan is None else self._plan.at

    def plan(self, kind: str, key: str, value: Value | None, now: Owed, owner: PluginDomain = CORE) -> None:
        """In a rehearsal: the row would be ``value`` (None: gone); ``now`` says what memory has of it."""
        assert self._plan is not None
        self._plan.rows[kind, key] = _Planned(owner, value, now)

    def owe(self, kind: str, key: str, value: Owed, owner: PluginDomain = CORE) -> None:
        """The row changed; it is written within :data:`WRITE_WITHIN_S`, or with the next :meth:`commit`.

        ``owner`` is charged if the row cannot be written.
        """
        self._owed[kind, key] = owner, value
        self._arm(WRITE_WITHIN_S)

    async def change(self, work: Callable[[], T]) -> T:
        """Make a person's change: what it writes is committed before memory has it and before anybody is told.

        ``work`` runs twice, without waiting in between: rehearsed, to learn what it refuses and what it would write,
        then for good. It reads what it needs itself, writes each row once, and makes no new id. Raises what it raises,
        what the storage raises, and CannotBeKept; then nothing has changed. It goes on to its end where its caller is
        cancelled.
        """
        return await to_its_end(self._change(work), "core:registry:change", self._tasks)

    async def _change(self, work: Callable[[], T]) -> T:
        async with self._writing:
            plan = self._rehearse(work)
            await self._pay_what_is_owed()
            await self._write(plan)
            plan.rehearsing = False
            try:
                return self._with(plan, work)
            finally:
                self._settle(plan)

    def _rehearse(self, work: Callable[[], object]) -> _Plan:
        plan = _Plan(self._clock.timestamp())
        self._with(plan, work)
        for (kind, key), row in plan.rows.items():
            try:
                dumps([key, row.value])
            except Exception as error:
                self._charge_unwritable(row.owner, kind, key, error)
                raise CannotBeKept(row.owner) from error
        return plan

    def _with(self, plan: _Plan, work: Callable[[], T]) -> T:
        self._plan = plan
        try:
            return work()
        finally:
            self._plan = None

    async def _write(self, plan: _Plan) -> None:
        rows = plan.rows.items()
        puts = [Put(kind, key, row.value) for (kind, key), row in rows if row.value is not None]
        deletes = [Delete(kind, key) for (kind, key), row in rows if row.value is None]
        if not rows:
            return
        try:
            await self._documents.batch(puts, deletes)
        except NOTHING_KEPT:
            raise
        except BaseException:
            for (kind, key), row in rows:
                self.owe(kind, key, row.now, row.owner)
            raise
        self._well_again()

    def _settle(self, plan: _Plan) -> None:
        """Owe only those rows that discovery changed while the others were written, or that it kept from changing."""
        for row_key, row in plan.rows.items():
            self._owed.pop(row_key, None)
            if not _is(row.now, row.value):
                self.owe(*row_key, row.now, row.owner)

    async def commit(self) -> None:
        """Return when all that is owed now is committed; raises what the storage raises, and then it is still owed."""
        async with self._writing:
            await self._pay_what_is_owed()

    async def _pay_what_is_owed(self) -> None:
        left = len(self._owed)
        while left > 0 and self._owed:
            await self._pay(ROWS_AT_ONCE)
            left -= ROWS_AT_ONCE

    async def close(self) -> None:
        """Write what is owed, and start nothing more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        try:
            await self.commit()
        except Exception as error:  # the stop goes on, whatever the disk says
            unforeseen = None if isinstance(error, LinliError) else error
            sentence = "%d registry rows could not be written at the stop (%s)"
            log.error(sentence, len(self._owed), error, exc_info=unforeseen)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _arm(self, delay_s: float) -> None:
        if self._timer is None and not self._closed:
            self._timer = self._clock.call_later(delay_s, self._due)

    def _due(self) -> None:
        self._timer = None
        self._start(self._pay_all())

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="core:registry:write")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pay_all(self) -> None:
        try:
            async with self._writing:
                while self._owed:
                    await self._pay(ROWS_AT_ONCE)
        except Exception as error:  # nobody waits for this task: what it meets is logged and tried again
            if not self._failing:
                log.error(
                    "registry rows cannot be written (%s); they are kept and tried again",
                    error,
                    exc_info=None if isinstance(error, LinliError) else error,
                )
            self._failing = True
            self._arm(RETRY_S)

    async def _pay(self, most: int) -> None:
        """Write up to ``most`` rows; what changes meanwhile is owed anew, what cannot be written stays owed."""
        paying = dict(list(self._owed.items())[:most])
        for row in paying:
            del self._owed[row]
        puts: list[Put] = []
        deletes: list[Delete] = []
        for (kind, key), (owner, value_now) in paying.items():
            try:
                value = value_now()
                dumps([key, value])
            except Exception as error:  # noqa: BLE001 - what a plugin gave decides what is raised; the other rows go on
                self._charge_unwritable(owner, kind, key, error)
                continue
            self._unwritable.discard((kind, key))
            if value is None:
                deletes.append(Delete(kind, key))
            else:
                puts.append(Put(kind, key, value))
        written = False
        try:
            await self._documents.batch(puts, deletes)
            written = True
        finally:
            if not written:
                self._owed = {**paying, **self._owed}
                self._arm(RETRY_S)
        self._well_again()

    def _well_again(self) -> None:
        if self._failing:
            log.warning("registry rows can be written again")
            self._failing = False

    def _charge_unwritable(self, owner: PluginDomain, kind: str, key: str, error: Exception) -> None:
        if (kind, key) not in self._unwritable:
            self._unwritable.add((kind, key))
            self._ledger.error(owner, f"the row {key} of {kind} is not kept", error)


def _is(now: Owed, value: Value | None) -> bool:
    try:
        return now() == value
    except Exception:  # noqa: BLE001 - what a plugin gave meanwhile decides what is raised; paying charges it
        return False
