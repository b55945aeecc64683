"""timer: runs for a length of time and tells when it is over, also over a restart where it is told to."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import Bound, Command, Context, EntityDescription, PluginContext, Rendered, RequestError, ServiceCall, given
from linli import schema as sv
from linli_helpers.life import LifeApi
from linli_helpers.model import NAME_KEYS, Item, boolean, common

DOMAIN: Final = "timer"
RUNS: Final = "timer_run"
"""The rows of timers that run or pause, by id, of those that go on after a restart."""
NONE: Final = timedelta(0)


def clock_text(length: timedelta) -> str:
    """``H:MM:SS``, with as many hours as there are."""
    whole = int(length.total_seconds())
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"


def _length(value: Any) -> str:
    """A length of time, as it is kept and shown."""
    try:
        return clock_text(sv.seconds_or_duration(value))
    except vol.Invalid as error:
        raise vol.Invalid(f"offset {value} should be format 'HH:MM', 'HH:MM:SS' or 'HH:MM:SS.F'") from error


KEYS: Final[Mapping[Any, Any]] = {
    **NAME_KEYS,
    vol.Optional("duration", default="0:00:00"): _length,
    vol.Optional("restore", default=False): boolean,
}
"""What a client sends of a timer."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a timer stands. Neither ``ends`` nor ``left``: idle; ``ends``: active until then; ``left`` alone: paused."""

    whole: timedelta
    """How long it runs in all."""
    left: timedelta | None = None
    """What was left when it was last started or paused."""
    ends: datetime | None = None

    @property
    def state(self) -> str:
        return "active" if self.ends is not None else "idle" if self.left is None else "paused"

    def started(self, now: datetime, length: timedelta | None) -> "Run":
        """Begun, or begun anew, or gone on with."""
        left = length or (self.left if self.state == "paused" else None) or self.whole
        return Run(length or self.whole, left, now + left)

    def changed(self, now: datetime, by: timedelta) -> "Run":
        """Longer or shorter. Raises RequestError where it does not run or would run longer than it may."""
        if self.ends is None:
            raise RequestError("the timer does not run; only one that runs can be changed")
        left = self.ends + by - now
        if left > self.whole:
            raise RequestError("the timer cannot run longer than its duration")
        if left < NONE:
            raise RequestError("the timer cannot end before now")
        return replace(self, left=left, ends=self.ends + by)

    def kept(self) -> dict[str, Any]:
        """As a row."""
        return {
            "whole_s": self.whole.total_seconds(),
            "left_s": None if self.left is None else self.left.total_seconds(),
            "ends": None if self.ends is None else self.ends.isoformat(),
        }


def read_run(row: Mapping[str, Any]) -> Run:
    """What :meth:`Run.kept` gave."""
    left, ends = row["left_s"], row["ends"]
    return Run(
        timedelta(seconds=row["whole_s"]),
        None if left is None else timedelta(seconds=left),
        None if ends is None else datetime.fromisoformat(ends),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Timer(EntityDescription[Run]):
    """A reading is how it stands."""

    domain: ClassVar[str] = DOMAIN

    start: Command
    pause: Command
    cancel: Command
    finish: Command
    change: Command
    restores_itself: bool

    def render(self, reading: Run) -> Rendered:
        shown: dict[str, Any] = {"duration": clock_text(reading.whole)}
        if reading.ends is not None:
            shown["finishes_at"] = reading.ends.isoformat()
        if reading.left is not None:
            shown["remaining"] = clock_text(reading.left)
        return reading.state, shown

    def capabilities(self) -> dict[str, Any]:
        return {"restore": True} if self.restores_itself else {}

    def commands(self) -> Mapping[str, Command]:
        return given(
            start=self.start, pause=self.pause, cancel=self.cancel, finish=self.finish, change=self.change
        )  # fmt: skip


class Countdown:
    """A timer that lives. Where it goes on after a restart, how it stands is a row before anybody is told.

    It counts the time that passes. When the wall clock is set, the moment at which it ends is moved by as much. Its end
    is bounded by whoever had a hand in it since it was idle, also after a restart: they borrow no power of a rule that
    hears it (SAFETY 17).
    """

    def __init__(self, ctx: PluginContext, item: Item, *, editable: bool, by: Context | None = None) -> None:
        self.item = item
        self._ctx = ctx
        self._editable = editable
        self._run = Run(self._length)
        self._alarm: Callable[[], None] | None = None
        self._rings_at = 0.0
        """When it ends, in monotonic time."""
        self._unfollow: Callable[[], None] = lambda: None
        self._by = Context(plugin=ctx.domain)
        """Behind what it does by itself."""
        self._late: Run | None = None
        """What was read after a restart and counts no more."""
        self._lock = asyncio.Lock()
        self.handle = ctx.entities.add(self._description())
        self.handle.write(self._run, by)
        if item["restore"]:
            self._spawn(self._take_up())

    def change(self, item: Item, by: Context | None = None) -> None:
        self.item = item
        if self._run.state == "idle":
            self._run = Run(self._length)
        self.handle.redescribe(self._description())
        self.handle.write(self._run, by)
        self._ctx.spawn(self._keep(), name=f"timer {item['id']}")

    @property
    def _length(self) -> timedelta:
        return sv.seconds_or_duration(self.item["duration"])

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._ctx.spawn(work, name=f"timer {self.item['id']}")

    def _now(self) -> datetime:
        """The time by which ``ends`` was told; the wall clock may have been set in this second."""
        if self._run.ends is None or self._alarm is None:
            return self._ctx.clock.now()
        return self._run.ends - timedelta(seconds=self._rings_at - self._ctx.clock.monotonic())

    async def _take_up(self) -> None:
        """Go on where it stood before the restart. What ended meanwhile is told when the rules listen."""
        async with self._lock:
            row = (await self._ctx.documents.load(RUNS)).get(self.item["id"])
            if row is None or self._run.state != "idle":
                return
            run = read_run(row.value)
            self._by.bounds = tuple(map(Bound.of, row.value.get("bounds", ())))
            now = self._ctx.clock.now()
            if run.ends is not None and run.ends > now:
                assert run.left is not None, "a timer that runs has something left"
                await self._be(replace(run, ends=min(run.ends, now + run.left)), "restarted", self._by)
                return
            self._run = self._late = run
            self.handle.write(run, self._by)
        if run.ends is not None:
            await self._ctx.use(LifeApi).started()  # type: ignore[type-abstract]  # a protocol is what is asked for
            await self._ring(run)

    async def _start(self, context: Context, duration: timedelta | None = None) -> None:
        async with self._lock:
            told = "started" if self._run.state == "idle" else "restarted"
            await self._be(self._run.started(self._ctx.clock.now(), duration), told, self._after(context))

    async def _change(self, context: Context, duration: timedelta) -> None:
        async with self._lock:
            await self._be(self._run.changed(self._now(), duration), "changed", self._after(context))

    async def _pause(self, context: Context) -> None:
        async with self._lock:
            if self._run.ends is not None:
                left = max(self._run.ends - self._now(), NONE)
                await self._be(replace(self._run, left=left, ends=None), "paused", self._after(context))

    async def _cancel(self, context: Context) -> None:
        async with self._lock:
            if self._run.state != "idle":
                await self._be(Run(self._length), "cancelled", self._after(context))

    async def _finish(self, context: Context) -> None:
        async with self._lock:
            if self._run.state != "idle":
                await self._over(self._ctx.clock.now(), self._after(context))

    def _after(self, context: Context) -> Context:
        """Behind what somebody has it do; what it does by itself from now on is bounded by them as well."""
        told = context if self._run.state == "idle" else context.bound_also_by(self._by.bounds)
        self._by = told.later(self._ctx.domain)
        return told

    async def _ring(self, run: Run) -> None:
        """The time of ``run`` has come, unless it was changed in the last moment."""
        async with self._lock:
            if self._run is run and run.ends is not None:
                await self._over(run.ends, self._by)

    def _stepped(self) -> None:
        if self._run.ends is not None:
            self._spawn(self._move())

    async def _move(self) -> None:
        """The wall clock was set: what is left stays, and it ends at another time of day."""
        async with self._lock:
            if self._run.ends is not None and self._alarm is not None:
                left = timedelta(seconds=max(self._rings_at - self._ctx.clock.monotonic(), 0.0))
                await self._be(replace(self._run, ends=self._ctx.clock.now() + left), None, self._by)

    async def _over(self, at: datetime, by: Context) -> None:
        await self._be(Run(self._length), "finished", by, finished_at=at.isoformat())

    async def _be(self, run: Run, told: str | None, by: Context, **more: str) -> None:
        """Stand so from now on: kept, shown, told; and ring when it ends."""
        self._run = run
        await self._keep()
        self.handle.write(run, by)
        if told is not None:
            self._ctx.bus.fire(f"timer.{told}", {"entity_id": self.handle.entity_id, **more}, by)
        self._arm(run)

    def _arm(self, run: Run) -> None:
        """Ring when ``run`` ends and at no other time."""
        if self._alarm is not None:
            self._alarm()
            self._alarm = None
        if run.ends is not None:
            left = (run.ends - self._ctx.clock.now()).total_seconds()
            self._rings_at = self._ctx.clock.monotonic() + left
            self._alarm = self._ctx.call_later(left, lambda: self._spawn(self._ring(run)))

    async def _come(self) -> None:
        self._unfollow = self._ctx.on_clock_step(self._stepped)
        if self._run is not self._late:
            self._arm(self._run)

    async def _rest(self) -> None:
        self._unfollow()
        self._arm(Run(self._length))

    async def _keep(self) -> None:
        key = self.item["id"]
        if self.item["restore"] and self._run.state != "idle":
            await self._ctx.documents.put(RUNS, key, {**self._run.kept(), "bounds": _plain(self._by.bounds)})
        else:
            await self._ctx.documents.delete(RUNS, key)

    def _description(self) -> Timer:
        return Timer(
            **common(self.item, editable=self._editable),
            start=self._start,
            pause=self._pause,
            cancel=self._cancel,
            finish=self._finish,
            change=self._change,
            restores_itself=self.item["restore"],
            added=self._come,
            removing=self._rest,
        )


def _plain(bounds: Sequence[Bound]) -> list[dict[str, Any]]:
    return [bound.as_dict() for bound in bounds]


def _with_caller(call: ServiceCall) -> Mapping[str, Any]:
    """The data of a call with the cause of all that follows."""
    return {**call.data, "context": call.context}


def register(ctx: PluginContext) -> None:
    """Offer the services."""

    def offer(name: str, fields: Mapping[Any, Any] | None = None) -> None:
        ctx.services.register_entity(DOMAIN, name, fields, prepare=_with_caller)

    offer("start", {vol.Optional("duration"): sv.seconds_or_duration})
    for name in ("pause", "cancel", "finish"):
        offer(name)
    offer("change", {vol.Required("duration"): sv.duration_range(signed=True, bare_seconds=True)})
