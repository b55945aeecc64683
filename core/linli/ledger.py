"""What each plugin is charged for: errors, slow calls, refusals, drops; and the guarded call that charges.

A repeated failure is logged when it starts and as a count afterwards (at 10, 100, 1000 …), never once per event.
"""

import asyncio
import logging
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from linli.callers import caller
from linli.clock import Clock, stopwatch
from linli.errors import Busy
from linli.ids import PluginDomain

log = logging.getLogger(__name__)

SLOW_CALL_S: Final = 0.05
"""A synchronous call into a plugin that holds the loop longer than this is charged as slow."""
CORE_FOLDER: Final = Path(__file__).parent
KEPT_CHARGES: Final = 20
LONGEST: Final = 1_000
"""Characters of a place, and of what is said of it: errors quote what somebody sent."""
KEPT_PLACES: Final = 10_000
"""Places whose failures are counted one by one for the log; beyond it all counts begin anew."""


KINDS: Final = ("error", "slow", "held", "timeout", "refused", "dropped", "leaked", "ended")
"""What a plugin can be charged with; the plugins' page has a word for each."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One thing a plugin did wrong."""

    when: float
    kind: str
    """One of :data:`KINDS`."""
    where: str
    what: str
    line: str | None = None
    """The plugin's own line that raised, or that called what raised (``folder/file.py:12``)."""


@dataclass(slots=True)
class Account:
    """All that one plugin was charged with, and what its calls cost."""

    counts: dict[str, int] = field(default_factory=dict)
    recent: deque[Charge] = field(default_factory=lambda: deque(maxlen=KEPT_CHARGES))
    hook_calls: int = 0
    hook_seconds: float = 0.0


class Ledger:
    """One account per plugin; the plugins' page, metrics and notifications read it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._accounts: dict[PluginDomain, Account] = {}
        self._times: dict[tuple[PluginDomain, str, str], int] = {}
        self._watchers: list[Callable[[PluginDomain, Charge], None]] = []
        self._turned_away: set[tuple[PluginDomain, str]] = set()

    def turn_away(self, owner: PluginDomain, who: str) -> Callable[[], None]:
        """Let a caller ask nothing more of a plugin's code, until the returned function is called."""
        self._turned_away.add((owner, who))
        return lambda: self._turned_away.discard((owner, who))

    def admit(self, owner: PluginDomain) -> None:
        """Before a plugin's code answers somebody: raises Busy where who stands behind this is turned away."""
        if self._turned_away and (owner, caller()) in self._turned_away:
            raise Busy(f"What you asked of {owner} held up everybody; it is not done for you now")

    def account(self, owner: PluginDomain) -> Account:
        """The account of ``owner``, opened on first use."""
        account = self._accounts.get(owner)
        if account is None:
            account = self._accounts[owner] = Account()
        return account

    @property
    def accounts(self) -> dict[PluginDomain, Account]:
        """All accounts, by plugin."""
        return self._accounts

    def watch(self, watcher: Callable[[PluginDomain, Charge], None]) -> None:
        """Have ``watcher`` told of every charge as it is made."""
        self._watchers.append(watcher)

    def error(self, owner: PluginDomain, where: str, error: BaseException) -> None:
        """Charge an exception that escaped a plugin's code; its traceback is logged the first time."""
        what = f"{type(error).__name__}: {error}"
        times = self._charge(owner, "error", where, what, _line_of(error))
        if times == 1:
            log.error("plugin %s raised in %s", owner, where, exc_info=error)
        elif times:
            log.error("plugin %s raised in %s for the %dth time, now %s", owner, where, times, what)

    def slow(self, owner: PluginDomain, where: str, took_s: float) -> None:
        """Charge a synchronous call that held the loop."""
        times = self._charge(owner, "slow", where, f"held the loop for {took_s * 1000:.0f} ms")
        if times:
            log.warning("plugin %s held the loop for %.0f ms in %s (%d times)", owner, took_s * 1000, where, times)

    def note(self, owner: PluginDomain, kind: str, where: str, what: str) -> None:
        """Charge anything else (``held``, ``timeout``, ``refused``, ``dropped``, ``leaked``, ``ended``)."""
        times = self._charge(owner, kind, where, what)
        if times:
            log.warning("plugin %s: %s in %s: %s (%d times)", owner, kind, where, what, times)

    def told(self, owner: PluginDomain, kind: str, where: str, what: str, line: str | None) -> None:
        """Charge what a plugin's own process told of it; its line is as it was told."""
        times = self._charge(owner, kind, where, what, line)
        if times:
            log.warning("plugin %s: %s in %s: %s at %s (%d times)", owner, kind, where, what, line or "?", times)

    def _charge(self, owner: PluginDomain, kind: str, where: str, what: str, line: str | None = None) -> int:
        """Record; how often this kind came at this place, or 0 where that is no number to log."""
        where, what = where[:LONGEST], what[:LONGEST]
        account = self.account(owner)
        account.counts[kind] = account.counts.get(kind, 0) + 1
        charge = Charge(self._clock.timestamp(), kind, where, what, line)
        account.recent.append(charge)
        for watcher in self._watchers:
            watcher(owner, charge)
        place = (owner, kind, where)
        if place not in self._times and len(self._times) >= KEPT_PLACES:
            self._times.clear()
        times = self._times[place] = self._times.get(place, 0) + 1
        return times if str(times).strip("0") == "1" else 0


def _line_of(error: BaseException) -> str | None:
    """The innermost line beside the first file on the way that is not the core's: that is the plugin's own code."""
    folder: Path | None = None
    line = getattr(error, "line_there", None)  # raised in a process of its own
    for frame, number in traceback.walk_tb(error.__traceback__):
        file = Path(frame.f_code.co_filename)
        if folder is None and not file.is_relative_to(CORE_FOLDER) and file.suffix == ".py":
            folder = file.parent
        if folder is not None and file.is_relative_to(folder):
            line = f"{file.parent.name}/{file.name}:{number}"
    return line


class Listener:
    """A plugin's synchronous callback with its owner: called without trust, charged when it raises or is slow."""

    __slots__ = ("_ledger", "callback", "owner", "where")

    def __init__(self, callback: Callable[[Any], object], owner: PluginDomain, where: str, ledger: Ledger) -> None:
        self.callback = callback
        self.owner = owner
        self.where = where
        self._ledger = ledger

    def notify(self, event: Any) -> None:
        """Call it; whatever it does, the caller goes on (this is the guard around plugin callbacks)."""
        started = stopwatch()
        try:
            self.callback(event)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - the guard; nothing awaits, nobody cancels
            self._ledger.error(self.owner, self.where, error)
        took = stopwatch() - started
        if took > SLOW_CALL_S:
            self._ledger.slow(self.owner, self.where, took)
