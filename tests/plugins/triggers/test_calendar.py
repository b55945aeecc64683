"""When a time of day or a pattern comes next, over years in zones that change their clocks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli_triggers.calendar import Pattern, moment, next_daily, next_match

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "America/Havana", "Asia/Kolkata")
EVERY = tuple(range(60))
HOURS = tuple(range(24))

zones = st.sampled_from([ZoneInfo(name) for name in ZONES])
instants = st.integers(0, 366 * 86400).map(lambda s: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
times = st.times().map(lambda t: t.replace(microsecond=0))


def field(size: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.one_of(
        st.just(tuple(range(size))),
        st.integers(1, size - 1).map(lambda n: tuple(range(0, size, n))),
        st.integers(0, size - 1).map(lambda n: (n,)),
    )


patterns = st.builds(Pattern, field(24), field(60), field(60))


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("after", "at", "expected"),
    [
        ("2025-01-10T07:00+01:00", time(8), "2025-01-10T08:00+01:00"),
        ("2025-01-10T08:00+01:00", time(8), "2025-01-11T08:00+01:00"),
        ("2025-03-30T01:00+01:00", time(2, 30), "2025-03-30T03:00+02:00"),
        ("2025-03-30T03:00+02:00", time(2, 30), "2025-03-31T02:30+02:00"),
        ("2025-10-26T01:00+02:00", time(2, 30), "2025-10-26T02:30+02:00"),
        ("2025-10-26T02:30+02:00", time(2, 30), "2025-10-27T02:30+01:00"),
    ],
)
def test_a_time_of_day_comes_once_also_when_its_hour_is_skipped_or_repeated(after, at, expected):
    assert next_daily([at], berlin(after), BERLIN) == berlin(expected)


def test_a_pattern_in_a_skipped_hour_comes_once_at_its_end():
    quarters = Pattern((2,), (0, 15, 30, 45), (0,))
    at = berlin("2025-03-30T01:59+01:00")
    at = next_match(quarters, at, BERLIN)
    assert at == berlin("2025-03-30T03:00+02:00")
    assert next_match(quarters, at, BERLIN) == berlin("2025-03-31T02:00+02:00")


def test_a_pattern_of_a_repeated_hour_comes_in_the_first_only():
    halves = Pattern((2,), (0, 30), (0,))
    at, found = berlin("2025-10-26T01:59+02:00"), []
    for _ in range(3):
        at = next_match(halves, at, BERLIN)
        found.append(at)
    assert found == [
        berlin("2025-10-26T02:00+02:00"), berlin("2025-10-26T02:30+02:00"), berlin("2025-10-27T02:00+01:00")
    ]  # fmt: skip


def test_a_cadence_goes_on_through_both_hours():
    quarters = Pattern(HOURS, (0, 15, 30, 45), (0,))
    at = start = berlin("2025-10-26T01:00+02:00")
    for number in range(1, 13):
        at = next_match(quarters, at, BERLIN)
        assert at == start + timedelta(minutes=15 * number)


def test_a_cadence_keeps_to_the_local_minute_where_clocks_move_by_half_an_hour():
    hourly, zone = Pattern(HOURS, (0,), (0,)), ZoneInfo("Australia/Lord_Howe")
    at = datetime(2025, 4, 5, 10, tzinfo=UTC)
    for _ in range(12):
        at = next_match(hourly, at, zone)
        assert at.astimezone(zone).minute == 0


@given(instants, times, zones)
@settings(max_examples=30, deadline=None)
def test_the_next_time_is_later_and_within_a_day_and_an_hour(after, at, zone):
    found = next_daily([at], after, zone)
    assert after < found <= after + timedelta(hours=25)
    wall = found.astimezone(zone)
    shown = wall.replace(tzinfo=None, fold=0)
    assert wall.time().replace(fold=0) == at or moment(datetime.combine(shown.date(), at), zone) == found
    assert wall.fold == 0


@given(times, zones, st.integers(2020, 2030))
@settings(max_examples=4, deadline=None)
def test_over_a_year_each_day_has_the_time_exactly_once(at, zone, year):
    now = moment(datetime(year, 1, 1), zone) - timedelta(seconds=1)
    days = []
    for _ in range(365):
        now = next_daily([at], now, zone)
        days.append(now.astimezone(zone).date().toordinal())
    assert days == list(range(days[0], days[0] + 365))


@given(instants, patterns, zones)
@settings(max_examples=40, deadline=None)
def test_the_next_match_is_later_and_nothing_between_was_missed(after, pattern, zone):
    found = next_match(pattern, after, zone)
    assert found > after
    wall = found.astimezone(zone)
    if not pattern.matches(wall):
        before = (found - timedelta(seconds=1)).astimezone(zone)
        assert not pattern.any_hour
        assert wall.utcoffset() > before.utcoffset(), "only the end of a skipped hour may show another time"
    step = timedelta(seconds=1) if found - after < timedelta(hours=1) else timedelta(seconds=61)
    at = after + step
    while at < found:
        shown = at.astimezone(zone)
        assert not pattern.matches(shown) or (shown.fold == 1 and not pattern.any_hour)
        at += step


@given(st.sampled_from([ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")]), field(24))
@settings(max_examples=3, deadline=None)
def test_over_a_year_a_pattern_of_hours_comes_at_each_of_them_once_a_day(zone, hours):
    pattern = Pattern(hours, (30,), (0,))
    now, end = moment(datetime(2025, 1, 1), zone), moment(datetime(2026, 1, 1), zone)
    shown = []
    while (now := next_match(pattern, now, zone)) < end:
        shown.append(now.astimezone(zone).replace(tzinfo=None, fold=0))
    if not pattern.any_hour:
        assert shown == sorted(set(shown))
        assert abs(len(shown) - 365 * len(hours)) <= 1
