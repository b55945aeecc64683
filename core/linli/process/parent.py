"""The small process above a hub: starts it, listens for its heart, starts it again, goes back to what ran before.

It knows nothing of deployments and plugins (and imports nothing that does): the hub tells it how far it has come. What
there is to go back to it finds itself, since the hub's own code may be what fails.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from linli.clock import Clock, RealClock
from linli.process.birth import RESTART, Birth, Cause
from linli.process.child import Child
from linli.process.limits import Limits
from linli.process.pipe import PipeClosed
from linli.process.way_back import WayBack, find

TICK_S: Final = 0.5
STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
UNBOUND: Final = Limits(gains_no_privileges=False)
TIMINGS: Final = "LINLI_PARENT_TIMINGS"
"""Environment variable by which tests shorten :class:`Timings` (a JSON map)."""


@dataclass(frozen=True, slots=True)
class Timings:
    """How patient the parent is, in seconds."""

    silent: float = 5.0
    """A hub whose heart is not heard so long is killed."""
    born: float = 60.0
    """The same until its heart beats at all (Python starts, modules are imported)."""
    start: float = 20.0
    """A hub that is not ready by then is given up, where there is a last good configuration to go back to."""
    sound: float = 30.0
    """A hub that has been ready so long has proved its configuration."""
    first_pause: float = 0.5
    longest_pause: float = 8.0
    stop: float = 35.0
    """A hub that was asked to stop and has not is killed."""


@dataclass(slots=True)
class Life:
    """One hub, as its parent sees it."""

    phase: str = "born"
    """``born``, ``checking``, ``starting``, ``migrating`` or ``ready``, as it says itself."""
    silent: float = 0.0
    """Seconds since its heart was last heard."""
    waited: float = 0.0
    """Seconds that its start has taken, migrations left out."""
    ready: float = 0.0
    """Seconds since it was ready."""
    killed: str | None = None
    """Why its parent ended it: ``silent``, ``late`` or ``stop``."""
    code: int = 0

    def hear(self, frame: Mapping[str, Any]) -> None:
        """Take up what it says."""
        self.silent = 0.0
        self.phase = frame.get("phase", self.phase)

    def pass_time(self, span: float) -> None:
        """Count."""
        self.silent += span
        if self.phase == "ready":
            self.ready += span
        elif self.phase != "migrating":
            self.waited += span


class Parent:
    """Keeps one hub running until it is asked to stop, or the first start is refused."""

    def __init__(
        self,
        target: str,
        arguments: Sequence[str],
        *,
        timings: Timings = Timings(),
        clock: Clock | None = None,
        folders: Sequence[str] = (),
        way_back: Callable[[], WayBack | None] = lambda: None,
    ) -> None:
        """``target`` is called in the child, with its end of the pipe; the first frame is a :class:`Birth`.

        ``way_back``: what there is to go back to now.
        """
        self._target = target
        self._folders = folders
        self._find_way_back = way_back
        self._way_back = way_back()
        self._python: Path | None = None
        """Another interpreter than this one, once gone back to."""
        self._timings = timings
        self._clock = clock or RealClock()
        self._next = Birth(tuple(arguments), sound_s=timings.sound)
        self._pause = timings.first_pause
        self._failures = 0
        """Starts of this configuration in a row that did not prove themselves."""
        self._proved = False
        """Whether any hub of this parent has proved itself."""
        self._child: Child | None = None
        self._asked = 0
        self._asked_at: float | None = None
        self._waiting: asyncio.Event | None = None

    async def run(self) -> int:
        """Its exit code: 0 when a hub was stopped, that of the hub when its first start was refused."""
        self._waiting = asyncio.Event()
        loop = asyncio.get_running_loop()
        async with AsyncExitStack() as closing:
            for number in STOPPING:
                loop.add_signal_handler(number, self._ask_to_stop)
                closing.callback(loop.remove_signal_handler, number)
            while True:
                life = await self._live()
                if self._stopping() or life.code == 0:
                    return max(life.code, 0)
                if not self._go_on_after(life):
                    return life.code
                await self._rest(life)
                if self._stopping():
                    return 0

    def _stopping(self) -> bool:
        return self._asked > 0

    # one life --------------------------------------------------------------------------------------------------------

    async def _live(self) -> Life:
        with tempfile.TemporaryFile() as watch:
            birth = replace(self._next, watch=watch.fileno())
            if birth.fallback is None:
                self._way_back = self._find_way_back()
            child = await Child.start(
                "hub", self._target, limits=UNBOUND, folders=[Path(folder) for folder in self._folders],
                environment=os.environ, said=None, handles=[watch.fileno()], own_session=True, python=self._python,
            )  # fmt: skip
            self._child = child
            life = Life()
            listening = asyncio.create_task(self._listen(child, birth, life), name="listen")
            ticking = asyncio.create_task(self._tick(child, life), name="tick")
            try:
                life.code = await child.wait()
            finally:
                self._child = None
                for task in (listening, ticking):
                    task.cancel()
                await asyncio.wait([listening, ticking])
                if child.running:
                    await child.kill()
            watch.seek(0)
            held = watch.read().decode("utf-8", "replace") if life.killed == "silent" else None
            self._next = replace(self._next, restarts=self._next.restarts + 1, held=held)
            return life

    async def _listen(self, child: Child, birth: Birth, life: Life) -> None:
        with suppress(PipeClosed):
            await child.pipe.send(birth.to_bytes())
            while True:
                life.hear(json.loads(await child.pipe.receive()))
                if life.phase == "ready":
                    notify("READY=1")

    async def _tick(self, child: Child, life: Life) -> None:
        """Count in ticks of one's own, so that a machine that slept does not look like a hub that stood still."""
        while True:
            await self._clock.sleep(TICK_S)
            life.pass_time(TICK_S)
            notify("WATCHDOG=1")
            life.killed = self._verdict(life)
            if life.killed is not None:
                child.signal(signal.SIGKILL)
                return

    def _verdict(self, life: Life) -> str | None:
        """Why this hub must be ended now, or None."""
        if self._asked_at is not None:
            return "stop" if self._clock.monotonic() - self._asked_at > self._timings.stop else None
        if life.silent > (self._timings.born if life.phase == "born" else self._timings.silent):
            return "silent"
        late = life.phase != "ready" and life.waited > self._timings.start
        if late and self._may_go_back():
            return "late"
        if life.ready >= self._timings.sound:
            self._proved, self._failures, self._pause = True, 0, self._timings.first_pause
        return None

    # between two lives -----------------------------------------------------------------------------------------------

    def _go_on_after(self, life: Life) -> bool:
        """Decide what is started next; False: nothing, since what was asked for was refused at once."""
        if life.code == RESTART or life.killed == "silent":
            return True
        if life.ready < self._timings.sound:
            self._failures += 1
            cause = self._cause(life)
            if cause is not None and self._may_go_back():
                assert self._way_back is not None
                self._python = self._way_back.python
                code = "" if self._python is None else f" with {self._python}"
                tell(f"linli: the hub did not start well ({cause}); the last good configuration is started{code}")
                self._next = replace(self._next, fallback=cause)
                self._failures, self._pause = 0, 0.0
                return True
        return life.phase == "ready" or self._proved or self._next.fallback is not None

    def _may_go_back(self) -> bool:
        return self._way_back is not None and self._next.fallback is None

    def _cause(self, life: Life) -> Cause | None:
        if life.killed == "late":
            return "late"
        if life.phase in ("born", "checking"):
            return "refused"
        if life.phase != "ready":
            return "failed"
        return "crashed" if self._failures >= 2 else None

    async def _rest(self, life: Life) -> None:
        """Wait before the next start, ever longer while starts fail; a signal ends the waiting."""
        if life.code == RESTART:
            return
        why = f"did not answer for {self._timings.silent:g} s and was killed" if life.killed == "silent" else "ended"
        tell(f"linli: the hub {why} (exit code {life.code}); it is started again in {self._pause:g} s")
        assert self._waiting is not None
        with suppress(TimeoutError):
            async with self._clock.timeout(self._pause):
                await self._waiting.wait()
        self._pause = min(max(2 * self._pause, self._timings.first_pause), self._timings.longest_pause)

    def _ask_to_stop(self) -> None:
        """The first signal stops the hub in order, the second ends it where it stands."""
        notify("STOPPING=1")
        self._asked += 1
        self._asked_at = self._asked_at or self._clock.monotonic()
        if self._child is not None:
            self._child.signal(signal.SIGTERM)
        if self._waiting is not None:
            self._waiting.set()


def tell(text: str) -> None:
    """A line for whoever reads the terminal or the service's log."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def notify(state: str) -> None:
    """Tell systemd, where it started us and wants to know (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(state.encode(), address)


def main(arguments: Sequence[str]) -> int:
    """Run ``linli ARGUMENTS`` under a parent, this process."""
    timings = Timings(**json.loads(os.environ.get(TIMINGS, "{}")))
    parent = Parent(
        "linli.cli.start:under_parent", arguments, timings=timings, folders=sys.path, way_back=lambda: find(arguments)
    )
    return asyncio.run(parent.run())
