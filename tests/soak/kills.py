"""Kill a hub, its parent, both, or a child of it without warning, again and again, while people use it, and compare.

    python tests/soak/kills.py --kills 10000 --seed 7
    python tests/soak/kills.py --kills 10000 --days 7 --database postgresql

In portions, each a household of its own: prints the seed first and a line per hundred kills; ends with 1 at the first
loss, and leaves that hub's folder. With ``--days`` the hub's clock goes on between the kills, so that they are spread
over so long; on PostgreSQL the server is killed too, now and then. After each kill: what was acknowledged stands,
nothing runs that should not, the hub is back. After every tenth: the journal holds; at the end of a portion ``linli
journal verify`` says so too. ``--pause FILE``: nobody is killed while there is such a file, so that the machine can be
used for something else.
"""

import argparse
import asyncio
import json
import random
import shutil
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
from soak.births import Births
from soak.faulty import Faulty
from soak.ground import Ground, end, people

MORE: Final = "helpers: {}\n"
PEOPLE: Final = 4
QUICK: Final = json.dumps({"sound": 0.3, "first_pause": 0.05, "longest_pause": 0.2})
WAYS: Final = ("hub", "hub", "hub", "parent", "parent", "both", "start", "start", "child")
"""Who is killed; ``start``: the hub, and the ones after it while they start; ``child``: a process that renders."""
WAYS_ALONE: Final = ("alone", "alone", "alone", "start", "child")
"""The same where there is no parent."""
ON_A_SERVER: Final = 0.1
"""PostgreSQL crashes in this share of the rounds, and hub and parent are killed while it is away: ``server``."""
RENDERS: Final = 0.25
"""In this share of the rounds people have templates rendered, each hub's first in a new process."""
USED_S: Final = (0.01, 0.25)
STARTS_IN_S: Final = {False: 0.3, True: 2.0}
"""As a copy of the zygote, and as a new Python: kills while it starts fall into so long."""
FORGIVEN: Final = {"server": ("database_",), "child": ("too_many_requests",)}
"""Refusals that belong to it: no database; no process to render in for a second, where one was killed at its birth."""
VERIFY_EVERY: Final = 10
DAY_S: Final = 86_400
PORTION: Final = 1_000


@dataclass
class Seen:
    """What came of it."""

    seed: int
    ways: Counter[str] = field(default_factory=Counter)
    """How many kills of each sort."""
    cold: int = 0
    """How many of those who were killed were new Pythons, or copies of one."""
    acknowledged: int = 0
    unsynced: int = 0
    """Writes that a played power cut took back."""
    longest_return_s: float = 0.0
    portions: int = 0
    simulated_s: float = 0.0
    """So far did the hub's clock go ahead of the real one."""
    losses: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        return self.ways.total()

    def add(self, other: "Seen") -> None:
        """What came of the next portion, whose clock went on from this one's."""
        self.portions += 1
        self.ways += other.ways
        self.cold += other.cold
        self.acknowledged += other.acknowledged
        self.unsynced += other.unsynced
        self.longest_return_s = max(self.longest_return_s, other.longest_return_s)
        self.simulated_s = other.simulated_s
        self.losses += other.losses

    def line(self) -> str:
        days = f" until day {self.simulated_s / DAY_S:.2f} by the hub's clock" if self.simulated_s else ""
        kills = f"{self.kills} kills{days} ({dict(self.ways.most_common())}; {self.cold} of new Pythons)"
        return (
            f"seed {self.seed}: {kills}, "
            f"{self.acknowledged} acknowledged changes, back within {self.longest_return_s:.1f} s, "
            f"{len(self.losses)} losses"
        )


class Trial:
    """Rounds: people use the hub, somebody is killed, it comes back, and is compared."""

    def __init__(
        self, folder: Path, seed: int, faulty: Faulty | None, step_s: float, since_s: float, verify_every: int
    ) -> None:
        """``step_s``: how far the hub's clock goes on at each kill; ``since_s``: where it begins."""
        self._verify_every = verify_every
        self.seen = Seen(seed, simulated_s=since_s)
        self._chance = random.Random(seed)
        self._step_s = step_s
        hub = Births(folder, environment={"LINLI_PARENT_TIMINGS": QUICK}, chance=self._chance)
        hub.write_deployment(MORE)
        self.ground = Ground(hub, people(seed, PEOPLE), faulty)
        self.seen.losses = self.ground.losses
        self._rounds = 0
        self._show_time()

    def _way(self) -> str:
        chance, alone = self._chance, self.ground.hub.alone
        if self.ground.faulty is not None and self.ground.faulty.loses:
            return "alone" if alone else "both"
        if databases.current.kind != databases.SQLITE and chance.random() < ON_A_SERVER:
            return "server"
        return chance.choice(WAYS_ALONE if alone else WAYS)

    async def round(self) -> None:
        way = self._way()
        for person in self.ground.people:
            person.renders = self._chance.random() < RENDERS
        async with aiohttp.ClientSession() as session:
            if way == "child":
                await self.ground.render(session)
            living = await self.ground.live(session, FORGIVEN.get(way, ()))
            await asyncio.sleep(self._chance.uniform(*USED_S))
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
        if self._rounds % self._verify_every == 0:
            await self.ground.verify()

    def _count(self, way: str) -> None:
        self.seen.ways[way] += 1
        self.seen.cold += self.ground.hub.cold
        self.seen.simulated_s += self._step_s
        self._show_time()

    def _show_time(self) -> None:
        if self.ground.faulty is not None and self._step_s:
            self.ground.faulty.jump(round(self.seen.simulated_s))

    async def _kill(self, way: str) -> None:
        """Hub, parent or both, and what belonged to them is gone."""
        ground = self.ground
        before = set(ground.processes())
        hub = ground.hub_pid()
        if way == "server":
            await asyncio.to_thread(databases.server().stop)
            await asyncio.sleep(self._chance.uniform(0, 0.3))
        if way in ("parent", "both", "server"):
            await ground.end_first()
        if way in ("hub", "alone", "start", "both", "server") and hub is not None:
            end(hub)
        self._count(way)
        await ground.gone(before if ground.hub.alone else before - {ground.first()})
        if ground.faulty is not None and ground.faulty.loses:
            self.seen.unsynced += ground.faulty.lose_unsynced(ground.hub.data)
        if way == "server":
            await asyncio.to_thread(databases.server().start)
        if way == "start":
            await self._kill_starting()

    async def _kill_starting(self) -> None:
        """It is started again and again, and killed at some moment of its start."""
        ground = self.ground
        for _ in range(self._chance.randint(1, 3)):
            if ground.hub.alone and ground.hub_pid() is None:
                ground.hub.launch()
            await asyncio.sleep(self._chance.uniform(0, STARTS_IN_S[ground.hub.cold]))
            if (starting := ground.hub_pid()) is not None:
                end(starting)
                self._count("start")

    async def _kill_child(self, session: aiohttp.ClientSession) -> None:
        """One that renders: the hub stays, and renders on."""
        ground, hub = self.ground, self.ground.hub_pid()
        child = self._chance.choice(ground.children())
        end(child)
        self._count("child")
        await ground.gone({child})
        await ground.render(session)
        if ground.hub_pid() != hub:
            ground.losses.append("the hub ended with its child")


async def kill_often(
    folder: Path, *, seed: int, kills: int = sys.maxsize, seconds: float = float("inf"), faulty: Faulty | None = None,
    step_s: float = 0.0, since_s: float = 0.0, pause: Path | None = None, verify_every: int = VERIFY_EVERY,
) -> Seen:  # fmt: skip
    """At most so many, or so long, or until something is lost; on a disk that loses, each kill is a power cut."""
    trial = Trial(folder, seed, faulty, step_s, since_s, verify_every)
    seen, told = trial.seen, 0
    try:
        await trial.ground.open()
        ends = time.perf_counter() + seconds
        while seen.kills < kills and time.perf_counter() < ends and not seen.losses:
            while pause is not None and pause.exists():
                await asyncio.sleep(1)
            await trial.round()
            if seen.kills // 100 > told:
                told = seen.kills // 100
                print(seen.line(), flush=True)
        await trial.ground.verify_by_command()
    finally:
        trial.ground.close()
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10_000)
    parser.add_argument("--portion", type=int, default=PORTION, help="kills of one household")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9), help="of the first portion")
    parser.add_argument("--hours", type=float, default=float("inf"), help="end after so long, whatever was done")
    parser.add_argument("--days", type=float, default=0.0, help="of the hub's clock, over all the kills")
    parser.add_argument("--database", choices=(databases.SQLITE, databases.POSTGRESQL), default=databases.SQLITE)
    parser.add_argument("--pause", type=Path)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="linli-soak-"))
    databases.current = databases.Databases(given.database)
    print(f"seed {given.seed}, folder {folder}", flush=True)
    began = time.perf_counter()
    faulty = Faulty(folder / "faulty") if given.days else None
    step_s = given.days * DAY_S / given.kills
    seen = Seen(given.seed)
    try:
        while seen.kills < given.kills and not seen.losses and time.perf_counter() < began + given.hours * 3600:
            portion = folder / f"from {seen.kills}"
            seconds = began + given.hours * 3600 - time.perf_counter()
            kills = min(given.portion, given.kills - seen.kills)
            work = kill_often(
                portion, seed=given.seed + seen.portions, kills=kills, seconds=seconds, faulty=faulty, step_s=step_s,
                since_s=seen.simulated_s, pause=given.pause,
            )  # fmt: skip
            seen.add(asyncio.run(work))
            print(f"in all: {seen.line()}, {time.perf_counter() - began:.0f} s", flush=True)
            if not seen.losses:
                shutil.rmtree(portion)
    finally:
        databases.end_server()
    print(*seen.losses, sep="\n", flush=True)
    return 1 if seen.losses else 0


if __name__ == "__main__":
    sys.exit(main())
