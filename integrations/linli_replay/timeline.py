"""When what is played: changes in their order, and where they fall on the clock. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from linli_replay.recording import Activation, Sensor

DAY: Final = timedelta(days=1)


class Start(StrEnum):
    """Where on the clock the recording is laid."""

    NOW = "now"
    """Its first change comes at once."""
    TIME_OF_DAY = "time_of_day"
    """It goes on from the present hour of its first day; of what came before, only the last states are shown."""
    RECORDED = "recorded"
    """Its changes come at the dates at which they were recorded; for a clock that is simulated."""


@dataclass(frozen=True, slots=True)
class Change:
    """A sensor turned on or off; ``at`` is the recorded moment, UTC."""

    at: datetime
    sensor: Sensor
    on: bool


def changes(activations: Iterable[Activation]) -> list[Change]:
    """What really changed, in order: activations of one sensor that overlap are one, those that only touch are two."""
    found: list[tuple[datetime, int, int, Change]] = []
    for number, (sensor, start, end) in enumerate(_merged(activations)):
        found.append((start, number, 0, Change(start, sensor, True)))
        found.append((end, number, 1, Change(end, sensor, False)))
    return [change for *_, change in sorted(found, key=lambda item: item[:3])]


def _merged(activations: Iterable[Activation]) -> list[tuple[Sensor, datetime, datetime]]:
    """Spans without overlap, by start; a span keeps the place of its first activation."""
    spans: list[tuple[Sensor, datetime, datetime]] = []
    latest: dict[Sensor, int] = {}
    for activation in sorted(activations, key=lambda one: (one.start, one.line)):
        known = latest.get(activation.sensor)
        if known is not None and activation.start < spans[known][2]:
            sensor, start, end = spans[known]
            spans[known] = (sensor, start, max(end, activation.end))
        else:
            latest[activation.sensor] = len(spans)
            spans.append((activation.sensor, activation.start, activation.end))
    return spans


@dataclass(frozen=True, slots=True)
class Timeline:
    """Recorded moments laid on the clock: ``origin`` falls on ``anchor``, and ``speed`` times as fast from there."""

    origin: datetime
    anchor: datetime
    speed: float
    period: timedelta
    """How long one round lasts as recorded: whole days, so that mornings stay mornings."""

    @classmethod
    def lay(cls, played: Sequence[Change], start: Start, speed: float, now: datetime, zone: tzinfo) -> "Timeline":
        """The timeline of ``played`` (not empty, in order) for a player that begins at ``now``."""
        first, last = played[0].at, played[-1].at
        period = -(-(last - first + timedelta(seconds=1)) // DAY) * DAY
        if start is Start.NOW:
            return cls(first, now, speed, period)
        if start is Start.RECORDED:
            return cls(first, first, speed, period)
        begin, present = first.astimezone(zone), now.astimezone(zone)
        hours = timedelta(hours=present.hour, minutes=present.minute, seconds=present.second)
        midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
        return cls((midnight + hours).astimezone(UTC), now, speed, period)

    def due(self, moment: datetime, rounds: int = 0) -> datetime:
        """When what was recorded at ``moment`` is played for the ``rounds``-th time again."""
        return self.anchor + (moment - self.origin + rounds * self.period) / self.speed


def schedule(
    played: Sequence[Change], timeline: Timeline, now: datetime, *, loop: bool
) -> Iterator[tuple[datetime, Change]]:
    """Each change with the moment at which it is due, round after round with ``loop``.

    A loop begins with the round that is not over by ``now``: nobody waits for years of rounds to be caught up.
    """
    rounds = 0
    if loop:
        late = (now - timeline.due(played[-1].at)) * timeline.speed
        rounds = max(0, -(-late // timeline.period))
    while True:
        for change in played:
            yield timeline.due(change.at, rounds), change
        rounds += 1
        if not loop:
            return
