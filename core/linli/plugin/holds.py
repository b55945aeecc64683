"""Holds: whoever had a plugin hold the loop until the hub was killed is turned away from it; two of them put it out.

So nobody puts a plugin out for all by asking it for what it cannot bear, and nobody keeps ending the hub with it.
One document for each plugin, with who it was and when; they fade within a day.
"""

from collections.abc import Callable
from typing import Final

from linli.clock import Clock
from linli.ids import PluginDomain
from linli.ledger import Ledger
from linli.storage import Storage
from linli.storage.document import DocumentKind, Value

KIND: Final = "core.holds"
REMEMBERED_S: Final = 86_400.0
AWAY_S: Final = 3_600.0
"""How long whoever did it asks nothing of that plugin."""
CALLERS: Final = 2
"""Of so many different callers within a day the plugin itself is at fault."""


class Holds:
    """Who had which plugin hold the loop."""

    def __init__(self, storage: Storage, clock: Clock, ledger: Ledger) -> None:
        storage.documents.register(DocumentKind(KIND, check=_check))
        self._storage = storage
        self._clock = clock
        self._ledger = ledger
        self._by: dict[PluginDomain, dict[str, float]] = {}
        self._undo: dict[PluginDomain, list[Callable[[], None]]] = {}

    async def load(self) -> None:
        """Take up what happened before; who is turned away stays so for the rest of the hour."""
        for name, document in (await self._storage.documents.load(KIND)).items():
            domain = PluginDomain(name)
            self._by[domain] = {who: float(at) for who, at in document.value["by"].items() if self._is_fresh(at)}
            for who, at in self._by[domain].items():
                self._turn_away(domain, who, at)

    async def add(self, domain: PluginDomain, who: str) -> bool:
        """One more: they are turned away. True: there were others; the plugin is at fault. Raises StorageError."""
        now = self._clock.timestamp()
        by = {other: at for other, at in self._by.get(domain, {}).items() if self._is_fresh(at)}
        by[who] = now
        self._by[domain] = by
        self._turn_away(domain, who, now)
        await self._storage.documents.put(KIND, domain, {"by": by})
        return len(by) >= CALLERS

    async def forget(self, domain: PluginDomain) -> None:
        """Begin anew with a plugin: nobody is turned away from it any more."""
        for undo in self._undo.pop(domain, ()):
            undo()
        if self._by.pop(domain, None) is not None:
            await self._storage.documents.delete(KIND, domain)

    def _is_fresh(self, at: float) -> bool:
        return abs(self._clock.timestamp() - at) <= REMEMBERED_S  # a clock that was set back must not remember for ever

    def _turn_away(self, domain: PluginDomain, who: str, at: float) -> None:
        left = at + AWAY_S - self._clock.timestamp()
        if not 0 < left <= AWAY_S:
            return
        admit = self._ledger.turn_away(domain, who)
        self._undo.setdefault(domain, []).append(admit)
        self._clock.call_later(left, admit)


def _check(key: str, value: Value) -> None:
    for at in value["by"].values():
        float(at)
