"""A wall clock that jumps is said; NTP's small steps, and time that just passes, are not."""

from datetime import timedelta
from typing import cast

import pytest

from linli.bus import EventBus
from linli.clock import SimulatedClock
from linli.clock_watch import JUMPED, ClockWatch
from linli.issues import Issues, Kept
from linli.ledger import Ledger
from linli.metrics import Metrics


class Watched:
    """A clock, and what is said of it."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        ledger = Ledger(self.clock)
        self.issues = Issues(self.clock, EventBus(self.clock, ledger), ledger, cast("Kept", None), "1")
        self.metrics = Metrics(ledger)
        self.watch = ClockWatch(self.clock, self.issues, self.metrics)

    @property
    def said(self) -> list[tuple[str, timedelta]]:
        return [(issue.message.key, issue.message.parameters["by"]) for issue in self.issues.all()]


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.mark.parametrize(
    ("jump", "key"), [(86_400, "clock_jumped_ahead"), (-86_400, "clock_jumped_back")], ids=["ahead", "back"]
)
async def test_a_jump_is_said_with_its_length_and_counted(watched: Watched, jump: int, key: str) -> None:
    watched.watch.start()
    await watched.clock.forward(seconds=10)
    assert watched.said == []
    watched.clock.step_wall(jump)
    await watched.clock.forward(seconds=2)
    assert watched.said == [(key, timedelta(days=1))]
    assert b"linli_clock_jumps_total 1\n" in watched.metrics.expose()
    watched.watch.stop()


async def test_the_latest_jump_is_the_one_that_is_told(watched: Watched) -> None:
    watched.watch.start()
    for jump in (3600, -7200):
        watched.clock.step_wall(jump)
        await watched.clock.forward(seconds=1)
    assert watched.said == [("clock_jumped_back", timedelta(hours=2))]
    assert [issue.issue_id for issue in watched.issues.all()] == [JUMPED]
    watched.watch.stop()


async def test_small_steps_are_no_jump_however_many(watched: Watched) -> None:
    watched.watch.start()
    for _ in range(20):
        watched.clock.step_wall(1)
        await watched.clock.forward(seconds=1)
    assert watched.said == []
    watched.watch.stop()
