"""A hub's side of its parent: the heartbeat from the loop, and the watchdog that names whatever holds the loop.

The watchdog needs no turn of the interpreter: it is armed anew at each turn of the loop, and when the next does not
come, a thread of C writes where every thread is into a file that the parent can read, too.
"""

import faulthandler
import json
import os
import socket
import tempfile
from collections.abc import Callable
from typing import IO, Any, Final, Self

from linli.clock import RealClock, Timer
from linli.process.birth import Birth
from linli.process.held import Frame, last_stack
from linli.process.pipe import BlockingPipe, framed

TURN_S: Final = 0.05
"""How often the watchdog is armed anew."""
HELD_S: Final = 0.1
"""A loop that does not come round for so long is written down: where it stood."""
TURNS_PER_BEAT: Final = 10
KEPT_BYTES: Final = 256 * 1024
"""The watchdog's file is begun anew beyond this."""


class Watched:
    """The parent of this process."""

    def __init__(self, birth: Birth, sock: socket.socket) -> None:
        """Made by :meth:`accept`."""
        self.birth = birth
        self._sock = sock

    @classmethod
    def accept(cls, sock: socket.socket) -> Self:
        """Hear the first frame from the parent at the other end of ``sock``."""
        return cls(Birth.from_bytes(BlockingPipe(sock).receive()), sock)

    def say(self, **what: Any) -> None:
        """Tell the parent something (see :class:`linli.process.parent.Life`); one that does not read misses it.

        A parent that is gone takes this process with it, whoever notices.
        """
        try:
            self._sock.send(framed(json.dumps(what).encode()), socket.MSG_DONTWAIT)
        except OSError:
            return


class Heart:
    """Beats on the running loop, and notices where it stood still."""

    def __init__(self, watched: Watched | None, held: Callable[[list[Frame], float], None]) -> None:
        """``held`` is told, on the loop and afterwards, of the frames (innermost first) and for how many seconds."""
        self._watched = watched
        self._held = held
        self._clock = RealClock()
        self._timer: Timer | None = None
        self._turns = 0
        self._due = 0.0
        self._file: IO[bytes] | None = None
        self._read = 0

    def start(self) -> None:
        """Begin; the loop is the one that runs."""
        watch = None if self._watched is None else self._watched.birth.watch
        self._file = tempfile.TemporaryFile() if watch is None else os.fdopen(os.dup(watch), "r+b", buffering=0)  # noqa: SIM115 - closed by stop
        self._due = self._clock.monotonic()
        self._turn()

    def stop(self) -> None:
        """No more beats: from here on the parent counts the time of the stop only."""
        if self._timer is not None:
            self._timer.cancel()
        faulthandler.cancel_dump_traceback_later()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _turn(self) -> None:
        assert self._file is not None
        faulthandler.cancel_dump_traceback_later()
        self._look(self._file.fileno(), self._clock.monotonic() - self._due)
        if self._watched is not None and self._turns % TURNS_PER_BEAT == 0:
            self._watched.say(beat=self._turns)
        self._turns += 1
        self._due = self._clock.monotonic() + TURN_S
        self._timer = self._clock.call_later(TURN_S, self._turn)
        faulthandler.dump_traceback_later(HELD_S, repeat=True, file=self._file)

    def _look(self, handle: int, late_s: float) -> None:
        """Whether the watchdog has written since the last turn."""
        size = os.fstat(handle).st_size
        if size == self._read:
            return
        text = os.pread(handle, size - self._read, self._read).decode("utf-8", "replace")
        self._read = size
        if size > KEPT_BYTES:
            os.ftruncate(handle, 0)
            os.lseek(handle, 0, os.SEEK_SET)
            self._read = 0
        frames = last_stack(text)
        if frames and frames[0].function != "select":  # else the machine was busy, not this process
            self._held(frames, late_s)
