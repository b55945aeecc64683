"""Plays changes when they are due; waits on the hub's clock alone."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from linli import Clock
from linli_replay.recording import Sensor
from linli_replay.timeline import Change


async def play(clock: Clock, schedule: Iterable[tuple[datetime, Change]], show: Callable[[Change], None]) -> None:
    """``show`` each change when it is due; returns after the last one.

    Of what is past at the beginning, only the last change of each sensor is shown. Waits run on monotonic time from
    then on: a jump of the wall clock neither hurries nor holds the recording.
    """
    began = clock.now()
    started = clock.monotonic()
    past: dict[Sensor, Change] = {}
    for due, change in schedule:
        if due < began:
            past[change.sensor] = change
            continue
        _show_all(past, show)
        passed = timedelta(seconds=clock.monotonic() - started)
        await clock.sleep(due - began - passed)
        show(change)
    _show_all(past, show)


def _show_all(past: dict[Sensor, Change], show: Callable[[Change], None]) -> None:
    for change in past.values():
        show(change)
    past.clear()
