"""What people and those who look after the hub are shown: notifications, issues, metrics."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from linli.errors import ContractError
from linli.plugin.facets.facet import Facet
from linli.plugin.manifest import Privilege

if TYPE_CHECKING:
    from linli.issues import Severity
    from linli.messages import Message, Words
    from linli.metrics import Counter, Histogram, Series
    from linli.notifications import Audience

Unsubscribe = Callable[[], None]


class NotificationsFacet(Facet):
    """Persistent notifications: posts."""

    def create(
        self, message: "Words", *, title: "Words | None" = None, notification_id: str | None = None,
        audience: "Audience" = "admins", critical: bool = False,
    ) -> str:  # fmt: skip
        """Show it to ``audience`` until dismissed; the same id replaces. Returns the id.

        Of a plugin's many, the oldest goes when room runs out; a critical one never does.
        """
        if notification_id is not None:
            self._check_own(notification_id)
        return self._rooms.notifications.create(
            self._ctx.domain, message, title=title, notification_id=notification_id, audience=audience,
            critical=critical,
        )  # fmt: skip

    def dismiss(self, notification_id: str) -> None:
        """Take it away; absent is fine. One that it did not make needs the privilege ``override``."""
        self._check_own(notification_id)
        self._rooms.notifications.dismiss(notification_id)

    def _check_own(self, notification_id: str) -> None:
        standing = self._rooms.notifications.get(notification_id)
        if standing is not None and standing.owner != self._ctx.domain:
            self._ctx.require(Privilege.OVERRIDE)


class IssuesFacet(Facet):
    """Repair issues: posts."""

    def raise_issue(
        self, issue_id: str, message: "Message", *, severity: "Severity", fixable: bool = False,
        learn_more: str | None = None, persistent: bool = False,
    ) -> None:  # fmt: skip
        """Show something that a person should mend; the same id replaces."""
        self._rooms.issues.raise_issue(
            self._ctx.domain, issue_id, severity=severity, message=message, fixable=fixable, learn_more=learn_more,
            persistent=persistent,
        )  # fmt: skip

    def clear(self, issue_id: str) -> None:
        """It is mended; absent is fine."""
        self._rooms.issues.clear(self._ctx.domain, issue_id)


class MetricsFacet(Facet):
    """What this plugin counts and measures, for Prometheus: posts and handlers. Names begin with ``linli_DOMAIN_``."""

    def counter(self, name: str, help: str, labels: Sequence[str] = ()) -> "Counter":
        """A counter, named ``…_total``; the same one again for the same name. It stays over a reload."""
        return self._rooms.metrics.counter(self._own(name), help, labels, self._ctx.domain)

    def histogram(self, name: str, help: str, labels: Sequence[str] = ()) -> "Histogram":
        """How long something takes, in seconds; the same one again for the same name. It stays over a reload."""
        return self._rooms.metrics.histogram(self._own(name), help, labels, owner=self._ctx.domain)

    def gauge(
        self, name: str, help: str, read: Callable[[], "float | Series"], labels: Sequence[str] = ()
    ) -> Unsubscribe:
        """A number that ``read`` (quick) gives when somebody looks: the length of a queue. Goes with the entry."""
        return self._ctx.nursery.own(self._rooms.metrics.gauge(self._own(name), help, read, labels, self._ctx.domain))

    def _own(self, name: str) -> str:
        prefix = f"linli_{self._ctx.domain}_"
        if not name.startswith(prefix):
            raise ContractError(f"{self._ctx.domain} calls a metric {name}; its names begin with {prefix}")
        return name
