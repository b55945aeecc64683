"""A breath of ``make soak HOURS=8``: that it writes, hears and weighs; only hours say whether memory is flat."""

from pathlib import Path

import pytest

from soak.memory import Course, load


async def test_a_load_of_changes_is_written_heard_and_weighed(tmp_path: Path) -> None:
    course = await load(tmp_path / "hub", rate=300, seconds=2)
    assert course.refused == course.cut_off == 0
    assert course.written > 200
    assert course.heard > 0.9 * course.written
    assert course.memory[-1][1] > 30


def test_growth_is_the_slope_after_the_warm_up() -> None:
    hour = range(3600)
    assert Course(memory=[(at, 50.0 if at < 500 else 100.0) for at in hour]).slope() == pytest.approx(0)
    creeping = Course(memory=[(at, 100 + at / 3600) for at in hour])
    assert creeping.slope() == pytest.approx(1)
    assert creeping.growth() == pytest.approx(8 / 101, rel=0.01)
    steps_back = Course(memory=[(at, 100 + at / 3600 - (at == 3599)) for at in hour])
    assert steps_back.slope() == pytest.approx(1, rel=0.01)
