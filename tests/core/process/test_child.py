"""Children: what they get, what they may use, and that none outlives its hub."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from linli.clock import RealClock
from linli.ids import PluginDomain
from linli.ledger import Ledger
from linli.process import MAX_FRAME, Child, KeptChild, Limits, PipeClosed

HERE = Path(__file__).parent


async def start(target, **options):
    return await Child.start("c", f"targets:{target}", folders=[HERE], **options)


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


async def gone(pid: int) -> None:
    async with asyncio.timeout(5):
        while alive(pid):
            await asyncio.sleep(0.02)


async def test_what_a_child_starts_does_not_hold_its_pipe():
    child = await start("inherits")
    assert json.loads(await child.pipe.receive()) is False
    await child.wait()


async def test_frames_come_back_whole_and_in_order():
    child = await start("echo")
    frames = [os.urandom(size) for size in (0, 1, 70_000, 3_000_000)]
    sending = asyncio.gather(*map(child.pipe.send, frames))
    assert [await child.pipe.receive() for _ in frames] == frames
    await sending
    await child.end()
    assert not alive(child.pid)


async def test_a_frame_that_is_too_long_is_refused_before_it_is_sent():
    child = await start("echo")
    with pytest.raises(ValueError, match="longer than"):
        await child.pipe.send(bytes(MAX_FRAME + 1))
    await child.pipe.send(b"still there")
    assert await child.pipe.receive() == b"still there"
    await child.kill()


async def test_a_child_sees_no_secret_of_the_environment(monkeypatch):
    monkeypatch.setenv("LINLI_DATABASE_PASSWORD", "hunter2")
    child = await start("tell", environment={"GIVEN": "1"})
    names = await child.pipe.receive()
    assert b"LINLI_DATABASE_PASSWORD" not in names
    assert b"GIVEN" in names
    await child.kill()


async def test_memory_past_the_limit_is_refused():
    child = await start("swell", limits=Limits(memory_mb=1024))
    assert await child.pipe.receive() == b"refused"
    await child.kill()


async def test_processor_time_past_the_limit_ends_it():
    child = await start("spin", limits=Limits(cpu_s=1))
    assert await child.pipe.receive() == b"begun"
    assert await child.wait() in (-signal.SIGXCPU, -signal.SIGKILL)


@pytest.mark.skipif(os.getuid() != 0, reason="changing the user needs root")
async def test_it_runs_as_another_user_where_that_can_be_had():
    child = await start("tell", limits=Limits(user="nobody"))
    await child.pipe.receive()
    await child.pipe.receive()
    assert int(await child.pipe.receive()) != 0
    await child.kill()


async def test_what_it_prints_is_heard_line_by_line_and_cut_where_it_has_no_end():
    heard = []
    child = await start("speak", said=heard.append)
    assert await child.wait() == 3
    assert heard[0] == "你好"
    assert "".join(heard[1:]) == "x" * 10_000
    assert max(map(len, heard)) < 10_000


async def test_the_end_of_a_child_is_heard_at_the_pipe():
    child = await start("speak")
    with pytest.raises(PipeClosed):
        await child.pipe.receive()
    await child.wait()
    with pytest.raises(PipeClosed):
        await child.pipe.send(b"?")


async def test_a_child_that_computes_is_killed_at_once():
    child = await start("compute")
    assert await child.pipe.receive() == b"begun"
    assert await child.kill() == -signal.SIGKILL


async def test_a_process_that_a_child_left_behind_does_not_hold_its_end_up():
    child = await start("leave_one_behind")
    assert await child.pipe.receive() == b"begun"
    async with asyncio.timeout(5):
        assert await child.wait() == -signal.SIGKILL


@pytest.mark.parametrize("target", ["echo", "spin", "compute"])
async def test_no_child_outlives_a_killed_hub(target):
    command = [sys.executable, str(HERE / "parent.py"), target]
    hub = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    pid = int(await hub.stdout.readline())
    assert alive(pid)
    hub.kill()
    await hub.wait()
    await gone(pid)


async def test_a_kept_child_is_started_again_ever_more_slowly(clock):
    ledger = Ledger(clock)
    served = []

    async def serve(child):
        served.append(child.pid)
        await child.kill()
        await child.pipe.receive()

    kept = KeptChild(PluginDomain("p"), "c", lambda: start("echo"), serve, clock, ledger)
    task = asyncio.create_task(kept.run())
    starts = []
    for passing in (0, 0.5, 0.5, 0.5, 2):
        await clock.forward(seconds=passing)
        await until_idle(kept)
        starts.append(kept.starts)
    assert starts == [1, 2, 2, 3, 4]
    assert ledger.account(PluginDomain("p")).counts["ended"] == 4
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert not any(map(alive, served))


async def until_idle(kept):
    """Real processes end in real time, which a simulated clock does not wait for."""
    async with asyncio.timeout(10):
        await asyncio.sleep(0.05)
        while kept.child is not None:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.02)


async def test_a_kept_child_goes_with_the_task_that_keeps_it():
    ledger = Ledger(RealClock())
    up = asyncio.Event()

    async def serve(child):
        up.set()
        await child.pipe.receive()

    kept = KeptChild(PluginDomain("p"), "c", lambda: start("echo"), serve, RealClock(), ledger)
    task = asyncio.create_task(kept.run())
    await up.wait()
    pid = kept.child.pid
    task.cancel()
    await asyncio.wait([task])
    assert not alive(pid)
