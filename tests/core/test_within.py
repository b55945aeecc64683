"""A deadline that costs nothing where nothing waits, and is one where something does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from linli.clock import Clock, RealClock, SimulatedClock
from linli.within import within


class Counting(RealClock):
    timeouts = 0

    def timeout(self, delay: Any) -> Any:
        self.timeouts += 1
        return super().timeout(delay)


async def at_once() -> str:
    return "done"


async def test_work_that_never_waits_sets_no_timer() -> None:
    clock = Counting()
    assert await within(clock, 1, at_once()) == "done"
    assert clock.timeouts == 0


async def test_work_that_waits_ends_with_its_result() -> None:
    clock = Counting()

    async def waits() -> list[str]:
        seen = [await asyncio.sleep(0, "first")]
        for word in ("second", "third"):
            future = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(future.set_result, word)
            seen.append(await future)
        return seen

    assert await within(clock, 1, waits()) == ["first", "second", "third"]
    assert clock.timeouts == 1


@pytest.mark.parametrize("after_waiting", [False, True])
async def test_what_it_raises_comes_out(after_waiting: bool) -> None:
    async def fails() -> None:
        if after_waiting:
            await asyncio.sleep(0)
        raise LookupError("lost")

    with pytest.raises(LookupError, match="lost"):
        await within(RealClock(), 1, fails())


async def test_it_is_cut_at_its_deadline() -> None:
    clock, seen = SimulatedClock(), []

    async def waits() -> None:
        try:
            await clock.sleep(100)
        except asyncio.CancelledError:
            seen.append(clock.monotonic())
            raise

    work = asyncio.ensure_future(within(clock, 7, waits()))
    await clock.forward(8)
    with pytest.raises(TimeoutError):
        await work
    assert seen == [7.0]


async def test_a_failure_that_was_awaited_reaches_the_work() -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def forgives() -> str:
        try:
            await future
        except LookupError:
            return await asyncio.sleep(0, "forgiven")
        return "?"

    asyncio.get_running_loop().call_soon(future.set_exception, LookupError())
    assert await within(RealClock(), 1, forgives()) == "forgiven"


@pytest.mark.parametrize("clock", [RealClock(), SimulatedClock()])
async def test_a_cancellation_passes_through_and_the_work_ends(clock: Clock) -> None:
    ended = []

    @asynccontextmanager
    async def held() -> AsyncIterator[None]:
        try:
            yield
        finally:
            ended.append(True)

    async def waits() -> None:
        async with held():
            await asyncio.get_running_loop().create_future()

    task = asyncio.ensure_future(within(clock, 5, waits()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


async def test_the_work_runs_as_its_callers_task() -> None:
    tasks = set()

    async def looks() -> None:
        tasks.add(asyncio.current_task())
        await asyncio.sleep(0)
        tasks.add(asyncio.current_task())

    await within(RealClock(), 1, looks())
    assert tasks == {asyncio.current_task()}
