"""What a child may use, and the two ways in which it learns that its parent is gone."""

import ctypes
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import threading
from dataclasses import asdict, dataclass
from typing import Final

from linli.process.confine import confine

CAP_SETGID: Final = 6
CAP_SETUID: Final = 7
CAPABILITIES_3: Final = 0x20080522
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
PR_SET_PDEATHSIG: Final = 1
PR_SET_NO_NEW_PRIVS: Final = 38
ORPHANED: Final = 70
"""Exit code of a child whose parent went (EX_SOFTWARE of sysexits.h)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the kernel holds a child to, set before any of its own code runs. None: as the hub."""

    memory_mb: int | None = None
    """Address space (RLIMIT_AS): what it maps, so leave some hundred MB for Python and its libraries."""
    cpu_s: int | None = None
    """Seconds of processor time in all, then it is killed."""
    open_files: int | None = None
    user: str | None = None
    """Runs as this user, where the hub has the right to change it."""
    gains_no_privileges: bool = True
    """Programs that it starts run with its own rights, also those marked set-user-id."""
    readable: tuple[str, ...] | None = None
    """The only files that it may read, beside Python's and linli's own; it writes none (see ``confine.py``)."""
    network: bool = True
    """With ``readable``: whether it may open sockets at all."""

    def to_text(self) -> str:
        """As one argument of a command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> "Limits":
        """The inverse of :meth:`to_text`."""
        return cls(**json.loads(text))

    def apply(self) -> None:
        """Bind this process; raises OSError or KeyError where the system refuses."""
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if self.open_files is not None:
            _lower(resource.RLIMIT_NOFILE, self.open_files)
        if self.memory_mb is not None:
            _lower(resource.RLIMIT_AS, self.memory_mb * 1024 * 1024)
        if self.cpu_s is not None:
            _lower(resource.RLIMIT_CPU, self.cpu_s)
        if self.user is not None:
            _become(self.user)
        if self.user is not None or self.readable is not None:
            _give_up_rights()
        if self.gains_no_privileges:
            _prctl(PR_SET_NO_NEW_PRIVS, 1)
        if self.readable is not None:
            confine((*_own_files(), *self.readable), network=self.network)


def _give_up_rights() -> None:
    """Every capability, so that one by which the hub may change users does not lead back."""
    if sys.platform != "linux":
        return
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    library = ctypes.CDLL(None, use_errno=True)
    if library.capset(struct.pack("Ii", CAPABILITIES_3, 0), bytes(24)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _own_files() -> tuple[str, ...]:
    """Python, its libraries, and linli wherever it is installed."""
    return (sys.prefix, sys.base_prefix, *(path for path in sys.path if os.path.isabs(path)))


def may_become(name: str, *folders: str) -> bool:
    """Whether a child of this process can run as this user, who needs Python's files and ``folders`` for that."""
    import pwd

    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return False
    if os.geteuid() == user.pw_uid:
        return True
    may = os.geteuid() == 0 or (_has_right(CAP_SETUID) and _has_right(CAP_SETGID))
    files = (sys.base_prefix, sys.prefix, os.path.dirname(os.__file__), os.path.dirname(__file__), *folders)
    return may and all(_reaches(user.pw_uid, user.pw_gid, path) for path in files)


def _reaches(user: int, group: int, path: str) -> bool:
    """Whether somebody in no further group may read what is at ``path``, and enter every folder on the way."""
    path = os.path.realpath(path)
    needed = 5 if os.path.isdir(path) else 4
    while True:
        try:
            found = os.stat(path)
        except OSError:
            return False
        shift = 6 if found.st_uid == user else 3 if found.st_gid == group else 0
        if (found.st_mode >> shift) & needed != needed:
            return False
        above = os.path.dirname(path)
        if above == path:
            return True
        path, needed = above, 1


def _has_right(number: int) -> bool:
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            held = next(line.split()[1] for line in file if line.startswith("CapEff:"))
    except (OSError, StopIteration):
        return False
    return bool(int(held, 16) >> number & 1)


def _lower(what: int, limit: int) -> None:
    hard = resource.getrlimit(what)[1]
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(what, (limit, limit))


def _become(name: str) -> None:
    import pwd

    user = pwd.getpwnam(name)
    if os.getuid() == user.pw_uid:
        return
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def end_with_parent(sock: socket.socket) -> None:
    """Have this process end when the other end of ``sock`` closes, also while its own code computes.

    A thread watches the socket (without reading); beside it the kernel's own signal covers a call into C that holds
    every thread. Whichever comes first.
    """
    threading.Thread(target=_watch, args=(sock.fileno(),), name="parent", daemon=True).start()
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _watch(handle: int) -> None:
    watching = select.poll()
    watching.register(handle, getattr(select, "POLLRDHUP", select.POLLHUP))
    watching.poll()
    os._exit(ORPHANED)
