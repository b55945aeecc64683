"""Kill a hub, its parent, both, or a child of it without warning, again and again, while people use it, and compare.

    python tests/soak/kills.py --kills 10000 --seed 7
    python tests/soak/kills.py --kills 10000 --days 7 --database postgresql

Prints the seed first and a line per hundred kills; ends with 1 at the first loss, and leaves that hub's folder. With
``--days`` the hub's clock goes on between the kills, so that they are spread over so long; on PostgreSQL the server is
killed too, now and then. After each kill: what was acknowledged stands, nothing runs that should not, the hub is back.
After every tenth, and at the end: ``linli journal verify``.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1]))

import databases
from scenarios.processes import HubProcess
from soak.faulty import Faulty
from soak.ground import Ground, end, people

MORE: Final = "helpers: {}\n"
PEOPLE: Final = 4
QUICK: Final = json.dumps({"sound": 0.3, "first_pause": 0.05, "longest_pause": 0.2})
WAYS: Final = ("hub", "hub", "hub", "parent", "parent", "both", "start", "start", "child")
"""Who is killed; ``start``: the hub, and the ones after it while they start; ``child``: a process that renders."""
WAYS_ON_A_SERVER: Final = (*WAYS, "server")
"""``server``: PostgreSQL crashes, and hub and parent are killed while it is away."""
FORGIVEN: Final = {"server": ("database_",), "child": ("too_many_requests",)}
"""Refusals that belong to it: no database; no process to render in for a second, where one was killed at its birth."""
VERIFY_EVERY: Final = 10
DAY_S: Final = 86_400


@dataclass
class Seen:
    """What came of it."""

    seed: int
    ways: Counter[str] = field(default_factory=Counter)
    """How many kills of each sort."""
    acknowledged: int = 0
    unsynced: int = 0
    """Writes that a played power cut took back."""
    longest_return_s: float = 0.0
    simulated_s: float = 0.0
    """So far did the hub's clock go ahead of the real one."""
    losses: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        return self.ways.total()

    def line(self) -> str:
        days = f" in {self.simulated_s / DAY_S:.2f} days by the hub's clock" if self.simulated_s else ""
        return (
            f"seed {self.seed}: {self.kills} kills{days} ({dict(self.ways.most_common())}), "
            f"{self.acknowledged} acknowledged changes, back within {self.longest_return_s:.1f} s, "
            f"{len(self.losses)} losses"
        )


class Trial:
    """Rounds: people use the hub, somebody is killed, it comes back, and is compared."""

    def __init__(self, folder: Path, seed: int, faulty: Faulty | None, step_s: float) -> None:
        """``step_s``: how far the hub's clock goes on at each kill."""
        self.seen = Seen(seed)
        self._chance = random.Random(seed)
        self._step_s = step_s
        hub = HubProcess(folder, environment={"LINLI_PARENT_TIMINGS": QUICK})
        hub.write_deployment(MORE)
        self.ground = Ground(hub, people(seed, PEOPLE), faulty)
        self.seen.losses = self.ground.losses
        self._rounds = 0

    def _way(self) -> str:
        if self.ground.faulty is not None and self.ground.faulty.loses:
            return "both"
        return self._chance.choice(WAYS if databases.current.kind == databases.SQLITE else WAYS_ON_A_SERVER)

    async def round(self) -> None:
        way = self._way()
        async with aiohttp.ClientSession() as session:
            if way == "child":
                await self.ground.render(session)
            living = await self.ground.live(session, FORGIVEN.get(way, ()))
            await asyncio.sleep(self._chance.uniform(0.02, 0.4))
            began = time.perf_counter()
            if way == "child":
                await self._kill_child(session)
                self.ground.rest()
            else:
                await self._kill(way)
            await asyncio.gather(*living)
        await self.ground.back()
        if way != "child":
            self.seen.longest_return_s = max(self.seen.longest_return_s, time.perf_counter() - began)
        await self.ground.compare()
        self.seen.acknowledged = sum(person.acknowledged for person in self.ground.people)
        self._rounds += 1
        if self._rounds % VERIFY_EVERY == 0:
            await self.ground.verify()

    async def _kill(self, way: str) -> None:
        """Hub, parent or both, and what belonged to them is gone."""
        ground = self.ground
        before = set(ground.processes())
        hub = ground.hub_pid()
        if way == "server":
            await asyncio.to_thread(databases.server().stop)
            await asyncio.sleep(self._chance.uniform(0, 0.3))
        if way in ("parent", "both", "server"):
            await ground.end_parent()
        if way in ("hub", "start", "both", "server") and hub is not None:
            end(hub)
        self.seen.ways[way] += 1
        await ground.gone(before - {ground.parent()})
        self._time_passes()
        if ground.faulty is not None and ground.faulty.loses:
            self.seen.unsynced += ground.faulty.lose_unsynced(ground.hub.data)
        if way == "server":
            await asyncio.to_thread(databases.server().start)
        if way == "start":
            await self._kill_starting()

    async def _kill_starting(self) -> None:
        """The parent starts it again and again: each is killed at some moment of its start."""
        for _ in range(self._chance.randint(1, 3)):
            await asyncio.sleep(self._chance.uniform(0, 0.8))
            if (starting := self.ground.hub_pid()) is not None:
                end(starting)
                self.seen.ways["start"] += 1
                self._time_passes()

    async def _kill_child(self, session: aiohttp.ClientSession) -> None:
        """One that renders: the hub stays, and renders on."""
        ground, hub = self.ground, self.ground.hub_pid()
        child = self._chance.choice(ground.children())
        end(child)
        self.seen.ways["child"] += 1
        await ground.gone({child})
        await ground.render(session)
        if ground.hub_pid() != hub:
            ground.losses.append("the hub ended with its child")

    def _time_passes(self) -> None:
        if self.ground.faulty is not None and self._step_s:
            self.seen.simulated_s += self._step_s
            self.ground.faulty.jump(round(self.seen.simulated_s))


async def kill_often(
    folder: Path, *, seed: int, kills: int = sys.maxsize, seconds: float = float("inf"), faulty: Faulty | None = None,
    step_s: float = 0.0,
) -> Seen:  # fmt: skip
    """At most so many, or so long, or until something is lost; on a disk that loses, each kill is a power cut."""
    trial = Trial(folder, seed, faulty, step_s)
    seen, told = trial.seen, 0
    await trial.ground.open()
    ends = time.perf_counter() + seconds
    try:
        while seen.kills < kills and time.perf_counter() < ends and not seen.losses:
            await trial.round()
            if seen.kills // 100 > told:
                told = seen.kills // 100
                print(seen.line(), flush=True)
        await trial.ground.verify()
    finally:
        trial.ground.close()
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--hours", type=float, default=float("inf"), help="end after so long, whatever was done")
    parser.add_argument("--days", type=float, default=0.0, help="of the hub's clock, over all the kills")
    parser.add_argument("--database", choices=(databases.SQLITE, databases.POSTGRESQL), default=databases.SQLITE)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="linli-soak-"))
    databases.current = databases.Databases(given.database)
    print(f"seed {given.seed}, folder {folder}", flush=True)
    began = time.perf_counter()
    faulty = Faulty(folder / "faulty") if given.days else None
    step_s = given.days * DAY_S / given.kills
    try:
        seen = asyncio.run(
            kill_often(
                folder / "hub", seed=given.seed, kills=given.kills, seconds=given.hours * 3600, faulty=faulty,
                step_s=step_s,
            )
        )  # fmt: skip
    finally:
        databases.end_server()
    print(seen.line(), f"in {time.perf_counter() - began:.0f} s", *seen.losses, sep="\n", flush=True)
    return 1 if seen.losses else 0


if __name__ == "__main__":
    sys.exit(main())
