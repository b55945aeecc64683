"""Around every plugin: what it was refused, and how much it may do in a time; counted for the metrics and the page."""

from collections import Counter
from collections.abc import Collection
from functools import partial
from typing import Final, NoReturn

from linli.clock import Clock
from linli.config import Checked
from linli.ids import PluginDomain
from linli.ledger import Ledger
from linli.metrics import Metrics, Series
from linli.plugin.capabilities import Kind, Undeclared
from linli.plugin.flood import (
    CALLS,
    ENDLESS,
    EVENTS,
    LOG_LINES,
    STATES,
    UNLIMITED,
    Allowance,
    Meter,
    Rate,
    StateMeter,
)
from linli.plugin.safeguard import Safeguard
from linli.storage.journal import Journal

CHARGE_EVERY_S: Final = 60.0


class Walls:
    """What the door asks before it lets anything through."""

    def __init__(self, clock: Clock, ledger: Ledger, journal: Journal, metrics: Metrics, safeguard: Safeguard) -> None:
        self._clock = clock
        self._safeguard = safeguard
        self._allowances: dict[PluginDomain, Allowance] = {}
        self._dropped: Counter[tuple[PluginDomain, str]] = Counter()
        self._charged: dict[tuple[PluginDomain, str], float] = {}
        self._ledger = ledger
        self._journal = journal
        self._refused: Counter[tuple[PluginDomain, str]] = Counter()
        metrics.counted(
            "linli_plugin_refusals_total",
            "What plugins were refused at the door, by capability or privilege",
            self._refusals,
            ("plugin", "capability"),
        )
        metrics.counted(
            "linli_plugin_floods_total",
            "What was too much at once: events and log lines dropped, calls refused, readings replaced by newer ones",
            self._floods,
            ("plugin", "kind"),
        )

    def refuse(self, plugin: PluginDomain, kind: Kind, name: str) -> NoReturn:
        """Charge, count, journal (one row a minute for each capability) and raise."""
        error = Undeclared(plugin, kind, name)
        self.note_refusal(plugin, kind, name, str(error))
        raise error

    def note_refusal(self, plugin: PluginDomain, reason: str, name: str, sentence: str) -> None:
        """The same without raising: for a privilege, where the sentence is another."""
        self._refused[plugin, reason] += 1
        self._ledger.note(plugin, "refused", f"{reason} {name}".rstrip(), sentence)
        self._journal.refused(plugin, reason)

    # floods ----------------------------------------------------------------------------------------------------------

    def allowance(self, plugin: PluginDomain) -> Allowance:
        """The meters of a plugin, the same ones for all its doors; without limits for what is for safety."""
        allowance = self._allowances.get(plugin)
        if allowance is None:
            allowance = self._allowances[plugin] = self._new_allowance(plugin)
        return allowance

    def take_up(self, checked: Checked, domains: Collection[str]) -> None:
        """The sections of ``domains`` hold as they are now: what they name for safety is held up no more."""
        self._safeguard.take_up(checked, domains)
        for plugin, allowance in self._allowances.items():
            if plugin in self._safeguard.plugins and allowance is not UNLIMITED:
                allowance.free()

    def limits(self, plugin: PluginDomain) -> bool:
        """Whether anything of the plugin is held up at all."""
        return plugin not in self._safeguard.plugins

    def _new_allowance(self, plugin: PluginDomain) -> Allowance:
        if plugin in self._safeguard.plugins:
            return UNLIMITED
        over = partial(partial, self._over, plugin)
        charge = partial(self._ledger.error, plugin, "a reading that had waited")
        return Allowance(
            Meter(self._clock, EVENTS, over("events", EVENTS)),
            StateMeter(self._clock, STATES, over("states", STATES), charge),
            Meter(self._clock, CALLS, over("calls", CALLS)),
            Meter(self._clock, LOG_LINES, over("log lines", LOG_LINES)),
        )

    def meter_of(self, plugin: PluginDomain, entity_id: str) -> StateMeter:
        """What readings of an entity are counted on."""
        return ENDLESS if entity_id in self._safeguard.names else self.allowance(plugin).states

    def for_safety(self, name: str) -> bool:
        """Whether an event, or a service's domain, is for safety, so that no limit holds it up."""
        return name in self._safeguard.names or name in self._safeguard.plugins

    def _over(self, plugin: PluginDomain, kind: str, rate: Rate) -> None:
        """Count each, charge once a minute."""
        self._dropped[plugin, kind] += 1
        now = self._clock.monotonic()
        last = self._charged.get((plugin, kind))
        if last is None or now - last >= CHARGE_EVERY_S:
            self._charged[plugin, kind] = now
            sentence = f"more than {rate.per_second:g} {kind} a second ({rate.burst:g} at once)"
            self._ledger.note(plugin, "dropped", kind, sentence)

    def close(self) -> None:
        """The hub stops: nothing that waits is published any more."""
        for allowance in self._allowances.values():
            if allowance is not UNLIMITED:
                allowance.states.close()

    def _floods(self) -> Series:
        return {(plugin, kind): count for (plugin, kind), count in self._dropped.items()}

    def _refusals(self) -> Series:
        return {(plugin, capability): count for (plugin, capability), count in self._refused.items()}
