"""The child's end of the pipe: what it asks and tells, what is asked and told of it, in order.

Sending blocks while the hub does not read, so that a plugin that posts faster than the hub takes waits in its own
process. :meth:`Line.now` waits for its answer without turning the loop; the hub's answer never waits for the child.
"""

import asyncio
import itertools
import os
import select
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson

from linli.callers import on_account_of
from linli.children.faults import error_of, fault_of
from linli.clock import SimulatedClock
from linli.errors import ContractError
from linli.plugin.wire import pack, unpack

_LENGTH: Final = struct.Struct(">I")
AT_ONCE: Final = 256 * 1024
"""Bytes of waiting messages after which they leave without waiting for the end of the turn."""
NOW_WITHIN_S: Final = 30.0
GONE: Final = 71
"""Exit code of a child whose hub does not answer any more."""


class Line:
    """Frames from the hub are ``[number, time, messages]``, to the hub ``[messages]``; see ``children/session.py``."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._received = bytearray()
        self._waiting: deque[list[Any]] = deque()
        """Frames that came while an answer was waited for, not looked at yet."""
        self._out: list[bytes] = []
        self._out_size = 0
        self._flushing = False
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self.calls: dict[str, Callable[..., Awaitable[Any]]] = {}
        """What the hub may call, by name."""
        self.tells: dict[str, Callable[..., None]] = {}
        """What the hub may tell, by name."""
        self.clock: SimulatedClock | None = None
        """Follows the hub's, where that is simulated."""
        self.charge: Callable[[str, BaseException], None] = lambda where, error: None
        self._heard = 0
        self._settling = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def open(self) -> None:
        """Listen from now on."""
        asyncio.get_running_loop().add_reader(self._sock.fileno(), self._readable)

    # to the hub ------------------------------------------------------------------------------------------------------

    def post(self, *message: Any) -> None:
        """Send a message with this turn's others. Raises ContractError for what cannot cross."""
        self._queue(orjson.dumps(pack(list(message))))

    def _queue(self, encoded: bytes) -> None:
        self._out.append(encoded)
        self._out_size += len(encoded)
        if self._out_size >= AT_ONCE:
            self._flush()
        elif not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if not self._out:
            return
        frame = b"[" + b",".join(self._out) + b"]"
        self._out, self._out_size = [], 0
        try:
            self._sock.sendall(_LENGTH.pack(len(frame)) + frame)
        except OSError:
            os._exit(GONE)

    async def ask(self, door: int, name: str, *arguments: Any) -> Any:
        """Ask the hub for something and await it."""
        number = next(self._numbers)
        self.post("ask", number, door, name, arguments)
        future = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            return await future
        except asyncio.CancelledError:
            if number in self._asked:
                self.post("cancel", number)
            raise
        finally:
            self._asked.pop(number, None)

    def now(self, door: int, name: str, *arguments: Any) -> Any:
        """Ask the hub for something that it has at once; nothing else happens here meanwhile."""
        number = next(self._numbers)
        self.post("ask", number, door, name, arguments)
        self._flush()
        waiting = select.poll()
        waiting.register(self._sock, select.POLLIN)
        while True:
            answer = None
            for counted, time, messages in self._frames():
                answer = next((each for each in messages if _answers(each, number)), answer)
                self._waiting.append([counted, time, [each for each in messages if each is not answer]])
            if answer is not None:
                asyncio.get_running_loop().call_soon(self._work_off)
                return _outcome(answer)
            if not waiting.poll(NOW_WITHIN_S * 1000) or not self._receive():
                os._exit(GONE)

    # from the hub ----------------------------------------------------------------------------------------------------

    def _receive(self) -> bool:
        try:
            data = self._sock.recv(AT_ONCE, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        self._received += data
        return bool(data)

    def _readable(self) -> None:
        if not self._receive():
            asyncio.get_running_loop().remove_reader(self._sock.fileno())
            if not self.ended.done():
                self.ended.set_result(None)
            return
        self._waiting.extend(self._frames())
        self._work_off()

    def _frames(self) -> list[list[Any]]:
        found: list[list[Any]] = []
        at = 0
        while len(self._received) >= at + _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._received, at)
            end = at + _LENGTH.size + length
            if len(self._received) < end:
                break
            found.append(orjson.loads(memoryview(self._received)[at + _LENGTH.size : end]))
            at = end
        del self._received[:at]
        return found

    def _work_off(self) -> None:
        while self._waiting:
            number, time, messages = self._waiting.popleft()
            if self.clock is not None and time is not None:
                self.clock.follow(*time)
            for message in messages:
                self._take(message)
            self._heard = number
        if self.clock is not None and not self._settling:
            self._settling = True
            task = asyncio.get_running_loop().create_task(self._tell_idle(self.clock))
            self._tasks[0] = task

    def _take(self, message: list[Any]) -> None:
        kind = message[0]
        if kind in ("done", "failed"):
            future = self._asked.get(message[1])
            if future is not None and not future.done():
                try:
                    future.set_result(_outcome(message))
                except Exception as error:  # noqa: BLE001 - whatever was raised there is raised where it was asked
                    future.set_exception(error)
        elif kind == "tell":
            try:
                with on_account_of(_caller_in(message, 3)):
                    self.tells[message[1]](*unpack(message[2]))
            except Exception as error:  # noqa: BLE001 - the guard: nothing that is told ends the process
                self.charge(message[1], error)
        elif kind == "call":
            with on_account_of(_caller_in(message, 4)):
                task = asyncio.get_running_loop().create_task(self._answer(message[1], message[2], message[3]))
            self._tasks[message[1]] = task
        elif kind == "cancel" and message[1] in self._tasks:
            self._tasks[message[1]].cancel()

    async def _answer(self, number: int, name: str, arguments: Any) -> None:
        try:
            encoded = orjson.dumps(pack(["done", number, await self.calls[name](*unpack(arguments))]))
        except asyncio.CancelledError:
            encoded = orjson.dumps(("failed", number, fault_of(TimeoutError("it was cancelled"))))
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the guard: what a plugin raises is the answer
            encoded = orjson.dumps(("failed", number, fault_of(error)))
        finally:
            self._tasks.pop(number, None)
            self._queue(encoded)

    # simulated time --------------------------------------------------------------------------------------------------

    async def _tell_idle(self, clock: SimulatedClock) -> None:
        """Tell the hub that nothing more happens here until it speaks again, or time has come."""
        await clock.settle()
        self._settling = False
        self.post("idle", self._heard, clock.next_due())
        self._flush()


def _answers(message: list[Any], number: int) -> bool:
    return message[0] in ("done", "failed") and message[1] == number


def _outcome(message: list[Any]) -> Any:
    if message[0] == "failed":
        raise error_of(message[2])
    return unpack(message[2])


def _caller_in(message: list[Any], at: int) -> str | None:
    return message[at] if len(message) > at else None


def refused(what: str, why: str) -> ContractError:
    """The sentence for what does not cross."""
    return ContractError(f"{what} cannot be had in a process of the plugin's own: {why}")
