"""Asking a device for its reading, again and again: one poll at a time, an end to each, one line when it fails."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from linli.cancelling import ordinary
from linli.clock import Clock
from linli.errors import LinliError

log = logging.getLogger(__name__)

POLL_WITHIN_S: Final = 60.0
"""A device that has not answered by then is unavailable."""

UNREACHABLE: Final = (LinliError, OSError, TimeoutError)
"""What says that the device does not answer; anything else is the plugin's mistake, and charged."""


class Poller:
    """Polls one entity. Ticks that pass during a slow poll are left out, not made up for."""

    def __init__(
        self, name: Callable[[], str], poll: Callable[[], Awaitable[Any]], every_s: float, clock: Clock,
        gate: AbstractAsyncContextManager[Any], *, answered: Callable[[Any], None], failed: Callable[[], None],
        charge: Callable[[Exception], None],
    ) -> None:  # fmt: skip
        """``gate`` is entered for the length of each poll; ``charge`` gets what only the plugin can have done."""
        self._name = name
        self._poll = poll
        self._every_s = max(every_s, 0.1)
        self._clock = clock
        self._gate = gate
        self._answered = answered
        self._failed = failed
        self._charge = charge
        self._one = asyncio.Lock()
        self._soon = asyncio.Event()
        self._failing = False

    async def run(self, *, regularly: bool = True) -> None:
        """Poll now, then at each tick; with ``regularly`` False only when asked to (:meth:`soon`)."""
        due = self._clock.monotonic()
        while True:
            self._soon.clear()
            await self.once()
            due = self._next_tick(due)
            pause = max(due - self._clock.monotonic(), 0.0) if regularly else None
            with contextlib.suppress(TimeoutError):
                async with self._clock.timeout(pause):
                    await self._soon.wait()

    def soon(self) -> None:
        """Poll now rather than at the next tick."""
        self._soon.set()

    async def once(self) -> None:
        """One poll that begins now, or after the one that runs."""
        async with self._one, self._gate:
            try:
                async with self._clock.timeout(POLL_WITHIN_S):
                    reading = await ordinary(self._ask())
                self._answered(reading)
            except Exception as error:  # noqa: BLE001 - the guard: what a plugin raises ends here, told or charged
                self._fail(error)
            else:
                self._recover()

    async def _ask(self) -> Any:
        return await self._poll()

    def _next_tick(self, due: float) -> float:
        missed = max(self._clock.monotonic() - due, 0.0) // self._every_s
        return due + (missed + 1) * self._every_s

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, UNREACHABLE):
            self._charge(error)
        elif not self._failing:
            log.warning("%s is unavailable: %s", self._name(), str(error) or type(error).__name__)
        self._failing = True
        self._failed()

    def _recover(self) -> None:
        if self._failing:
            log.info("%s is available again", self._name())
        self._failing = False
