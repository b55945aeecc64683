"""Tells screens that look at the plugins when there is something new to see."""

from typing import Any, Final

from linli.bus import EventBus, EventType
from linli.clock import Clock, Timer
from linli.ids import PluginDomain
from linli.ledger import Charge, Ledger
from linli.plugin.overview import PluginOverview, PluginStatus

PLUGINS_UPDATED: Final[EventType[dict[str, Any]]] = EventType("linli_plugins_updated")
"""Plugins came up, failed, or were charged with something; at most once a second, and only while somebody listens.

domains: which plugins
"""
EVERY_S: Final = 1.0


class Announcing:
    """Collects what changes, for as long as somebody listens to :data:`PLUGINS_UPDATED`."""

    def __init__(self, clock: Clock, bus: EventBus, ledger: Ledger, overview: PluginOverview) -> None:
        self._clock = clock
        self._bus = bus
        self._listeners = bus.listeners_of(PLUGINS_UPDATED)
        self._domains: set[PluginDomain] = set()
        self._timer: Timer | None = None
        overview.watch(self._turned)
        ledger.watch(self._charged)

    def _turned(self, status: PluginStatus) -> None:
        self._note(status.domain)

    def _charged(self, domain: PluginDomain, charge: Charge) -> None:
        self._note(domain)

    def _note(self, domain: PluginDomain) -> None:
        if not self._listeners.members:
            return
        self._domains.add(domain)
        if self._timer is None:
            self._timer = self._clock.call_later(EVERY_S, self._tell)

    def _tell(self) -> None:
        self._timer = None
        domains, self._domains = sorted(self._domains), set()
        self._bus.fire(PLUGINS_UPDATED, {"domains": domains})

    def close(self) -> None:
        """Tell nothing more."""
        if self._timer is not None:
            self._timer.cancel()
