"""Texts of users are read in a process that is killed at its deadline, and nobody else waits for it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from core.reading import readers
from core.template.crews import crew
from linli import Busy
from linli.context import Context
from linli.errors import ContractError, InvalidRequest
from linli.process import Child
from linli.reading import Killable
from linli.reading.killable import LARGEST
from linli.template import LimitExceeded, TemplateError
from linli.template.crew import BOUNDS, OF_EACH, TARGET, Crew

T = TypeVar("T")
TESTS = Path(__file__).parents[2]
QUICK_S = 2.0
MARGIN_S = 10.0
"""To end a process and to start another one, on a busy machine."""
HOLD_S = 0.5
"""A loop on a busy machine comes round within that; what is read here took it seconds."""


async def start() -> Child:
    return await Child.start("templates", TARGET, limits=BOUNDS, folders=[TESTS])


def over(processes: Crew) -> Killable:
    view: Any = SimpleNamespace(flat="flat a")
    return Killable(processes, lambda context: view, QUICK_S)


@pytest.fixture
async def killable() -> AsyncIterator[Killable]:
    async with crew(start=start) as processes:
        yield over(processes)


async def longest_hold(work: Awaitable[T]) -> tuple[T | BaseException, float]:
    """What came of it, and for how long the loop did not come round meanwhile: so long would a ping have waited."""
    task = asyncio.ensure_future(work)
    longest, last = 0.0, time.perf_counter()
    while not task.done():
        await asyncio.sleep(0.01)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return (await asyncio.gather(task, return_exceptions=True))[0], longest


def laughs(lines: int) -> str:
    rows = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, lines)]
    return "\n".join(rows)


async def test_every_type_that_a_text_may_have_arrives_as_it_was(killable: Killable) -> None:
    assert await killable.run(readers.values, (), Context("a")) == readers.values()


async def test_what_is_wrong_with_a_text_is_told_with_its_line(killable: Killable) -> None:
    with pytest.raises(InvalidRequest, match="line 3, column"):
        await killable.run(readers.of_yaml, ("a: 1\nb: [\n",), Context("a"))


@pytest.mark.parametrize(
    ("function", "given", "kind"),
    [
        (readers.of_pattern, ("a" * 60,), "limit_reading_time"),
        (readers.multiplied, ("x" * 1000,), "limit_reading_memory"),
        (readers.repeated, ("x", 400_000), "limit_reading_result"),
        (readers.of_yaml, (laughs(30),), "limit_reading_memory"),
        (readers.of_yaml, ("[" * 5_000_000,), "limit_reading_text"),
    ],
    ids=["one call that does not end", "memory", "result", "aliases", "5 MB"],
)
async def test_what_takes_too_much_is_ended_in_time_and_others_go_on(
    killable: Killable, function: Any, given: tuple[Any, ...], kind: str
) -> None:
    await killable.run(readers.repeated, ("x", 1), Context("a"))
    began = time.perf_counter()
    error, hold = await longest_hold(killable.run(function, given, Context("a")))
    assert isinstance(error, LimitExceeded | TemplateError)
    assert error.kind in (kind, "limit_reading_time")
    assert time.perf_counter() - began < QUICK_S + MARGIN_S
    assert hold < HOLD_S
    assert await killable.run(readers.repeated, ("x", 2), Context("a")) == ["x", "x"]


async def test_a_document_that_is_nested_a_million_deep_costs_at_most_its_process(killable: Killable) -> None:
    error, hold = await longest_hold(killable.run(readers.of_yaml, ("[" * (LARGEST - 1000),), Context("a")))
    assert isinstance(error, TemplateError | InvalidRequest), error
    assert hold < HOLD_S
    assert await killable.run(readers.repeated, ("x", 2), Context("a")) == ["x", "x"]


async def test_one_flat_reads_one_text_at_a_time_and_too_many_are_refused(killable: Killable) -> None:
    await killable.run(readers.repeated, ("x", 1), Context("a"))
    flood = [
        asyncio.create_task(killable.run(readers.of_pattern, ("a" * 60,), Context("a"))) for _ in range(OF_EACH + 2)
    ]
    await asyncio.sleep(0.1)
    refused = [task for task in flood if task.done()]
    assert refused
    with pytest.raises(Busy, match="Too many texts"):
        await refused[0]
    for task in flood:
        task.cancel()
    await asyncio.gather(*flood, return_exceptions=True)


async def test_a_function_that_another_process_does_not_find_is_refused(killable: Killable) -> None:
    def within() -> None: ...

    with pytest.raises(ContractError, match="top of its module"):
        await killable.run(within, (), Context("a"))
