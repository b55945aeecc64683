"""A process that has read all of linli's code and done nothing: hubs begin as its copies, not as new Pythons.

What a new Python spends a second on (modules) is done once; everything after that is a hub's own: the zygote has no
thread, no loop, no log and no open file, and each copy runs the entry point of ``linli`` with a command line, as the
console script does. A parent's hub begins as a copy of its parent, where it would otherwise begin as
``python -m linli.process.entry``; from there on it is the same.

As a program (``python zygote.py HANDLE``) it is the zygote; :class:`Zygote` is whoever asks it for hubs.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

PLUGINS: Final = "linli.plugins"
"""Entry points; a hub reads them all, whatever its deployment names."""
OTHERS: Final = ("aiohttp.web", "psycopg")
NOT_RUN: Final = ("linli.testing", "linli.cli.reference")
"""No hub reads them."""
PLANT: Final = "LINLI_SOAK_PLANT"
"""Environment variable: how all copies are broken on purpose (``plants.py``)."""
GIVEN: Final = 3
"""Handles above those of the terminal."""
ANSWERS_WITHIN_S: Final = 60.0
LOOK_S: Final = 0.01


class Forked:
    """A copy of the zygote, held as a ``subprocess.Popen`` is."""

    def __init__(self, pid: int, zygote: "Zygote") -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._zygote = zygote

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._zygote.ended(self.pid)
        return self.returncode

    def wait(self, timeout: float) -> int:
        ends = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > ends:
                raise subprocess.TimeoutExpired(f"a hub with process id {self.pid}", timeout)
            time.sleep(LOOK_S)
        return code


class Zygote:
    """Started at once, with ``environment`` for itself and all its copies; it ends when :meth:`close` is called."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._ended: dict[int, int] = {}
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", __file__, str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=(theirs.fileno(),), env=dict(environment))
        self._pipe = ours
        self._received = b""
        try:
            self._hear()
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def fork(self, arguments: Sequence[str | Path], log: Path) -> Forked:
        """``linli ARGUMENTS`` in a session of its own; what it prints goes to the end of ``log``."""
        asked = {"arguments": [str(argument) for argument in arguments], "log": str(log)}
        self._pipe.sendall(json.dumps(asked).encode() + b"\n")
        while "born" not in (said := self._hear()):
            pass
        return Forked(said["born"], self)

    def ended(self, pid: int) -> int | None:
        """The exit code of a copy (negative: the signal that ended it); None while it runs."""
        while b"\n" in self._received or select.select([self._pipe], [], [], 0)[0]:
            self._hear()
        return self._ended.pop(pid, None)

    def _hear(self) -> dict[str, Any]:
        while b"\n" not in self._received:
            if not select.select([self._pipe], [], [], ANSWERS_WITHIN_S)[0]:
                raise TimeoutError("the zygote does not answer")
            received = self._pipe.recv(65536)
            if not received:
                raise EOFError("the zygote has ended")
            self._received += received
        line, self._received = self._received.split(b"\n", 1)
        said: dict[str, Any] = json.loads(line)
        if "ended" in said:
            self._ended[said["ended"]] = said["code"]
        return said

    def close(self) -> None:
        self._pipe.close()
        self._process.wait(10)


# in the zygote -------------------------------------------------------------------------------------------------------


def serve(pipe: socket.socket) -> None:
    """Make copies for whoever is at the other end, and tell which have ended, until the other end closes."""
    _read_all()
    if PLANT in os.environ:
        runpy.run_path(str(Path(__file__).with_name("plants.py")))["PLANTS"][os.environ[PLANT]]()
    assert threading.active_count() == 1
    gc.collect()
    gc.freeze()  # a collection in a copy would write to every page that it shares with the zygote
    living: dict[int, int] = {}
    """Process id by the handle that becomes readable when it ends."""
    asked = b""
    _tell(pipe, {"ready": True})
    while True:
        readable, _, _ = select.select([pipe, *living], [], [])
        for handle in readable:
            if handle is not pipe:
                pid = living.pop(handle)
                os.close(handle)
                _, status = os.waitpid(pid, 0)
                _tell(pipe, {"ended": pid, "code": os.waitstatus_to_exitcode(status)})
        if pipe in readable:
            received = pipe.recv(65536)
            if not received:
                return
            *lines, asked = (asked + received).split(b"\n")
            for line in lines:
                pid = _copy(**json.loads(line))
                living[os.pidfd_open(pid)] = pid
                _tell(pipe, {"born": pid})


def _read_all() -> None:
    for name in ("linli", *(plugin.value for plugin in entry_points(group=PLUGINS))):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.startswith(NOT_RUN) and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for name in OTHERS:
        importlib.import_module(name)


def _tell(pipe: socket.socket, said: Mapping[str, Any]) -> None:
    with suppress(BrokenPipeError):
        pipe.sendall(json.dumps(said).encode() + b"\n")


def _copy(arguments: list[str], log: str) -> int:
    pid = os.fork()
    if pid == 0:
        written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.dup2(written, 1)
        os.dup2(written, 2)
        _begin(keep=(), work=lambda: _linli(arguments))
    return pid


def _linli(arguments: list[str]) -> None:
    from linli.cli.start import main
    from linli.process import hub_process

    hub_process.subprocess = SimpleNamespace(Popen=Copied, DEVNULL=subprocess.DEVNULL)
    sys.argv = ["linli", *arguments]
    main()


def _begin(keep: Sequence[int], work: Callable[[], None]) -> None:
    """What a new process is that was started for ``work``; it never returns."""
    os.setsid()
    kept = GIVEN
    for handle in [*sorted(keep), os.sysconf("SC_OPEN_MAX")]:
        os.closerange(kept, handle)
        kept = handle + 1
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = 1
    try:
        work()
        code = 0
    except SystemExit as asked:
        code = asked.code if isinstance(asked.code, int) else 0 if asked.code is None else 1
    except BaseException:  # noqa: BLE001 - this is where the interpreter would say it, and end
        traceback.print_exc()
    finally:
        threading._shutdown()  # as the interpreter does at its end: wait for the threads, then what was registered
        atexit._run_exitfuncs()
        sys.stdout.flush()
        os._exit(code)


class Copied:
    """In a parent, what stands for ``subprocess.Popen``: its hub begins as a copy of it, with its end of the pipe."""

    def __new__(cls, command: list[str], **how: Any) -> Any:
        """Another interpreter than this one is started, not copied."""
        return super().__new__(cls) if command[0] == sys.executable else subprocess.Popen(command, **how)

    def __init__(self, command: list[str], *, stdin: int, pass_fds: Sequence[int], start_new_session: bool) -> None:
        assert command[1:4] == ["-I", "-m", "linli.process.entry"]
        assert stdin == subprocess.DEVNULL
        assert start_new_session
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            _begin(keep=pass_fds, work=lambda: _enter(command[4:]))

    def poll(self) -> int | None:
        return self._reap(os.WNOHANG)

    def wait(self) -> int | None:
        return self._reap(0)

    def _reap(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def _enter(arguments: list[str]) -> None:
    from linli.process import entry

    sys.argv = ["linli.process.entry", *arguments]
    entry.main(*arguments)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
