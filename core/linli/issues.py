"""Repair issues: what a person should mend, in Home Assistant's shape, with the marks of what they chose to ignore.

Issues live in memory. Persistent ones, and every "ignored" mark, are kept as documents: a mark that a person set is
committed before :meth:`Issues.ignore` returns, what plugins raise is written within :data:`WRITE_AFTER_S`.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

from linli.bus import EventBus, EventType
from linli.cancelling import to_its_end
from linli.clock import Clock, Timer
from linli.errors import LinliError, NotFound
from linli.ids import CORE, PluginDomain
from linli.jsonbytes import dumps
from linli.ledger import Ledger
from linli.messages import Message
from linli.plugin.wire import pack, unpack

if TYPE_CHECKING:
    from linli.storage.document import Document

log = logging.getLogger(__name__)

ISSUES_UPDATED: Final[EventType[dict[str, Any]]] = EventType("repairs_issue_registry_updated")
"""Something to mend came, changed or went.

action: ``create``, ``update`` or ``remove``
domain: the plugin that raised it
issue_id: which one
"""
KIND: Final = "core.issues"
WRITE_AFTER_S: Final = 1.0
RETRY_AFTER_S: Final = 30.0
KEPT_PER_PLUGIN: Final = 200
"""Beyond it a plugin's oldest issue that is not critical goes, and is counted as dropped."""


class Severity(StrEnum):
    """How much it matters."""

    WARNING = "warning"
    """Not mended, it may become a problem."""
    ERROR = "error"
    """Something does not work."""
    CRITICAL = "critical"
    """Someone may come to harm, or data may be lost; never dropped for want of room."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to mend. Its texts are ``issues.KEY.title`` and ``issues.KEY.description`` of the message's domain."""

    domain: PluginDomain
    issue_id: str
    severity: Severity
    message: Message
    created: datetime
    is_fixable: bool = False
    is_persistent: bool = False
    """It stays over a restart; otherwise its plugin raises it again if it still holds."""
    breaks_in_ha_version: str | None = None
    learn_more_url: str | None = None
    issue_domain: PluginDomain | None = None
    """The plugin that it is about, where that is not the one which raised it."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """For who mends it; plain values."""
    dismissed_version: str | None = None
    """The version that ran when a person chose to ignore it."""

    @property
    def ignored(self) -> bool:
        """A person chose to ignore it."""
        return self.dismissed_version is not None

    @property
    def title(self) -> Message:
        """What is wrong, in a few words."""
        return self.message.at(f"issues.{self.message.key}.title")

    @property
    def description(self) -> Message:
        """What is wrong and how to mend it."""
        return self.message.at(f"issues.{self.message.key}.description")

    def as_dict(self) -> dict[str, Any]:
        """As Home Assistant's clients know it (``repairs/list_issues``)."""
        placeholders = {name: str(value) for name, value in self.message.parameters.items()}
        return {
            "breaks_in_ha_version": self.breaks_in_ha_version,
            "created": self.created,
            "dismissed_version": self.dismissed_version,
            "domain": self.domain,
            "ignored": self.ignored,
            "is_fixable": self.is_fixable,
            "issue_domain": self.issue_domain,
            "issue_id": self.issue_id,
            "learn_more_url": self.learn_more_url,
            "severity": self.severity.value,
            "translation_key": self.message.key,
            "translation_placeholders": placeholders or None,
        }


class Kept(Protocol):
    """The documents that issues are kept in (``storage.documents``)."""

    async def load(self, kind: str) -> "Mapping[str, Document]": ...
    async def put(self, kind: str, key: str, value: dict[str, Any]) -> "Document": ...
    async def delete(self, kind: str, key: str) -> None: ...


Key = tuple[PluginDomain, str]


class Issues:
    """All issues of one hub."""

    def __init__(self, clock: Clock, bus: EventBus, ledger: Ledger, documents: Kept, version: str) -> None:
        """``version``: what an ignored issue is marked with."""
        self._clock = clock
        self._bus = bus
        self._ledger = ledger
        self._documents = documents
        self._version = version
        self._issues: dict[Key, Issue] = {}
        self._marks: dict[Key, str] = {}
        """Ignored before a restart, not raised again yet: key → version."""
        self._unwritable: set[Key] = set()
        """Charged already, because they hold what cannot be kept."""
        self._unwritten: set[Key] = set()
        self._timer: Timer | None = None
        self._writing = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._failing = False

    async def load(self) -> None:
        """Read what was kept: persistent issues, and the marks of others."""
        for document in (await self._documents.load(KIND)).values():
            value = document.value
            key = (PluginDomain(value["domain"]), value["issue_id"])
            if "issue" in value:
                self._issues[key] = unpack(value["issue"])
            else:
                self._marks[key] = value["dismissed_version"]

    # raising and clearing --------------------------------------------------------------------------------------------

    def raise_issue(
        self, owner: PluginDomain, issue_id: str, *, severity: Severity, message: Message, fixable: bool = False,
        learn_more: str | None = None, persistent: bool = False, about: PluginDomain | None = None,
        breaks_in: str | None = None, data: Mapping[str, Any] | None = None,
    ) -> Issue:  # fmt: skip
        """Show it, or show it as it is now: the same id replaces, keeps its age and its mark. No event if equal."""
        key = (owner, issue_id)
        old = self._issues.get(key)
        issue = Issue(
            owner, issue_id, Severity(severity), message.of(owner), old.created if old else self._clock.now(), fixable,
            persistent, breaks_in, learn_more, about, dict(data or {}),
            old.dismissed_version if old else self._marks.pop(key, None),
        )  # fmt: skip
        if issue == old:
            return old
        self._issues[key] = issue
        if persistent or issue.ignored or (old is not None and old.is_persistent):
            self._note(key)
        self._tell("update" if old else "create", key)
        if old is None:
            self._make_room(owner)
        return issue

    def clear(self, owner: PluginDomain, issue_id: str) -> None:
        """It is mended: the issue goes, and its mark with it. Absent is fine."""
        key = (owner, issue_id)
        self._marks.pop(key, None)
        if self._issues.pop(key, None) is None:
            return
        self._note(key)
        self._tell("remove", key)

    def _make_room(self, owner: PluginDomain) -> None:
        mine = [issue for issue in self._issues.values() if issue.domain == owner]
        spare = [issue for issue in mine if issue.severity is not Severity.CRITICAL]
        if len(mine) > KEPT_PER_PLUGIN and spare:
            oldest = min(spare, key=lambda issue: issue.created)
            self._ledger.note(owner, "dropped", "issues", f"more than {KEPT_PER_PLUGIN} issues: the oldest went")
            self.clear(owner, oldest.issue_id)

    # reading ---------------------------------------------------------------------------------------------------------

    def get(self, domain: str, issue_id: str) -> Issue | None:
        """One issue, or None."""
        return self._issues.get((PluginDomain(domain), issue_id))

    def all(self) -> list[Issue]:
        """Every issue, in the order in which they were raised; ignored ones too."""
        return list(self._issues.values())

    # ignoring --------------------------------------------------------------------------------------------------------

    async def ignore(self, domain: str, issue_id: str, ignored: bool = True) -> None:
        """Mark it as ignored, or not any more; has committed after. Raises NotFound."""
        version = self._version if ignored else None
        await to_its_end(self._ignore((PluginDomain(domain), issue_id), version), "core:issues:ignore", self._tasks)

    async def _ignore(self, key: Key, version: str | None) -> None:
        """First on the disk, then here."""
        async with self._writing:
            issue = self._issues.get(key)
            if issue is None:
                raise NotFound(f"no issue {key[1]} of {key[0]}")
            if issue.dismissed_version == version and key not in self._unwritten:
                return
            marked = replace(issue, dismissed_version=version)
            try:
                await self._put(key, self._encoded(key, marked, version))
            except BaseException:
                self._note(key, RETRY_AFTER_S)  # where it is in doubt what the disk has, it gets what holds
                raise
            if self._issues.get(key) is issue:
                self._unwritten.discard(key)
            else:
                self._note(key)  # its plugin changed or cleared it meanwhile
            self._mark(key, version)

    def _mark(self, key: Key, version: str | None) -> None:
        issue = self._issues.get(key)
        if issue is not None and issue.dismissed_version != version:
            self._issues[key] = replace(issue, dismissed_version=version)
            self._tell("update", key)

    # keeping ---------------------------------------------------------------------------------------------------------

    def _tell(self, action: str, key: Key) -> None:
        self._bus.fire(ISSUES_UPDATED, {"action": action, "domain": key[0], "issue_id": key[1]})

    def _note(self, key: Key, after_s: float = WRITE_AFTER_S) -> None:
        self._unwritten.add(key)
        if self._timer is None:
            self._timer = self._clock.call_later(after_s, self._start_writing)

    def _start_writing(self) -> None:
        self._timer = None
        task = asyncio.get_running_loop().create_task(self._write_later(), name="core:issues")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write_later(self) -> None:
        try:
            await self._write()
            self._failing = False
        except LinliError as error:  # foreseen, and shown as an issue of its own: no fault of anybody's code
            if not self._failing:
                log.error("issues cannot be written (%s); they are kept and tried again", error)
            self._try_again()
        except Exception as error:  # noqa: BLE001 - nobody waits for this task: what it meets is charged and tried again
            self._ledger.error(CORE, "issues", error)
            self._try_again()

    def _try_again(self) -> None:
        self._failing = True
        for key in tuple(self._unwritten):
            self._note(key, RETRY_AFTER_S)

    async def _write(self) -> None:
        async with self._writing:
            while self._unwritten:
                key = next(iter(self._unwritten))
                self._unwritten.discard(key)
                written = False
                try:
                    await self._write_one(key)
                    written = True
                finally:
                    if not written:
                        self._unwritten.add(key)

    async def _write_one(self, key: Key) -> None:
        """One issue at a time: what is in one cannot keep another from the disk."""
        issue = self._issues.get(key)
        version = self._marks.get(key) if issue is None else issue.dismissed_version
        await self._put(key, self._encoded(key, issue, version))

    def _encoded(self, key: Key, issue: Issue | None, version: str | None) -> dict[str, Any] | None:
        """Its document; None: there is none. Of one that no document can hold, only the mark; its plugin is charged."""
        if issue is not None and issue.is_persistent:
            try:
                kept = {"domain": key[0], "issue_id": key[1], "issue": pack(issue)}
                dumps([*key, kept])
            except Exception as error:  # noqa: BLE001 - what a plugin gave decides what is raised; the other issues go on
                if key not in self._unwritable:
                    self._unwritable.add(key)
                    self._ledger.error(key[0], f"the issue {key[1]} is not kept", error)
            else:
                self._unwritable.discard(key)
                return kept
        return None if version is None else {"domain": key[0], "issue_id": key[1], "dismissed_version": version}

    async def _put(self, key: Key, value: dict[str, Any] | None) -> None:
        name = ".".join(key)
        if value is None:
            await self._documents.delete(KIND, name)
        else:
            await self._documents.put(KIND, name, value)

    async def close(self) -> None:
        """Write what is not written yet; what cannot be written is said and lost."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            await self._write()
        except LinliError as error:
            log.error("%d issues could not be written at the stop (%s)", len(self._unwritten), error)
        except Exception as error:  # noqa: BLE001 - the stop goes on, whatever the disk says
            self._ledger.error(CORE, "issues", error)
        await asyncio.gather(*self._tasks, return_exceptions=True)
