"""Plugins that are kept out: quarantined by the hub, or disabled by a person, until a person lets them in again.

One document each in ``hub.db``; the YAML stays as it is. A plugin that :class:`Safeguard` exempts is never
quarantined: what it does is an issue instead. One for safety is set up again, with growing pauses; another runs on.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context as ContextVars
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from linli.callers import caller
from linli.cancelling import undisturbed
from linli.clock import Clock
from linli.errors import NotFound, NotSupported
from linli.ids import CORE, PluginDomain
from linli.issues import Issues, Severity
from linli.ledger import Charge, Ledger
from linli.messages import Message
from linli.notifications import Notifications
from linli.plugin.holds import Holds
from linli.plugin.overview import PluginOverview, PluginState, PluginStatus
from linli.plugin.restarting import Restarting
from linli.plugin.safeguard import Exempt, Safeguard
from linli.process.held import Hold
from linli.storage import Storage
from linli.storage.actor import SYSTEM, Actor
from linli.storage.document import DocumentKind, Value
from linli.storage.errors import StorageError

log = logging.getLogger(__name__)

KIND: Final = "core.quarantine"
FAILURES: Final = 3
WITHIN_S: Final = 600.0
OF_ITS_LIFE: Final = frozenset(
    {"import", "linli_setup", "linli_setup_entry", "linli_migrate_entry", "linli_unload_entry"}
)
"""Where a failure is met otherwise: what was not set up is tried again with growing pauses, and does nothing else."""


class Kept(StrEnum):
    """Who keeps it out."""

    QUARANTINED = "quarantined"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Bar:
    """One plugin that is kept out."""

    kept: Kept
    cause: Message
    """Why, for people."""
    since: float

    @property
    def state(self) -> PluginState:
        """What the overview shows."""
        return PluginState(self.kept.value)

    def document(self) -> Value:
        """As it is stored."""
        return {
            "kept": self.kept.value,
            "key": self.cause.key,
            "parameters": dict(self.cause.parameters),
            "since": self.since,
        }

    @classmethod
    def of(cls, value: Value) -> "Bar":
        """The inverse of :meth:`document`."""
        return cls(Kept(value["kept"]), Message(value["key"], value["parameters"], CORE), float(value["since"]))


class Failures:
    """The failures of one plugin in the last ten minutes: each that is its own, and of each caller's only the last.

    So nobody has a plugin put out by asking it three times for what it fails at, while one that fails at its own work,
    or whoever asks, is.
    """

    def __init__(self) -> None:
        self._own: deque[float] = deque(maxlen=FAILURES)
        self._of_callers: dict[str, float] = {}

    def add(self, now: float, caller: str | None) -> int:
        """Count one more; how many there are."""
        if caller is None:
            self._own.append(now)
        else:
            self._of_callers.pop(caller, None)
            self._of_callers[caller] = now
            if len(self._of_callers) > FAILURES:
                del self._of_callers[next(iter(self._of_callers))]
        return sum(now - at <= WITHIN_S for at in (*self._own, *self._of_callers.values()))


class Doors(Protocol):
    """What the loader does for the quarantine."""

    async def take_out(self, domain: PluginDomain, state: PluginState, cause: Message) -> None: ...
    async def bring_back(self, domain: PluginDomain) -> None: ...


class Quarantine:
    """Who is kept out, who is put out, who is let in again."""

    def __init__(
        self, storage: Storage, clock: Clock, ledger: Ledger, overview: PluginOverview, safeguard: Safeguard,
        issues: Issues, notifications: Notifications, doors: Callable[[], Doors],
    ) -> None:  # fmt: skip
        storage.documents.register(DocumentKind(KIND, check=_check))
        self._storage = storage
        self._clock = clock
        self._overview = overview
        self._safeguard = safeguard
        self._issues = issues
        self._notifications = notifications
        self._doors = doors
        self._bars: dict[PluginDomain, Bar] = {}
        self._failures: dict[PluginDomain, Failures] = {}
        self._holds = Holds(storage, clock, ledger)
        self._restarting = Restarting(clock, ledger, self._restart)
        self._turning = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False
        ledger.watch(self._charged)
        overview.watch(self._turned)

    async def load(self) -> None:
        """Take up who was kept out before; each is shown again."""
        for domain, document in (await self._storage.documents.load(KIND)).items():
            self._bars[PluginDomain(domain)] = Bar.of(document.value)
        await self._holds.load()

    def bar(self, domain: PluginDomain) -> Bar | None:
        """Why a plugin is kept out; None: it is not."""
        return self._bars.get(domain)

    def exempt(self, domain: PluginDomain) -> Exempt | None:
        """Why it can be neither quarantined nor disabled; None: it can."""
        return self._safeguard.exempt(domain)

    # by the hub ------------------------------------------------------------------------------------------------------

    async def blame(self, hold: Hold) -> None:
        """Before anything is set up: the hub before was killed because this plugin held its loop.

        Where it did so on one caller's account, they ask nothing more of it for an hour; the plugin is put out when
        another caller brings it to that within a day, or when it was on nobody's. From what is exempt nobody
        is turned away.
        """
        domain = PluginDomain(hold.owner)
        if domain == CORE:
            return
        cause = Message("quarantine.held", {"plugin": domain, "where": str(hold.frame)}, CORE)
        exempt = self._safeguard.exempt(domain)
        if exempt is not None:
            self._warn(domain, exempt)
        elif hold.caller is not None and not await self._is_at_fault(domain, hold.caller, str(hold.frame)):
            return
        elif domain not in self._bars:
            bar = self._bars[domain] = Bar(Kept.QUARANTINED, cause, self._clock.timestamp())
            await self._store_quarantine(domain, bar)
            self._show(domain, cause)

    async def _is_at_fault(self, domain: PluginDomain, who: str, where: str) -> bool:
        """Whether others than this caller had it hold the loop, too; they are turned away from it in any case."""
        try:
            if await self._holds.add(domain, who):
                return True
            await self._storage.journal.append(
                "plugin.caller_turned_away", actor=SYSTEM, subject=domain, details={"caller": who, "where": where}
            )
        except StorageError as error:
            log.error("who had %s hold up the hub is forgotten at the next start (%s)", domain, error)
        message = Message("quarantine.turned_away", {"plugin": domain, "where": where}, CORE)
        title = Message("quarantine.turned_away_title", {"plugin": domain}, CORE)
        self._notifications.create(CORE, message, title=title, notification_id=f"held_{domain}", critical=True)
        return False

    def _charged(self, domain: PluginDomain, charge: Charge) -> None:
        if charge.kind != "error" or self._closed or domain in self._bars or _of_its_life(charge.where):
            return
        status = self._overview.get(domain)
        if status is None or status.state is not PluginState.RUNNING:
            return
        failures = self._failures.setdefault(domain, Failures())
        if failures.add(self._clock.monotonic(), caller()) < FAILURES:
            return
        del self._failures[domain]
        where = charge.line or charge.where
        cause = Message("quarantine.failures", {"plugin": domain, "count": FAILURES, "where": where}, CORE)
        exempt = self._safeguard.exempt(domain)
        if exempt is not None:
            self._warn(domain, exempt)
            if exempt is Exempt.SAFETY:
                self._restarting.ask(domain)
        else:
            # In no context of the plugin's: its own tasks, from one of which this may be called, end with it.
            self._keep(asyncio.get_running_loop().create_task(self._impose(domain, cause), context=ContextVars()))

    async def _impose(self, domain: PluginDomain, cause: Message) -> None:
        async with self._turning:
            if domain in self._bars:
                return
            bar = self._bars[domain] = Bar(Kept.QUARANTINED, cause, self._clock.timestamp())
            self._show(domain, cause)
            await self._doors().take_out(domain, bar.state, cause)
            await self._store_quarantine(domain, bar)

    async def _restart(self, domain: PluginDomain) -> None:
        """Set up again what is for safety and runs; one that does not run is being tried again already."""
        async with self._turning:
            status = self._overview.get(domain)
            if self._closed or status is None or status.state is not PluginState.RUNNING:
                return
            cause = Message("quarantine.restarted", {"plugin": domain}, CORE)
            try:
                await self._storage.journal.append("plugin.restarted", actor=SYSTEM, subject=domain)
            except StorageError as error:
                log.error("the restart of %s is not in the journal (%s)", domain, error)
            await self._doors().take_out(domain, PluginState.STOPPED, cause)
            await self._doors().bring_back(domain)

    # by a person -----------------------------------------------------------------------------------------------------

    async def disable(self, domain: str, actor: Actor) -> None:
        """Keep a plugin off until :meth:`release`; raises NotFound, and NotSupported for one that is exempt."""
        status = self._need(domain)
        exempt = self._safeguard.exempt(status.domain)
        if exempt is not None:
            sentence = f"{domain} cannot be disabled here ({exempt}); change the YAML"
            raise NotSupported(sentence, key=f"quarantine.refused_{exempt}", parameters={"plugin": domain})
        await self._to_its_end(self._disable(status.domain, actor), status.domain)

    async def _disable(self, domain: PluginDomain, actor: Actor) -> None:
        async with self._turning:
            present = self._bars.get(domain)
            if present is not None and present.kept is Kept.DISABLED:
                return
            cause = Message("quarantine.disabled", {"plugin": domain}, CORE)
            bar = Bar(Kept.DISABLED, cause, self._clock.timestamp())
            await self._store(bar.kept.value, domain, bar, cause, actor)
            self._bars[domain] = bar
            self._notifications.dismiss(_note(domain))
            await self._doors().take_out(domain, bar.state, cause)

    async def release(self, domain: str, actor: Actor) -> None:
        """Let it in again, and set it up; raises NotFound. One that is not kept out stays as it is.

        Nobody is turned away from it any more.
        """
        status = self._need(domain)
        await self._to_its_end(self._release(status.domain, actor), status.domain)

    async def _release(self, domain: PluginDomain, actor: Actor) -> None:
        async with self._turning:
            await self._holds.forget(domain)
            bar = self._bars.get(domain)
            if bar is None:
                return
            await self._store("released", domain, None, bar.cause, actor)
            del self._bars[domain]
            self._failures.pop(domain, None)
            self._notifications.dismiss(_note(domain))
            await self._doors().bring_back(domain)

    def _need(self, domain: str) -> PluginStatus:
        status = self._overview.get(domain)
        if status is None:
            raise NotFound("No such plugin.")
        return status

    # remembering and showing -----------------------------------------------------------------------------------------

    async def _store(self, what: str, domain: PluginDomain, bar: Bar | None, cause: Message, actor: Actor) -> None:
        """Keep ``bar`` (None: none) and journal that; where it raises, what was kept before is kept again."""
        before = self._bars.get(domain)
        details = {"cause": cause.key, **cause.parameters}
        done = False
        try:
            await self._storage.journal.around(
                f"plugin.{what}", lambda: self._put(domain, bar), actor=actor, subject=domain, details=details
            )
            done = True
        finally:
            if not done and before is not bar:
                with suppress(StorageError):  # then the disk takes nothing at all, and most likely took nothing before
                    await self._put(domain, before)

    async def _store_quarantine(self, domain: PluginDomain, bar: Bar) -> None:
        """What the hub decides holds, whatever the disk says."""
        try:
            await self._store(bar.kept.value, domain, bar, bar.cause, SYSTEM)
        except StorageError as error:
            log.error("that %s is in quarantine is forgotten at the next start (%s)", domain, error)

    async def _put(self, domain: PluginDomain, bar: Bar | None) -> None:
        if bar is None:
            await self._storage.documents.delete(KIND, domain)
        else:
            await self._storage.documents.put(KIND, domain, bar.document())

    def _show(self, domain: PluginDomain, cause: Message) -> None:
        self._notifications.create(
            CORE,
            cause,
            title=Message("quarantine.title", {"plugin": domain}),
            notification_id=_note(domain),
            critical=True,
        )

    def show_kept(self) -> None:
        """After a start: who is still in quarantine is said again."""
        for domain, bar in self._bars.items():
            if bar.kept is Kept.QUARANTINED and self._overview.get(domain) is not None:
                self._show(domain, bar.cause)

    def _warn(self, domain: PluginDomain, exempt: Exempt) -> None:
        """It is not put out, because more hangs on it than on its order; that it fails is everybody's concern."""
        severity = Severity.CRITICAL if exempt is Exempt.SAFETY else Severity.ERROR
        message = Message(f"{exempt}_plugin_fails", {"plugin": domain})
        self._issues.raise_issue(CORE, f"plugin_fails_{domain}", severity=severity, message=message, about=domain)

    def _turned(self, status: PluginStatus) -> None:
        """The absence of a plugin for safety is an alarm, until it runs."""
        if status.domain not in self._safeguard.plugins:
            return
        issue_id = f"plugin_absent_{status.domain}"
        if status.state is PluginState.RUNNING:
            self._issues.clear(CORE, issue_id)
        elif status.state in (PluginState.RETRYING, PluginState.FAILED, PluginState.DISABLED):
            message = Message("safety_plugin_absent", {"plugin": status.domain, "reason": status.reason or ""})
            self._issues.raise_issue(CORE, issue_id, severity=Severity.CRITICAL, message=message, about=status.domain)

    # tasks -----------------------------------------------------------------------------------------------------------

    async def _to_its_end(self, work: Coroutine[Any, Any, None], domain: PluginDomain) -> None:
        """Half a turn would leave something alive: it goes on where its caller is cancelled."""
        await asyncio.shield(self._keep(undisturbed(work, f"core:quarantine:{domain}")))

    def _keep(self, task: "asyncio.Task[None]") -> "asyncio.Task[None]":
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Nobody is put out or let in any more."""
        self._closed = True
        await self._restarting.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _check(key: str, value: Value) -> None:
    Bar.of(value)


def _of_its_life(where: str) -> bool:
    return where in OF_ITS_LIFE or where.startswith("hook ")


def _note(domain: PluginDomain) -> str:
    return f"quarantine_{domain}"
