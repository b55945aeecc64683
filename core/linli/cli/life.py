"""The life of a hub under its parent: which configuration it runs, when it has proved itself, who held its loop."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linli.clock import RealClock
from linli.config import Checked
from linli.config.deployment import Deployment
from linli.entries import EntryState
from linli.ids import CORE, PluginDomain
from linli.issues import Severity
from linli.messages import Message
from linli.plugin.catalog import CatalogEntry
from linli.process.birth import Birth
from linli.process.held import Frame, Hold, blame, stack_in
from linli.process.last_good import LastGood
from linli.process.owners import Owners
from linli.process.watched import Heart, Watched
from linli.storage.migrate import hear_of_migrations

if TYPE_CHECKING:
    from linli.hub import Hub

LOOK_S = 0.25
ISSUE = "last_good_running"
COMING_UP = ("starting", "migrating")
"""While other threads import plugins the loop waits for them wherever it stands: that line is nobody's fault."""


class Life:
    """One start of a hub; without a parent it tells nobody, and there is no way back."""

    def __init__(self, watched: Watched | None, data: Path) -> None:
        self.birth = Birth() if watched is None else watched.birth
        self.kept = LastGood.read(data)
        """The configuration that is gone back to, where there is one."""
        self._watched = watched
        self._data = data
        self._clock = RealClock()
        self._hub: Hub | None = None
        self._settings: tuple[str, ...] = ()
        self._present: LastGood | None = None
        """What this hub runs, to be kept once it has lasted; None: nothing that may be kept."""
        self._news = asyncio.Event()
        """It is another one."""
        self._phase = ""
        self._migrations = 0
        self._owners = Owners({})
        self._heart = Heart(watched, self._held)
        self.tell("checking")

    @property
    def fallen_back(self) -> LastGood | None:
        """What runs in place of the configuration that was asked for."""
        return None if self.birth.fallback is None else self.kept

    @property
    def blamed(self) -> Hold | None:
        """What the hub before was killed for, once :meth:`begin` said whose code is where."""
        held = self.birth.held
        return None if held is None else blame(stack_in(held), self._owners.of, self.birth.held_by)

    def tell(self, phase: str, **more: Any) -> None:
        """Tell the parent how far it has come; that it stops is the last word."""
        if self._phase == "stopping":
            return
        self._phase = phase
        if self._watched is not None:
            self._watched.say(phase=phase, **more)

    def begin(self, checked: Checked, settings: tuple[str, ...]) -> None:
        """The loop runs: its heart beats from here on."""
        self._owners = Owners(
            {domain: entry.folder for domain, entry in checked.entries.items() if isinstance(entry, CatalogEntry)}
        )
        self._settings = settings
        self._present = self._as_it_is(checked.deployment, settings)
        self._news.set()
        proven = self._present is not None and self._present.is_what_ran(self.kept)
        self.tell("starting", proven=proven)
        hear_of_migrations(self._migrates)
        self._heart.start()

    def _as_it_is(self, deployment: Deployment, settings: tuple[str, ...]) -> LastGood | None:
        """What starts now, to be kept when it has lasted: by then the files may say something else."""
        if self._watched is None or self.birth.fallback is not None:
            return None
        from linli.hub import VERSION

        with suppress(OSError):
            return LastGood.of(deployment, settings, at=0.0, code=VERSION)
        return None

    def _migrates(self, *, begins: bool) -> None:
        """However long tables take to be brought up to date, that is no start that hangs."""
        self._migrations += 1 if begins else -1
        if begins and self._migrations == 1 and self._phase == "starting":
            self.tell("migrating")
        elif self._migrations == 0 and self._phase == "migrating":
            self.tell("starting")

    def end(self) -> None:
        """The loop is about to end."""
        self._heart.stop()

    def take(self, hub: "Hub") -> None:
        """The hub is built: what its predecessor was killed for is charged, and a way back is shown."""
        self._hub = hub
        hold = self.blamed
        if hold is not None:
            what = "held the loop until the hub was killed"
            hub.rooms.ledger.note(PluginDomain(hold.owner), "held", str(hold.frame), what)
        kept = self.fallen_back
        if kept is not None and self.birth.fallback is not None:
            show_way_back(hub, kept, self.birth.fallback)

    def _held(self, frames: list[Frame], late_s: float) -> None:
        if self._phase in COMING_UP:
            return
        hold = blame(frames, self._owners.of)
        if hold is not None and self._hub is not None:
            what = f"held the loop for {late_s * 1000:.0f} ms"
            self._hub.rooms.ledger.note(PluginDomain(hold.owner), "held", str(hold.frame), what)

    async def prove(self, hub: "Hub", told: Callable[[str], Any]) -> None:
        """Say that it is ready as soon as every safety plugin runs; keep the configuration once that has lasted.

        ``told`` hears why it could not be kept.
        """
        while not safety_stands(hub):
            await self._clock.sleep(LOOK_S)
        self.tell("ready")
        hub.rooms.renewal.after(lambda whole: self._renewed(hub, whole))
        while True:
            await self._news.wait()
            self._news.clear()
            present = self._present
            if present is None or not await self._lasts(hub):
                continue
            try:
                await hub.rooms.blocking.run(replace(present, at=hub.rooms.clock.timestamp()).write, self._data)
            except OSError as error:
                told(str(error))

    async def _lasts(self, hub: "Hub") -> bool:
        """Whether what runs has stood for as long as proves it; False: something else runs by now."""
        lasted = 0.0
        while lasted < self.birth.sound_s and not self._news.is_set():
            await self._clock.sleep(LOOK_S)
            lasted = lasted + LOOK_S if safety_stands(hub) else 0.0  # from anew where a plugin for safety was gone
        return not self._news.is_set()

    def _renewed(self, hub: "Hub", whole: bool) -> None:
        """Other settings hold now; where the files say more than holds, what they say has not been proved."""
        self._present = self._as_it_is(hub.rooms.renewal.deployment, self._settings) if whole else None
        self._news.set()


def safety_stands(hub: "Hub") -> bool:
    """Whether every plugin of a section marked ``safety: true`` runs, with all its entries."""
    for domain in hub.rooms.renewal.deployment.safety_domains:
        status = hub.rooms.overview.get(domain)
        if status is None or status.state != "running":
            return False
        if any(entry.state is not EntryState.LOADED for entry in hub.rooms.entries.all(domain)):
            return False
    return True


def show_way_back(hub: "Hub", kept: LastGood, cause: str) -> None:
    """An issue, a notification that is not dropped, and a metric: nobody is to take it for normal."""
    rooms = hub.rooms
    when = rooms.clock.now().fromtimestamp(kept.at, rooms.settings.zone).strftime("%Y-%m-%d %H:%M")
    say = rooms.translator.say
    language = rooms.settings.language
    why = say(CORE, f"process.cause.{cause}", {}, language)
    key = "process.last_good.that_code" if kept.environment == sys.prefix else "process.last_good.this_code"
    code = say(CORE, key, {"environment": sys.prefix, "kept": kept.environment}, language)
    rooms.issues.raise_issue(
        CORE, ISSUE, severity=Severity.CRITICAL, message=Message(ISSUE, {"cause": why, "since": when})
    )
    rooms.notifications.create(
        CORE,
        Message("process.last_good.message", {"cause": why, "since": when, "code": code}),
        title=Message("process.last_good.title", {}),
        notification_id=ISSUE,
        critical=True,
    )
    rooms.metrics.gauge("linli_last_good_running", "1: the last good configuration runs", lambda: 1.0, (), CORE)
