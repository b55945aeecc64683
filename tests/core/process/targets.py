"""What the children of these tests do."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys

from linli.process import BlockingPipe


def echo(sock: socket.socket) -> None:
    """Give every frame back."""
    pipe = BlockingPipe(sock)
    while True:
        pipe.send(pipe.receive())


def tell(sock: socket.socket) -> None:
    """What it finds about itself."""
    pipe = BlockingPipe(sock)
    pipe.send(repr(sorted(os.environ)).encode())
    pipe.send(repr(resource.getrlimit(resource.RLIMIT_AS)[0]).encode())
    pipe.send(str(os.getuid()).encode())
    pipe.receive()


def inherits(sock: socket.socket) -> None:
    """Say whether what this process starts would hold its end of the pipe."""
    BlockingPipe(sock).send(json.dumps(sock.get_inheritable()).encode())


def speak(sock: socket.socket) -> None:
    """Print, at length, and go."""
    print("你好", flush=True)
    sys.stderr.write("x" * 10_000 + "\n")
    raise SystemExit(3)


def compute(sock: socket.socket) -> None:
    """One call into C that lets no other thread run for minutes."""
    BlockingPipe(sock).send(b"begun")
    10 ** (10**9)


def spin(sock: socket.socket) -> None:
    """Compute for ever in Python."""
    BlockingPipe(sock).send(b"begun")
    while True:
        pass


def swell(sock: socket.socket) -> None:
    """Take more and more memory."""
    pipe = BlockingPipe(sock)
    try:
        held = bytearray(2 << 30)
    except MemoryError:
        pipe.send(b"refused")
    else:
        pipe.send(str(len(held)).encode())
    pipe.receive()


def leave_one_behind(sock: socket.socket) -> None:
    """End while a process of its own still holds its output open."""
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(20)"])
    BlockingPipe(sock).send(b"begun")
    os.kill(os.getpid(), signal.SIGKILL)
