"""Moments and lengths of time read from text."""

from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.template.moments import in_words, parse_duration, parse_moment, parse_time


@given(st.datetimes(timezones=st.none() | st.just(UTC) | st.just(timezone(timedelta(hours=5, minutes=30)))))
def test_every_moment_is_read_back_from_its_own_text(moment: datetime) -> None:
    assert parse_moment(moment.isoformat()) == moment
    assert parse_moment(str(moment)) == moment


@given(st.text(max_size=80))
def test_any_text_is_a_moment_or_nothing(text: str) -> None:
    for read in (parse_moment, parse_duration, parse_time):
        try:
            read(text)
        except (ValueError, OverflowError):
            pass


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=900)))
def test_every_length_is_read_back_from_its_own_text(length: timedelta) -> None:
    assert parse_duration(str(length)) == length


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-04-15", datetime(2025, 4, 15)),
        ("2025-04-15T24:00:00", datetime(2025, 4, 16)),
        ("2025-04-15 07:08:09.5 +02:00", datetime(2025, 4, 15, 7, 8, 9, 500000, timezone(timedelta(hours=2)))),
        ("20250415T0708Z", datetime(2025, 4, 15, 7, 8, tzinfo=UTC)),
        ("2025", None),
        ("15.4.2025", None),
        ("2025-04T10:00", None),
        ("2025-04-15 07:08:09\n", None),
        ("٢٠٢٥-04-15", None),
    ],
)
def test_forms_of_a_moment(text: str, moment: datetime | None) -> None:
    assert parse_moment(text) == moment


def test_a_day_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="day"):
        parse_moment("2025-02-30")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90", timedelta(seconds=90)),
        ("-1:30", timedelta(seconds=-90)),
        ("1:02:03.25", timedelta(hours=1, minutes=2, seconds=3, milliseconds=250)),
        ("P1,5D", timedelta(days=1.5)),
        ("-P1DT1H", -timedelta(days=1, hours=1)),
        ("2 days 03:04:05", timedelta(days=2, hours=3, minutes=4, seconds=5)),
        ("ten", None),
        ("1:2:3:4", None),
    ],
)
def test_forms_of_a_length(text: str, length: timedelta | None) -> None:
    assert parse_duration(text) == length


def test_forms_of_a_time_of_day() -> None:
    assert parse_time("7:05") == time(7, 5)
    assert parse_time("23:59:59") == time(23, 59, 59)
    assert [parse_time(text) for text in ("24:00", "7", "7:x", "1:2:3:4", "")] == [None] * 5


@pytest.mark.parametrize(
    ("seconds", "precision", "words"),
    [
        (0, 1, "0 seconds"),
        (1, 1, "1 second"),
        (59.6, 1, "1 minute"),
        (90, 2, "1 minute 30 seconds"),
        (5400, 1, "2 hours"),
        (86400 * 400, 3, "1 year 1 month 5 days"),
        (3600, 6, "1 hour"),
    ],
)
def test_lengths_in_words(seconds: float, precision: int, words: str) -> None:
    assert in_words(seconds, precision) == words
