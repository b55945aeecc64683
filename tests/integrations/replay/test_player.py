"""When changes are shown: on time, past ones once, and whatever the clock on the wall does."""

import asyncio
from datetime import datetime, timedelta

from linli.clock import SimulatedClock
from linli_replay.player import play
from linli_replay.recording import Sensor
from linli_replay.timeline import Change

BED, SEAT = Sensor("Bedroom", "Bed"), Sensor("Living", "Seat")


class Stage:
    """Shows changes and notes after how many seconds."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.began = self.clock.now()
        self.shown: list[tuple[float, Sensor, bool]] = []

    def play(self, *due: tuple[float, Sensor, bool]) -> "asyncio.Task[None]":
        schedule = [(self.at(after), Change(self.at(after), sensor, on)) for after, sensor, on in due]
        return asyncio.get_running_loop().create_task(play(self.clock, schedule, self.show))

    def at(self, after: float) -> datetime:
        return self.began + timedelta(seconds=after)

    def show(self, change: Change) -> None:
        self.shown.append((self.clock.monotonic(), change.sensor, change.on))


async def test_each_change_is_shown_when_it_is_due():
    stage = Stage()
    playing = stage.play((10, BED, True), (10, SEAT, True), (25, BED, False))
    await stage.clock.forward(seconds=30)
    assert stage.shown == [(10, BED, True), (10, SEAT, True), (25, BED, False)]
    assert playing.done()


async def test_of_what_is_past_only_the_last_of_each_sensor_is_shown():
    stage = Stage()
    stage.play((-50, BED, True), (-40, SEAT, True), (-30, BED, False), (-20, BED, True), (5, SEAT, False))
    await stage.clock.forward(seconds=5)
    assert [(sensor, on) for _, sensor, on in stage.shown] == [(BED, True), (SEAT, True), (SEAT, False)]


async def test_what_is_all_past_is_shown_at_once():
    stage = Stage()
    playing = stage.play((-50, BED, True), (-30, BED, False))
    await stage.clock.settle()
    assert stage.shown == [(0, BED, False)]
    assert playing.done()


async def test_a_jump_of_the_clock_on_the_wall_hurries_nothing():
    stage = Stage()
    stage.play((10, BED, True), (3600, BED, False))
    await stage.clock.forward(seconds=20)
    stage.clock.step_wall(timedelta(hours=5))
    await stage.clock.forward(seconds=600)
    assert stage.shown == [(10, BED, True)]
