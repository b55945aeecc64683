"""What the kernel keeps from a process whatever its code does: files, other processes, the network. Linux only.

Landlock (from Linux 5.13 on) lets a process without any right give up files, and with them the memory and environment
of every process that has not given up the same; a filter of system calls (seccomp) takes the network. Both hold for
whatever it starts, and cannot be taken back. What a kernel lacks is said by :func:`lacking`, never silently left out.
"""

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

PR_SET_NO_NEW_PRIVS: Final = 38
PR_SET_SECCOMP: Final = 22
SECCOMP_MODE_FILTER: Final = 2

_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_ASK_VERSION: Final = 1
_PATH_BENEATH: Final = 1

_EXECUTE: Final = 1 << 0
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_WRITE_FILE: Final = 1 << 1
READ: Final = _EXECUTE | _READ_FILE | _READ_DIR
_FILES_BY_ABI: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Every right over files that a version of Landlock knows."""
_SCOPED: Final = 0b11
"""Signals and abstract sockets reach only processes that are held in the same way (version 6)."""

SYSTEM_FILES: Final = (
    "/usr", "/lib", "/lib64", "/bin", "/etc/localtime", "/etc/ld.so.cache", "/etc/ssl", "/etc/pki",
    "/etc/ca-certificates", "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services",
    "/run/systemd/resolve", "/dev/urandom", "/dev/random", "/dev/zero",
)  # fmt: skip
"""What Python and its libraries read."""
DEVICES: Final = ("/dev/null",)
"""What they write."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """What this kernel can keep from a process."""

    files: bool
    """Files, and other processes' memory and environment."""
    signals: bool
    """Signals to processes outside."""
    network: bool


def kernel() -> Kernel:
    """What this kernel can do, without doing it."""
    if sys.platform != "linux":
        return Kernel(False, False, False)
    version = _landlock_version()
    return Kernel(version >= 1, version >= 6, _numbers() is not None and _has_filters())


def confine(readable: Iterable[str], *, network: bool) -> None:
    """Give up every file but ``readable`` and what Python itself needs, other processes, and without ``network`` all
    sockets. As far as the kernel can: see :func:`kernel`. Raises OSError where it refuses what it can."""
    if sys.platform != "linux":
        return
    _call(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    version = _landlock_version()
    if version >= 1:
        _give_up_files((*SYSTEM_FILES, *readable), version)
    if _numbers() is not None and _has_filters():
        _filter_calls(network=network)


# Landlock ------------------------------------------------------------------------------------------------------------


def _syscall(number: int, *arguments: object) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    return int(library.syscall(number, *arguments))


def _call(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _landlock_version() -> int:
    """0: there is none."""
    return max(_syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION), 0)


def _give_up_files(readable: Sequence[str], version: int) -> None:
    files = _FILES_BY_ABI[min(version, 5)]
    attributes = struct.pack("QQQ", files, 0, _SCOPED if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _call(_syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0))
    try:
        for path in dict.fromkeys(readable):
            _allow(ruleset, path, READ)
        for path in DEVICES:
            _allow(ruleset, path, _READ_FILE | _WRITE_FILE)
        _call(_syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there need not be allowed
    try:
        if not os.path.isdir(f"/proc/self/fd/{handle}") and not os.path.isdir(path):
            rights &= ~_READ_DIR
        _call(_syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, handle), 0))
    finally:
        os.close(handle)


# seccomp -------------------------------------------------------------------------------------------------------------

_LOAD: Final = 0x20
_EQUALS: Final = 0x15
_AT_LEAST: Final = 0x35
_RETURN: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EACCES
_AT_NUMBER: Final = 0
_AT_MACHINE: Final = 4


@dataclass(frozen=True, slots=True)
class _Numbers:
    machine: int
    socket: int
    always: tuple[int, ...]
    """ptrace, process_vm_readv, process_vm_writev, kcmp, bpf, perf_event_open, userfaultfd, keyctl, io_uring_setup,
    pidfd_getfd, unshare, setns, mount: no way round what was given up."""


_BY_MACHINE: Final = {
    "x86_64": _Numbers(0xC000003E, 41, (101, 310, 311, 312, 321, 298, 323, 250, 425, 438, 272, 308, 165)),
    "aarch64": _Numbers(0xC00000B7, 198, (117, 270, 271, 272, 280, 241, 282, 219, 425, 438, 97, 268, 40)),
}


def _numbers() -> _Numbers | None:
    return _BY_MACHINE.get(os.uname().machine)


def _has_filters() -> bool:
    """Asks with no filter: a kernel that has them finds the address bad."""
    result = ctypes.CDLL(None, use_errno=True).prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, None, 0, 0)
    return result < 0 and ctypes.get_errno() == errno.EFAULT


def _filter_calls(*, network: bool) -> None:
    numbers = _numbers()
    assert numbers is not None, "asked before"
    refused = numbers.always if network else (numbers.socket, *numbers.always)
    steps = [(_LOAD, 0, 0, _AT_MACHINE), (_EQUALS, 1, 0, numbers.machine), (_RETURN, 0, 0, _REFUSE)]
    steps.append((_LOAD, 0, 0, _AT_NUMBER))
    if os.uname().machine == "x86_64":
        steps += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _REFUSE)]  # the same calls by other numbers (x32)
    for number in refused:
        steps += [(_EQUALS, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    steps.append((_RETURN, 0, 0, _ALLOW))
    program = b"".join(struct.pack("=HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(program, len(program))
    pointer = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(held))
    _call(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, pointer, 0, 0))
