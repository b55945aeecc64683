"""The only source of time: business time that may be simulated, and monotonic time beside it.

Business time (:meth:`Clock.now`) says what a person's watch says; it may jump. Monotonic time (:meth:`Clock.monotonic`)
only counts; every wait, deadline and timer runs on it. Under simulation both are simulated, so that a night runs in
seconds and always the same way. Nothing outside this file asks the operating system for the time (a lint rule).
"""

import asyncio
import heapq
import itertools
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final, cast

WALL_STEP: Final = 2.0
"""A jump of the wall clock by more than this many seconds re-arms the timers that were set for a time of day."""
WALL_CHECK_EVERY: Final = 1.0

stopwatch = time.perf_counter
"""Measures what real work cost, in seconds; never schedules anything."""

Delay = timedelta | float
"""How long: a timedelta, or seconds."""


def seconds(delay: Delay) -> float:
    """``delay`` in seconds."""
    return delay.total_seconds() if isinstance(delay, timedelta) else delay


class Timer:
    """A callback that will run once; :meth:`cancel` takes it back (also after it ran: then nothing happens)."""

    __slots__ = ("_callback", "_handle", "_release", "cancelled", "due", "when")

    def __init__(self, callback: Callable[[], None], due: float, when: float | None) -> None:
        self._callback = callback
        self.due = due
        """Monotonic time at which it runs."""
        self.when = when
        """Business time (seconds since 1970) for which it was set, or None if it only waits a length of time."""
        self.cancelled = False
        self._handle: asyncio.TimerHandle | None = None
        self._release: Callable[[Timer], None] | None = None

    def cancel(self) -> None:
        self.cancelled = True
        if self._handle is not None:
            self._handle.cancel()
        if self._release is not None:
            self._release(self)

    def _run(self) -> None:
        if not self.cancelled:
            self.cancelled = True
            if self._release is not None:
                self._release(self)
            self._callback()


class Clock(ABC):
    """What every room asks for the time and waits on."""

    simulated: bool = False

    def __init__(self) -> None:
        self._step_followers: dict[object, Callable[[float], None]] = {}

    @abstractmethod
    def timestamp(self) -> float:
        """Business time in seconds since 1970, UTC."""

    @abstractmethod
    def monotonic(self) -> float:
        """Seconds that only grow; comparable with each other, with nothing else."""

    def now(self) -> datetime:
        """Business time as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.timestamp(), UTC)

    @abstractmethod
    async def sleep(self, delay: Delay) -> None:
        """Wait ``delay``; zero or less yields once."""

    @abstractmethod
    def timeout(self, delay: Delay | None) -> AbstractAsyncContextManager[object]:
        """Cancel the body after ``delay`` and raise TimeoutError in its place; None: no limit."""

    @abstractmethod
    def call_later(self, delay: Delay, callback: Callable[[], None]) -> Timer:
        """Run ``callback`` after ``delay`` of monotonic time."""

    @abstractmethod
    def call_at(self, when: datetime, callback: Callable[[], None]) -> Timer:
        """Run ``callback`` at business time ``when``; a jump of the wall clock (> 2 s) re-arms it by what remains.

        Raises ValueError for a time without its zone, which would mean another moment on every machine.
        """

    def on_step(self, callback: Callable[[float], None]) -> Callable[[], None]:
        """Call ``callback`` with the seconds of each jump of the wall clock (> 2 s, back: negative); gives its end.

        Whatever :meth:`call_at` set has been re-armed by then; what a jump ahead made due runs afterwards.
        """
        key = object()
        self._step_followers[key] = callback

        def end() -> None:
            self._step_followers.pop(key, None)

        return end

    def _tell_step(self, step: float) -> None:
        for key, callback in tuple(self._step_followers.items()):
            if key in self._step_followers:  # one that was told before may have ended it
                callback(step)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Mark work that runs outside the loop (disk, thread): simulated time stands still while any is open."""
        yield


def _moment(when: datetime) -> float:
    if when.tzinfo is None:
        raise ValueError(f"{when} has no time zone")
    return when.timestamp()


class RealClock(Clock):
    """Wall clock and CPU clock of this machine, waits on the running loop."""

    def __init__(self) -> None:
        super().__init__()
        self._dated: set[Timer] = set()
        self._offset = 0.0
        """Wall clock less monotonic time when they were last compared; only while somebody goes by the wall clock."""
        self._check: asyncio.TimerHandle | None = None

    def timestamp(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, delay: Delay) -> None:
        await asyncio.sleep(max(seconds(delay), 0))

    def timeout(self, delay: Delay | None) -> AbstractAsyncContextManager[object]:
        return asyncio.timeout(None if delay is None else seconds(delay))

    def call_later(self, delay: Delay, callback: Callable[[], None]) -> Timer:
        timer = Timer(callback, self.monotonic() + max(seconds(delay), 0), None)
        self._arm(timer)
        return timer

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Timer:
        target = _moment(when)
        timer = Timer(callback, self.monotonic() + max(target - self.timestamp(), 0), target)
        timer._release = self._forget
        self._dated.add(timer)
        self._arm(timer)
        self._watch_wall()
        return timer

    def on_step(self, callback: Callable[[float], None]) -> Callable[[], None]:
        end = super().on_step(callback)
        self._watch_wall()

        def stop() -> None:
            end()
            self._watch_no_more()

        return stop

    def _arm(self, timer: Timer) -> None:
        delay = max(timer.due - self.monotonic(), 0)
        run = timer._run if timer.when is None else lambda: self._reached(timer)
        timer._handle = asyncio.get_running_loop().call_later(delay, run)

    def _reached(self, timer: Timer) -> None:
        """A dated timer falls due; one whose wall clock was put back and not looked at since waits on."""
        assert timer.when is not None
        left = timer.when - self.timestamp()
        if left > WALL_STEP:
            timer.due = self.monotonic() + left
            self._arm(timer)
        else:
            timer._run()

    def _forget(self, timer: Timer) -> None:
        self._dated.discard(timer)
        self._watch_no_more()

    def _watch_no_more(self) -> None:
        if not self._dated and not self._step_followers and self._check is not None:
            self._check.cancel()
            self._check = None

    def _watch_wall(self) -> None:
        if self._check is None:
            self._offset = self._now_offset()
            self._check_soon()

    def _check_soon(self) -> None:
        self._check = asyncio.get_running_loop().call_later(WALL_CHECK_EVERY, self._check_wall)

    def _now_offset(self) -> float:
        return self.timestamp() - self.monotonic()

    def _check_wall(self) -> None:
        before, offset = self._offset, self._now_offset()
        self._check_soon()
        if abs(offset - before) <= WALL_STEP:
            return
        self._offset = offset
        for timer in self._dated:
            assert timer.when is not None
            assert timer._handle is not None
            timer._handle.cancel()
            timer.due = self.monotonic() + max(timer.when - self.timestamp(), 0)
            self._arm(timer)
        self._tell_step(offset - before)


class SimulatedClock(Clock):
    """Time that moves only when :meth:`forward` is awaited, as fast as the work in between allows.

    Before each timer fires, everything that is ready has run and no work outside the loop is open, so that the order
    of events depends on nothing but their due times (and, where those are equal, on the order of setting). What waits
    on a socket is not seen: unless it is marked with :meth:`busy`, time goes on without it.
    """

    simulated = True

    def __init__(self, start: datetime = datetime(2025, 1, 1, tzinfo=UTC)) -> None:
        super().__init__()
        if start.tzinfo is None:
            raise ValueError("the start of a simulated clock needs a time zone")
        self._wall_offset = start.timestamp()
        self._armed_offset = self._wall_offset
        """The offset by which dated timers were last armed; small steps add up until they are a jump."""
        self._monotonic = 0.0
        self._heap: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()
        self._busy = 0
        self._free: asyncio.Future[None] | None = None

    def timestamp(self) -> float:
        return self._wall_offset + self._monotonic

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, delay: Delay) -> None:
        if seconds(delay) <= 0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        timer = self.call_later(delay, lambda: None if future.done() else future.set_result(None))
        try:
            await future
        finally:
            timer.cancel()

    def timeout(self, delay: Delay | None) -> AbstractAsyncContextManager[object]:
        return _SimulatedTimeout(self, delay)

    def call_later(self, delay: Delay, callback: Callable[[], None]) -> Timer:
        return self._push(Timer(callback, self._monotonic + max(seconds(delay), 0), None))

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Timer:
        target = _moment(when)
        return self._push(Timer(callback, self._monotonic + max(target - self.timestamp(), 0), target))

    def _push(self, timer: Timer) -> Timer:
        heapq.heappush(self._heap, (timer.due, next(self._numbers), timer))
        return timer

    @contextmanager
    def busy(self) -> Iterator[None]:
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            if not self._busy and self._free is not None:
                free, self._free = self._free, None
                if not free.done():
                    free.get_loop().call_soon_threadsafe(lambda: None if free.done() else free.set_result(None))

    async def forward(self, delay: Delay = 0, /, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        """Let ``delay`` pass (or seconds, minutes, hours, added up); each timer that falls due runs at its own time."""
        span = delay.total_seconds() if isinstance(delay, timedelta) else delay
        target = self._monotonic + span + seconds + 60 * minutes + 3600 * hours
        await self.settle()
        while self._heap and self._heap[0][0] <= target:
            due, _, timer = heapq.heappop(self._heap)
            if timer.cancelled:
                continue
            self._monotonic = max(self._monotonic, due)
            timer._run()
            await self.settle()
        self._monotonic = max(self._monotonic, target)

    async def forward_to(self, when: datetime) -> None:
        """Let time pass until business time ``when``."""
        await self.forward(when.timestamp() - self.timestamp())

    async def settle(self) -> None:
        """Return when nothing is ready to run and no work outside the loop is open; no time passes."""
        ready = cast("dict[str, list[object]]", vars(asyncio.get_running_loop()))["_ready"]
        quiet = 0
        while quiet < 3:
            await asyncio.sleep(0)
            if self._busy:
                self._free = self._free or asyncio.get_running_loop().create_future()
                await self._free
                quiet = 0
            elif ready:
                quiet = 0
            else:
                quiet += 1

    def next_due(self) -> float | None:
        """When the next timer falls due, in monotonic time; None: none is set."""
        while self._heap and self._heap[0][2].cancelled:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def follow(self, monotonic: float, timestamp: float) -> None:
        """Show what another simulated clock shows (a hub's, in a process of a plugin); what falls due runs."""
        step = timestamp - monotonic - self._wall_offset
        if abs(step) > 1e-6:
            self.step_wall(step)
        while (due := self.next_due()) is not None and due <= monotonic:
            timer = heapq.heappop(self._heap)[2]
            self._monotonic = max(self._monotonic, due)
            timer._run()
        self._monotonic = max(self._monotonic, monotonic)

    def step_wall(self, delay: Delay) -> None:
        """Make the wall clock jump (an operator, NTP, a dead battery); monotonic time goes on unmoved."""
        self._wall_offset += seconds(delay)
        step = self._wall_offset - self._armed_offset
        if abs(step) <= WALL_STEP:
            return
        self._armed_offset = self._wall_offset
        rearmed: list[tuple[float, int, Timer]] = []
        for _, number, timer in self._heap:
            if timer.when is not None:
                timer.due = self._monotonic + max(timer.when - self.timestamp(), 0)
            rearmed.append((timer.due, number, timer))
        heapq.heapify(rearmed)
        self._heap = rearmed
        self._tell_step(step)


class _SimulatedTimeout(AbstractAsyncContextManager[None]):
    """``asyncio.timeout`` on simulated time; cancels its task in the same countable way."""

    def __init__(self, clock: SimulatedClock, delay: Delay | None) -> None:
        self._clock = clock
        self._delay = delay
        self._timer: Timer | None = None
        self._expired = False
        self._cancelling = 0

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a timeout needs a task to cancel")
        self._cancelling = task.cancelling()
        if self._delay is not None:
            self._timer = self._clock.call_later(self._delay, lambda: self._expire(task))

    def _expire(self, task: "asyncio.Task[object]") -> None:
        self._expired = True
        task.cancel()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        task = asyncio.current_task()
        ours = self._expired and task is not None and task.uncancel() <= self._cancelling
        if ours and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from error
