"""One hub as its parent holds it: a process, the pipe to it, and the file into which it writes where it stands.

The parent's side only; see :mod:`linli.process.child` for children of the hub. Without asyncio, which alone would make
the parent twice as large.
"""

import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from linli.process.birth import Birth

_LENGTH: Final = struct.Struct(">I")
LONGEST: Final = 65536
"""Bytes of a frame from the hub; one that announces more is not listened to any longer."""
LOOK_S: Final = 0.05
"""How often it is looked at a hub that says nothing more."""
WRITES_WITHIN_S: Final = 0.3
UNBOUND: Final = '{"gains_no_privileges": false}'
"""A hub is held to no limits (:class:`linli.process.limits.Limits`)."""


class HubProcess:
    """Started at once; :meth:`close` ends it where it still runs."""

    def __init__(self, birth: Birth, target: str, folders: Sequence[str], python: str | None) -> None:
        """``target`` (``package.module:function``) is called in the hub with its end of the pipe.

        Raises OSError where the system gives no process, or ``python`` is none.
        """
        self._watch = _memory_file()
        self._pipe, theirs = socket.socketpair()
        folders = [folder for folder in folders if python is None or not _is_of_this_python(folder)]
        entry = ["-I", "-m", "linli.process.entry", str(theirs.fileno()), UNBOUND, json.dumps(folders), target]
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [python or sys.executable, *entry],
                    stdin=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(), self._watch),
                    start_new_session=True,  # the terminal's signals go to the parent, who passes them on
                )
            except OSError:
                self._let_go()
                raise
        self._pipe.setblocking(False)
        self._received = b""
        self._silent = False
        """Whether it has closed its end."""
        self._send(birth._replace(watch=self._watch).to_bytes())

    def _send(self, payload: bytes) -> None:
        """Whole, since nothing was sent before and the buffer is larger than a command line may be."""
        with suppress(OSError):
            self._pipe.sendall(_LENGTH.pack(len(payload)) + payload)

    def listen(self, seconds: float) -> Iterator[dict[str, Any]]:
        """What it says within ``seconds``; the hub's end ends the waiting early.

        It is not believed: what is no map is passed over, and of one that sends no frames nothing more is heard.
        """
        if self._silent:
            time.sleep(min(seconds, LOOK_S))  # noqa: TID251 - no loop here; the clock module would bring one
            return
        waiting = select.poll()
        waiting.register(self._pipe, select.POLLIN)
        if not waiting.poll(seconds * 1000):
            return
        try:
            received = self._pipe.recv(65536)
        except ConnectionError:
            received = b""
        self._silent = not received
        self._received += received
        while len(self._received) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._received)
            if length > LONGEST:
                self._silent = True
                return
            if len(self._received) < _LENGTH.size + length:
                return
            frame = self._received[_LENGTH.size : _LENGTH.size + length]
            self._received = self._received[_LENGTH.size + length :]
            said = _map_in(frame)
            if said is not None:
                yield said

    def ended(self) -> int | None:
        """Its exit code (negative: the signal that ended it); None while it runs.

        What it started and left running ends with it: the next hub finds its ports and devices free.
        """
        if self._process.returncode is None and _has_ended(self._process.pid):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)  # not reaped yet, so that the number is its own
        return self._process.poll()

    def signal(self, number: int) -> None:
        """Send it a signal; one that has ended hears nothing."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, number)  # Popen's own would reap it, and its number would be free

    def ask_where(self) -> None:
        """Have the interpreter write where it stands; only for one that is killed next (it need not survive that)."""
        self.signal(signal.SIGUSR1)
        time.sleep(WRITES_WITHIN_S)  # noqa: TID251 - as above

    def written(self) -> str:
        """Where it stood when it was asked."""
        return os.pread(self._watch, os.fstat(self._watch).st_size, 0).decode("utf-8", "replace")

    def close(self) -> None:
        """End it where it stands, if it has not ended, and let go of everything."""
        if self.ended() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._let_go()

    def _let_go(self) -> None:
        self._pipe.close()
        os.close(self._watch)


def _map_in(frame: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _has_ended(pid: int) -> bool:
    """Whether it has ended and waits to be reaped."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return False
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def _is_of_this_python(folder: str) -> bool:
    """Whether a folder of the import path belongs to the environment that runs here: another must not see it."""
    return any(folder == prefix or folder.startswith(prefix + os.sep) for prefix in {sys.prefix, sys.base_prefix})


def _memory_file() -> int:
    """A file that nobody else finds."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("linli-where")
    import tempfile  # macOS

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
