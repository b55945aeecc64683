"""Where a child begins: ``python -I -m linli.process.entry HANDLE LIMITS FOLDERS MODULE:FUNCTION``.

Nothing of the hub is imported here, so that a child is as small as its task.
"""

import importlib
import json
import socket
import sys

import linli.process.pipe  # noqa: F401 - read before another user runs this process, who may not read Python's files
from linli.process.limits import Limits, end_with_parent


def main(handle: str, limits: str, folders: str, target: str) -> None:
    """Bind the process to its limits and its parent, then call the target with its end of the pipe."""
    sock = socket.socket(fileno=int(handle))
    sock.setblocking(True)
    sock.set_inheritable(False)  # what this process starts shall not hold its pipe open
    Limits.from_text(limits).apply()
    end_with_parent(sock)  # last: another user loses the kernel's signal, and its thread is to be held like the rest
    sys.path.extend(json.loads(folders))
    module, _, function = target.partition(":")
    getattr(importlib.import_module(module), function)(sock)


if __name__ == "__main__":
    main(*sys.argv[1:])
