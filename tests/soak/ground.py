"""One hub's folder, its processes, and the people who use it: who of them is killed, and what is left afterwards."""

import asyncio
import os
import random
import signal
import time
from contextlib import suppress
from functools import partial
from typing import Final

import aiohttp

import databases
from linli.auth import COMMAND_ACTOR, Auth
from linli.cli.keeping import with_auth
from linli.clock import RealClock
from linli.ledger import Ledger
from linli.storage import Storage
from scenarios.processes import Client, linli
from soak.births import Births
from soak.faulty import Faulty
from soak.house import Person, lost

GONE_WITHIN_S: Final = 5.0
BACK_WITHIN_S: Final = 60.0
RENDERS_WITHIN_S: Final = 15.0
VERIFIED_WITHIN_S: Final = 600.0
"""On a machine that has ten other things to do."""


class Ground:
    """What was lost is collected in :attr:`losses`, each as a sentence."""

    def __init__(self, hub: Births, people: list[Person], faulty: Faulty | None) -> None:
        self.losses: list[str] = []
        self.hub = hub
        self.people = people
        self.faulty = faulty
        scratch = hub.folder / "scratch"
        scratch.mkdir(parents=True)
        # every process of a hub, down to its children, is started with this variable: none can hide
        self._mark = f"TMPDIR={scratch}".encode()
        hub.environment["TMPDIR"] = str(scratch)
        if faulty is not None:
            hub.environment.update(faulty.environment)
        self._token = ""
        self._resting = False

    async def open(self) -> None:
        await self.hub.start()
        self._token = await asyncio.to_thread(with_auth, self.hub.data, _owner)

    async def enter(self, session: aiohttp.ClientSession) -> Client:
        return await Client.enter(session, self.hub, self._token)

    def close(self) -> None:
        """An end in order; whatever runs on is an orphan."""
        if self.hub.process is not None and self.hub.process.poll() is None:
            self.hub.kill(signal.SIGTERM)
        if left := self.processes():
            self.losses.append(f"orphans {sorted(left)} after the last stop")
        self.hub.close()

    # processes -------------------------------------------------------------------------------------------------------

    def processes(self) -> dict[int, int]:
        """Parent by process id, of all that belong to this hub and run."""
        found = {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                with suppress(OSError):
                    if self._mark in _read(f"/proc/{name}/environ").split(b"\0"):
                        fields = _read(f"/proc/{name}/stat").rpartition(b")")[2].split()
                        if fields[0] != b"Z":
                            found[int(name)] = int(fields[1])
        if self.hub.zygote is not None:
            found.pop(self.hub.zygote.pid, None)
        return found

    def first(self) -> int:
        """The process that was begun: a parent, or a hub without one."""
        assert self.hub.process is not None
        return self.hub.process.pid

    def hub_pid(self) -> int | None:
        """The hub, below its parent where it has one."""
        running = self.processes()
        if self.hub.alone:
            return self.first() if self.first() in running else None
        return next((pid for pid, above in running.items() if above == self.first()), None)

    def children(self) -> list[int]:
        """The children of the hub."""
        hub = self.hub_pid()
        return sorted(pid for pid, above in self.processes().items() if above == hub)

    async def end_first(self) -> None:
        end(self.first())
        assert self.hub.process is not None
        await asyncio.to_thread(self.hub.process.wait, 10)

    async def gone(self, processes: set[int]) -> None:
        """Whatever belonged to what was killed ends by itself."""
        ends = time.perf_counter() + GONE_WITHIN_S
        while left := processes & self.processes().keys():
            if time.perf_counter() > ends:
                self.losses.append(f"orphans {sorted(left)} after {GONE_WITHIN_S:g} s")
                for pid in left:
                    end(pid)
                return
            await asyncio.sleep(0.02)

    async def back(self) -> None:
        """It comes back by itself, or is started where nothing of it runs any more."""
        async with aiohttp.ClientSession() as session, asyncio.timeout(BACK_WITHIN_S):
            while True:
                if self.hub.process is None or self.hub.process.poll() is not None:
                    await self.hub.start()
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{self.hub.url}/api/linli/ready") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.02)

    # people ----------------------------------------------------------------------------------------------------------

    async def live(self, session: aiohttp.ClientSession, forgiven: tuple[str, ...]) -> "list[asyncio.Task[None]]":
        """Everybody begins to use the hub, until it is gone or :meth:`rest`.

        A refusal is a loss, but for those whose code begins with one of ``forgiven``: something else was killed too.
        """
        clients = [await self.enter(session) for _ in self.people]
        self._resting = False
        return [
            asyncio.create_task(self._live(person, client, forgiven))
            for person, client in zip(self.people, clients, strict=True)
        ]

    def rest(self) -> None:
        """Everybody hears the answer to what they asked, and asks nothing more."""
        self._resting = True

    async def _live(self, person: Person, client: Client, forgiven: tuple[str, ...]) -> None:
        try:
            while not self._resting:
                await person.act(client)
        except AssertionError as error:
            code = error.args[0]["error"]["code"] if error.args and isinstance(error.args[0], dict) else ""
            if not (forgiven and code.startswith(forgiven)):
                self.losses.append(f"{person.name} was refused: {error}")
        except (aiohttp.ClientError, ConnectionError, TypeError, ValueError):  # the socket closed under it
            return

    async def render(self, session: aiohttp.ClientSession) -> None:
        """A child of the hub renders; that it must again, however many were killed, is part of the trial."""
        headers = {"Authorization": f"Bearer {self._token}"}
        said = ""
        with suppress(TimeoutError):
            async with asyncio.timeout(RENDERS_WITHIN_S):
                while said != "42":
                    url, body = f"{self.hub.url}/api/template", {"template": "{{ 6 * 7 }}"}
                    async with session.post(url, json=body, headers=headers) as answer:
                        said = await answer.text()
        if said != "42":
            self.losses.append(f"nothing is rendered any more: {said}")

    # afterwards ------------------------------------------------------------------------------------------------------

    async def compare(self) -> None:
        """Hold the hub against what it acknowledged."""
        async with aiohttp.ClientSession() as session:
            client = await self.enter(session)
            self.losses += await lost(self.people, client)
            for person in self.people:
                for token in list(person.token_names.values())[-1:]:
                    await Client.enter(session, self.hub, token)
        self.losses += await asyncio.to_thread(self._missing_in_journal)

    def _missing_in_journal(self) -> list[str]:
        """Each user who was made has the row that says so."""
        query = "SELECT subject FROM journal WHERE action = 'user.created'"
        rows = {row[0] for row in databases.current.rows(self.hub.data, "safety", query)}
        made = [user for person in self.people for user in person.users_made]
        return [f"the journal has no row for user {user}" for user in made if user not in rows]

    async def verify(self) -> None:
        """What ``linli journal verify`` does, without a new process."""
        clock = RealClock()
        storage = await Storage.open_for_command(self.hub.data, clock=clock, ledger=Ledger(clock))
        try:
            found = await storage.journal.verify()
        finally:
            await storage.close()
        self.losses += [f"the journal is broken at {broken}" for broken in found.breaks]

    async def verify_by_command(self) -> None:
        """``linli journal verify``, by the clock of the hub."""
        arguments = ("journal", "verify", "--data", self.hub.data)
        said = {"environment": self.hub.environment, "within_s": VERIFIED_WITHIN_S}
        verified = await asyncio.to_thread(partial(linli, *arguments, **said))
        if verified.returncode != 0:
            self.losses.append(f"journal verify: {verified.stdout} {verified.stderr}")


def people(seed: int, count: int) -> list[Person]:
    """Those who live there."""
    return [Person(f"P{number}", random.Random(seed * 31 + number)) for number in range(count)]


async def _owner(auth: Auth) -> str:
    """A token of an administrator, who is made for it."""
    user = await auth.users.create("owner", role="admin", actor=COMMAND_ACTOR, username="owner")
    made = await auth.tokens.create_long_lived(user.id, client_name="trial", lifespan_days=3650, actor=COMMAND_ACTOR)
    return made.access_token


def _read(path: str) -> bytes:
    """A file of the kernel's, which is read often: without what Python's own files cost."""
    handle = os.open(path, os.O_RDONLY)
    try:
        return os.read(handle, 1 << 20)
    finally:
        os.close(handle)


def end(pid: int) -> None:
    """``kill -9``; one that has ended hears nothing."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
