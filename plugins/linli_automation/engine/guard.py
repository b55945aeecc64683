"""The loop guard: rules that set each other going without end are slowed and named; the hub goes on."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from linli import Context, Event, Message, PluginContext, Severity

DEEP: Final = 16
"""Rules in one chain of causes before it is taken for a loop: people's rules are two or three deep."""
LINK_S: Final = 10.0
"""What comes of a rule later than this is a beginning and no link of a chain: a reminder that starts itself again every
ten minutes is no loop that eats the hub."""
PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 300.0
MOST_IN_WINDOW: Final = 2_500
"""Starts of one rule that nobody outside asked for: so many take a tenth of a core, and no home has such a sensor."""
WINDOW_S: Final = 10.0
REMEMBERED: Final = 2000


@dataclass(slots=True)
class _Starts:
    """How often a rule was set going lately."""

    since: float
    count: int = 0
    slowed: int = 0
    until: float = 0.0
    pause: float = 0.0
    """The last one, which ended at ``until``."""

    def often(self, now: float) -> bool:
        """Count one more; whether they are too many for a window."""
        if now - self.since >= WINDOW_S:
            self.since, self.count = now, 0
        self.count += 1
        return self.count > MOST_IN_WINDOW


class Guard:
    """One plugin's. ``named`` is told once of each rule that begins to be slowed, and of its end."""

    def __init__(self, now: Callable[[], float], named: Callable[[str, str | None, bool], None]) -> None:
        self._now = now
        self._named = named
        self._depth: OrderedDict[str, tuple[int, str, float]] = OrderedDict()
        """By the context of a run: how many rules led to it, which it was, and when it began."""
        self._starts: dict[str, _Starts] = {}
        self.dropped = 0

    def pause_before(self, rule: str, cause: Context | None) -> float | None:
        """How long a rule has to wait before it may go (0: not at all); None: it is slowed and waits already."""
        if cause is not None and cause.user_id is not None:
            return 0.0  # somebody outside asked for it: no rule did
        now = self._now()
        starts = self._starts.get(rule)
        if starts is None:
            starts = self._starts[rule] = _Starts(now)
        depth, before = self._chain(cause, now)
        if now < starts.until:
            self.dropped += 1
            return None
        if depth < DEEP and not starts.often(now):
            if starts.slowed and now - starts.until > LONGEST_PAUSE_S:
                starts.slowed = 0
                self._named(rule, None, False)
            return 0.0
        if not starts.slowed:
            self._named(rule, before, True)
        starts.slowed += 1
        pause = min(PAUSE_S * 2.0 ** min(starts.slowed - 1, 10), LONGEST_PAUSE_S)
        starts.pause, starts.until = pause, now + pause
        return pause

    def ran(self, rule: str, cause: Context | None, context: Context) -> None:
        """A rule was set going: what follows from ``context`` is one deeper."""
        now, starts = self._now(), self._starts.get(rule)
        waited = 0.0 if starts is None or not 0.0 <= now - starts.until <= 1.0 else starts.pause
        depth, _ = self._chain(cause, now - waited)
        self._keep(context, depth + 1, rule)

    def passed(self, context: Context) -> None:
        """A rule of another kind runs: what follows from ``context`` is as deep as it is."""
        depth, before = self._chain(context, self._now())
        if before is not None:
            self._keep(context, depth, before)

    def _keep(self, context: Context, depth: int, rule: str) -> None:
        self._depth[context.id] = depth, rule, self._now()
        if len(self._depth) > REMEMBERED:
            self._depth.popitem(last=False)

    def forget(self, rule: str) -> None:
        """A rule is gone."""
        self._starts.pop(rule, None)

    def _chain(self, cause: Context | None, now: float) -> tuple[int, str | None]:
        if cause is not None:
            for key in (cause.id, cause.parent_id):
                if key is not None and key in self._depth:
                    depth, rule, at = self._depth[key]
                    return (depth, rule) if now - at <= LINK_S else (0, None)
        return 0, None


def guard_of(ctx: PluginContext, passed: str) -> Guard:
    """The guard of a plugin's rules, which tells of loops by issues. ``passed``: the event by which the runs of the
    other kind of rules are told, through which chains go on."""

    def named(rule: str, before: str | None, begins: bool) -> None:
        issue = f"loop_{rule}"
        if not begins:
            ctx.issues.clear(issue)
            return
        words = {"rule": rule, "before": before or rule}
        ctx.log.error("%s and %s set each other going without end; they are slowed", rule, before or rule)
        ctx.issues.raise_issue(issue, Message("loop", words), severity=Severity.WARNING)

    def went(event: Event[Any]) -> None:
        guard.passed(event.context)

    guard = Guard(ctx.clock.monotonic, named)
    ctx.bus.listen(passed, went)
    return guard
