"""What can be counted and measured, and how Prometheus reads it (text format 0.0.4).

Counting is a dictionary increment. What stands elsewhere already (queues, the ledger's accounts) is read only when
somebody looks. Why no library: docs/decisions/0010-metrics.md.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from linli.errors import ContractError
from linli.ids import CORE, PluginDomain
from linli.ledger import Ledger

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
MAX_SERIES: Final = 1000
"""Label combinations kept per family; what comes after is counted together under ``other``."""
OTHER: Final = "other"
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Buckets for how long something took or waited."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_HELP_ESCAPES: Final = str.maketrans({"\\": r"\\", "\n": r"\n"})


class Kind(StrEnum):
    """What a family's numbers mean."""

    COUNTER = "counter"
    """Only grows; begins anew at each start."""
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


Labels = tuple[str, ...]
"""The values of a family's labels, in their order."""
Series = Mapping[Labels, float]


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with all its series, as it is read out."""

    name: str
    help: str
    kind: Kind
    labels: tuple[str, ...]
    samples: Callable[[], Iterable[tuple[str, str, float]]]
    """(suffix of the name, labels as text, value) for each line."""


class Counter:
    """Counts up; :meth:`add` is for the hot path."""

    __slots__ = ("_series",)

    def __init__(self) -> None:
        self._series: dict[Labels, float] = {}

    def add(self, *labels: str, by: float = 1) -> None:
        """Count ``by`` for these label values."""
        series = self._series
        if labels not in series and len(series) >= MAX_SERIES:
            labels = (OTHER,) * len(labels)
        series[labels] = series.get(labels, 0) + by

    @property
    def series(self) -> Series:
        """What was counted so far."""
        return self._series


class Histogram:
    """How often something took how long (or was how large), in buckets."""

    __slots__ = ("_buckets", "_series")

    def __init__(self, buckets: Sequence[float]) -> None:
        self._buckets = tuple(sorted(buckets))
        self._series: dict[Labels, list[float]] = {}

    def observe(self, value: float, *labels: str) -> None:
        """Count one observation."""
        counts = self._series.get(labels)
        if counts is None:
            if len(self._series) >= MAX_SERIES:
                labels = (OTHER,) * len(labels)
            counts = self._series.setdefault(labels, [0.0] * (len(self._buckets) + 2))
        counts[bisect_left(self._buckets, value)] += 1
        counts[-1] += value

    def samples(self, names: tuple[str, ...]) -> Iterator[tuple[str, str, float]]:
        """The lines of the exposition: cumulative buckets, sum, count."""
        for values, counts in self._series.items():
            below = 0.0
            for bound, count in zip((*self._buckets, math.inf), counts, strict=False):
                below += count
                yield "_bucket", _labels((*names, "le"), (*values, _number(bound))), below
            yield "_sum", _labels(names, values), counts[-1]
            yield "_count", _labels(names, values), below


T = TypeVar("T", Counter, Histogram)


class Metrics:
    """All metrics of one hub."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._families: dict[str, tuple[Family, PluginDomain]] = {}
        self._sources: dict[str, Counter | Histogram] = {}

    def counter(self, name: str, help: str, labels: Sequence[str] = (), owner: PluginDomain = CORE) -> Counter:
        """A counter; its name ends in ``_total``. The same one again for the same name."""
        if not name.endswith("_total"):
            raise ContractError(f"the counter {name} must end in _total")
        counter = self._source(name, Counter())
        if not labels:
            counter.add(by=0)
        self._enter(Family(name, help, Kind.COUNTER, tuple(labels), _series_of(lambda: counter.series, labels)), owner)
        return counter

    def histogram(
        self, name: str, help: str, labels: Sequence[str] = (), buckets: Sequence[float] = SECONDS,
        owner: PluginDomain = CORE,
    ) -> Histogram:  # fmt: skip
        """A histogram. The same one again for the same name."""
        names = tuple(labels)
        histogram = self._source(name, Histogram(buckets))
        self._enter(Family(name, help, Kind.HISTOGRAM, names, lambda: histogram.samples(names)), owner)
        return histogram

    def gauge(
        self, name: str, help: str, read: Callable[[], float | Series], labels: Sequence[str] = (),
        owner: PluginDomain = CORE,
    ) -> Callable[[], None]:  # fmt: skip
        """A number that ``read`` (synchronous, quick) gives when somebody looks; by labels if it gives a mapping.

        The returned function takes it away.
        """
        return self._read(Kind.GAUGE, name, help, read, labels, owner)

    def counted(
        self, name: str, help: str, read: Callable[[], float | Series], labels: Sequence[str] = (),
        owner: PluginDomain = CORE,
    ) -> Callable[[], None]:  # fmt: skip
        """A counter that somebody else keeps: like :meth:`gauge`, but it only grows."""
        return self._read(Kind.COUNTER, name, help, read, labels, owner)

    def _read(
        self, kind: Kind, name: str, help: str, read: Callable[[], float | Series], labels: Sequence[str],
        owner: PluginDomain,
    ) -> Callable[[], None]:  # fmt: skip
        def series() -> Series:
            found = read()
            return found if isinstance(found, Mapping) else {(): found}

        family = Family(name, help, kind, tuple(labels), _series_of(series, labels))
        self._enter(family, owner)

        def remove() -> None:
            if self._families.get(name, (None,))[0] is family:
                del self._families[name]

        return remove

    def _source(self, name: str, new: T) -> T:
        present = self._sources.setdefault(name, new)
        if not isinstance(present, type(new)):
            raise ContractError(f"the metric {name} is a {type(present).__name__.lower()} already")
        return present

    def _enter(self, family: Family, owner: PluginDomain) -> None:
        for name in (family.name, *family.labels):
            if not _NAME.fullmatch(name):
                raise ContractError(f"{name!r} is no name for a metric or label: small letters, digits, underscores")
        present = self._families.get(family.name)
        if present is not None and (present[0].kind, present[0].labels) != (family.kind, family.labels):
            raise ContractError(f"the metric {family.name} is {present[0].kind} by {present[0].labels} already")
        if present is not None and family.name not in self._sources:
            raise ContractError(f"the metric {family.name} is read from {present[1]} already")
        self._families[family.name] = (family, owner)

    def expose(self) -> bytes:
        """Everything as Prometheus reads it. A reading that fails is charged and leaves its family out."""
        text: list[str] = []
        for name in sorted(self._families):
            family, owner = self._families[name]
            try:
                lines = [f"{name}{suffix}{labels} {_number(value)}\n" for suffix, labels, value in family.samples()]
            except Exception as error:  # noqa: BLE001 - the guard: one failing reading must not hide the others
                self._ledger.error(owner, f"metric {name}", error)
                continue
            text.append(f"# HELP {name} {family.help.translate(_HELP_ESCAPES)}\n# TYPE {name} {family.kind}\n")
            text += lines
        return "".join(text).encode()


def _series_of(read: Callable[[], Series], names: Sequence[str]) -> Callable[[], Iterator[tuple[str, str, float]]]:
    def samples() -> Iterator[tuple[str, str, float]]:
        for values, value in read().items():
            yield "", _labels(names, values), value

    return samples


def _labels(names: Sequence[str], values: Sequence[str]) -> str:
    pairs = [f'{name}="{str(value).translate(_ESCAPES)}"' for name, value in zip(names, values, strict=True)]
    return "{" + ",".join(pairs) + "}" if pairs else ""


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if math.isnan(value):
        return "NaN"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
