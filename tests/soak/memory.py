"""Write 1 000 changes a second into a hub for hours, on the real clock, and see whether its memory stays where it is.

    python tests/soak/memory.py --hours 8

Five thousand entities take turns; one subscriber hears every change. A line a minute: what was written and heard, and
the hub's memory. Ends with 1 where the last tenth holds more than the tenth after the warm-up by over 5 %.
"""

import argparse
import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1]))

from scenarios.processes import Client, HubProcess
from soak.rss import hub_rss_mb

ENTITIES: Final = 5_000
WRITERS: Final = 8
MAY_GROW: Final = 0.05
WARM_UP: Final = 0.15
LIMITS: Final = ", limits: {requests_per_second: 100000}"


@dataclass
class Course:
    """How it went."""

    written: int = 0
    heard: int = 0
    refused: int = 0
    seconds: float = 0.0
    memory: list[float] = field(default_factory=list)
    """In MB, once a second."""

    def growth(self) -> float:
        """From the first tenth after the warm-up to the last tenth, as a share."""
        warm = self.memory[int(len(self.memory) * WARM_UP) :] or [0.0]
        tenth = max(len(warm) // 10, 1)
        first, last = statistics.fmean(warm[:tenth]), statistics.fmean(warm[-tenth:])
        return last / first - 1 if first else 0.0

    def line(self) -> str:
        rate = self.written / max(self.seconds, 1e-9)
        memory = self.memory or [0.0]
        return (
            f"{self.seconds:.0f} s: {self.written} changes ({rate:.0f}/s), {self.heard} heard, {self.refused} refused, "
            f"memory {memory[0]:.1f} → {memory[-1]:.1f} MB (most {max(memory):.1f}), after the warm-up "
            f"{self.growth():+.1%}, load {os.getloadavg()[0]:.1f}"
        )


class Load:
    """The writers, the listener and the scales."""

    def __init__(self, hub: HubProcess, token: str, rate: int, seconds: float) -> None:
        self.course = Course()
        self._hub = hub
        self._token = token
        self._rate = rate
        self._seconds = seconds
        self._began = 0.0

    async def run(self) -> Course:
        connector = aiohttp.TCPConnector(limit=0)
        headers = {"Authorization": f"Bearer {self._token}"}
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
            listener = asyncio.create_task(self._listen(session))
            self._began = time.perf_counter()
            work = [asyncio.create_task(self._write(session, number)) for number in range(WRITERS)]
            await asyncio.gather(*work, self._weigh())
            listener.cancel()
            with suppress(asyncio.CancelledError):
                await listener
        return self.course

    def _passed(self) -> float:
        self.course.seconds = time.perf_counter() - self._began
        return self.course.seconds

    async def _write(self, session: aiohttp.ClientSession, writer: int) -> None:
        """Its share of the changes, each at its time; a writer that is late does not slow the ones after."""
        number = 0
        while self._passed() < self._seconds:
            ahead = number * WRITERS / self._rate - self._passed()
            if ahead > 0:
                await asyncio.sleep(ahead)
            entity = (number * WRITERS + writer) % ENTITIES
            body = {"state": str(number), "attributes": {"unit_of_measurement": "W", "friendly_name": f"Load {entity}"}}
            async with session.post(f"{self._hub.url}/api/states/sensor.load_{entity}", json=body) as answer:
                self.course.written += answer.status < 300
                self.course.refused += answer.status >= 300
            number += 1

    async def _listen(self, session: aiohttp.ClientSession) -> None:
        client = await Client.enter(session, self._hub, self._token)
        await client.call("subscribe_events", event_type="state_changed")
        async for frame in client.socket:
            self.course.heard += frame.data.count('"event_type"')

    async def _weigh(self) -> None:
        told = 0
        while self._passed() < self._seconds:
            self.course.memory.append(hub_rss_mb(self._hub))
            if self.course.seconds // 60 > told:
                told = int(self.course.seconds // 60)
                print(self.course.line(), flush=True)
            await asyncio.sleep(1)


async def load(folder: Path, *, rate: int, seconds: float) -> Course:
    """A hub of its own under load."""
    hub = HubProcess(folder)
    hub.write_deployment()
    file = folder / "linli.yaml"
    file.write_text(file.read_text().replace(f"port: {hub.port}", f"port: {hub.port}{LIMITS}"))
    await hub.start()
    try:
        token = await asyncio.to_thread(hub.token)
        return await Load(hub, token, rate, seconds).run()
    finally:
        hub.kill(signal.SIGTERM)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=8)
    parser.add_argument("--rate", type=int, default=1_000)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="linli-soak-"))
    course = asyncio.run(load(folder / "hub", rate=given.rate, seconds=given.hours * 3600))
    print(course.line(), flush=True)
    return 1 if course.growth() > MAY_GROW else 0


if __name__ == "__main__":
    sys.exit(main())
