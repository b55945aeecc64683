"""What hears, and what waits: the loop's side of recording. Nothing here waits for the disk.

What is heard goes into a bounded queue, and once per commit interval (or sooner where much waits) a batch of it goes to
the database's thread. When the queue is full the oldest goes: what happens now is worth more than what happened while
the disk was stuck. The gap is counted, written down as soon as something can be written, and told as a repair issue.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from linli import (
    ALL,
    Database,
    Event,
    Message,
    PlaceId,
    PluginContext,
    Severity,
    State,
    StateChange,
    StorageError,
    Transaction,
)
from linli_recorder.api import HOURLY_STATISTICS, SHORT_STATISTICS
from linli_recorder.filters import Filter
from linli_recorder.looking_up import all_streams
from linli_recorder.sql import change, run
from linli_recorder.tables import TABLES
from linli_recorder.tenancies import ASK_EVERY_S, Tenancies
from linli_recorder.whose import Stream, StreamKey, Streams, entities_named
from linli_recorder.writing import NUMBER, Heard, Writer, Written

T = TypeVar("T")
BATCH: Final = 2_000
"""Rows in one commit at most."""
TRY_AGAIN_S: Final = 1.0
BEHIND: Final = "recorder_behind"
WITHHELD: Final = "past_withheld"
NEVER: Final = frozenset(
    {
        "component_loaded", SHORT_STATISTICS, HOURLY_STATISTICS, "service_registered", "service_removed",
        "state_reported", "themes_updated", "triggers_fired",
    }
)  # fmt: skip
"""Events that tell nobody later anything: what the hub does for itself, many times a day."""


@dataclass(slots=True)
class Counts:
    """What was done since the start."""

    written: int = 0
    dropped: int = 0
    too_long: int = 0
    unwritable: int = 0
    failures: int = 0


@dataclass(slots=True)
class Gap:
    """What was dropped and is not yet written down."""

    rows: int = 0
    from_s: float = 0.0
    to_s: float = 0.0

    def followed_by(self, later: "Gap") -> "Gap":
        """Both as one."""
        if not (self.rows and later.rows):
            return later if later.rows else self
        return Gap(self.rows + later.rows, self.from_s, later.to_s)


@dataclass(slots=True)
class Mirror:
    """The streams that the database holds, by owner, for whoever asks on the loop.

    Nearly every entity has one stream and one name: tuples of one take a quarter of what a dictionary and a set take,
    4 MB for 10 000 entities.
    """

    owners_called: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By the name that an entity had when its stream was begun."""
    keys: dict[int, StreamKey] = field(default_factory=dict)
    _numbers: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def add(self, number: int, key: StreamKey, entity_id: str) -> None:
        """A stream that was begun, or is known already."""
        if number not in self.keys:
            self._numbers[key.owner] = (*self._numbers.get(key.owner, ()), number)
        self.keys[number] = key
        owners = self.owners_called.get(entity_id, ())
        if key.owner not in owners:
            self.owners_called[entity_id] = (*owners, key.owner)

    def of_owner(self, owner: str) -> dict[int, StreamKey]:
        """The streams of an owner; none of one that nothing was recorded of."""
        return {number: self.keys[number] for number in self._numbers.get(owner, ())}


class Recorder:
    """Records one hub."""

    def __init__(self, ctx: PluginContext, settings: Mapping[str, Any]) -> None:
        self._ctx = ctx
        self._interval: timedelta = settings["commit_interval"]
        self.most_waiting: int = settings["queue"]
        self._url: str | None = settings.get("db_url")
        self.filter = Filter(settings["include"], settings["exclude"])
        self.tenancies = Tenancies(ctx, lambda place: self.streams.forget(place=place))
        self.streams = Streams(ctx, self.filter, self.tenancies.at)
        self.mirror = Mirror()
        self.counts = Counts()
        self.recording = True
        self.withheld_before = 0.0
        """People see nothing that is older: it came back from a backup, with what was forgotten after that."""
        self._came_back = False
        self._is_new = False
        """An empty database has taken the place of a damaged one, and was not begun yet."""
        self.in_default_place = self._url is None
        self.behind_s = 0.0
        """How old the oldest row of the last batch was when it had been written."""
        self._writer = Writer()
        self._queue: deque[Heard] = deque(maxlen=self.most_waiting)
        self._batch: list[Heard] = []
        """Taken from the queue and not yet committed."""
        self._at_once = BATCH
        """How many of them the next commit takes."""
        self._gap = Gap()
        self._number = 0
        self._turn = asyncio.Lock()
        self._draining = False
        self._armed = False
        self._used_tenancies = False
        self._asked_at = 0.0
        self._forgetting: list[Callable[[], None]] = [self._writer.forget]
        self.database: Database

    # life ------------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Open the database and begin a run. Raises StorageError."""
        self.database = await self._ctx.open_database(
            TABLES, url=self._url, replaced=self._begin_anew, withheld=self._withhold
        )
        await self._take_up()
        self._ctx.on_unload(self.close)
        self._used_tenancies = self.tenancies.used

    async def _take_up(self) -> None:
        now_us = round(self._ctx.clock.timestamp() * 1e6)

        def begin(tx: Transaction) -> tuple[int, list[tuple[int, StreamKey, str]]]:
            if self._came_back:  # who may look back was true when the backup was made: it is asked anew
                change(tx, "DELETE FROM tenancy_facts")
            change(tx, "INSERT INTO marks (name, value) VALUES (?, 0) ON CONFLICT DO NOTHING", (NUMBER,))
            change(tx, "INSERT INTO runs (started_us, ended_us, closed) VALUES (?, ?, ?)", (now_us, now_us, False))
            number = run(tx, "SELECT value FROM marks WHERE name = ?", (NUMBER,))[0][0]
            return number, all_streams(tx)

        self._number, streams = await self.database.transaction(begin)
        self.mirror = Mirror()
        for stream in streams:
            self.mirror.add(*stream)
        await self.tenancies.load(self.database)

    def follow(self) -> None:
        """Hear from now on; what is there already is recorded as it stands."""
        for state in list(self._ctx.states.all()):
            self.heard(_appeared(state))
        self._ctx.bus.listen(ALL, self.heard)

    def on_new_database(self, forget: Callable[[], None]) -> None:
        """Have ``forget`` called when an empty database has taken the place of a damaged one."""
        self._forgetting.append(forget)

    def _withhold(self, at: float | None) -> None:
        """What is older came back from a backup: nobody is shown it, until None says that an owner released it."""
        self.withheld_before = 0.0 if at is None else at
        if at is None:
            self._ctx.issues.clear(WITHHELD)
            return
        self._came_back = True
        when = datetime.fromtimestamp(at, self._ctx.settings.zone)
        message = Message(WITHHELD, {"at": f"{when:%Y-%m-%d %H:%M}"})
        self._ctx.issues.raise_issue(WITHHELD, message, severity=Severity.ERROR)

    def _begin_anew(self) -> None:
        """The file was damaged, and an empty one has taken its place."""
        for forget in self._forgetting:
            forget()
        self.mirror = Mirror()
        self._is_new = True
        self._ctx.spawn(self._drain(), name="a new database")

    async def close(self) -> None:
        """Write what waits, and end the run."""
        try:
            await self.settle()
            await self.database.transaction(_end_run)
        except StorageError as error:
            left = len(self._queue) + len(self._batch)
            self._ctx.log.error("%d rows could not be written at the end: %s", left, error)

    # hearing ---------------------------------------------------------------------------------------------------------

    def heard(self, event: Event[Any]) -> None:
        """An event; the hot path: a dictionary and a queue."""
        if not self.recording:
            return
        if isinstance(event, StateChange):
            stream = self.streams.of(event.entity_id)
            if stream is None:
                return
            self._wait(Heard(event, stream))
            if event.new is None:
                self.streams.gone(event.entity_id)
        elif event.event_type not in NEVER and self.filter.keeps_event(event.event_type):
            named = [self.streams.of(entity_id) for entity_id in entities_named(event.data)]
            if named and None in named:
                return
            self._wait(Heard(event, None, tuple(stream for stream in named if stream is not None)))

    def _wait(self, heard: Heard) -> None:
        if len(self._queue) == self.most_waiting:
            self._drop(self._queue[0])
        self._queue.append(heard)
        if not self._armed:
            self._arm()
        elif len(self._queue) == BATCH:
            self._ctx.spawn(self._drain(), name="write")

    def _drop(self, oldest: Heard) -> None:
        at = oldest.event.time_fired
        self.counts.dropped += 1
        self._gap.rows += 1
        self._gap.to_s = at
        if self._gap.rows == 1:
            self._gap.from_s = at
            self._ctx.issues.raise_issue(BEHIND, Message("recorder_behind"), severity=Severity.ERROR)

    def _arm(self, delay: float | timedelta | None = None) -> None:
        self._armed = True
        self._ctx.call_later(self._interval if delay is None else delay, self._due)

    def _due(self) -> None:
        self._armed = False
        self._ctx.spawn(self._drain(), name="write")

    # writing ---------------------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """How many rows are heard and not yet written."""
        return len(self._queue) + len(self._batch)

    async def settle(self) -> float:
        """See :class:`linli_recorder.api.RecorderApi`."""
        now = self._ctx.clock.timestamp()
        async with self._turn:
            await self._begin_new()
            left = self.waiting
            while left > 0 and self.waiting:
                left -= await self._write_batch()
        return now

    async def reshape(self, work: Callable[[Transaction], T]) -> T:
        """The result of ``work``, which takes a piece of the past away. Between two pieces what waits is written."""
        async with self._turn:
            await self._begin_new()
            return await self.database.transaction(work)

    async def forget_numbers(self) -> None:
        """Texts that are stored may go: from now on each is looked up again before a row refers to it."""
        async with self._turn:
            self._writer.forget()

    async def _drain(self) -> None:
        """Write what waits, in turn with :meth:`reshape`: who takes much away must not keep recording from its turn.

        What comes meanwhile waits for its own time or for a whole batch: commits of two or three rows one after the
        other made a write half as dear again.
        """
        if self._draining:
            return
        self._draining = True
        try:
            async with self._turn:
                await self._begin_new()
                left = self.waiting
                while self.waiting and (left > 0 or len(self._queue) >= BATCH or not self._armed):
                    left -= await self._write_batch()
        except StorageError as error:
            self.counts.failures += 1
            self._ctx.log.debug("nothing can be written now: %s", error)
            if not self._armed:
                self._arm(TRY_AGAIN_S)
        finally:
            self._draining = False

    async def _begin_new(self) -> None:
        """Where an empty database has taken the place of the old one, first of all begin it: rows that are numbered by
        the old one would count as written. Raises StorageError, and then it is tried again before the next write."""
        if self._is_new:
            self.streams.forget()
            await self._take_up()
            self._is_new = False

    async def _write_batch(self) -> int:
        """One commit; how many rows are done with. Raises StorageError, and then keeps them for the next attempt."""
        if not self._batch:
            self._batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
        await self._ask_tenancies()
        batch, first = self._batch[: self._at_once], self._number + 1
        gap, self._gap = self._gap, Gap()

        def write(tx: Transaction) -> Written:
            written = self._writer.write(tx, batch, first)
            if gap.rows and not written.stood:
                values = (round(gap.from_s * 1e6), round(gap.to_s * 1e6), gap.rows)
                change(tx, "INSERT INTO gaps (from_us, to_us, rows) VALUES (?, ?, ?)", values)
            return written

        try:
            written = await self.database.transaction(write)
        except BaseException as error:
            self._writer.forget()
            self._gap = gap.followed_by(self._gap)
            if isinstance(error, StorageError) or not isinstance(error, Exception):
                raise
            return self._without_odd(error)
        self._number = written.number
        self._note(written, batch, gap)
        self._at_once = min(BATCH, self._at_once * 2)
        return self._done(len(batch))

    def _without_odd(self, error: Exception) -> int:
        """A row that no database takes must not stop the others: halve the batch until it stands alone, and drop it."""
        if self._at_once > 1 and len(self._batch) > 1:
            self._at_once = max(1, min(self._at_once, len(self._batch)) // 2)
            return 0
        self._ctx.log.error("a row cannot be written and is left out: %s", type(error).__name__)
        self.counts.unwritable += 1
        return self._done(1)

    def _done(self, rows: int) -> int:
        self._batch = self._batch[rows:]
        return rows

    def _note(self, written: Written, batch: list[Heard], gap: Gap) -> None:
        self.counts.written += len(batch)
        self.counts.too_long += written.too_long
        self.behind_s = max(0.0, self._ctx.clock.timestamp() - batch[0].event.time_fired)
        for stream in written.streams:
            self.mirror.add(*stream)
        if gap.rows and not self._gap.rows:
            self._ctx.issues.clear(BEHIND)

    # tenancies -------------------------------------------------------------------------------------------------------

    async def _ask_tenancies(self) -> None:
        """Who lives at the places of the batch, where that is not known yet."""
        now = self._ctx.clock.monotonic()
        if self.tenancies.used != self._used_tenancies:
            self._used_tenancies = self.tenancies.used
            self.streams.forget()
        if self._used_tenancies and now - self._asked_at >= ASK_EVERY_S:
            self._asked_at = now
            await self.tenancies.ask_again()
        unknown = [stream for heard in self._batch for stream in _streams_of(heard) if stream.key is None]
        if unknown:
            await self.tenancies.ask({stream.place for stream in unknown})
            for stream in unknown:
                stream.belongs(self.tenancies.known(stream.place))

    async def tenancies_changed(self, places: list[PlaceId]) -> None:
        """See :class:`linli_recorder.api.RecorderApi`. What was heard until now belongs to those of before."""
        await self.settle()
        await self.tenancies.ask_again(places)


def _streams_of(heard: Heard) -> tuple[Stream, ...]:
    return heard.named if heard.stream is None else (heard.stream,)


def _appeared(state: State) -> StateChange:
    """The state that is there when recording begins, as if it came just then."""
    return StateChange(state.entity_id, None, state, state.context, state.last_updated)


def _end_run(tx: Transaction) -> None:
    change(tx, "UPDATE runs SET ended_us = ?, closed = ? WHERE id = (SELECT max(id) FROM runs)", (tx.now_us, True))
