"""The processes that work on what users wrote: started with the first job, killed at a deadline, replaced at once.

A job renders a template, or has a plugin read a text (:mod:`linli.reading.killable`).

Two of them, so that one that is held (and killed, and started again) never stops the other. A flat has one job at a
time, and only the first process serves flats that took much time lately. Where no process can be had every job is
refused: what users wrote is never rendered in the hub.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import orjson

from linli.clock import Clock, RealClock, stopwatch
from linli.ids import CORE
from linli.ledger import Ledger
from linli.metrics import Counter, Histogram, Metrics
from linli.process import Child, Limits, PipeClosed
from linli.template.answers import frames, rows
from linli.template.errors import LimitExceeded, NotNow, TemplateError, received
from linli.template.frames import inward
from linli.template.info import RenderInfo
from linli.template.queueing import FairQueue
from linli.template.worker import LARGEST_ANSWER
from linli.template.world import World

TARGET: Final = "linli.template.worker:serve"
BOUNDS: Final = Limits(memory_mb=384, open_files=32)
"""Address space: Python and its libraries map about 60 MB of it, the states of 10 000 entities take about 40."""
BORN_WITHIN_S: Final = 10.0
IDLE_S: Final = 600.0
"""Nothing to render for so long: the processes end, and give their memory back."""
OF_EACH: Final = 200
"""Jobs of one flat that wait."""
OF_ALL: Final = 1000
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
Start = Callable[[], Awaitable[Child]]
T = TypeVar("T")


async def start_child() -> Child:
    """A process that renders; raises OSError."""
    return await Child.start("templates", TARGET, limits=BOUNDS)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a job."""

    info: RenderInfo
    warnings: tuple[tuple[str, str], ...]
    """``(level, sentence)`` about undefined variables."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What the process is told, how long it may take, who waits for it."""

    frame: bytes
    world: World | None
    """Whose home a template asks about; None: a text is read, which asks nothing."""
    within_s: float
    user: str
    connection: str
    flat: str
    answer: "asyncio.Future[Answer]"

    def named(self, kind: str) -> str:
        """What went wrong, as it is said of a template or of a text."""
        return kind if self.world is not None else _OF_A_TEXT[kind]


_OF_A_TEXT: Final = {
    "limit_time": "limit_reading_time",
    "process_ended": "reading_ended",
    "no_process": "reading_no_process",
    "too_many": "reading_too_many",
}


class Crew:
    """The processes and the queue before them. All its times are real ones."""

    def __init__(
        self, clock: Clock, ledger: Ledger, metrics: Metrics, *, start: Start = start_child, idle_s: float = IDLE_S
    ) -> None:
        self.clock = clock
        self._ledger = ledger
        self._start = start
        self._idle_s = idle_s
        self._real = RealClock()
        self._queue: FairQueue[Job] = FairQueue(each=OF_EACH, most=OF_ALL, monotonic=self._real.monotonic)
        self._news = asyncio.Event()
        self._places: dict[int, asyncio.Task[None]] = {}
        self._children: dict[int, Child] = {}
        """The processes that are ready or at work, by their place."""
        self._pause = FIRST_PAUSE_S
        self._refusing_until = 0.0
        self._is_closed = False
        self._outcomes: Counter = metrics.counter(
            "linli_user_templates_total", "Templates of users, by what came of them", ("outcome",)
        )
        self._starts: Counter = metrics.counter(
            "linli_user_template_processes_total", "Processes started to render templates of users"
        )
        self._took: Histogram = metrics.histogram(
            "linli_user_template_seconds", "How long a template of a user took in its process"
        )
        metrics.gauge("linli_user_templates_waiting", "Templates of users that wait", lambda: len(self._queue))

    @property
    def children(self) -> list[Child]:
        """The processes that are ready or at work."""
        return list(self._children.values())

    async def render(
        self, user: str, frame: bytes, world: World | None, within_s: float, connection: str = "", flat: str = ""
    ) -> Answer:
        """What comes of a job of ``user``, through one of their connections; ``flat``: which they share with others.

        Raises NotNow where too many wait or no process can be had. What is wrong with a template or a text, and what
        ended it, stand in the answer. Simulated time stands still meanwhile.
        """
        job = Job(frame, world, within_s, user, connection, flat, asyncio.get_running_loop().create_future())
        if self._is_closed or (not self._children and self._real.monotonic() < self._refusing_until):
            self._outcomes.add("refused")
            raise NotNow(job.named("no_process"))
        try:
            lost = self._queue.put(user, job, connection, flat)
        except NotNow as error:
            self._outcomes.add("refused")
            raise NotNow(job.named(error.kind)) from error
        if lost is not None:
            self._refuse(lost, "too_many")
        with self.clock.busy():
            self._man_all()
            self._news.set()
            return await job.answer

    async def close(self) -> None:
        """End the processes; whoever waits is refused."""
        self._is_closed = True
        for task in self._places.values():
            task.cancel()
        await asyncio.gather(*self._places.values(), return_exceptions=True)
        self._refuse_all()

    # one place -------------------------------------------------------------------------------------------------------

    def _man_all(self) -> None:
        """The first place at once, the second when the first has its process: two at a time would start more slowly."""
        if self._real.monotonic() >= self._refusing_until:
            self._man(0)
            if 0 in self._children:
                self._man(1)

    def _man(self, place: int) -> None:
        if place not in self._places:
            self._places[place] = task = asyncio.create_task(self._keep(place), name=f"templates {place}")
            task.add_done_callback(lambda _: self._left(place))

    def _left(self, place: int) -> None:
        """Nobody is at this place any more; what came while its process was ending needs another one."""
        del self._places[place]
        if len(self._queue) and not self._is_closed:
            self._man_all()

    async def _keep(self, place: int) -> None:
        """A process at this place, and another after it, as long as there is something to render."""
        try:
            while await self._one_life(place):
                pass
        except OSError as error:
            self._ledger.note(CORE, "ended", "templates", f"no process can be had: {error}")
            self._refusing_until = self._real.monotonic() + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE_S)
            if place == 0 or not self._children:  # heavy users are served by the first only
                self._refuse_all()

    async def _one_life(self, place: int) -> bool:
        """From the start of a process to its end; whether another one should follow. Raises OSError."""
        child = await self._born()
        self._children[place] = child
        self._pause = FIRST_PAUSE_S
        try:
            self._man_all()
            return await self._serve(child, heavy=place == 0)
        finally:
            del self._children[place]
            await _to_its_end(child.kill())

    async def _born(self) -> Child:
        self._starts.add()
        starting = asyncio.ensure_future(self._start())
        try:
            child = await _to_its_end(starting)
        except asyncio.CancelledError:
            if not starting.cancelled() and starting.exception() is None:
                await _to_its_end(starting.result().kill())
            raise
        is_ready = False
        try:
            async with self._real.timeout(BORN_WITHIN_S):
                is_ready = _said(await child.pipe.receive(LARGEST_ANSWER))[0] == "ready"
        except (PipeClosed, ValueError, TimeoutError) as error:
            raise OSError(f"it did not become ready: {type(error).__name__} {error}") from error
        finally:
            if not is_ready:
                await _to_its_end(child.kill())
        if not is_ready:
            raise OSError("it said something else than that it is ready")
        return child

    async def _serve(self, child: Child, *, heavy: bool) -> bool:
        """Job after job; False: there was nothing to do for long."""
        while True:
            try:
                async with self._real.timeout(self._idle_s):
                    found = await self._next(child, heavy)
            except TimeoutError:
                return False
            if found is None:
                return True
            _, job = found
            began = stopwatch()
            try:
                if not job.answer.done() and not await self._do(child, job):
                    return True
            finally:
                self._queue.done(job.user, stopwatch() - began, job.connection, job.flat)
                self._news.set()

    async def _next(self, child: Child, heavy: bool) -> tuple[str, Job] | None:
        """The next job; None: the process went meanwhile."""
        while child.running and not child.pipe.ended:
            found = self._queue.take(heavy=heavy)
            if found is not None:
                return found
            self._news.clear()
            await self._news.wait()
        return None

    async def _do(self, child: Child, job: Job) -> bool:
        """Have one job done; whether the process can go on."""
        began = stopwatch()
        try:
            async with self._real.timeout(job.within_s):
                answer, spent = await self._talk(child, job)
        except TimeoutError:
            error = LimitExceeded(job.named("limit_time"), limit=f"{job.within_s:.2g}")
            answer, spent = self._ended("timeout", error), True
        except PipeClosed:
            answer, spent = self._ended("ended", TemplateError(job.named("process_ended"))), True
        except Exception as fault:  # noqa: BLE001 - the guard: what a child says, or a plugin's value, may do anything
            self._ledger.error(CORE, "templates", fault)
            answer, spent = self._ended("ended", TemplateError(job.named("process_ended"))), True
        except asyncio.CancelledError:
            if not job.answer.done():
                job.answer.set_exception(NotNow(job.named("no_process")))
            raise
        else:
            self._outcomes.add("rendered" if answer.info.error is None else "error")
        self._took.observe(stopwatch() - began)
        if not job.answer.done():
            job.answer.set_result(answer)
        return not spent

    async def _talk(self, child: Child, job: Job) -> tuple[Answer, bool]:
        """Send the job, answer what is asked, and give what came of it."""
        await child.pipe.send(job.frame)
        while True:
            said = _said(await child.pipe.receive(LARGEST_ANSWER))
            if said[0] == "done":
                return _answer(said[1]), bool(said[1]["spent"])
            _, kind, key = said
            if job.world is None:
                raise ValueError("it asks about a home that its job has none of")
            for number, frame in enumerate(frames(rows(job.world, kind, key))):
                if number:
                    await self._real.sleep(0)  # the loop is everybody's: not all of ten thousand states in one turn
                await child.pipe.send(frame)

    def _ended(self, outcome: str, error: TemplateError) -> Answer:
        """What is told of a template that cost a process its life."""
        self._outcomes.add(outcome)
        self._ledger.note(CORE, outcome, "templates", f"what a user wrote: {error}")
        return Answer(RenderInfo(error=error), ())

    def _refuse_all(self) -> None:
        for job in self._queue.drain():
            self._refuse(job, "no_process")

    def _refuse(self, job: Job, why: str) -> None:
        if not job.answer.done():
            self._outcomes.add("refused")
            job.answer.set_exception(NotNow(job.named(why)))


async def _to_its_end(work: Awaitable[T]) -> T:
    """Await what must not stop half-way: a cancellation comes through when it is done."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _said(frame: bytes) -> Any:
    """What a process said; raises ValueError."""
    said = orjson.loads(frame)
    if not isinstance(said, list) or not said:
        raise ValueError("no message")
    return said


def _answer(said: Mapping[str, Any]) -> Answer:
    error = said["error"]
    info = RenderInfo(
        inward(said["result"]), None if error is None else received(*error), set(map(str, said["entities"])),
        set(map(str, said["domains"])), set(map(str, said["domains_lifecycle"])), said["all_states"] is True,
        said["all_states_lifecycle"] is True, said["has_time"] is True, said["is_static"] is True,
    )  # fmt: skip
    return Answer(info, tuple((str(level), str(sentence)) for level, sentence in said["warnings"]))
