"""What people are shown, and what is counted."""

from collections.abc import Mapping, Sequence
from typing import Any

from linli.children.session import At
from linli.errors import ContractError
from linli.issues import Severity
from linli.messages import Message


def _own_note(at: At, notification_id: str) -> None:
    standing = at.rooms.notifications.get(notification_id)
    if standing is not None and standing.owner != at.ctx.domain:
        raise ContractError(f"the notification {notification_id} is {standing.owner}'s")


def create_notification(at: At, message: Message | str, said: Mapping[str, Any]) -> None:
    _own_note(at, said["notification_id"])
    at.ctx.notifications.create(message, **said)


def dismiss_notification(at: At, notification_id: str) -> None:
    _own_note(at, notification_id)
    at.ctx.notifications.dismiss(notification_id)


def raise_issue(at: At, issue_id: str, said: Mapping[str, Any]) -> None:
    at.ctx.issues.raise_issue(issue_id, **{**said, "severity": Severity(said["severity"])})


def clear_issue(at: At, issue_id: str) -> None:
    at.ctx.issues.clear(issue_id)


def counter(at: At, name: str, help: str, labels: Sequence[str]) -> None:
    at.session.counters[name] = at.ctx.metrics.counter(name, help, labels)


def histogram(at: At, name: str, help: str, labels: Sequence[str]) -> None:
    at.session.histograms[name] = at.ctx.metrics.histogram(name, help, labels)


def gauge(at: At, number: int, name: str, help: str, labels: Sequence[str]) -> None:
    series: dict[tuple[str, ...], float] = {}
    at.session.gauges[at.number, number] = series
    at.keep(number, at.ctx.metrics.gauge(name, help, lambda: dict(series), labels))


def add(at: At, name: str, gathered: Sequence[Any]) -> None:
    for labels, by in gathered:
        at.session.counters[name].add(*map(str, labels), by=max(float(by), 0.0))


def observe(at: At, name: str, gathered: Sequence[Any]) -> None:
    for labels, value in gathered:
        at.session.histograms[name].observe(float(value), *map(str, labels))


def gauge_is(at: At, number: int, told: Sequence[Any]) -> None:
    series = at.session.gauges[at.number, number]
    series.clear()
    series.update({tuple(map(str, labels)): float(value) for labels, value in told[:1000]})


def refused(at: At, reason: str, name: str) -> None:
    """It was refused over there already; noted as it would be here."""
    sentence = f"{at.ctx.domain}: {reason} {name} was refused in its own process"
    at.rooms.walls.note_refusal(at.ctx.domain, str(reason)[:60], str(name)[:200], sentence)
