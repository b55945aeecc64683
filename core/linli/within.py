"""Deadlines for work that mostly ends without waiting."""

import types
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar, cast

from linli.clock import Clock, Delay

T = TypeVar("T")


async def within(clock: Clock, delay: Delay | None, work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``; TimeoutError after ``delay`` (None: no limit).

    As ``async with clock.timeout(delay)`` around it, but that a timer is set only when the work waits for the first
    time: setting one and taking it back costs more than most services do.
    """
    try:
        awaited = work.send(None)
    except StopIteration as end:
        return cast("T", end.value)
    async with clock.timeout(delay):
        return await _rest(work, awaited)


@types.coroutine
def _rest(work: Coroutine[Any, Any, T], awaited: Any) -> Generator[Any, Any, T]:
    """Go on with work that was begun and now waits for ``awaited``."""
    try:
        while True:
            try:
                got = yield awaited
            except GeneratorExit:
                work.close()
                raise
            except BaseException as error:  # noqa: BLE001 - handed on to the work, whose it is
                awaited = work.throw(error)
            else:
                awaited = work.send(got)
    except StopIteration as end:
        return cast("T", end.value)
