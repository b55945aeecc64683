"""One child process, from its start to its end."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from linli.clock import RealClock
from linli.process.limits import Limits
from linli.process.pipe import Pipe

PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
"""What a child sees of the hub's environment; secrets may stand in the rest."""
FREE: Final = Limits()
END_WITHIN_S: Final = 5.0
LAST_WORDS_S: Final = 0.5
LINE_LIMIT: Final = 4096


class Child:
    """A process of ours with a pipe to it. It ends with the hub, however the hub ends.

    Start it in the thread of the loop: on Linux it is killed when the thread that started it ends.
    """

    def __init__(self, name: str, process: Process, pipe: Pipe, saying: "asyncio.Task[None]") -> None:
        """Made by :meth:`start`."""
        self.name = name
        self.pipe = pipe
        self._process = process
        self._saying = saying

    @classmethod
    async def start(
        cls,
        name: str,
        target: str,
        *,
        limits: Limits = FREE,
        folders: Sequence[Path] = (),
        environment: Mapping[str, str] | None = None,
        said: Callable[[str], None] = lambda _: None,
    ) -> Self:
        """Run ``target`` (``package.module:function``), which is called with its end of the pipe, a blocking socket.

        ``folders`` are put on its import path; of the hub's environment it sees only :data:`PASSED_ON` and
        ``environment``; each line that it prints goes to ``said``. Raises OSError where no process can be had.
        """
        ours, theirs = socket.socketpair()
        command = ["-I", "-m", "linli.process.entry", str(theirs.fileno()), limits.to_text()]
        heard, spoken = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, *command, json.dumps([str(folder) for folder in folders]), target,
                stdin=DEVNULL, stdout=spoken, stderr=spoken, pass_fds=(theirs.fileno(),),
                env={**_environment(), **(environment or {})},
            )  # fmt: skip
        except BaseException:
            os.close(heard)
            ours.close()
            raise
        finally:
            os.close(spoken)
            theirs.close()
        saying = asyncio.create_task(_listen(heard, said), name=f"child:{name}")
        return cls(name, process, await Pipe.over(ours), saying)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not been seen to end."""
        return self._process.returncode is None

    async def wait(self) -> int:
        """Its exit code, once it has ended (negative: the signal that ended it)."""
        code = await self._process.wait()
        await asyncio.wait([self._saying], timeout=LAST_WORDS_S)
        self._saying.cancel()  # a process that it left behind may hold its output open
        self.pipe.close()
        return code

    async def end(self, within: float = END_WITHIN_S) -> int:
        """Close the pipe, at which it ends at once: tell it before what it is to finish.

        It is killed when it has not ended ``within`` seconds of real time.
        """
        self.pipe.close()
        try:
            async with RealClock().timeout(within):
                return await self.wait()
        except TimeoutError:
            return await self.kill()

    async def kill(self) -> int:
        """End it where it stands."""
        self.signal(signal.SIGKILL)
        return await self.wait()

    def signal(self, number: int) -> None:
        """Send it a signal; one that has ended hears nothing."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**kept, "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "2"}


async def _listen(handle: int, said: Callable[[str], None]) -> None:
    """Hand on each line from a pipe; what has no end of line is cut at :data:`LINE_LIMIT`.

    Not asyncio's own pipe: ``Process.wait`` would wait for its end, and whatever the child started may hold it open.
    """
    stream = asyncio.StreamReader(limit=LINE_LIMIT)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(handle, "rb", buffering=0)
    )
    try:
        await _hand_on(stream, said)
    finally:
        transport.close()


async def _hand_on(stream: asyncio.StreamReader, said: Callable[[str], None]) -> None:
    while True:
        try:
            line = await stream.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            line = await stream.readexactly(min(error.consumed, LINE_LIMIT))
        except asyncio.IncompleteReadError as error:
            line = error.partial
        if not line:
            return
        said(line.decode("utf-8", "replace").rstrip())
