"""What is read of a recording, what is left out, and why."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli_replay.recording import Flaw, Sensor, read_recording

HEAD = ["Start time\tEnd time\tLocation\tType\t\tPlace", "-----\t-----\t-----\t-----\t-----"]
MADRID = ZoneInfo("Europe/Madrid")


def row(start: datetime, seconds: float = 60, location: str = "Bed", tabs: str = "\t") -> str:
    end = start + timedelta(seconds=seconds)
    return tabs.join([f"{start:%Y-%m-%d %H:%M:%S}", f"{end:%Y-%m-%d %H:%M:%S}", location, "Pressure", "Bedroom"])


def flaws(*rows: str) -> list[tuple[int, Flaw]]:
    return [(fault.line, fault.flaw) for fault in read_recording([*HEAD, *rows], UTC).faults]


def test_a_line_is_an_activation_of_a_sensor_in_its_place():
    lines = [*HEAD, "2011-11-28 02:27:59\t2011-11-28 10:18:11\t\tBed\t\tPressure\tBedroom\r\n", "\n"]
    recording = read_recording(lines, MADRID)
    (activation,) = recording.activations
    assert activation.sensor == Sensor(place="Bedroom", location="Bed")
    assert (activation.line, activation.type) == (3, "Pressure")
    assert activation.start == datetime(2011, 11, 28, 1, 27, 59, tzinfo=UTC)
    assert activation.end == datetime(2011, 11, 28, 9, 18, 11, tzinfo=UTC)
    assert recording.faults == ()


NINE = datetime(2011, 11, 28, 9)


@pytest.mark.parametrize(
    ("bad", "flaw"),
    [
        pytest.param(row(NINE, -1), Flaw.ENDS_BEFORE_START, id="ends before it starts"),
        pytest.param(row(NINE - timedelta(hours=2)), Flaw.OUT_OF_ORDER, id="starts before the line above"),
        pytest.param("2011-11-28 09:00:00\t2011-11-28 09:00:01\tBed\tPressure", Flaw.COLUMNS, id="no place"),
        pytest.param(row(NINE).replace("11-28", "02-30", 1), Flaw.TIME, id="no such day"),
        pytest.param(row(NINE).replace("2011", "0001"), Flaw.OUT_OF_ORDER, id="year one"),
        pytest.param(row(NINE, location="x" * 81), Flaw.NAME, id="endless name"),
        pytest.param(row(NINE, location="a\x07b"), Flaw.NAME, id="bell in a name"),
    ],
)
def test_what_cannot_be_true_is_named_by_line_and_left_out(bad, flaw):
    good = [row(NINE - timedelta(hours=1)), row(NINE + timedelta(hours=1))]
    assert flaws(good[0], bad, good[1]) == [(4, flaw)]
    assert len(read_recording([*HEAD, good[0], bad, good[1]], UTC).activations) == 2


def test_an_hour_that_comes_twice_in_autumn_is_the_later_one_where_time_would_run_backwards():
    rows = [row(datetime(2011, 10, 30, 2, 50)), row(datetime(2011, 10, 30, 2, 10))]
    recording = read_recording([*HEAD, *rows], MADRID)
    assert recording.faults == ()
    assert recording.activations[1].start - recording.activations[0].start == timedelta(minutes=20)


@given(st.lists(st.text(max_size=60), max_size=20))
def test_any_text_is_read_to_its_end(lines):
    recording = read_recording([*HEAD, *lines], UTC)
    assert len(recording.activations) + len(recording.faults) == sum(
        any(field.strip() for field in line.split("\t")) for line in lines
    )


moments = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(microsecond=0))
rows = st.builds(row, moments, st.integers(-100, 100_000), st.sampled_from(["Bed", "Seat"]), st.sampled_from("\t"))


@given(st.lists(st.one_of(rows, st.just("broken")), max_size=30))
def test_every_line_is_played_or_named_and_what_is_played_is_in_order(lines):
    recording = read_recording([*HEAD, *lines], UTC)
    played = recording.activations
    assert sorted([one.line for one in played] + [fault.line for fault in recording.faults]) == list(
        range(3, 3 + len(lines))
    )
    assert all(earlier.start <= later.start for earlier, later in pairwise(played))
    assert all(one.start <= one.end for one in played)


@given(st.lists(moments, max_size=20), st.sampled_from(["\t", "\t\t", "\t \t"]))
def test_good_lines_are_all_played_however_many_tabs_divide_them(starts, tabs):
    recording = read_recording([*HEAD, *(row(start, tabs=tabs) for start in sorted(starts))], UTC)
    assert recording.faults == ()
    assert [one.start.replace(tzinfo=None) for one in recording.activations] == sorted(starts)
