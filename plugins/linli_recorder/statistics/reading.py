"""Reading statistics: over a period in steps, or one number for a whole period."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final

from linli import Transaction
from linli_recorder.api import Period
from linli_recorder.statistics import book
from linli_recorder.statistics.catalog import Known
from linli_recorder.statistics.model import FIVE_MINUTES_US, HOUR_US, MeanType, Values, joined
from linli_recorder.statistics.units import class_of, convert, wanted_unit

NEVER_US: Final = 1 << 62
TABLE_OF: Final = {Period.FIVE_MINUTES: "statistics_short"}
STEP_OF: Final = {Period.FIVE_MINUTES: FIVE_MINUTES_US, Period.HOUR: HOUR_US}

Rows = list[tuple[int, Values]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What of which period is wanted."""

    start_us: int
    end_us: int
    period: Period
    types: frozenset[str]
    units: Mapping[str, str]
    zone: tzinfo


def during(tx: Transaction, known: Sequence[Known], asked: Asked) -> dict[str, list[dict[str, Any]]]:
    """By statistic: its rows as Home Assistant's clients know them, with times in milliseconds."""
    types = asked.types & _types_of(known)
    found = {each.statistic_id: _of_one(tx, each, replace(asked, types=types)) for each in known}
    return {name: rows for name, rows in found.items() if rows}


def _types_of(known: Iterable[Known]) -> frozenset[str]:
    """The kinds of numbers that at least one of them has."""
    types = {"last_reset"}
    for each in known:
        types |= {"mean", "min", "max"} if each.meta.mean_type else set()
        types |= {"state", "sum", "change"} if each.meta.has_sum else set()
    return frozenset(types)


def _of_one(tx: Transaction, known: Known, asked: Asked) -> list[dict[str, Any]]:
    table = TABLE_OF.get(asked.period, "statistics_hourly")
    start_us, end_us = begin_of(asked.start_us, asked), _end(asked)
    told: list[dict[str, Any]] = []
    for series, since in known.series:
        first = max(start_us, since)
        rows = book.read(tx, table, series, first, end_us)
        earlier = book.before(tx, table, series, first)
        if earlier is not None and earlier[0] < since:
            earlier = None
        base = _sum_before(tx, series, since) if since else 0.0
        told += _told(known, _reduced(rows, known, asked), earlier, base, asked)
    told.sort(key=lambda row: row["start"])
    return told


def _sum_before(tx: Transaction, series: int, since_us: int) -> float:
    """What had been counted when the reader's right began: they count from there."""
    found = [book.before(tx, table, series, since_us) for table in book.TABLES]
    earlier = max((row for row in found if row is not None), key=_when, default=None)
    return 0.0 if earlier is None else earlier[1].sum or 0.0


def _told(
    known: Known, rows: Iterable[tuple[int, int, Values]], earlier: tuple[int, Values] | None, base: float,
    asked: Asked,
) -> list[dict[str, Any]]:  # fmt: skip
    unit = shown_in(known, asked.units)
    last = 0.0 if earlier is None or earlier[1].sum is None else earlier[1].sum - base
    told = []
    for start_us, end_us, values in rows:
        total = None if values.sum is None else values.sum - base
        change = None if total is None else total - last
        last = last if total is None else total
        whole = {
            "mean": values.mean, "min": values.min, "max": values.max, "state": values.state,
            "sum": total, "change": change,
        }  # fmt: skip
        row: dict[str, Any] = {"start": start_us // 1000, "end": end_us // 1000}
        for name in asked.types & whole.keys():
            value = whole[name]
            row[name] = None if value is None else convert(value, known.meta.unit, unit)
        if "last_reset" in asked.types:
            row["last_reset"] = None if values.last_reset_us is None else values.last_reset_us // 1000
        told.append(row)
    return told


def shown_in(known: Known, units: Mapping[str, str]) -> str | None:
    """The unit in which a reader is told: the one they name for its class, or that of the entity. InvalidRequest."""
    own = known.meta.unit
    return wanted_unit(own, units) if class_of(own) in units else known.display_unit


# steps ---------------------------------------------------------------------------------------------------------------


def begin_of(at_us: int, asked: Asked) -> int:
    """The beginning of the step that a moment lies in: of a day, week or month by the deployment's clocks."""
    step = STEP_OF.get(asked.period)
    if step is not None:
        return at_us - at_us % step
    return _us(_first_day(_day_of(at_us, asked.zone), asked.period), asked.zone)


def _next(begin_us: int, asked: Asked) -> int:
    step = STEP_OF.get(asked.period)
    if step is not None:
        return begin_us + step
    return _us(_following(_day_of(begin_us, asked.zone), asked.period), asked.zone)


def _end(asked: Asked) -> int:
    """The end of the last step: days, weeks and months are told whole, also one that begins at the end."""
    if asked.end_us >= NEVER_US or asked.period in STEP_OF:
        return asked.end_us
    return _next(begin_of(asked.end_us, asked), asked)


def _reduced(rows: Rows, known: Known, asked: Asked) -> list[tuple[int, int, Values]]:
    if asked.period in STEP_OF:
        return [(start, _next(start, asked), values) for start, values in rows]
    steps: dict[int, list[Values]] = {}
    begin = end = -NEVER_US
    for start, values in rows:
        if not begin <= start < end:
            begin = begin_of(start, asked)
            end = _next(begin, asked)
        steps.setdefault(begin, []).append(values)
    return [(begin, _next(begin, asked), joined(parts, known.meta.mean_type)) for begin, parts in steps.items()]


def _day_of(at_us: int, zone: tzinfo) -> date:
    return datetime.fromtimestamp(at_us / 1e6, UTC).astimezone(zone).date()


def _first_day(day: date, period: Period) -> date:
    if period is Period.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period is Period.MONTH else day


def _following(day: date, period: Period) -> date:
    if period is Period.MONTH:
        return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return day + timedelta(days=7 if period is Period.WEEK else 1)


def _us(day: date, zone: tzinfo) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1e6)


# one number ----------------------------------------------------------------------------------------------------------


def over(
    tx: Transaction, known: Known, start_us: int, end_us: int, types: frozenset[str], unit: str | None
) -> dict[str, float | None]:  # fmt: skip
    """Mean, least, greatest and change over a whole time: by hours, and by five minutes at both ends."""
    rows: list[tuple[int, int, Values]] = []
    earlier: tuple[int, Values] | None = None
    base = 0.0
    for series, since in known.series:
        first = max(start_us, since)
        rows += _whole(tx, series, first, end_us)
        begins = rows[0][0] if rows else first
        found = [book.before(tx, table, series, begins) for table in book.TABLES]
        earlier = max((row for row in found if row is not None and row[0] >= since), key=_when, default=earlier)
        if since and earlier is None:
            base = _sum_before(tx, series, since)
    own = known.meta.unit
    result = {name: _one(rows, earlier, base, name, known.meta.mean_type) for name in sorted(types)}
    return {name: None if value is None else convert(value, own, unit) for name, value in result.items()}


def _when(row: tuple[int, Values]) -> int:
    return row[0]


def _whole(tx: Transaction, series: int, start_us: int, end_us: int) -> list[tuple[int, int, Values]]:
    """Start, length and values of the rows that lie wholly in a time."""
    hour = -(-start_us // HOUR_US) * HOUR_US
    hours = [(at, HOUR_US, row) for at, row in book.read(tx, "statistics_hourly", series, hour, end_us - HOUR_US + 1)]
    last = hours[-1][0] + HOUR_US if hours else hour
    head = _short(tx, series, start_us, min(hour, end_us)) if hour > start_us else []
    return [*head, *hours, *_short(tx, series, max(last, start_us), end_us)]


def _short(tx: Transaction, series: int, start_us: int, end_us: int) -> list[tuple[int, int, Values]]:
    first = -(-start_us // FIVE_MINUTES_US) * FIVE_MINUTES_US
    rows = book.read(tx, "statistics_short", series, first, end_us - FIVE_MINUTES_US + 1)
    return [(at, FIVE_MINUTES_US, row) for at, row in rows]


def _one(
    rows: Sequence[tuple[int, int, Values]], earlier: tuple[int, Values] | None, base: float, name: str,
    mean_type: MeanType,
) -> float | None:  # fmt: skip
    if name == "change":
        sums = [row.sum for _, _, row in rows if row.sum is not None]
        before = base if earlier is None else earlier[1].sum or 0.0
        return sums[-1] - before if sums else None
    if name == "mean":
        each = [part for _, length, row in rows for part in [row] * (length // FIVE_MINUTES_US)]
        return joined(each, mean_type).mean
    whole = joined([row for _, _, row in rows], mean_type)
    return whole.min if name == "min" else whole.max
