"""Whether something grows, said from a series of samples, so that neither the warm-up nor one step decides it.

The line of least squares is drawn towards a single step; the median of the slopes between all pairs of points is not,
up to 29 % of odd ones (Theil 1950; Sen, "Estimates of the regression coefficient based on Kendall's tau", Journal of
the American Statistical Association 63, 1968). What a median of slopes is blind to, a few steps in a short run, is
caught by what was added in all.
"""

import statistics
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import Final

Point = tuple[float, float]
JUDGED_FROM: Final = 1 / 3
"""What comes before is the warm-up."""
FEWEST: Final = 4
END: Final = 0.1
"""The share at each end whose medians are compared."""


def settled(samples: Sequence[Point], count: int, of: Callable[[Iterable[float]], float]) -> list[Point]:
    """The last two thirds, by their position on the first axis: one value of each of about ``count`` equal parts.

    Samples close together know little of their own.
    """
    if not samples:
        return []
    begins = samples[0][0] + (samples[-1][0] - samples[0][0]) * JUDGED_FROM
    rest = [sample for sample in samples if sample[0] >= begins]
    size = max(len(rest) // count, 1)
    parts = [rest[at : at + size] for at in range(0, len(rest) - size + 1, size)]
    return [(statistics.median(at for at, _ in part), of([value for _, value in part])) for part in parts]


def median_slope(points: Sequence[Point]) -> float:
    """Theil and Sen's: what is added with every unit of the first axis."""
    if len(points) < FEWEST:
        return 0.0
    pairs = combinations(points, 2)
    return statistics.median((b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs if b[0] > a[0])


def least_squares(points: Sequence[Point]) -> float:
    """The same by the line of least squares."""
    if len(points) < FEWEST:
        return 0.0
    return statistics.linear_regression([at for at, _ in points], [value for _, value in points]).slope


def added(points: Sequence[Point]) -> float:
    """What the end has more than the beginning, steps and all: the medians of a tenth at each end."""
    if len(points) < FEWEST:
        return 0.0
    count = max(round(len(points) * END), 1)
    return statistics.median(value for _, value in points[-count:]) - statistics.median(
        value for _, value in points[:count]
    )
