"""The deployment as its files are now: read and checked while the hub runs, and taken up where it is good."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from linli.auth.policy import SHIPPED_ROLES
from linli.cancelling import undisturbed
from linli.config import CatalogEntry, Checked, check
from linli.config.deployment import CORE_SECTION
from linli.config.problem import Problem
from linli.config.references import Known
from linli.entries import ConfigEntries, ConfigEntry
from linli.errors import DeploymentError
from linli.ids import CORE, EntryId, PluginDomain
from linli.messages import Message
from linli.notifications import Notifications
from linli.plugin.catalog import PluginCatalog, texts_of
from linli.plugin.manifest import Privilege
from linli.pool import BlockingPool
from linli.registry import Registries

REPORT: Final = "check_report"
RESTART: Final = "restart_needed"
"""Ids of the notifications."""


TakenUp: TypeAlias = Callable[[Checked, Collection[str]], None]


class Plugins(Protocol):
    """What is needed of the loader."""

    async def change(self, entry: ConfigEntry) -> bool: ...


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a deployment that was taken up changed."""

    entries: tuple[EntryId, ...]
    """Config entries that were changed in place, set up anew, or taken down."""
    restart: tuple[str, ...]
    """Sections that hold only after the next start of the hub."""


def lines_of(checked: Checked, language: str, problems: Iterable[Problem] | None = None) -> tuple[str, ...]:
    """``problems`` (without them all that the check found) in ``language``, in the words of the plugins they are of."""
    words = texts_of(checked.entries)
    found = checked.report.problems if problems is None else problems
    return tuple(problem.line(language, words) for problem in found)


class Renewal:
    """Reads the files anew, one asking at a time; nothing changes where the check finds an error."""

    def __init__(
        self, started_with: Checked, blocking: BlockingPool, registries: Registries, entries: ConfigEntries,
        notifications: Notifications, plugins: Callable[[], Plugins], language: str,
    ) -> None:  # fmt: skip
        self._started_with = started_with
        self.deployment = started_with.deployment
        """As it was read when it was last taken up."""
        self._blocking = blocking
        self._registries = registries
        self._entries = entries
        self._notifications = notifications
        self._plugins = plugins
        self._language = language
        self._lock = asyncio.Lock()
        self._holding = {domain: started_with.settings(domain) for domain in started_with.entries}
        """The settings that hold, by plugin."""
        self._before: list[TakenUp] = []
        self._after: list[Callable[[bool], None]] = []

    def before(self, listener: TakenUp) -> None:
        """Have ``listener`` told what will hold from now on, and of which plugins, before their entries are touched."""
        self._before.append(listener)

    def after(self, listener: Callable[[bool], None]) -> None:
        """Have ``listener`` told when a deployment was taken up; True: all that its files say holds now."""
        self._after.append(listener)

    def show(self, checked: Checked) -> None:
        """What a check found stands on the screens too: nobody reads the terminal of a service."""
        lines = lines_of(checked, self._language)
        if not lines:
            self._notifications.dismiss(REPORT)
            return
        self._notifications.create(
            CORE,
            Message("check_report.message", {"lines": "\n".join(lines)}),
            title=Message("check_report.title", {"count": len(lines)}),
            notification_id=REPORT,
        )

    def lines(self, checked: Checked, problems: Iterable[Problem], language: str) -> tuple[str, ...]:
        """One line each, in ``language``."""
        return lines_of(checked, language, problems)

    async def check(self) -> Checked:
        """Check the files as they are now, and show what was found; nothing is taken up."""
        async with self._lock:
            return await self._check()

    async def take_up(self, domains: Collection[str] | None = None, *, language: str | None = None) -> Renewed:
        """Check the files, and let the sections of ``domains`` hold from now on; None: of every plugin that runs.

        Only entries whose settings changed are touched. Raises DeploymentError with the report's lines, in ``language``
        or the deployment's, where there is an error anywhere: then everything stays as it is. Once begun it goes on
        to its end, whatever becomes of the caller.
        """
        return await asyncio.shield(undisturbed(self._take_up(domains, language), "core:renewal"))

    async def _take_up(self, domains: Collection[str] | None, language: str | None) -> Renewed:
        async with self._lock:
            checked = await self._check()
            if not checked.report.ok:
                lines = lines_of(checked, language or self._language)
                raise DeploymentError("\n".join(lines), lines)
            self.deployment = checked.deployment
            taken = [
                domain
                for domain, entry in self._started_with.entries.items()
                if domain in checked.entries and (domains is None or domain in domains) and not _serves(entry)
            ]
            for listener in self._before:
                listener(checked, taken)
            changed: list[EntryId] = []
            for domain in taken:
                self._holding[domain] = checked.settings(domain)
                changed += await self._adopt(PluginDomain(domain), checked.settings(domain))
            restart = self._only_after_a_start(checked)
            self._show_restart(restart)
            whole = not restart and all(checked.settings(name) == self._holding[name] for name in checked.entries)
            for told in self._after:
                told(whole)
            return Renewed(tuple(changed), restart)

    async def _adopt(self, domain: PluginDomain, sections: Sequence[Mapping[str, Any]]) -> list[EntryId]:
        before = {entry.entry_id: entry for entry in self._entries.all(domain)}
        self._entries.adopt(domain, sections)
        changed = []
        for entry in self._entries.all(domain):
            old = before.get(entry.entry_id)
            if old is not None and (old.present, old.source, old.data) == (entry.present, entry.source, entry.data):
                continue
            changed.append(entry.entry_id)
            in_place = old is not None and old.present and entry.present
            if not (in_place and await self._plugins().change(entry)):
                await self._entries.reload(entry.entry_id)
        return changed

    async def _check(self) -> Checked:
        checked = await self._blocking.run(_check, self._started_with, self._known())
        self.show(checked)
        return checked

    def _known(self) -> Known:
        """What exists beside what the deployment declares, as the registries have it at this moment."""
        of = self._registries
        rows = list(of.entities.all())
        names: Mapping[str, Collection[str]] = {
            "role": SHIPPED_ROLES,
            "entity": {row.entity_id for row in rows},
            "platform": {row.platform for row in rows},
            "device": {row.id for row in of.devices.all()},
            "area": {row.id for row in of.areas.all()},
            "floor": {row.id for row in of.floors.all()},
            "label": {row.id for row in of.labels.all()},
        }
        return names.get

    def _only_after_a_start(self, now: Checked) -> tuple[str, ...]:
        """The core's own section; plugins that come or go, whose code is brought in at the start; those that serve."""
        before = self._started_with
        runs = {domain for domain in before.entries if domain not in before.broken}
        sections = runs ^ set(now.entries)
        sections |= {
            domain
            for domain in runs & set(now.entries)
            if _serves(before.entries[domain]) and now.settings(domain) != before.settings(domain)
        }
        core = [] if now.core == before.core else [CORE_SECTION]
        return (*core, *sorted(sections))

    def _show_restart(self, sections: tuple[str, ...]) -> None:
        if not sections:
            self._notifications.dismiss(RESTART)
            return
        self._notifications.create(
            CORE,
            Message(f"{RESTART}.message", {"sections": ", ".join(sections)}),
            title=Message(f"{RESTART}.title", {}),
            notification_id=RESTART,
        )


def _check(before: Checked, known: Known) -> Checked:
    """Blocks: reads what changed of the files, and looks for plugins that were installed or dropped in."""
    deployment = before.deployment.again()
    folder = deployment.root / "plugins"
    return check(deployment, PluginCatalog(folder if folder.is_dir() else None), known=known)


def _serves(entry: CatalogEntry) -> bool:
    """Whether answers go through it: set up anew, it would cut off the caller, and may not come back."""
    return Privilege.SERVE in entry.manifest.capabilities.privileges
