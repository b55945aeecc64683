"""What a template that takes too much costs the others: their pings while it is rendered, and the hub's memory.

    python tests/benchmarks/bad_templates.py            a minute, on a hub of its own with 10 000 entities

Then what a small template, and one over all entities, cost a client. Exit: 0 each p99 stays below the bound, 1 not.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiohttp

sys.path.insert(0, str(Path(__file__).resolve().parent))

import hubs

ENTITIES: Final = 10_000
BOUND_MS: Final = 50.0
PING_EVERY_S: Final = 0.005
FOR_S: Final = 4.0
SMALL: Final = "{{ states('sensor.n5') }}"
BAD: Final = {
    "nothing": "",
    "a text of 200 MB": "{{ 'a' * 200000000 }}",
    "many texts, 200 MB in all": "{% set k = namespace(v=[]) %}{% for i in range(1000) %}"
    "{% set k.v = [k.v, 'x' * 200000 ~ i] %}{% endfor %}",
    "two nested ranges": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "a pattern that backtracks": "{{ 'a' * 40 ~ '!' }}{{ ('a' * 40 ~ '!') | regex_match('(a+)+$') }}",
    "a giant power": "{{ 10 ** (10 ** 9) }}",
    "deep recursion": "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
    "all entities": "{{ states | map(attribute='state') | list | count }}",
}


def rss_mb(pid: int) -> float:
    """Resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def hub_of(parent: int) -> int:
    """The hub that a parent watches: the largest of its children."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="utf-8").split()
    return max(map(int, children), key=rss_mb, default=parent)


class Client:
    """One who asks over REST and pings over a socket."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def render(self, text: str) -> str:
        async with self._session.post(f"{self._url}/api/template", json={"template": text}) as answer:
            return f"{answer.status} {(await answer.text())[:90]}"

    async def fill(self) -> None:
        """Ten thousand entities."""
        for number in range(ENTITIES):
            attributes = {"friendly_name": f"Sensor {number}", "unit_of_measurement": "W"}
            body = {"state": str(number), "attributes": attributes}
            async with self._session.post(f"{self._url}/api/states/sensor.n{number}", json=body) as answer:
                answer.raise_for_status()

    async def socket(self, token: str) -> aiohttp.ClientWebSocketResponse:
        ws = await self._session.ws_connect(f"{self._url}/api/websocket")
        await ws.receive()
        await ws.send_json({"type": "auth", "access_token": token})
        await ws.receive()
        return ws


async def pings(ws: aiohttp.ClientWebSocketResponse, until: Callable[[], bool], first: int) -> list[float]:
    """How long each answer took, in milliseconds."""
    took = []
    while not until():
        began = time.perf_counter()
        await ws.send_json({"id": first + len(took), "type": "ping"})
        await ws.receive()
        took.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(PING_EVERY_S)
    return took


async def under(
    client: Client, ws: aiohttp.ClientWebSocketResponse, text: str, first: int
) -> tuple[list[float], str, int]:
    """Pings while a template is asked for again and again."""
    give_up = time.perf_counter() + FOR_S
    over = False
    answer, count = "", 0

    async def ask() -> None:
        nonlocal answer, count, over
        while text and time.perf_counter() < give_up:
            answer = await client.render(text)
            count += 1
        over = True

    asking = asyncio.create_task(ask())
    took = await pings(ws, lambda: over if text else time.perf_counter() > give_up, first)
    await asking
    return took, answer, count


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


async def price(ask: Callable[[], Awaitable[Any]], times: int) -> float:
    """The median of asking, in milliseconds."""
    await ask()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


async def measure(running: hubs.Running) -> bool:
    """All of it; whether the bound was kept."""
    kept, last = True, 1
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {running.token}"}) as session:
        client = Client(session, running.url)
        await client.fill()
        hub = hub_of(running.pid)
        began = time.perf_counter()
        await client.render("{{ 1 + 1 }}")
        print(f"first template, with the start of its process: {(time.perf_counter() - began) * 1000:.0f} ms")
        await asyncio.sleep(1)
        ws = await client.socket(running.token)
        print(f"{'ping while …':28}{'p50 ms':>8}{'p99 ms':>8}{'max ms':>8}{'asked':>7}{'hub MB':>8}  answer")
        for name, text in BAD.items():
            took, answer, count = await under(client, ws, text, last)
            last += len(took)
            p50, p99, worst = quantile(took, 0.5), quantile(took, 0.99), max(took)
            kept = kept and p99 < BOUND_MS
            print(f"{name:28}{p50:8.1f}{p99:8.1f}{worst:8.1f}{count:7}{rss_mb(hub):8.1f}  {answer}")
        await asyncio.sleep(2)
        children = Path(f"/proc/{hub}/task/{hub}/children").read_text(encoding="utf-8").split()
        print("processes that render, MB:", *(f"{rss_mb(int(pid)):.1f}" for pid in children))
        print(f"GET /api/: {await price(lambda: _get(session, running.url), 200):.2f} ms")
        for name, text, times in (("a small template", SMALL, 200), ("all entities", BAD["all entities"], 10)):
            print(f"{name}: {await price(partial(client.render, text), times):.2f} ms")
        await ws.close()
    return kept


async def _get(session: aiohttp.ClientSession, url: str) -> None:
    async with session.get(f"{url}/api/") as answer:
        await answer.read()


def main() -> int:
    """Measure a hub of our own."""
    with tempfile.TemporaryDirectory() as folder, hubs.linli(Path(folder) / "linli") as running:
        return 0 if asyncio.run(measure(running)) else 1


if __name__ == "__main__":
    raise SystemExit(main())
