"""How each enabled plugin fares: what ``/api/linli/plugins`` and the plugins' page show."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from linli.ids import PluginDomain
from linli.ledger import Account, Ledger
from linli.messages import Message
from linli.plugin.manifest import Manifest


class PluginState(StrEnum):
    """The life of a plugin in this run of the hub."""

    DISABLED = "disabled"
    """Its section or its manifest did not pass the check, or a person keeps it off (``quarantine.py`` knows)."""
    IMPORTED = "imported"
    RUNNING = "running"
    RETRYING = "retrying"
    """Its set-up failed and will be tried again."""
    FAILED = "failed"
    """It could not be imported, or what it requires failed for good."""
    QUARANTINED = "quarantined"
    """The hub put it out after failures, until an administrator lets it in again."""
    STOPPED = "stopped"


@dataclass(slots=True)
class PluginStatus:
    """One plugin now."""

    domain: PluginDomain
    manifest: Manifest | None
    distribution: str
    state: PluginState
    reason: str | None = None
    cause: Message | None = None
    """The reason for people, where the hub has a sentence for it."""
    attempts: int = 0
    account: Account = field(default_factory=Account)


class PluginOverview:
    """The status of every plugin that the deployment names or requires."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._plugins: dict[PluginDomain, PluginStatus] = {}
        self._watchers: list[Callable[[PluginStatus], None]] = []

    def watch(self, watcher: Callable[[PluginStatus], None]) -> None:
        """Have ``watcher`` told of every turn in a plugin's life."""
        self._watchers.append(watcher)

    def _tell(self, status: PluginStatus) -> None:
        for watcher in self._watchers:
            watcher(status)

    def enter(self, domain: PluginDomain, manifest: Manifest | None, distribution: str, state: PluginState) -> None:
        """Take a plugin up."""
        status = self._plugins[domain] = PluginStatus(
            domain, manifest, distribution, state, account=self._ledger.account(domain)
        )
        self._tell(status)

    def turn(
        self, domain: PluginDomain, state: PluginState, reason: str | None = None, cause: Message | None = None
    ) -> None:
        """Note what became of it, and why."""
        status = self._plugins[domain]
        status.state, status.reason, status.cause = state, reason, cause
        if state is PluginState.RETRYING:
            status.attempts += 1
        self._tell(status)

    def get(self, domain: str) -> PluginStatus | None:
        """One plugin, or None."""
        return self._plugins.get(PluginDomain(domain))

    def all(self) -> list[PluginStatus]:
        """Every plugin, by name."""
        return [self._plugins[domain] for domain in sorted(self._plugins)]

    def manifests(self) -> dict[str, Manifest]:
        """The manifests of the plugins that run or try to."""
        return {domain: status.manifest for domain, status in self._plugins.items() if status.manifest is not None}
