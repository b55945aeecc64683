"""What an administrator is shown of entries that do not come up, for as long as they do not."""

from typing import Final

from linli.entries.book import EntryChange
from linli.entries.config_entries import ConfigEntries
from linli.entries.entry import ConfigEntry, EntryState
from linli.ids import CORE, EntryId
from linli.messages import Message
from linli.notifications import Notifications

SHOWN_AFTER: Final = 5
"""Tries after which an entry that is only not ready is shown: a device may take its minute to boot."""

_FAILED: Final = frozenset({EntryState.SETUP_ERROR, EntryState.MIGRATION_ERROR})
_UNDER_WAY: Final = frozenset({EntryState.SETUP_IN_PROGRESS, EntryState.UNLOAD_IN_PROGRESS})


class EntryNotices:
    """One notification for each entry that fails, shown once for each reason and dismissed when it is loaded."""

    def __init__(self, entries: ConfigEntries, notifications: Notifications) -> None:
        self._notifications = notifications
        self._tries: dict[EntryId, int] = {}
        self._shown: dict[EntryId, str | None] = {}
        """The reason that was shown last: the same one is not shown again to who dismissed it."""
        entries.watch(self._changed)

    def _changed(self, change: EntryChange) -> None:
        entry = change.entry
        if change.type == "removed":
            self._dismiss(entry.entry_id)
        elif change.old is None or change.old.state is entry.state or entry.state in _UNDER_WAY:
            return
        elif entry.state in _FAILED:
            self._show(entry)
        elif entry.state is EntryState.SETUP_RETRY:
            tries = self._tries[entry.entry_id] = self._tries.get(entry.entry_id, 0) + 1
            if tries >= SHOWN_AFTER:
                self._show(entry)
        else:
            self._dismiss(entry.entry_id)

    def _show(self, entry: ConfigEntry) -> None:
        if entry.entry_id in self._shown and self._shown[entry.entry_id] == entry.reason:
            return
        self._shown[entry.entry_id] = entry.reason
        parameters = {"title": entry.title, "plugin": entry.domain, "reason": entry.reason or ""}
        self._notifications.create(
            CORE,
            Message("entry_failed.message", parameters),
            title=Message("entry_failed.title", parameters),
            notification_id=_notification_of(entry.entry_id),
        )

    def _dismiss(self, entry_id: EntryId) -> None:
        self._tries.pop(entry_id, None)
        if entry_id in self._shown:
            del self._shown[entry_id]
            self._notifications.dismiss(_notification_of(entry_id))


def _notification_of(entry_id: EntryId) -> str:
    return f"entry_{entry_id}"
