"""Threads for what would hold the loop: nobody takes them all."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from linli.auth import COMMAND_ACTOR
from linli.clock import RealClock
from linli.ids import PluginDomain
from linli.pool import HASHING, OF_ONE_PLUGIN, THREADS, BlockingPool
from linli.testing.hub import Deployment, running_hub

GREEDY, MODEST = PluginDomain("greedy"), PluginDomain("modest")


class Held:
    """Calls that wait until they are let go."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.running = threading.Semaphore(0)

    def wait(self) -> str:
        self.running.release()
        self.gate.wait(10)
        return "ended"


@pytest.fixture
def held() -> Iterator[Held]:
    held = Held()
    yield held
    held.gate.set()


@pytest.fixture
def pool() -> Iterator[BlockingPool]:
    pool = BlockingPool(RealClock())
    yield pool
    pool.close()


async def running(held: Held, count: int) -> None:
    for _ in range(count):
        assert await asyncio.get_running_loop().run_in_executor(None, held.running.acquire, True, 5)


async def test_one_plugin_takes_half_of_the_threads_and_the_others_go_on(pool: BlockingPool, held: Held) -> None:
    greedy = [asyncio.ensure_future(pool.run_for(GREEDY, held.wait)) for _ in range(2 * THREADS)]
    await running(held, OF_ONE_PLUGIN)
    for _ in range(3):
        assert await pool.run_for(MODEST, lambda: "modest") == "modest"
        assert await pool.run(lambda: "core") == "core"
    assert not held.running.acquire(blocking=False), "no more of the greedy one began"
    held.gate.set()
    assert await asyncio.gather(*greedy) == ["ended"] * 2 * THREADS


async def test_a_cancelled_call_keeps_its_place_until_its_thread_has_ended(pool: BlockingPool, held: Held) -> None:
    calls = [asyncio.ensure_future(pool.run_for(GREEDY, held.wait)) for _ in range(OF_ONE_PLUGIN)]
    await running(held, OF_ONE_PLUGIN)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    next_one = asyncio.ensure_future(pool.run_for(GREEDY, lambda: "next"))
    assert await pool.run_for(MODEST, lambda: "modest") == "modest"
    assert not next_one.done()
    held.gate.set()
    assert await next_one == "next"


async def test_whoever_waits_and_gives_up_takes_no_place(pool: BlockingPool, held: Held) -> None:
    calls = [asyncio.ensure_future(pool.run_for(GREEDY, held.wait)) for _ in range(OF_ONE_PLUGIN + 2)]
    await running(held, OF_ONE_PLUGIN)
    for call in calls[OF_ONE_PLUGIN:]:
        call.cancel()
    held.gate.set()
    await asyncio.gather(*calls, return_exceptions=True)
    again = [asyncio.ensure_future(pool.run_for(GREEDY, lambda: "again")) for _ in range(OF_ONE_PLUGIN)]
    assert await asyncio.gather(*again) == ["again"] * OF_ONE_PLUGIN


async def test_passwords_are_hashed_while_every_other_thread_hangs(pool: BlockingPool, held: Held) -> None:
    calls = [asyncio.ensure_future(pool.run(held.wait)) for _ in range(2 * THREADS)]
    await running(held, THREADS)
    names = {await pool.hash(lambda: threading.current_thread().name) for _ in range(HASHING)}
    assert all(name.startswith("linli-hashing") for name in names)
    held.gate.set()
    await asyncio.gather(*calls)


async def test_what_a_call_raises_is_raised_where_it_was_called(pool: BlockingPool) -> None:
    for _ in range(OF_ONE_PLUGIN + 1):
        with pytest.raises(ZeroDivisionError):
            await pool.run_for(GREEDY, lambda: 1 // 0)
    assert pool.waiting == 0


async def test_people_log_in_while_plugins_hold_every_thread_they_can(tmp_path: Path, held: Held) -> None:
    async with running_hub(Deployment(tmp_path, "linli: {name: House}\n"), clock=RealClock()) as hub:
        blocking, auth = hub.rooms.blocking, hub.rooms.auth
        calls = [asyncio.ensure_future(blocking.run(held.wait)) for _ in range(THREADS)]
        await running(held, THREADS)
        await auth.users.create("li", role="admin", username="li", password="correct horse", actor=COMMAND_ACTOR)
        assert (await auth.log_in("li", "correct horse", "127.0.0.1")).username == "li"
        assert not any(call.done() for call in calls)
        held.gate.set()
        await asyncio.gather(*calls)
