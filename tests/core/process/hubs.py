"""Hubs that do what a script says, one line a life: ``script`` in the folder that is the only argument."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from linli.callers import called_by
from linli.process.birth import RESTART, TAKEN
from linli.process.pipe import framed
from linli.process.watched import Heart, Watched


def scripted(sock: socket.socket) -> None:
    """One life."""
    watched = Watched.accept(sock)
    birth = watched.birth
    folder = Path(birth.arguments[0])
    with (folder / "lives").open("a") as lives:
        lives.write(
            json.dumps([birth.fallback, birth.held or "", os.getpid(), os.environ.get("PYTHON_BEFORE"), birth.held_by])
            + "\n"
        )
    script = (folder / "script").read_text().split()
    number = len((folder / "lives").read_text().splitlines()) - 1
    act = script[min(number, len(script) - 1)]
    watched.say(phase="checking")
    if act == "refuse":
        sys.exit(1)
    if act == "taken":
        sys.exit(TAKEN)
    if act == "slow_check":
        time.sleep(3)
    if act == "rubbish":
        for frame in (b"{", b"[1]", b'{"phase": ["ready"]}', b"[" * 60000):
            sock.sendall(framed(frame))
    asyncio.run(_live(watched, act, folder))


async def _live(watched: Watched, act: str, folder: Path) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    heart = Heart(watched, lambda frames, late: None)
    heart.start()
    watched.say(phase="starting", proven=act.startswith("proven"))
    if act in ("exit_0_early", "proven_fails"):
        os._exit(0 if act == "exit_0_early" else 1)
    if act == "hold_early":
        hold_the_loop()
    if act == "swollen":
        sock_of(watched).send(b"\xff\xff\xff\xff")
    if act == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if act == "fail":
        sys.exit(3)
    if act == "migrate":
        watched.say(phase="migrating")
        await asyncio.sleep(1.2)
    if act not in ("late", "proven_late"):
        watched.say(phase="ready")
    if act == "exit_0":
        os._exit(0)
    if act == "stops":
        watched.say(phase="stopping")
        sys.exit(0)
    if act == "stray":
        left = subprocess.Popen(["sleep", "300"])
        (folder / "stray").write_text(str(left.pid))
        os.kill(os.getpid(), signal.SIGKILL)
    if act == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if act == "hold":
        hold_the_loop()
    if act.startswith("hold_for_"):
        await asyncio.gather(answer(act.removeprefix("hold_for_"), compute), answer("ben", lambda: None))
    if act == "hold_in_c_for_anna":
        await answer("anna", match)
    if act == "hold_then_alone":
        await asyncio.create_task(answer("anna", lambda: compute(0.4)))
        await asyncio.sleep(1)
        compute()
    if act == "restart":
        sys.exit(RESTART)
    if act == "crash_later":
        await asyncio.sleep(0.8)
        os.kill(os.getpid(), signal.SIGSEGV)
    if act == "slow":
        await stopping.wait()
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
        (folder / "stopping").touch()
        await asyncio.Event().wait()
    if act == "deaf":
        await asyncio.Event().wait()
    await stopping.wait()


def sock_of(watched: Watched) -> socket.socket:
    return watched._sock


def hold_the_loop() -> None:
    """Stand still, as a plugin would."""
    time.sleep(60)


def match() -> None:
    """Stand still in a call into C, which lets no thread run."""
    re.fullmatch("(a+)+b", "a" * 40)


def compute(seconds: float = 60) -> None:
    """Stand still in Python."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


async def answer(who: str, work: Callable[[], None]) -> None:
    """As a server does, in a task of its own; what it starts is on their account, too."""
    called_by(who)
    await asyncio.create_task(_later(work))


async def _later(work: Callable[[], None]) -> None:
    await asyncio.sleep(0)
    work()
