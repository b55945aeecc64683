"""Kill a hub, its parent or both without warning, again and again, while people use it; look each time what is left.

    python tests/soak/kills.py --kills 10000 --seed 7

Prints the seed first and a line per hundred kills; ends with 1 at the first loss, and leaves that hub's folder.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1]))

from scenarios.processes import Client, HubProcess, linli
from soak.faulty import Faulty
from soak.house import Person, lost

MORE: Final = "helpers: {}\n"
PEOPLE: Final = 4
QUICK: Final = json.dumps({"sound": 0.3, "first_pause": 0.05, "longest_pause": 0.2})
GONE_WITHIN_S: Final = 5.0
WAYS: Final = ("hub", "hub", "hub", "parent", "parent", "both", "start")
"""Who is killed; ``start``: the hub, and the one after it while it starts."""


@dataclass
class Seen:
    """What came of it."""

    seed: int
    kills: int = 0
    acknowledged: int = 0
    unsynced: int = 0
    """Writes that a played power cut took back."""
    longest_return_s: float = 0.0
    losses: list[str] = field(default_factory=list)

    def line(self) -> str:
        return (
            f"seed {self.seed}: {self.kills} kills, {self.acknowledged} acknowledged changes, "
            f"back within {self.longest_return_s:.1f} s, {len(self.losses)} losses"
        )


class Ground:
    """One hub's folder, its processes, and the people who use it."""

    def __init__(self, folder: Path, seed: int, faulty: Faulty | None = None) -> None:
        self._faulty = faulty
        self.seen = Seen(seed)
        self.chance = random.Random(seed)
        scratch = folder / "scratch"
        scratch.mkdir(parents=True)
        # every process of a hub, down to its children, is started with this variable: none can hide
        self._mark = f"TMPDIR={scratch}".encode()
        self.hub = HubProcess(folder, environment={"TMPDIR": str(scratch), "LINLI_PARENT_TIMINGS": QUICK})
        if faulty is not None:
            self.hub.environment.update(faulty.environment)
        self.hub.write_deployment(MORE)
        self.people = [Person(f"P{number}", random.Random(seed * 31 + number)) for number in range(PEOPLE)]
        self._token = ""

    async def open(self) -> None:
        await self.hub.start()
        self._token = await asyncio.to_thread(self.hub.token)

    def close(self) -> None:
        if self.hub.process is not None and self.hub.process.poll() is None:
            self.hub.kill(signal.SIGTERM)

    def processes(self) -> dict[int, int]:
        """Parent by process id, of all that belong to this hub and run."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self._mark in (folder / "environ").read_bytes().split(b"\0"):
                    fields = (folder / "stat").read_text().rpartition(")")[2].split()
                    if fields[0] != "Z":
                        found[int(folder.name)] = int(fields[1])
        return found

    def hub_pid(self) -> int | None:
        """The hub below the parent."""
        parent = self.hub.process.pid if self.hub.process else 0
        return next((pid for pid, above in self.processes().items() if above == parent), None)

    async def round(self) -> None:
        """People use it, it is killed, it comes back, and is compared."""
        way = self.chance.choice(WAYS) if self._faulty is None else "both"
        async with aiohttp.ClientSession() as session:
            clients = [await Client.enter(session, self.hub, self._token) for _ in self.people]
            living = [
                asyncio.create_task(_live(person, client)) for person, client in zip(self.people, clients, strict=True)
            ]
            await asyncio.sleep(self.chance.uniform(0.02, 0.4))
            before = self.processes()
            await self._kill(way)
            ended = await asyncio.gather(*living)
        self.seen.losses += [said for said in ended if said is not None]
        began = time.perf_counter()
        await self._gone(
            before if way != "hub" else {pid: above for pid, above in before.items() if pid != self._top()}
        )
        if self._faulty is not None:
            self.seen.unsynced += self._faulty.lose_unsynced(self.hub.data)
        if way == "start":
            await asyncio.sleep(self.chance.uniform(0, 0.8))
            if (starting := self.hub_pid()) is not None:
                _end(starting)
                self.seen.kills += 1
        await self._back()
        self.seen.longest_return_s = max(self.seen.longest_return_s, time.perf_counter() - began)
        await self._compare()

    def _top(self) -> int:
        assert self.hub.process is not None
        return self.hub.process.pid

    async def _kill(self, way: str) -> None:
        child = self.hub_pid()
        assert self.hub.process is not None
        if way in ("parent", "both"):
            _end(self.hub.process.pid)
        if way in ("hub", "start", "both") and child is not None:
            _end(child)
        if way in ("parent", "both"):
            await asyncio.to_thread(self.hub.process.wait, 10)
        self.seen.kills += 1

    async def _gone(self, processes: dict[int, int]) -> None:
        """Whatever belonged to the hub that was killed ends by itself."""
        ends = time.perf_counter() + GONE_WITHIN_S
        kept = {self._top()}
        while left := (processes.keys() - kept) & self.processes().keys():
            if time.perf_counter() > ends:
                self.seen.losses.append(f"orphans {sorted(left)} after {GONE_WITHIN_S:g} s")
                for pid in left:
                    _end(pid)
                return
            await asyncio.sleep(0.02)

    async def _back(self) -> None:
        """It comes back by itself, or is started where nothing of it runs any more."""
        async with aiohttp.ClientSession() as session, asyncio.timeout(60):
            while True:
                if self.hub.process is None or self.hub.process.poll() is not None:
                    await self.hub.start()
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{self.hub.url}/api/linli/ready") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.02)

    async def _compare(self) -> None:
        self.seen.acknowledged = sum(person.acknowledged for person in self.people)
        async with aiohttp.ClientSession() as session:
            client = await Client.enter(session, self.hub, self._token)
            self.seen.losses += await lost(self.people, client)
            for person in self.people:
                for token in list(person.token_names.values())[-1:]:
                    await Client.enter(session, self.hub, token)
        self.seen.losses += self._missing_in_journal()
        verified = await asyncio.to_thread(linli, "journal", "verify", "--data", self.hub.data)
        if verified.returncode != 0:
            self.seen.losses.append(f"journal verify: {verified.stdout} {verified.stderr}")

    def _missing_in_journal(self) -> list[str]:
        """Each user who was made has the row that says so."""
        with closing(sqlite3.connect(f"file:{self.hub.data / 'safety.db'}?mode=ro", uri=True)) as database:
            rows = {row[0] for row in database.execute("SELECT subject FROM journal WHERE action = 'user.created'")}
        made = [user for person in self.people for user in person.users_made]
        return [f"the journal has no row for user {user}" for user in made if user not in rows]


async def _live(person: Person, client: Client) -> str | None:
    """Use the hub until it is gone; a refusal is a finding."""
    try:
        while True:
            await person.act(client)
    except AssertionError as error:
        return f"{person.name} was refused: {error}"
    except (aiohttp.ClientError, ConnectionError, TypeError, ValueError):  # the socket closed under it
        return None


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


async def kill_often(
    folder: Path, *, seed: int, kills: int = sys.maxsize, seconds: float = float("inf"), faulty: Faulty | None = None
) -> Seen:
    """At most so many, or so long, or until something is lost; on a faulty disk each kill is a power cut."""
    ground = Ground(folder, seed, faulty)
    ends = time.perf_counter() + seconds
    await ground.open()
    told = 0
    try:
        while ground.seen.kills < kills and time.perf_counter() < ends and not ground.seen.losses:
            await ground.round()
            if ground.seen.kills // 100 > told:
                told = ground.seen.kills // 100
                print(ground.seen.line(), flush=True)
    finally:
        ground.close()
    if left := ground.processes():
        ground.seen.losses.append(f"orphans {sorted(left)} after the last stop")
    return ground.seen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="linli-soak-"))
    print(f"seed {given.seed}, folder {folder}", flush=True)
    began = time.perf_counter()
    seen = asyncio.run(kill_often(folder / "hub", seed=given.seed, kills=given.kills))
    print(seen.line(), f"in {time.perf_counter() - began:.0f} s", *seen.losses, sep="\n", flush=True)
    return 1 if seen.losses else 0


if __name__ == "__main__":
    sys.exit(main())
