"""Plugins for safety that fail at their work are set up again: at once, then with growing pauses; never kept out."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context as ContextVars
from dataclasses import dataclass
from typing import Any, Final

from linli.clock import Clock, Timer
from linli.ids import CORE, PluginDomain
from linli.ledger import Ledger

FIRST_PAUSE_S: Final = 60.0
LONGEST_PAUSE_S: Final = 1800.0
FORGIVEN_AFTER_S: Final = 7200.0
"""A plugin that was not restarted for so long begins anew with the first pause."""


@dataclass(frozen=True, slots=True)
class _Last:
    """A restart, and how long it keeps off the next."""

    at: float
    pause_s: float


class Restarting:
    """When which plugin is set up again. Until its pause is over a plugin that fails runs on, as well as it can."""

    def __init__(self, clock: Clock, ledger: Ledger, restart: Callable[[PluginDomain], Awaitable[None]]) -> None:
        self._clock = clock
        self._ledger = ledger
        self._restart = restart
        self._last: dict[PluginDomain, _Last] = {}
        self._due: dict[PluginDomain, Timer] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def ask(self, domain: PluginDomain) -> None:
        """It failed several times: restart it as soon as its pause is over; asked again meanwhile, nothing changes."""
        if domain in self._due:
            return
        now = self._clock.monotonic()
        last = self._last.get(domain)
        delay = 0.0 if last is None else max(last.at + last.pause_s - now, 0.0)
        self._due[domain] = self._clock.call_later(delay, lambda: self._begin(domain))

    def _begin(self, domain: PluginDomain) -> None:
        # In no context of the plugin's: its own tasks, from one of which this was asked, end with it.
        task = asyncio.get_running_loop().create_task(
            self._run(domain), name=f"core:restart:{domain}", context=ContextVars()
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, domain: PluginDomain) -> None:
        now, last = self._clock.monotonic(), self._last.get(domain)
        again = last is not None and now - last.at <= FORGIVEN_AFTER_S
        pause_s = min(last.pause_s * 2, LONGEST_PAUSE_S) if last is not None and again else FIRST_PAUSE_S
        self._last[domain] = _Last(now, pause_s)
        try:
            await self._restart(domain)
        except Exception as error:  # noqa: BLE001 - nobody waits for this task: what it meets is charged
            self._ledger.error(CORE, f"restart {domain}", error)
        finally:
            del self._due[domain]

    async def close(self) -> None:
        """Restart nothing any more."""
        for timer in self._due.values():
            timer.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
