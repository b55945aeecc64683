"""What statistics are and how they come out of readings: pure, without a clock or a disk.

The rules are Home Assistant's: a mean weighs each value by how long it held; a meter that starts anew (its
``last_reset`` moved, or a total that only grows fell by more than a tenth) goes on summing from where it was.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

FIVE_MINUTES_US: Final = 300_000_000
HOUR_US: Final = 3_600_000_000
SHARE_OF_A_RESET: Final = 0.9
"""A growing total below this share of the last one has begun anew; a smaller dip is a mistake of the device."""


class MeanType(IntEnum):
    """How the mean of a statistic is made."""

    NONE = 0
    ARITHMETIC = 1
    CIRCULAR = 2
    """Of angles in degrees: 350° and 10° have the mean 0°."""


MEAN_TYPES: Final = {"measurement": MeanType.ARITHMETIC, "measurement_angle": MeanType.CIRCULAR}
SUMMED: Final = frozenset({"total", "total_increasing"})
STATE_CLASSES: Final = frozenset({*MEAN_TYPES, *SUMMED})


class Point(NamedTuple):
    """A reading: from when it held (microseconds), its value, and when its meter began at zero."""

    at_us: int
    value: float
    last_reset_us: int | None = None


@dataclass(frozen=True, slots=True)
class Values:
    """One row of statistics."""

    mean: float | None = None
    min: float | None = None
    max: float | None = None
    state: float | None = None
    sum: float | None = None
    last_reset_us: int | None = None


NOTHING: Final = Values()


def numeric(state: str | None) -> float | None:
    """The number that a state says; None where it says none (``unavailable``, ``nan``)."""
    try:
        value = float(state or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def measured(points: Sequence[Point], start_us: int, end_us: int, mean_type: MeanType) -> Values:
    """Mean, least and greatest of what held between; ``points`` begin with what held at the start, if anything did."""
    values = [point.value for point in points]
    if mean_type is MeanType.CIRCULAR:
        return Values(mean=_circular_mean(_weighted(points, start_us, end_us)))
    return Values(mean=_mean(_weighted(points, start_us, end_us)), min=min(values), max=max(values))


def _weighted(points: Sequence[Point], start_us: int, end_us: int) -> list[tuple[float, int]]:
    """Each value with how long it held."""
    begins = [max(point.at_us, start_us) for point in points]
    ends = [*begins[1:], end_us]
    return [(point.value, end - begin) for point, begin, end in zip(points, begins, ends, strict=True)]


def _mean(weighted: Sequence[tuple[float, int]]) -> float:
    whole = sum(weight for _, weight in weighted)
    if not whole:
        return weighted[-1][0]
    return math.fsum(value * weight for value, weight in weighted) / whole


def _circular_mean(weighted: Sequence[tuple[float, int]]) -> float:
    if not any(weight for _, weight in weighted):
        weighted = [(weighted[-1][0], 1)]
    across = math.fsum(math.sin(math.radians(value)) * weight for value, weight in weighted)
    along = math.fsum(math.cos(math.radians(value)) * weight for value, weight in weighted)
    return math.degrees(math.atan2(across, along)) % 360


def counted(points: Sequence[Point], before: Values | None, *, only_grows: bool) -> Values:
    """Where a meter and its sum stand after these readings; ``before``: where they stood."""
    total = 0.0 if before is None or before.sum is None else before.sum
    last = None if before is None else before.state
    reset = None if before is None else before.last_reset_us
    begin: float | None = last
    now = last
    for point in points:
        if _begins_anew(point, now, reset, only_grows=only_grows, first=begin is None):
            if begin is not None and now is not None:
                total += now - begin
                begin = 0.0
            else:
                begin = point.value
            reset = point.last_reset_us
        now = point.value
    if now is None or begin is None:
        return NOTHING
    return Values(state=now, sum=total + (now - begin), last_reset_us=reset)


def _begins_anew(point: Point, now: float | None, reset: int | None, *, only_grows: bool, first: bool) -> bool:
    if first:
        return True
    if only_grows:
        return now is not None and point.value < SHARE_OF_A_RESET * now
    return point.last_reset_us is not None and point.last_reset_us != reset


def joined(rows: Sequence[Values], mean_type: MeanType) -> Values:
    """Several rows of equal length as one."""
    means = [row.mean for row in rows if row.mean is not None]
    least = [row.min for row in rows if row.min is not None]
    most = [row.max for row in rows if row.max is not None]
    mean: float | None = None
    if means:
        equal = [(value, 1) for value in means]
        mean = _circular_mean(equal) if mean_type is MeanType.CIRCULAR else _mean(equal)
    last = next((row for row in reversed(rows) if row.sum is not None or row.state is not None), NOTHING)
    return Values(mean, min(least, default=None), max(most, default=None), last.state, last.sum, last.last_reset_us)


def floor(at_us: int, step_us: int) -> int:
    """The beginning of the step that ``at_us`` lies in."""
    return at_us - at_us % step_us
