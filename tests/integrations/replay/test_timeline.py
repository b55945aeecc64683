"""Which changes a recording means, and where they fall on the clock."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli_replay.recording import Activation, Sensor
from linli_replay.timeline import Start, Timeline, changes, schedule

BED, SEAT = Sensor("Bedroom", "Bed"), Sensor("Living", "Seat")
MIDNIGHT = datetime(2011, 11, 28, tzinfo=UTC)


def active(start: float, end: float, sensor: Sensor = BED, line: int = 3) -> Activation:
    return Activation(line, sensor, "Pressure", MIDNIGHT + timedelta(hours=start), MIDNIGHT + timedelta(hours=end))


def hours(activations: list[Activation]) -> list[tuple[float, bool]]:
    return [((change.at - MIDNIGHT) / timedelta(hours=1), change.on) for change in changes(activations)]


@pytest.mark.parametrize(
    ("activations", "expected"),
    [
        pytest.param([active(1, 2)], [(1, True), (2, False)], id="one"),
        pytest.param([active(1, 1)], [(1, True), (1, False)], id="no length"),
        pytest.param([active(1, 3), active(2, 4)], [(1, True), (4, False)], id="overlapping"),
        pytest.param([active(1, 4), active(2, 3)], [(1, True), (4, False)], id="inside"),
        pytest.param([active(1, 2), active(2, 3)], [(1, True), (2, False), (2, True), (3, False)], id="touching"),
        pytest.param([active(1, 3), active(2, 4, SEAT)], [(1, True), (2, True), (3, False), (4, False)], id="two"),
    ],
)
def test_changes_of_activations(activations, expected):
    assert hours(activations) == expected


spans = st.builds(
    lambda start, length, sensor: active(start, start + length, sensor),
    st.integers(0, 50), st.integers(0, 10), st.sampled_from([BED, SEAT]),
)  # fmt: skip


@given(st.lists(spans, max_size=30))
def test_a_sensor_alternates_and_ends_off(activations):
    found = changes(activations)
    assert [change.at for change in found] == sorted(change.at for change in found)
    for sensor in (BED, SEAT):
        states = [change.on for change in found if change.sensor == sensor]
        assert states == [True, False] * (len(states) // 2)


def lay(start: Start, now: datetime, speed: float = 1, zone: str = "UTC") -> list[datetime]:
    played = changes([active(10, 11), active(34, 34.5)])
    timeline = Timeline.lay(played, start, speed, now, ZoneInfo(zone))
    return [due for due, _ in schedule(played, timeline, now, loop=False)]


TODAY = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)


def test_now_begins_with_the_first_change():
    assert lay(Start.NOW, TODAY)[:2] == [TODAY, TODAY + timedelta(hours=1)]


def test_speed_shortens_what_lies_between():
    assert lay(Start.NOW, TODAY, speed=60)[3] == TODAY + timedelta(minutes=24.5)


def test_time_of_day_keeps_the_hours_of_the_recording():
    assert lay(Start.TIME_OF_DAY, TODAY)[:3] == [
        datetime(2026, 3, 5, 10, tzinfo=UTC), datetime(2026, 3, 5, 11, tzinfo=UTC),
        datetime(2026, 3, 6, 10, tzinfo=UTC),
    ]  # fmt: skip


def test_time_of_day_means_the_hours_where_it_was_recorded():
    summer = datetime(2026, 7, 5, 0, 30, tzinfo=UTC)
    assert lay(Start.TIME_OF_DAY, summer, zone="Europe/Madrid")[0] == datetime(2026, 7, 5, 9, tzinfo=UTC)


def test_recorded_keeps_the_dates():
    assert lay(Start.RECORDED, MIDNIGHT)[0] == MIDNIGHT + timedelta(hours=10)


def test_a_loop_keeps_the_time_of_day_and_begins_with_the_round_that_is_not_over():
    played = changes([active(10, 11), active(34, 34.5)])
    now = MIDNIGHT + timedelta(days=1000, hours=12)
    timeline = Timeline.lay(played, Start.RECORDED, 1, now, ZoneInfo("UTC"))
    dues = [due for due, _ in islice(schedule(played, timeline, now, loop=True), 8)]
    assert dues[0] <= now <= dues[3]
    assert [due.hour for due in dues] == [10, 11, 10, 10] * 2
    assert dues == sorted(dues)
