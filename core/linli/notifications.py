"""Persistent notifications: what stands on the screen until somebody dismisses it, in Home Assistant's shape.

They live in memory and end with the hub: who made them makes them again if they still hold.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

from linli.bus import Unsubscribe
from linli.clock import Clock
from linli.errors import InvalidRequest
from linli.ids import CORE, PluginDomain, UserId, new_id
from linli.ledger import Ledger, Listener
from linli.messages import Words, owned
from linli.translations import Translator

KEPT_PER_PLUGIN: Final = 200
"""Beyond it a plugin's oldest notification that is not critical goes, and is counted as dropped."""
KEPT_PER_MAKER: Final = 50
"""The same for what one user has made: nobody's notifications push out another's."""
MAX_TEXT: Final = 32_768
"""Characters that a person may have shown; longer text is refused."""

Audience = Literal["admins", "everyone"] | UserId
"""Who is shown it: the administrators, every user, or one user."""


class Change(StrEnum):
    """What happened, in Home Assistant's words (``persistent_notification/subscribe``)."""

    CURRENT = "current"
    ADDED = "added"
    REMOVED = "removed"
    UPDATED = "updated"


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification."""

    notification_id: str
    message: Words
    title: Words | None
    created_at: datetime
    owner: PluginDomain
    audience: Audience = "admins"
    critical: bool = False
    """Never dropped for want of room."""
    maker: UserId | None = None
    """The user who made it for themselves; ids are one user's own, so that none tells of what others have made."""

    @property
    def key(self) -> "Key":
        return self.maker, self.notification_id

    def concerns(self, user_id: UserId | None, *, admin: bool) -> bool:
        """Whether this user is shown it; administrators are shown what is for them and for everyone."""
        if self.audience == "everyone":
            return True
        return admin if self.audience == "admins" else self.audience == user_id

    def as_dict(self, translator: Translator, language: str) -> dict[str, Any]:
        """As Home Assistant's clients know it, in the reader's language."""
        return {
            "created_at": self.created_at,
            "message": translator.text(self.message, language),
            "notification_id": self.notification_id,
            "title": None if self.title is None else translator.text(self.title, language),
        }


Key = tuple[UserId | None, str]
"""What tells notifications apart: who made it for themselves (None: the hub and its plugins), and the id."""
Changed = tuple[Change, Mapping[str, Notification]]
"""What a watcher is handed: what happened, and to which, by id. Show each reader only what concerns them."""


class Notifications:
    """All notifications of one hub."""

    def __init__(self, clock: Clock, ledger: Ledger) -> None:
        self._clock = clock
        self._ledger = ledger
        self._standing: dict[Key, Notification] = {}
        self._watchers: tuple[Listener, ...] = ()

    def create(
        self, owner: PluginDomain, message: Words, *, title: Words | None = None, notification_id: str | None = None,
        audience: Audience = "admins", critical: bool = False, maker: UserId | None = None,
    ) -> str:  # fmt: skip
        """Show it until dismissed; the same id of the same maker replaces. Returns the id.

        Raises InvalidRequest for text too long.
        """
        for name, words in (("message", message), ("title", title)):
            if isinstance(words, str) and len(words) > MAX_TEXT:
                raise InvalidRequest(f"the {name} has more than {MAX_TEXT} characters", path=(name,))
        notification = Notification(
            notification_id or new_id(self._clock.timestamp()),
            owned(message, owner),
            None if title is None else owned(title, owner),
            self._clock.now(),
            owner,
            audience,
            critical,
            maker,
        )
        self._withdraw_from_others(notification)
        self._standing.pop(notification.key, None)
        self._standing[notification.key] = notification
        self._tell(Change.ADDED, {notification.notification_id: notification})
        self._make_room(notification)
        return notification.notification_id

    def _withdraw_from_others(self, new: Notification) -> None:
        """A replaced notification was for somebody else: take it off their screen, they are not shown the new one."""
        old = self._standing.get(new.key)
        if old is not None and old.audience != new.audience:
            self.dismiss(old.notification_id, old.maker)

    def _make_room(self, new: Notification) -> None:
        most = KEPT_PER_PLUGIN if new.maker is None else KEPT_PER_MAKER
        mine = [each for each in self._standing.values() if (each.owner, each.maker) == (new.owner, new.maker)]
        oldest = next((each for each in mine if not each.critical), None)
        if len(mine) > most and oldest is not None:
            self._ledger.note(
                new.owner, "dropped", "notifications", f"more than {most} notifications: the oldest went"
            )  # fmt: skip
            self.dismiss(oldest.notification_id, oldest.maker)

    def dismiss(self, notification_id: str, maker: UserId | None = None) -> None:
        """Take it away; absent is fine."""
        notification = self._standing.pop((maker, notification_id), None)
        if notification is not None:
            self._tell(Change.REMOVED, {notification_id: notification})

    def dismiss_all(self, user_id: UserId | None = None, *, admin: bool = True) -> None:
        """Take away all that concern this user (by default: all that are not another user's own)."""
        gone = self.all(user_id, admin=admin)
        for each in gone:
            del self._standing[each.key]
        self._tell(Change.REMOVED, {each.notification_id: each for each in gone})

    def get(self, notification_id: str, maker: UserId | None = None) -> Notification | None:
        """One notification, or None."""
        return self._standing.get((maker, notification_id))

    def all(self, user_id: UserId | None = None, *, admin: bool = True) -> list[Notification]:
        """What this user is shown, oldest first."""
        return [each for each in self._standing.values() if each.concerns(user_id, admin=admin)]

    def watch(self, callback: Callable[[Changed], object], owner: PluginDomain = CORE) -> Unsubscribe:
        """Have ``callback`` told of every change as it is made."""
        where = getattr(callback, "__qualname__", repr(callback))
        listener = Listener(callback, owner, where, self._ledger)
        self._watchers = (*self._watchers, listener)

        def unwatch() -> None:
            self._watchers = tuple(each for each in self._watchers if each is not listener)

        return unwatch

    def _tell(self, change: Change, which: Mapping[str, Notification]) -> None:
        for watcher in self._watchers:
            watcher.notify((change, which))
