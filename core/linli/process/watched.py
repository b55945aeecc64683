"""A hub's side of its parent: the heartbeat from the loop, and a watch on whatever holds the loop.

A thread looks where the loop's thread is when the loop does not come round: Python code lets it, within milliseconds.
It has the loop's thread call a function between two of its steps, and so in the context of what it is at, which says
for whom it works; no signal of the system is needed for that. A long call into C lets no thread run; then the parent,
missing the heartbeat, sends a signal at which the interpreter itself writes where it stands (``faulthandler``), and
kills it. ``faulthandler.dump_traceback_later`` would do both at once, but reads the stack while it changes, and was
seen to crash a hub under load.
"""

import _thread
import faulthandler
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import IO, Any, Final, Self

from linli.callers import caller
from linli.clock import RealClock, Timer
from linli.process.birth import Birth
from linli.process.held import Frame
from linli.process.pipe import BlockingPipe, framed

TURN_S: Final = 0.05
"""How often the loop says that it comes round, and the thread looks whether it did."""
HELD_S: Final = 0.1
"""A loop that does not come round for so long is looked at: where it stands."""
TURNS_PER_BEAT: Final = 10
DEEPEST: Final = 100
ASK: Final = signal.SIGUSR2
"""As if this had come, the loop's thread is asked for whom it works."""


class Watched:
    """The parent of this process."""

    def __init__(self, birth: Birth, sock: socket.socket) -> None:
        """Made by :meth:`accept`."""
        self.birth = birth
        self._sock = sock

    @classmethod
    def accept(cls, sock: socket.socket) -> Self:
        """Hear the first frame from the parent at the other end of ``sock``."""
        birth = Birth.from_bytes(BlockingPipe(sock).receive())
        if birth.watch is not None:
            os.set_inheritable(birth.watch, False)
        return cls(birth, sock)

    def say(self, **what: Any) -> None:
        """Tell the parent something (see :class:`linli.process.parent.Life`); one that does not read misses it.

        A parent that is gone takes this process with it, whoever notices.
        """
        try:
            self._sock.send(framed(json.dumps(what).encode()), socket.MSG_DONTWAIT)
        except OSError:
            return


class Heart:
    """Beats on the running loop, in its thread, and notices where the loop stood still."""

    def __init__(self, watched: Watched | None, held: Callable[[list[Frame], float], None]) -> None:
        """``held`` is told, on the loop and afterwards, of the frames (innermost first) and for how many seconds."""
        self._watched = watched
        self._held = held
        self._clock = RealClock()
        self._timer: Timer | None = None
        self._turns = 0
        self._turned = 0.0
        """When the loop last came round."""
        self._seen: list[Frame] | None = None
        """Where it stood when it did not."""
        self._thread = 0
        self._stopped = threading.Event()
        self._asks = False
        """Whether the loop's thread can be asked: it is the main one."""
        self._file: IO[bytes] | None = None

    def start(self) -> None:
        """Begin; the loop is the one that runs."""
        self._thread = threading.get_ident()
        if self._watched is not None and self._watched.birth.watch is not None:
            self._file = os.fdopen(os.dup(self._watched.birth.watch), "wb", buffering=0)
            faulthandler.register(signal.SIGUSR1, file=self._file, all_threads=False)
        if self._watched is not None and threading.current_thread() is threading.main_thread():
            self._asks = True
            signal.signal(ASK, self._say_for_whom)
        self._turned = self._clock.monotonic()
        self._turn()
        threading.Thread(target=self._look, name="watch", daemon=True).start()

    def stop(self) -> None:
        """No more beats: from here on the parent counts the time of the stop only."""
        self._stopped.set()
        if self._timer is not None:
            self._timer.cancel()
        if self._asks:
            self._asks = False
            signal.signal(ASK, signal.SIG_IGN)
        if self._file is not None:
            faulthandler.unregister(signal.SIGUSR1)
            self._file.close()
            self._file = None

    def _turn(self) -> None:
        now = self._clock.monotonic()
        if self._seen is not None:
            self._held(self._seen, now - self._turned - TURN_S)
            self._seen = None
        self._turned = now
        if self._watched is not None and self._turns % TURNS_PER_BEAT == 0:
            self._watched.say(beat=self._turns)
        self._turns += 1
        self._timer = self._clock.call_later(TURN_S, self._turn)

    def _say_for_whom(self, number: int, frame: FrameType | None) -> None:
        """In the middle of what holds the loop, and in its context."""
        who = caller()
        if who is not None and self._watched is not None:
            self._watched.say(held_by=who)

    def _look(self) -> None:
        """In the thread: take the first sight of each standstill."""
        while not self._stopped.wait(TURN_S):
            turned = self._turned
            if self._seen is None and self._clock.monotonic() - turned > HELD_S:
                frames = stack_of(sys._current_frames().get(self._thread))
                # in "select" the loop waits: the machine was busy, not this process
                if frames and frames[0].function != "select" and turned == self._turned:
                    self._seen = frames
                    if self._asks:
                        _thread.interrupt_main(ASK)


def stack_of(frame: FrameType | None) -> list[Frame]:
    """Where a thread is, innermost first; no source is read."""
    found: list[Frame] = []
    while frame is not None and len(found) < DEEPEST:
        found.append(Frame(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
        frame = frame.f_back
    return found
