"""Passwords are hashed by argon2 in a thread: at most two at once, a bounded number waiting, all in the same time.

One hash takes 64 MiB and a tenth of a second on purpose; without these bounds a thousand wrong passwords would take
the machine (SAFETY 25).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from linli.errors import Busy

AT_ONCE: Final = 2
WAITING: Final = 16
"""More who wait are refused: at a tenth of a second each, the last of these waits about a second."""


class RunBlocking(Protocol):
    """``hub.blocking.hash``: a call in a bounded pool of threads."""

    def __call__(self, function: Callable[..., Any], /, *arguments: Any) -> Awaitable[Any]: ...


@dataclass(frozen=True, slots=True)
class Cost:
    """Argon2id's parameters. The defaults are the second recommendation of RFC 9106 (64 MiB, three passes), with one
    lane instead of four, so that a log-in takes one core of a small hub and not all."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 1


COST: Final = Cost()


class Passwords:
    """Makes and checks password hashes."""

    def __init__(self, run_blocking: RunBlocking, cost: Cost = COST) -> None:
        self._run = run_blocking
        self._hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)
        self._room = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._decoy: str | None = None

    @property
    def waiting(self) -> int:
        """Hashes begun or waiting (a metric)."""
        return self._waiting

    async def hash(self, password: str) -> str:
        """The hash to keep; raises Busy."""
        return str(await self._bounded(self._hasher.hash, _bytes(password)))

    async def verify(self, secret: str | None, password: str) -> bool:
        """Whether ``password`` belongs to the hash; None (no such user, no password) takes as long and is False.

        Raises Busy when too many wait; then nothing was tried.
        """
        return bool(await self._bounded(self._verify, secret, _bytes(password)))

    def is_outdated(self, secret: str) -> bool:
        """Whether the hash was made at another cost than today's and should be made anew at this log-in."""
        return self._hasher.check_needs_rehash(secret)

    def _verify(self, secret: str | None, password: bytes) -> bool:
        if self._decoy is None:  # made at the first log-in of all, whoever it is, so that it gives nobody away
            self._decoy = self._hasher.hash(b"nobody has this password")
        right = self._matches(self._decoy if secret is None else secret, password)
        return right and secret is not None

    def _matches(self, secret: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(secret, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _bounded(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if self._waiting >= AT_ONCE + WAITING:
            raise Busy("too many log-ins at once; try again in a moment", key="auth.busy")
        self._waiting += 1
        try:
            async with self._room:
                call = asyncio.ensure_future(self._run(function, *arguments))
                try:
                    return await asyncio.shield(call)
                except asyncio.CancelledError:
                    # the thread goes on with its 64 MiB: its place is free only when it has ended
                    await _ended(call)
                    raise
        finally:
            self._waiting -= 1


async def _ended(call: "asyncio.Future[Any]") -> None:
    while not call.done():
        try:
            await asyncio.shield(call)
        except asyncio.CancelledError:
            if call.cancelled():
                return
        except Exception:  # noqa: BLE001 - whoever asked has gone, nobody is left to be told
            return


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
