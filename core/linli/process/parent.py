"""The small process above a hub: starts it, listens for its heart, starts it again, goes back to what ran before.

It knows nothing of deployments and plugins, and imports nothing that does, nor asyncio, ssl or ctypes: the hub tells it
how far it has come. What there is to go back to it finds itself, since the hub's own code may be what fails.
"""

import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

from linli.process.birth import RESTART, TAKEN, Birth, Cause
from linli.process.hub_process import HubProcess
from linli.process.way_back import WayBack, find

TICK_S: Final = 0.5
STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TIMINGS: Final = "LINLI_PARENT_TIMINGS"
"""Environment variable by which tests shorten :class:`Timings` (a JSON map)."""


class Timings(NamedTuple):
    """How patient the parent is, in seconds."""

    silent: float = 5.0
    """A hub whose heart is not heard so long is killed."""
    born: float = 60.0
    """The same until its heart beats at all (Python starts, modules are imported, the YAML is checked)."""
    start: float = 20.0
    """A hub that is not ready by then is given up, where there is a last good configuration to go back to."""
    sound: float = 30.0
    """A hub that has been ready so long has proved its configuration."""
    first_pause: float = 0.5
    longest_pause: float = 8.0
    stop: float = 35.0
    """A hub that was asked to stop and has not is killed."""


class Life:
    """One hub, as its parent sees it."""

    def __init__(self) -> None:
        self.phase = "born"
        """``born``, ``checking``, ``starting``, ``migrating``, ``ready`` or ``stopping``, as it says itself."""
        self.proven = False
        """Whether it runs the very configuration and code that are kept as the last good ones."""
        self.was_ready = False
        self.silent = 0.0
        """Seconds since its heart was last heard."""
        self.waited = 0.0
        """Seconds that its start has taken, migrations left out."""
        self.ready = 0.0
        """Seconds since it was ready."""
        self.stopping = 0.0
        """Seconds since it was asked to stop."""
        self.killed: str | None = None
        """Why its parent ended it: ``silent``, ``late`` or ``stop``; ``unborn``: it could not even be started."""
        self.held_by: str | None = None
        """On whose account its loop stands still, since its heart was last heard."""
        self.code = 0

    def hear(self, frame: Mapping[str, Any]) -> None:
        """Take up what it says; where it stands is no beat of its heart."""
        self.held_by = None
        if "held_by" in frame:
            self.held_by = str(frame["held_by"])
            return
        self.silent = 0.0
        self.phase = str(frame.get("phase", self.phase))
        self.proven = self.proven or frame.get("proven") is True
        self.was_ready = self.was_ready or self.phase == "ready"

    def pass_time(self, span: float, *, asked: bool) -> None:
        """Count."""
        self.silent += span
        if asked or self.phase == "stopping":
            self.stopping += span
        elif self.phase == "ready":
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
        timings: Timings | None = None,
        folders: Sequence[str] = (),
        way_back: Callable[[], WayBack | None] = lambda: None,
    ) -> None:
        """``target`` is called in the hub, with its end of the pipe; the first frame is a :class:`Birth`.

        ``way_back``: what there is to go back to now.
        """
        self._timings = timings or Timings()
        self._target = target
        self._folders = folders
        self._find_way_back = way_back
        self._way_back: WayBack | None = None
        self._python: str | None = None
        """Another interpreter than this one, once gone back to."""
        self._next = Birth(tuple(arguments), sound_s=self._timings.sound)
        self._pause = self._timings.first_pause
        self._failures = 0
        """Starts of this configuration in a row that did not prove themselves."""
        self._turned = False
        """Whether it has been gone back since a hub last proved itself: then nothing is done in haste any more."""
        self._proved = False
        """Whether any hub of this parent has proved itself."""
        self._hub: HubProcess | None = None
        self._asked = 0
        self._wakes, self._woken = socket.socketpair()
        self._wakes.setblocking(False)

    def run(self) -> int:
        """Its exit code: 0 when a hub was stopped, that of the hub when its first start was refused."""
        for number in STOPPING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup wants it
                signal.signal(number, self._ask_to_stop)
        while True:
            life = self._live()
            if self._stopping():
                return max(life.code, 0)
            if life.code == 0 and life.phase in ("born", "stopping"):
                return 0
            if not self._go_on_after(life):
                return life.code
            self._rest(life)
            if self._stopping():
                return 0

    def _stopping(self) -> bool:
        return self._asked > 0

    # one life --------------------------------------------------------------------------------------------------------

    def _live(self) -> Life:
        life = Life()
        if self._next.fallback is None:
            self._way_back = self._find_way_back()
        try:
            hub = self._hub = HubProcess(self._next, self._target, self._folders, self._python)
        except OSError as error:
            tell(f"linli: no hub can be started: {error}")
            self._python, life.killed, life.code = None, "unborn", 1
            return life
        try:
            if self._asked:  # while it was being started, so that it has not heard of it
                hub.signal(signal.SIGTERM)
            life.code = self._watch(hub, life)
            silent = life.killed == "silent"
            held, held_by = (hub.written(), life.held_by) if silent else (None, None)
        finally:
            self._hub = None
            hub.close()
        self._next = self._next._replace(restarts=self._next.restarts + 1, held=held, held_by=held_by)
        return life

    def _watch(self, hub: HubProcess, life: Life) -> int:
        """Until it ends. Time is counted in ticks, so that a machine that slept is no hub that stood still."""
        ticked = _now()
        while True:
            for frame in hub.listen(max(ticked + TICK_S - _now(), 0)):
                life.hear(frame)
                if life.phase == "ready":
                    notify("READY=1")
            code = hub.ended()
            if code is not None:
                return code
            if _now() - ticked < TICK_S:
                continue
            ticked = _now()
            life.pass_time(TICK_S, asked=self._asked > 0)
            notify("WATCHDOG=1")
            life.killed = life.killed or self._verdict(life)
            if life.killed == "silent":
                hub.ask_where()
            if life.killed is not None:
                hub.signal(signal.SIGKILL)

    def _verdict(self, life: Life) -> str | None:
        """Why this hub must be ended now, or None."""
        if life.stopping > 0:
            return "stop" if life.stopping > self._timings.stop else None
        if life.silent > (self._timings.born if life.phase in ("born", "checking") else self._timings.silent):
            return "silent"
        if not life.was_ready and life.waited > self._timings.start and self._may_go_back(life):
            return "late"
        if life.ready >= self._timings.sound:
            self._proved, self._turned = True, False
            self._failures, self._pause = 0, self._timings.first_pause
        return None

    # between two lives -----------------------------------------------------------------------------------------------

    def _go_on_after(self, life: Life) -> bool:
        """Decide what is started next; False: nothing, since the hub itself refused what was asked for at once.

        One that a signal ended (killed, out of memory, crashed) has refused nothing, and where anything ever ran that
        may run again.
        """
        if life.code == RESTART and life.killed is None:
            self._take_up_the_present()  # whoever asks for it may have mended what was gone back from
            return True
        if life.killed == "unborn":
            return True
        if life.code == TAKEN:
            return self._proved
        if life.ready < self._timings.sound:
            self._failures += 1
            cause = self._cause(life)
            if cause is not None and self._may_go_back(life):
                self._go_back(cause)
                return True
            if cause is not None and self._next.fallback is not None:
                self._turn_from_the_last_good(cause)
                return True
        return life.code <= 0 or life.was_ready or self._proved or self._way_back is not None

    def _may_go_back(self, life: Life) -> bool:
        """Not to what this hub runs already: then a slow start is waited for, and one that fails is tried again."""
        return self._way_back is not None and self._next.fallback is None and not life.proven

    def _go_back(self, cause: Cause) -> None:
        assert self._way_back is not None
        self._python = self._way_back.python
        code = "" if self._python is None else f" with {self._python}"
        tell(f"linli: the hub did not start well ({cause}); the last good configuration is started{code}")
        self._next = self._next._replace(fallback=cause)
        self._failures = 0
        if not self._turned:
            self._turned, self._pause = True, 0.0

    def _turn_from_the_last_good(self, cause: Cause) -> None:
        """Neither starts: they are tried in turn, ever more slowly, since either may be mended meanwhile."""
        tell(f"linli: the last good configuration did not start well either ({cause}); the present one is tried again")
        self._take_up_the_present()

    def _take_up_the_present(self) -> None:
        self._next = self._next._replace(fallback=None)
        self._python, self._failures = None, 0

    def _cause(self, life: Life) -> Cause | None:
        if life.killed == "late":
            return "late"
        if life.killed == "silent":
            return "held" if self._failures >= 2 else None
        if life.was_ready or life.code <= 0:
            return "crashed" if self._failures >= 2 else None
        return "refused" if life.phase in ("born", "checking") else "failed"

    def _rest(self, life: Life) -> None:
        """Wait before the next start, ever longer while starts fail; a signal ends the waiting."""
        if life.code == RESTART:
            return
        why = f"did not answer for {self._timings.silent:g} s and was killed" if life.killed == "silent" else "ended"
        tell(f"linli: the hub {why} (exit code {life.code}); it is started again in {self._pause:g} s")
        if not self._asked:
            select.select([self._woken], [], [], self._pause)
        self._pause = min(max(2 * self._pause, self._timings.first_pause), self._timings.longest_pause)

    def _ask_to_stop(self, number: int, frame: object) -> None:
        """The first signal stops the hub in order, the second ends it where it stands."""
        notify("STOPPING=1")
        self._asked += 1
        if self._hub is not None:
            self._hub.signal(signal.SIGTERM)
        with suppress(BlockingIOError):
            self._wakes.send(b"!")


def _now() -> float:
    return time.monotonic()  # noqa: TID251 - the clock module brings asyncio, twice the parent's own size


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
    code = parent.run()
    return 1 if code == TAKEN else code  # to whoever typed it that is a refusal as any other
