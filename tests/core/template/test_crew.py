"""The processes that render: ended at a deadline, replaced at once, and nobody waits for another's template."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from core.template.crews import crew
from linli.clock import SimulatedClock
from linli.process import Child
from linli.template import LimitExceeded, Limits, NotNow, RenderInfo
from linli.template.crew import BOUNDS, OF_ALL, OF_EACH, Crew, start_child
from linli.template.worker import job_frame
from linli.testing.worlds import StaticWorld

HERE = Path(__file__).parent
ENDLESS = "{{ ('a' * 40 ~ '!') | regex_match('(a+)+$') }}"
"""Backtracks in one call into C that lets no other thread run."""


async def render(
    rendering: Crew, text: str, *, user: str = "a", within: float = 5.0, world: Any = None, connection: str = "",
    **variables: Any,
) -> RenderInfo:  # fmt: skip
    home = world or StaticWorld()
    frame = job_frame(user, text, variables, now=home.now(), home=home.home)
    return (await rendering.render(user, frame, home, within, connection)).info


async def ready(rendering: Crew, count: int) -> None:
    """So many processes stand ready."""
    await render(rendering, "{{ 1 }}")
    async with asyncio.timeout(10):
        while len(rendering.children) < count:
            await asyncio.sleep(0.01)


async def test_one_that_does_not_end_is_ended_and_the_next_one_is_rendered() -> None:
    async with crew() as rendering:
        await ready(rendering, 2)
        info = await render(rendering, ENDLESS, within=0.1)
        assert isinstance(info.error, LimitExceeded)
        assert info.error.kind == "limit_time"
        assert (await render(rendering, "{{ 2 }}")).result == 2


async def test_others_are_served_while_one_does_not_end() -> None:
    async with crew() as rendering:
        await ready(rendering, 2)
        endless = asyncio.create_task(render(rendering, ENDLESS, within=5.0))
        assert (await render(rendering, "{{ 2 }}", user="b")).result == 2
        assert not endless.done()
        endless.cancel()


async def test_who_fills_the_queue_keeps_nobody_else_out() -> None:
    async with crew() as rendering:
        await ready(rendering, 2)
        flood = [
            asyncio.create_task(render(rendering, ENDLESS, user=f"greedy {number % 5}", within=0.05))
            for number in range(OF_ALL + 2)
        ]
        await asyncio.sleep(0)
        assert (await render(rendering, "{{ 2 }}", user="modest", within=5.0)).result == 2
        for task in flood:
            task.cancel()
        ended = await asyncio.gather(*flood, return_exceptions=True)
        assert any(isinstance(each, NotNow) for each in ended)


async def test_who_fills_the_queue_through_one_connection_keeps_out_no_other_of_the_same_user() -> None:
    async with crew() as rendering:
        await ready(rendering, 2)
        flood = [
            asyncio.create_task(render(rendering, ENDLESS, within=0.05, connection="wall")) for _ in range(OF_EACH + 2)
        ]
        await asyncio.sleep(0)
        assert (await render(rendering, "{{ 2 }}", within=5.0, connection="phone")).result == 2
        assert sum(task.done() for task in flood) < 10
        for task in flood:
            task.cancel()
        await asyncio.gather(*flood, return_exceptions=True)


async def test_a_caller_who_gives_up_leaves_nothing_behind() -> None:
    async with crew() as rendering:
        await ready(rendering, 1)
        waiting = [asyncio.create_task(render(rendering, "{{ 1 }}")) for _ in range(5)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        assert (await render(rendering, "{{ 2 }}")).result == 2


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{{ 'a' * 200000000 }}", "limit_text"),
        ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "limit_work"),
        ("{{ 10 ** (10 ** 9) }}", "limit_digits"),
        ("{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}", "failed"),
    ],
)
async def test_what_the_meter_counts_costs_no_process(text: str, kind: str) -> None:
    large = b"x" * (200 << 20)  # a hub of many entities: its children are not larger for it
    async with crew() as rendering:
        await ready(rendering, 1)
        del large
        before = [child.pid for child in rendering.children]
        error = (await render(rendering, text)).error
        assert error is not None
        assert error.kind == kind
        assert set(before) <= {child.pid for child in rendering.children}


async def test_one_that_takes_too_much_memory_is_ended() -> None:
    """Texts of allowed length, many of them: what the meter does not add up the kernel does."""
    text = (
        "{% set kept = namespace(all=[]) %}{% for i in range(4000) %}"
        "{% set kept.all = [kept.all, 'é' ~ 'x' * 200000 ~ i] %}{% endfor %}{{ kept.all | length }}"
    )
    home = StaticWorld()
    async with crew() as rendering:
        frame = job_frame("a", text, {}, now=home.now(), home=home.home, limits=Limits(work=10**9))
        info = (await rendering.render("a", frame, home, 20.0)).info
        assert info.error is not None
        assert info.error.kind == "limit_memory"
        assert (await render(rendering, "{{ 2 }}")).result == 2


async def test_a_process_that_was_killed_is_replaced_and_its_template_told() -> None:
    async with crew() as rendering:
        await ready(rendering, 2)
        endless = asyncio.create_task(render(rendering, ENDLESS))
        await asyncio.sleep(0.05)
        for child in rendering.children:
            os.kill(child.pid, signal.SIGKILL)
        killed = rendering.children
        error = (await endless).error
        assert error is not None
        assert error.kind == "process_ended"
        async with asyncio.timeout(5):
            while not all(child.pipe.ended for child in killed):
                await asyncio.sleep(0.01)
        assert (await render(rendering, "{{ 2 }}")).result == 2


async def test_without_a_process_everything_is_refused_and_nothing_rendered_here() -> None:
    starts = []

    async def none_to_be_had() -> Child:
        starts.append(1)
        raise OSError("no more processes")

    async with crew(start=none_to_be_had) as rendering:
        answers = await asyncio.gather(*(render(rendering, "{{ 1 }}") for _ in range(3)), return_exceptions=True)
        assert [type(answer) for answer in answers] == [NotNow] * 3
        with pytest.raises(NotNow):
            await render(rendering, "{{ 1 }}")
        assert len(starts) == 1


async def test_a_process_that_cannot_begin_is_refused_like_none() -> None:
    async def starts_with_nonsense() -> Child:
        return await Child.start("t", "crew_targets:nonsense", folders=[HERE])

    async with crew(start=starts_with_nonsense) as rendering:
        with pytest.raises(NotNow):
            await render(rendering, "{{ 1 }}")


@pytest.mark.parametrize("target", ["lies", "chatters", "asks_too_much"])
async def test_what_a_process_should_not_say_ends_it(target: str) -> None:
    starts = iter([f"crew_targets:{target}", None, None, None])

    async def start() -> Child:
        name = next(starts)
        return await start_child() if name is None else await Child.start("t", name, folders=[HERE])

    async with crew(start=start) as rendering:
        error = (await render(rendering, "{{ 1 }}")).error
        assert error is not None
        assert error.kind == "process_ended"
        assert (await render(rendering, "{{ 2 }}")).result == 2


async def test_simulated_time_stands_still_while_one_is_rendered() -> None:
    clock = SimulatedClock()
    async with crew(clock) as rendering:
        task = asyncio.create_task(render(rendering, "{{ 1 }}"))
        await asyncio.sleep(0)
        await clock.forward(1)
        assert task.done()


async def test_processes_without_work_end_and_what_comes_meanwhile_gets_a_new_one() -> None:
    starts, released = iter(range(9)), asyncio.Event()

    async def start() -> Child:
        if next(starts) == 1:
            await released.wait()  # the second place stays empty for this test
        return await start_child()

    async with crew(start=start, idle_s=0.2) as rendering:
        await render(rendering, "{{ 1 }}")
        try:
            async with asyncio.timeout(5):
                while rendering.children:
                    await asyncio.sleep(0)
                assert (await render(rendering, "{{ 2 }}")).result == 2
        finally:
            released.set()


async def test_after_the_end_everything_is_refused_and_no_process_is_left() -> None:
    async with crew() as rendering:
        await ready(rendering, 2)
        pids = [child.pid for child in rendering.children]
        endless = asyncio.create_task(render(rendering, ENDLESS))
        await asyncio.sleep(0.02)
        await rendering.close()
        with pytest.raises(NotNow):
            await endless
        with pytest.raises(NotNow):
            await render(rendering, "{{ 1 }}")
        assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


async def test_a_process_loads_no_more_than_it_needs() -> None:
    child = await Child.start("t", "crew_targets:modules", folders=[HERE], limits=BOUNDS)
    loaded = (await child.pipe.receive()).decode().split()
    await child.end()
    assert "jinja2" in loaded
    assert not {"sqlalchemy", "aiohttp", "argon2", "cryptography"} & set(loaded)
