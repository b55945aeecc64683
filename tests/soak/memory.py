"""Write 1 000 changes a second into a hub for hours, on the real clock, and see whether its memory stays where it is.

    python tests/soak/memory.py --hours 8
    python tests/soak/memory.py --hours 3 --rate 8000 --changes 28800000

Five thousand entities of a plugin take turns; a tenth of the changes comes by REST, to a thousand more. One subscriber
hears every change. A line a minute: what was written and heard, and the hub's memory. What counts is the last two
thirds (``trend.py``). Ends with 1 where eight hours of their slope would add more than 5 %, or where they added that.
At a higher rate it is the changes of eight hours that count: 28.8 million.
The trial may be stopped for a while (SIGSTOP to all its processes): such a time does not count.
"""

import argparse
import asyncio
import os
import re
import shutil
import signal
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
from soak import trend
from soak.rss import hub_rss_mb

PLUGIN: Final = Path(__file__).with_name("plugins") / "load.py"
ENTITIES: Final = 5_000
ENTITIES_BY_REST: Final = 1_000
BY_REST: Final = 0.1
WRITERS: Final = 4
HOURS: Final = 8.0
RATE: Final = 1_000
MAY_GROW: Final = 0.05
"""In :data:`HOURS` at :data:`RATE`, as a share."""
PART_S: Final = 120.0
ASLEEP_S: Final = 20.0
"""Nobody of the trial did anything for so long: it was stopped, or the machine slept."""
LIMITS: Final = ", limits: {requests_per_second: 100000}"
EACH_SECOND: Final = "memory.csv"


@dataclass
class Course:
    """How it went."""

    written: int = 0
    heard: int = 0
    refused: int = 0
    cut_off: int = 0
    seconds: float = 0.0
    memory: list[tuple[float, float]] = field(default_factory=list)
    """(seconds since the beginning, MB), about once a second."""

    def lows(self) -> list[trend.Point]:
        """The lowest of every two minutes after the warm-up: once a minute the hub gives back what it has freed."""
        span = self.memory[-1][0] - self.memory[0][0] if self.memory else 0.0
        return trend.settled(self.memory, max(round(span * (1 - trend.JUDGED_FROM) / PART_S), 1), min)

    def slope(self) -> float:
        """MB an hour after the warm-up."""
        return trend.median_slope(self.lows()) * 3600

    def growth(self) -> float:
        """What the changes of :data:`HOURS` at :data:`RATE` would add at this slope, as a share of what it holds."""
        faster = max(self.written / self.seconds / RATE, 1.0) if self.seconds else 1.0
        return self.slope() * HOURS / faster / self.memory[-1][1] if self.memory else 0.0

    def added(self) -> float:
        """What was added after the warm-up, steps and all, as a share of what it holds."""
        return trend.added(self.lows()) / self.memory[-1][1] if self.memory else 0.0

    @property
    def flat(self) -> bool:
        return self.growth() <= MAY_GROW and self.added() <= MAY_GROW

    def line(self) -> str:
        rate = self.written / max(self.seconds, 1e-9)
        memory = [mb for _, mb in self.memory] or [0.0]
        line = trend.least_squares(self.lows()) * 3600
        return (
            f"{self.seconds:.0f} s: {self.written} changes ({rate:.0f}/s), {self.heard} heard, {self.refused} refused, "
            f"{self.cut_off} times cut off, "
            f"memory {memory[0]:.1f} → {memory[-1]:.1f} MB (most {max(memory):.1f}), in the last two thirds "
            f"{self.slope():+.2f} MB/h ({line:+.2f} by least squares), in {HOURS:g} h {self.growth():+.1%}; "
            f"added {self.added():+.1%}, load {os.getloadavg()[0]:.1f}"
        )


class Load:
    """The writers by REST, the listener and the scales."""

    def __init__(self, hub: HubProcess, token: str, rate: float, seconds: float, changes: float) -> None:
        self.course = Course()
        self._changes = changes
        self._hub = hub
        self._token = token
        self._rate = rate
        self._seconds = seconds
        self._began = self._looked = 0.0

    async def run(self) -> Course:
        connector = aiohttp.TCPConnector(limit=0)
        headers = {"Authorization": f"Bearer {self._token}"}
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
            client = await self._subscribed(session)
            before = await self._written(session)
            listener = asyncio.create_task(self._listen(session, client))
            self._began = self._looked = time.perf_counter()
            work = [asyncio.create_task(self._write(session, number)) for number in range(WRITERS)]
            await asyncio.gather(*work, self._weigh(session, before))
            listener.cancel()
            with suppress(asyncio.CancelledError):
                await listener
        return self.course

    def _passed(self) -> float:
        """Seconds since the beginning, but for those in which the trial was stopped."""
        now = time.perf_counter()
        if now - self._looked > ASLEEP_S:
            self._began += now - self._looked
        self._looked = now
        self.course.seconds = now - self._began
        return self.course.seconds

    def _more(self) -> bool:
        return self._passed() < self._seconds and self.course.written < self._changes

    async def _write(self, session: aiohttp.ClientSession, writer: int) -> None:
        """Its share of the changes, each at its time; a writer that is late does not slow the ones after."""
        number = 0
        while self._more():
            ahead = number * WRITERS / self._rate - self._passed()
            if ahead > 0:
                await asyncio.sleep(ahead)
            entity = (number * WRITERS + writer) % ENTITIES_BY_REST
            body = {"state": str(number), "attributes": {"unit_of_measurement": "W", "friendly_name": f"Rest {entity}"}}
            async with session.post(f"{self._hub.url}/api/states/sensor.rest_{entity}", json=body) as answer:
                self.course.refused += answer.status >= 300
            number += 1

    async def _subscribed(self, session: aiohttp.ClientSession) -> Client:
        client = await Client.enter(session, self._hub, self._token)
        await client.call("subscribe_events", event_type="state_changed")
        return client

    async def _listen(self, session: aiohttp.ClientSession, client: Client) -> None:
        """A reader that is too slow is cut off, as on a machine that does too much else, and comes again."""
        try:
            while True:
                async for frame in client.socket:
                    self.course.heard += frame.data.count('"event_type"')
                self.course.cut_off += 1
                client = await self._subscribed(session)
        finally:
            await client.socket.close()

    async def _written(self, session: aiohttp.ClientSession) -> int:
        """Changes since the hub started, as it counts them."""
        async with session.get(f"{self._hub.url}/api/linli/metrics") as answer:
            counted = re.search(r"^linli_state_changes_total (\d+)$", await answer.text(), re.MULTILINE)
        assert counted is not None
        return int(counted[1])

    async def _weigh(self, session: aiohttp.ClientSession, before: int) -> None:
        told = 0
        while self._more():
            self.course.memory.append((self._passed(), hub_rss_mb(self._hub)))
            if self.course.seconds // 60 > told:
                told = int(self.course.seconds // 60)
                self.course.written = await self._written(session) - before
                print(self.course.line(), flush=True)
                self._keep()
            await asyncio.sleep(1)
        self.course.written = await self._written(session) - before

    def _keep(self) -> None:
        kept = "".join(f"{at:.1f},{mb:.2f}\n" for at, mb in self.course.memory)
        (self._hub.folder / EACH_SECOND).write_text(kept, encoding="utf-8")


async def load(folder: Path, *, rate: int, seconds: float, changes: float = float("inf")) -> Course:
    """A hub of its own under load, for so long, or about so many changes."""
    hub = HubProcess(folder)
    by_rest = rate * BY_REST
    hub.write_deployment(f"load: {{entities: {ENTITIES}, per_second: {rate - round(by_rest)}}}\n")
    file = folder / "linli.yaml"
    text = file.read_text(encoding="utf-8").replace("linli: {", "linli: {trusted: [load], ", 1)
    file.write_text(text.replace(f"port: {hub.port}", f"port: {hub.port}{LIMITS}"), encoding="utf-8")
    (folder / "plugins").mkdir()
    shutil.copy(PLUGIN, folder / "plugins")
    await hub.start()
    try:
        token = await asyncio.to_thread(hub.token)
        return await Load(hub, token, by_rest, seconds, changes).run()
    finally:
        hub.kill(signal.SIGTERM)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=HOURS)
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--changes", type=float, default=float("inf"), help="end after about so many")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="linli-soak-"))
    work = load(folder / "hub", rate=given.rate, seconds=given.hours * 3600, changes=given.changes)
    course = asyncio.run(work)
    print(course.line(), f"each second: {folder / 'hub' / EACH_SECOND}", sep="\n", flush=True)
    return 0 if course.flat else 1


if __name__ == "__main__":
    sys.exit(main())
