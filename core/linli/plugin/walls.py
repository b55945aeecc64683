"""Around every plugin: what it was refused, and how much it may do in a time; counted for the metrics and the page."""

from collections import Counter
from typing import NoReturn

from linli.ids import PluginDomain
from linli.ledger import Ledger
from linli.metrics import Metrics, Series
from linli.plugin.capabilities import Kind, Undeclared
from linli.storage.journal import Journal


class Walls:
    """What the door asks before it lets anything through."""

    def __init__(self, ledger: Ledger, journal: Journal, metrics: Metrics) -> None:
        self._ledger = ledger
        self._journal = journal
        self._refused: Counter[tuple[PluginDomain, str]] = Counter()
        metrics.counted(
            "linli_plugin_refusals_total",
            "What plugins were refused at the door, by capability or privilege",
            self._refusals,
            ("plugin", "capability"),
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

    def _refusals(self) -> Series:
        return {(plugin, capability): count for (plugin, capability), count in self._refused.items()}
