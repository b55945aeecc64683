"""How the recorder does at its size: ``python tests/benchmarks/recorder.py [MILLIONS [postgresql]]``.

Ten million rows by default. A hub runs on them and records 200 changes a second meanwhile; for each question and each
way of forgetting it says how long it took, the longest that the loop was held, and how many rows waited at most for
the disk. With ``postgresql`` the rows stand on a server that it starts and ends itself. ``LINLI_BENCHMARK_FOLDER``
names a disk.
"""

import asyncio
import gc
import logging
import os
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from linli.clock import RealClock, stopwatch
from linli.context import Context
from linli.hub import Hub
from linli.jsonbytes import loads
from linli.testing.hub import Deployment, running_hub
from linli_recorder.api import Period, StatisticsApi, StatisticsAsked

sys.path.insert(0, str(Path(__file__).parents[1]))
from recorder_rows import Entity, PostgresqlSink, SqliteSink, entities, fill

from databases import SQLITE, Databases, end_server
from house import House, free_port

log = logging.getLogger("benchmark")

DEPLOYMENT = """\
linli: {{name: Bench, time_zone: UTC{database}}}
http: {{port: {port}}}
api: {{}}
home: {{}}
recorder: {{auto_purge: false, queue: 50000}}
history: {{}}
logbook: {{}}
"""
CHANGES_A_SECOND = 200
TABLES = ("gaps", "runs", "marks", "causes", "events", "event_data", "event_types", "states", "attributes", "streams")
DAY_S = 86_400.0


@dataclass
class Bench:
    """A hub on the rows, and somebody who writes meanwhile."""

    house: House
    token: str
    everything: list[Entity]
    clock: RealClock

    @property
    def hub(self) -> Hub:
        return self.house.hub

    def gauge(self, name: str) -> float:
        """A figure of the recorder's."""
        lines = self.hub.rooms.metrics.expose().decode().splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    async def measured(self, what: str, work: Callable[[], Awaitable[str]]) -> None:
        """Run it, and say what it cost."""
        end = asyncio.Event()
        watch = asyncio.ensure_future(self._watch(end))
        began = stopwatch()
        said = await work()
        took = stopwatch() - began
        end.set()
        held, waiting = await watch
        log.info("%-44s %9.0f ms  held %5.0f ms  waiting %6d  %s", what, took * 1e3, held * 1e3, waiting, said)

    async def _watch(self, end: asyncio.Event) -> tuple[float, int]:
        """The longest hold of the loop beyond a turn's own 5 ms, and the most rows that waited."""
        worst, most, turn = 0.0, 0, 0
        while not end.is_set():
            began = stopwatch()
            await self.clock.sleep(0.005)
            worst = max(worst, stopwatch() - began - 0.005)
            turn += 1
            if turn % 20 == 0:
                most = max(most, round(self.gauge("linli_recorder_waiting_rows")))
        return worst, most

    async def change(self) -> None:
        """States change all the time."""
        turn = 0
        while True:
            await self.clock.sleep(0.05)
            for _ in range(CHANGES_A_SECOND // 20):
                turn += 1
                one = self.everything[turn * 7 % len(self.everything)]
                self.hub.rooms.states.set(one.entity_id, one.kind.state(turn // 7), self.attributes(one))  # type: ignore[arg-type]

    @staticmethod
    def attributes(one: Entity) -> dict[str, Any]:
        said: dict[str, Any] = loads(one.kind.attributes % one.index)
        return said

    async def fetch(self, path: str) -> str:
        """A path of the API, read in a thread: only what the hub itself does holds the loop."""
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        loop = asyncio.get_running_loop()

        def read() -> None:
            request = urllib.request.Request(
                self.house.url + path, headers={"Authorization": f"Bearer {self.token}", "Accept-Encoding": "identity"}
            )
            with closing(urllib.request.urlopen(request, timeout=600)) as answer:
                length = sum(len(part) for part in iter(lambda: answer.read(1 << 20), b""))
            loop.call_soon_threadsafe(done.set_result, length)

        threading.Thread(target=read).start()
        return f"{await done / 1e6:.2f} MB"

    async def history(self, chosen: list[Entity], hours: float, more: str) -> str:
        """``GET /api/history/period``."""
        now = self.clock.timestamp()
        start, end = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}" for at in (now - hours * 3600, now))
        names = ",".join(one.entity_id for one in chosen)
        return await self.fetch(f"/api/history/period/{start}?end_time={end}&filter_entity_id={names}{more}")

    async def logbook(self, chosen: list[Entity]) -> str:
        """``GET /api/logbook`` of the last 24 hours; of no entity: of all."""
        start = datetime.fromtimestamp(self.clock.timestamp() - DAY_S, UTC)
        which = f"?entity={','.join(one.entity_id for one in chosen)}" if chosen else ""
        return await self.fetch(f"/api/logbook/{start:%Y-%m-%dT%H:%M:%SZ}{which}")

    async def statistics(self, chosen: list[Entity], period: Period) -> str:
        """What ``recorder/statistics_during_period`` reads, of the last 30 days."""
        api = self.hub.rooms.apis.proxy(StatisticsApi)  # type: ignore[type-abstract]  # a protocol stands for itself
        ids = tuple(one.entity_id for one in chosen)
        asked = StatisticsAsked(ids, self.clock.timestamp() - 30 * DAY_S, None, period)
        found = await api.statistics(asked, Context())
        return f"{sum(map(len, found.values()))} rows"

    async def forget(self, service: str, **data: Any) -> str:
        """Call a service of the recorder, and wait until the journal says that it is done."""
        await self.hub.rooms.services.call("recorder", service, data)
        while True:
            await self.clock.sleep(0.1)
            rows = await self.hub.rooms.storage.journal.rows()
            newest = next(row for row in rows if row.action == f"recorder.{service}")
            details = newest.details or {}
            if details["stage"] != "intended":
                return f"{details['rows']} rows, {details['stage']}"


async def ask(bench: Bench, days: int) -> None:
    """Every question and every way of forgetting, the gentle ones first."""
    of = {prefix: [one for one in bench.everything if one.kind.prefix == prefix] for prefix in
          {one.kind.prefix for one in bench.everything}}  # fmt: skip
    meter, power, plugs = of["sensor.meter"][:1], of["sensor.power"], of["sensor.plug"]
    fifty = [*power, *plugs[:10], *of["binary_sensor.door"][:10], *of["light.lamp"][:10]]
    minimal = "&minimal_response&no_attributes"
    for name, more in (("full", ""), ("minimal", minimal)):
        await bench.measured(f"history of a meter, 24 h, {name}", lambda more=more: bench.history(meter, 24, more))
        await bench.measured(f"history of 50 entities, 24 h, {name}", lambda more=more: bench.history(fifty, 24, more))
    await bench.measured("history of a meter, 30 days, full", lambda: bench.history(meter, 720, ""))
    await bench.measured("logbook of a day", lambda: bench.logbook([]))
    doors = of["binary_sensor.door"][:10]
    await bench.measured("logbook of a day of 10 doors", lambda: bench.logbook(doors))
    for period in (Period.HOUR, Period.DAY):
        await bench.measured(f"statistics of 50, a month by {period}", lambda p=period: bench.statistics(fifty[:30], p))
    await bench.measured("statistics of 300, a month by day", lambda: bench.statistics(plugs, Period.DAY))
    await bench.measured("purge_entities of one", lambda: bench.forget("purge_entities", entity_id=meter[0].entity_id))
    await bench.measured(
        "purge_entities of a pattern (100)",
        lambda: bench.forget("purge_entities", entity_globs=["device_tracker.*"]),
    )
    keep = days - max(1, days // 10)
    await bench.measured("purge of a tenth", lambda: bench.forget("purge", keep_days=keep))
    await bench.measured("the same with nothing to do", lambda: bench.forget("purge", keep_days=keep))
    await bench.measured("repack", lambda: bench.forget("purge", keep_days=keep, repack=True))


async def measure(folder: Path, rows: int, databases: Databases) -> None:
    """Fill, then ask."""
    url, port = databases.url(folder / "data"), free_port()
    yaml = DEPLOYMENT.format(port=port, database="" if url is None else f', database: "{url}"')
    home, clock = Deployment(folder, yaml), RealClock()
    async with running_hub(home, clock=clock, encoded=False):
        pass  # it makes the tables
    databases.execute(folder / "data", "recorder", *(f"DELETE FROM {table}" for table in TABLES))
    file = folder / "data" / "recorder.db"
    began = stopwatch()
    sink: Any = SqliteSink(file) if url is None else PostgresqlSink(url)
    days = fill(sink, rows, round(clock.timestamp() * 1e6))
    sink.close()
    size = f"{file.stat().st_size / 1e6:.0f} MB" if url is None else "on a server"
    log.info("%d rows of %d days, %s, written in %.0f s", rows, days, size, stopwatch() - began)
    began = stopwatch()
    async with running_hub(home, clock=clock, encoded=False) as hub, aiohttp.ClientSession() as session:
        log.info("start on them %.1f s", stopwatch() - began)
        house = House(hub, f"http://127.0.0.1:{port}", session, None)  # type: ignore[arg-type]  # no one connects
        bench = Bench(house, (await house.user("bench", "admin"))[1], entities(), clock)
        for one in bench.everything:
            hub.rooms.states.set(one.entity_id, one.kind.state(0), bench.attributes(one))  # type: ignore[arg-type]
        gc.collect()
        gc.freeze()  # as ``linli run`` does when it has started
        changing = asyncio.ensure_future(bench.change())
        await clock.sleep(3)
        await bench.fetch("/api/config")  # the first request costs what no later one does
        await bench.measured("nothing but recording, 10 s", lambda: _idle(clock))
        await ask(bench, days)
        changing.cancel()
        log.info("rows dropped: %d", bench.gauge("linli_recorder_dropped_rows"))
    if url is None:
        log.info("the file afterwards: %.0f MB", file.stat().st_size / 1e6)


async def _idle(clock: RealClock) -> str:
    await clock.sleep(10)
    return ""


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    log.setLevel(logging.INFO)
    millions = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    databases = Databases(sys.argv[2] if len(sys.argv) > 2 else SQLITE)
    try:
        with tempfile.TemporaryDirectory(dir=os.environ.get("LINLI_BENCHMARK_FOLDER")) as folder:
            asyncio.run(measure(Path(folder), round(millions * 1e6), databases))
    finally:
        end_server()


if __name__ == "__main__":
    main()
