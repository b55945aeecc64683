"""A breath of ``make soak HOURS=8``: that it writes, hears and weighs; only hours say whether memory is flat."""

from collections.abc import Callable
from pathlib import Path

import pytest

from soak import trend
from soak.memory import Course, load


async def test_a_load_of_changes_is_written_heard_and_weighed(tmp_path: Path) -> None:
    course = await load(tmp_path / "hub", rate=300, seconds=2)
    assert course.refused == course.cut_off == 0
    assert course.written > 200
    assert course.heard > 0.9 * course.written
    assert course.memory[-1][1] > 30


def _course(mb: Callable[[int], float]) -> Course:
    return Course(memory=[(at, mb(at)) for at in range(3600)])


def test_growth_is_the_slope_of_the_last_two_thirds() -> None:
    warms_up = _course(lambda at: 50 if at < 1100 else 100)
    assert warms_up.slope() == pytest.approx(0)
    assert warms_up.flat
    creeping = _course(lambda at: 100 + at / 3600)
    assert creeping.slope() == pytest.approx(1)
    assert creeping.growth() == pytest.approx(8 / 101, rel=0.01)
    assert not creeping.flat


def test_a_faster_run_is_judged_by_its_changes() -> None:
    faster = _course(lambda at: 100 + at / 3600)
    faster.written, faster.seconds = 8_000 * 3600, 3600
    assert faster.growth() == pytest.approx(1 / 101, rel=0.01)
    assert faster.flat


def test_one_step_is_no_slope_but_many_are_and_so_is_one_that_is_large() -> None:
    one = _course(lambda at: 100 + 2 * (at > 2000))
    assert trend.least_squares(one.lows()) * 3600 > 2
    assert one.slope() == 0
    assert one.flat
    assert not _course(lambda at: 100 + at // 300).flat
    assert not _course(lambda at: 100 + 6 * (at > 2000)).flat


def test_teeth_as_of_memory_given_back_once_a_minute_are_no_slope() -> None:
    teeth = _course(lambda at: 100 + at % 60 / 10)
    assert abs(teeth.growth()) < 0.01
    assert teeth.flat
    rising = _course(lambda at: 100 + at % 60 / 10 + at / 3600)
    assert rising.slope() == pytest.approx(1, rel=0.15)
    assert {mb for _, mb in teeth.lows()} == {100}
