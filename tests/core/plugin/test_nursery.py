"""What an entry started and subscribed to: one fault touches no other, and unloading leaves nothing."""

import asyncio
import contextlib
import gc
import sys
from typing import Any

import pytest

from linli.cancelling import undisturbed
from linli.clock import SimulatedClock
from linli.ids import PluginDomain
from linli.ledger import Ledger
from linli.plugin.bounded import GRACE_S
from linli.plugin.nursery import CLOSE_WITHIN_S, Nursery

LIFT = PluginDomain("lift")


@pytest.fixture
def nursery(clock: SimulatedClock, ledger: Ledger) -> Nursery:
    return Nursery(LIFT, clock, ledger)


async def fail() -> None:
    raise ValueError("mine")


async def forever() -> None:
    await asyncio.Event().wait()


async def await_something_cancelled() -> None:
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


async def test_a_task_that_fails_is_charged_and_touches_no_other(
    nursery: Nursery, clock: SimulatedClock, ledger: Ledger
) -> None:
    good = nursery.spawn(forever(), "good")
    nursery.spawn(fail(), "bad")
    await clock.settle()
    assert nursery.tasks == {good}
    assert ledger.account(LIFT).recent[0].where == "lift:bad"
    await nursery.close()
    assert good.cancelled()


async def test_closing_undoes_the_last_first_and_leaves_nothing(nursery: Nursery, clock: SimulatedClock) -> None:
    undone: list[str] = []

    async def slowly() -> None:
        await asyncio.sleep(0)
        undone.append("slowly")

    nursery.own(lambda: undone.append("first"))
    nursery.own(slowly)
    early = nursery.own(lambda: undone.append("early"))
    nursery.own(lambda: undone.append("last"))
    early()
    early()
    nursery.spawn(forever(), "task")
    await nursery.close()
    assert undone == ["early", "last", "slowly", "first"]
    assert len(nursery) == 0


async def test_what_was_undone_early_is_not_kept(nursery: Nursery) -> None:
    for _ in range(1000):
        nursery.own(lambda: None)()
    assert len(nursery) == 0


async def hang_in_undo() -> None:
    await asyncio.Event().wait()


async def cancel_and_await() -> None:
    task = asyncio.ensure_future(forever())
    await asyncio.sleep(0)
    task.cancel()
    await task


@pytest.mark.parametrize(
    ("undo", "charged"),
    [(lambda: 1 / 0, {"error": 1}), (hang_in_undo, {"leaked": 1}), (cancel_and_await, {})],
    ids=["raises", "hangs", "awaits what it cancelled"],
)
async def test_an_undo_that_goes_wrong_keeps_no_other_from_running(
    nursery: Nursery, clock: SimulatedClock, ledger: Ledger, undo: Any, charged: dict[str, int]
) -> None:
    undone: list[str] = []
    nursery.own(lambda: undone.append("first"))
    nursery.own(undo)
    nursery.spawn(forever(), "task")
    closing = asyncio.create_task(nursery.close())
    await clock.forward(CLOSE_WITHIN_S)
    await closing
    assert (undone, len(nursery)) == (["first"], 0)
    assert ledger.account(LIFT).counts == charged


async def test_a_task_that_does_not_end_is_charged_as_leaked(
    nursery: Nursery, clock: SimulatedClock, ledger: Ledger
) -> None:
    let_go = asyncio.Event()

    async def stubborn() -> None:
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                continue

    nursery.spawn(stubborn(), "stubborn")
    nursery.spawn(forever(), "good")
    await clock.settle()
    closing = asyncio.create_task(nursery.close())
    await clock.forward(CLOSE_WITHIN_S)
    await closing
    assert [(charge.kind, charge.where) for charge in ledger.account(LIFT).recent] == [("leaked", "lift:stubborn")]
    let_go.set()
    await clock.settle()


async def test_nothing_starts_or_subscribes_after_the_end(nursery: Nursery) -> None:
    undone: list[str] = []
    await nursery.close()
    with pytest.raises(RuntimeError, match="lift has been unloaded"):
        nursery.spawn(forever(), "late")
    with pytest.raises(RuntimeError, match="lift has been unloaded"):
        nursery.own(lambda: undone.append("at once"))
    with pytest.raises(RuntimeError, match="lift has been unloaded"):
        await nursery.together({1: forever(), 2: forever()})
    assert undone == ["at once"]
    assert len(nursery) == 0


async def test_a_plugin_may_reload_itself_from_a_task_of_its_own(nursery: Nursery, ledger: Ledger) -> None:
    other = nursery.spawn(forever(), "other")

    async def reload() -> str:
        await nursery.close()
        return "reloaded"

    assert await nursery.spawn(reload(), "reload") == "reloaded"
    assert other.cancelled()
    assert ledger.account(LIFT).counts == {}


async def test_together_each_ends_on_its_own(nursery: Nursery, clock: SimulatedClock, ledger: Ledger) -> None:
    async def after(seconds: float) -> float:
        await clock.sleep(seconds)
        return clock.monotonic()

    working = asyncio.create_task(
        nursery.together(
            {"quick": after(1), "broken": fail(), "slow": after(10), "cancelled": await_something_cancelled()}, within=5
        )
    )
    await clock.forward(5)
    outcomes = await working
    assert list(outcomes) == ["quick", "broken", "slow", "cancelled"]
    assert outcomes["quick"] == 1
    assert [type(outcomes[key]) for key in ("broken", "slow", "cancelled")] == [
        ValueError, TimeoutError, asyncio.CancelledError,
    ]  # fmt: skip
    assert ledger.account(LIFT).counts == {}
    assert len(nursery) == 0


async def test_together_of_nothing_is_nothing(nursery: Nursery) -> None:
    assert await nursery.together({}) == {}


async def test_who_stops_waiting_for_all_stops_all(nursery: Nursery, clock: SimulatedClock) -> None:
    working = asyncio.create_task(nursery.together({1: forever(), 2: forever()}))
    await clock.settle()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    await clock.settle()
    assert len(nursery) == 0


async def test_closing_under_work_done_together_ends_it(nursery: Nursery, clock: SimulatedClock) -> None:
    working = nursery.spawn(nursery.together({1: forever(), 2: forever()}), "outer")
    await clock.settle()
    await nursery.close()
    assert working.cancelled()
    assert len(nursery) == 0


async def test_who_closes_may_be_stopped(nursery: Nursery, clock: SimulatedClock) -> None:
    nursery.own(hang_in_undo)
    closing = asyncio.create_task(nursery.close())
    await clock.settle()
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing


async def test_an_exit_in_a_task_is_that_tasks_failure(nursery: Nursery, clock: SimulatedClock, ledger: Ledger) -> None:
    async def leave() -> None:
        sys.exit("needs libfoo")

    nursery.spawn(leave(), "leave")
    await clock.settle()
    assert ledger.account(LIFT).counts == {"error": 1}


async def test_an_undo_that_does_not_let_itself_be_cancelled_is_left_behind(
    nursery: Nursery, clock: SimulatedClock, ledger: Ledger
) -> None:
    until = asyncio.Event()
    undone: list[str] = []

    async def stubborn() -> None:
        while not until.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await until.wait()

    nursery.own(lambda: undone.append("first"))
    nursery.own(stubborn)
    closing = asyncio.create_task(nursery.close())
    await clock.forward(CLOSE_WITHIN_S + GRACE_S)
    assert closing.done()
    assert undone == ["first"]
    assert ledger.account(LIFT).counts == {"leaked": 2}
    until.set()


async def test_a_task_that_has_others_close_its_nursery_is_spared_too(nursery: Nursery, ledger: Ledger) -> None:
    async def close() -> None:
        await asyncio.shield(undisturbed(nursery.close(), "core:close"))

    task = nursery.spawn(close(), "reload")
    await task
    assert ledger.account(LIFT).counts == {}


async def test_a_task_that_ends_before_it_began_leaves_no_coroutine_behind(nursery: Nursery) -> None:
    nursery.spawn(forever(), "task")
    await nursery.close()
    gc.collect()
