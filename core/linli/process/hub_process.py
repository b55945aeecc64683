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
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from linli.process.birth import Birth

_LENGTH: Final = struct.Struct(">I")
WRITES_WITHIN_S: Final = 0.3
UNBOUND: Final = '{"gains_no_privileges": false}'
"""A hub is held to no limits (:class:`linli.process.limits.Limits`)."""


class HubProcess:
    """Started at once; :meth:`close` ends it where it still runs."""

    def __init__(self, birth: Birth, target: str, folders: Sequence[str], python: str | None) -> None:
        """``target`` (``package.module:function``) is called in the hub with its end of the pipe."""
        self._watch = _memory_file()
        self._pipe, theirs = socket.socketpair()
        entry = ["-I", "-m", "linli.process.entry", str(theirs.fileno()), UNBOUND, json.dumps(list(folders)), target]
        with theirs:
            self._process = subprocess.Popen(
                [python or sys.executable, *entry],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), self._watch),
                start_new_session=True,  # the terminal's signals go to the parent, who passes them on
            )
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
        """What it says within ``seconds``; a signal to the parent, or the hub's end, ends the waiting early."""
        if self._silent:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
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
            if len(self._received) < _LENGTH.size + length:
                return
            frame = self._received[_LENGTH.size : _LENGTH.size + length]
            self._received = self._received[_LENGTH.size + length :]
            yield json.loads(frame)

    def ended(self) -> int | None:
        """Its exit code (negative: the signal that ended it); None while it runs."""
        return self._process.poll()

    def signal(self, number: int) -> None:
        """Send it a signal; one that has ended hears nothing."""
        self._process.send_signal(number)

    def ask_where(self) -> None:
        """Have the interpreter write where it stands; only for one that is killed next (it need not survive that)."""
        self._process.send_signal(signal.SIGUSR1)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(WRITES_WITHIN_S)

    def written(self) -> str:
        """Where it stood when it was asked."""
        return os.pread(self._watch, os.fstat(self._watch).st_size, 0).decode("utf-8", "replace")

    def close(self) -> None:
        """End it where it stands, if it has not ended, and let go of everything."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        self._pipe.close()
        os.close(self._watch)


def _memory_file() -> int:
    """A file that nobody else finds."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("linli-where")
    import tempfile  # macOS

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
