"""A breath of ``make soak HOURS=8``: that it writes, hears and weighs; only hours say whether memory is flat."""

from pathlib import Path

from soak.memory import Course, load


async def test_a_load_of_changes_is_written_heard_and_weighed(tmp_path: Path) -> None:
    course = await load(tmp_path / "hub", rate=300, seconds=3)
    assert course.refused == 0
    assert course.written > 300
    assert course.heard > 0.9 * course.written
    assert course.memory[-1] > 30


def test_growth_counts_from_the_warm_up_to_the_end() -> None:
    assert Course(memory=[50.0] * 20 + [100.0] * 180).growth() == 0
    assert Course(memory=[100.0] * 100 + [200.0] * 100).growth() == 1
