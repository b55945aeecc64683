"""What people save as a blueprint is read in a process that can be killed, and nobody else waits for it."""

import asyncio
import time
from typing import Any

import pytest

from linli import Context
from linli.template.crew import OF_EACH
from plugins.blueprint.test_commands import Living

PONG_WITHIN_S = 1.0
"""On a busy machine; read on the loop, the largest of them took longer."""


def laughs(lines):
    rows = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, lines)]
    return "\n".join(rows)


@pytest.fixture
async def home(tmp_path):
    async with Living(tmp_path) as found:
        yield found


async def test_a_saved_one_is_read_in_a_process_of_its_own_and_a_file_of_the_deployment_is_not(home):
    crew = home.house.hub.rooms.user_templates.crew
    await home.client.result("blueprint/list", domain="automation")
    assert not crew.children
    await home.save()
    assert crew.children


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (laughs(40), "invalid_format"),
        ("[" * 3_000_000, "invalid_format"),
        ("a: " + "{b: " * 60_000, "invalid_format"),
        ("- " * 120_000, "invalid_format"),
        ("x" * 5_000_000, None),
    ],
    ids=["aliases", "3 MB of brackets", "nested", "nested by indentation", "5 MB"],
)
async def test_what_would_hurt_is_refused_while_others_are_answered(home, text, code):
    other = await home.house.connect(home.token)
    words = {"domain": "automation", "path": "hurts", "yaml": text}
    hurting = asyncio.create_task(home.client.ask("blueprint/save", **words))
    waits = []
    while not hurting.done() or not waits:
        began = time.perf_counter()
        await other.quiet()
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(0.01)
    if code is None:  # no frame is that large: its connection is closed
        with pytest.raises((TypeError, ConnectionError)):
            await hurting
    else:
        answer = await hurting
        assert (answer["success"], answer["error"]["code"]) == (False, code), answer
    assert max(waits) < PONG_WITHIN_S


async def test_what_cannot_be_read_now_is_read_when_somebody_asks_again(home):
    await home.save()
    killable = home.house.hub.rooms.killable

    def occupy(times: int) -> list[asyncio.Task[Any]]:
        return [asyncio.create_task(killable.run(time.sleep, (2,), Context())) for _ in range(times)]

    flood = occupy(2)
    await asyncio.sleep(0)
    while len(killable._crew._queue):  # until each process has one: what follows stays in the queue, and fills it
        await asyncio.sleep(0.01)
    flood += occupy(OF_EACH)
    await asyncio.sleep(0)
    listed = await home.client.result("blueprint/list", domain="automation")
    assert "Too many" in listed["saved.yaml"]["error"]
    for task in flood:
        task.cancel()
    await asyncio.gather(*flood, return_exceptions=True)
    while len(killable._crew._queue):  # who gave up keeps their place until a process comes to it
        await asyncio.sleep(0.01)
    listed = await home.client.result("blueprint/list", domain="automation")
    assert listed["saved.yaml"]["metadata"]["name"] == "Follow"
