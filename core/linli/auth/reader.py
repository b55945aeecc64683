"""One user who reads, whatever view is the right one at the moment."""

from collections.abc import Callable

from linli.auth.view import Turn, View
from linli.bus import Unsubscribe
from linli.context import Purpose
from linli.ids import UserId
from linli.scope import Scope


class Reader:
    """One user looking for one purpose; ``view`` is always the one that holds now."""

    __slots__ = ("__weakref__", "_unwatch", "_watchers", "purpose", "scope", "user_id", "view")

    def __init__(self, user_id: UserId, purpose: Purpose, scope: Scope | None, view: View) -> None:
        self.user_id = user_id
        self.purpose = purpose
        self.scope = scope
        self.view = view
        self._watchers: tuple[Callable[[Turn], None], ...] = ()
        self._unwatch: Unsubscribe | None = None

    def watch(self, callback: Callable[[Turn], None]) -> Unsubscribe:
        """Have ``callback`` told, in the same loop iteration, whenever what this reader sees changes."""
        self._watchers = (*self._watchers, callback)
        if self._unwatch is None:
            self._unwatch = self.view.watch(self._tell)

        def unwatch() -> None:
            self._watchers = tuple(each for each in self._watchers if each is not callback)
            if not self._watchers and self._unwatch is not None:
                self._unwatch()
                self._unwatch = None

        return unwatch

    @property
    def watched(self) -> bool:
        return bool(self._watchers)

    def move(self, view: View, turn: Turn) -> None:
        """Look through another view from now on."""
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = view.watch(self._tell)
        self.view = view
        self._tell(turn)

    def _tell(self, turn: Turn) -> None:
        for watcher in self._watchers:
            watcher(turn)
