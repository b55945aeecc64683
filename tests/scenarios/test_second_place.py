"""Two real hubs: one keeps the other's heads, and finds each kind of damage to the other's journal."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import databases
from linli.clock import RealClock
from linli.ledger import Ledger
from linli.storage import SYSTEM, Storage
from linli.storage.chain import Link
from linli.storage.heads_hub import HubPlace
from linli.storage.heads_verify import verify_with_hub
from scenarios.processes import HubProcess, linli

HEADS = "/api/linli/heads"


@dataclass
class Pair:
    """The hub whose journal is proved, and the hub that keeps its heads."""

    first: HubProcess
    second: HubProcess
    token: str
    session: aiohttp.ClientSession
    admin: str

    @property
    def address(self) -> str:
        return f"{self.second.url}{HEADS}"

    @property
    def instance(self) -> str:
        return str(json.loads((self.first.data / "instance.json").read_text())["instance_id"])

    async def ask(self, method: str, path: str, token: str, **said: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.request(method, self.second.url + path, headers=headers, **said) as answer:
            content = await answer.read()
            return answer.status, content if answer.content_type == "application/jsonl" else _loaded(content)

    async def received(self, more_than: int = 0) -> int:
        """The newest counter, once it is above."""
        async with asyncio.timeout(20):
            while True:
                status, said = await self.ask("GET", f"{HEADS}/{self.instance}", self.token)
                if status == 200 and (counter := json.loads(said["newest"])["counter"]) > more_than:
                    return int(counter)
                await asyncio.sleep(0.05)

    async def run_once(self) -> None:
        """Start the first hub, have something journaled, stop it: at its end it seals."""
        before = await self.received() if (self.first.data / "instance.json").exists() else 0
        await self.first.start()
        async with self._beside() as storage:
            for _ in range(2):
                await storage.journal.append("light.renamed", actor=SYSTEM, subject=f"light.{before}")
        await asyncio.get_running_loop().run_in_executor(None, self.first.kill, 15)
        await self.received(before)

    @asynccontextmanager
    async def _beside(self) -> AsyncIterator[Storage]:
        """As a command does, without the seconds that a process takes to start on a busy machine."""
        clock = RealClock()
        storage = await Storage.open_for_command(self.first.data, clock=clock, ledger=Ledger(clock))
        try:
            yield storage
        finally:
            await storage.close()

    async def found(self) -> set[str]:
        """What is broken, as the command finds it."""
        async with self._beside() as storage:
            alone = await storage.journal.verify()
            both = await verify_with_hub(storage, HubPlace(self.address, self.token, RealClock()))
        said = {one.what for one in (*both.journal.breaks, *both.seals.breaks)}
        return said | ({"holds alone"} if alone.holds else set())

    def command(self) -> tuple[int, str]:
        environment = {"LINLI_HEADS_TOKEN": self.token, "LANG": "en_US.UTF-8"}
        done = linli("journal", "verify", "--data", self.first.data, "--heads", self.address, environment=environment)
        return done.returncode, done.stdout + done.stderr

    async def issues(self) -> dict[str, str]:
        async with self.session.ws_connect(f"{self.second.url}/api/websocket") as ws:
            await ws.receive_json()
            await ws.send_json({"type": "auth", "access_token": self.admin})
            await ws.receive_json()
            await ws.send_json({"id": 1, "type": "repairs/list_issues"})
            said = await ws.receive_json()
        return {issue["issue_id"]: issue["severity"] for issue in said["result"]["issues"]}


def _loaded(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content


def _with(hub: HubProcess, journal: str) -> None:
    hub.write_deployment()
    main = hub.folder / "linli.yaml"
    main.write_text(main.read_text().replace("linli: {", f"linli: {{journal: {journal}, ", 1))


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    first, second = HubProcess(tmp_path / "first"), HubProcess(tmp_path / "second")
    try:
        _with(second, "{receive: true}")
        await second.start()
        token, admin = second.token("hub", "first hub"), second.token()
        _with(first, f'{{hubs: [{{address: "{second.url}{HEADS}", token: "{token}"}}]}}')
        async with aiohttp.ClientSession() as session:
            made = Pair(first, second, token, session, admin)
            await made.run_once()
            yield made
    finally:
        for hub in (first, second):
            if hub.process is not None and hub.process.poll() is None:
                hub.kill()


def by_hand(pair: Pair, *statements: str) -> None:
    databases.current.unguard(pair.first.data)
    databases.current.execute(pair.first.data, "safety", *statements)


def recompute(pair: Pair) -> None:
    """Change a row and give it and all that follow the hashes that they then must have."""
    previous, changes, literal = bytes(32), [], databases.current.bytes
    columns = ", ".join(Link.__slots__)
    chosen = f"SELECT {columns} FROM journal WHERE writer = 'cli' ORDER BY sequence"
    for row in databases.current.rows(pair.first.data, "safety", chosen):
        said = dict(zip(Link.__slots__, row, strict=True)) | {"previous": previous}
        if said["sequence"] == 1:
            said["subject"] = "somebody else"
        link = Link(**said)
        changes.append(
            f"UPDATE journal SET previous = {literal(previous)}, hash = {literal(link.hash())},"
            f" subject = '{link.subject}' WHERE writer = 'cli' AND sequence = {link.sequence}"
        )
        previous = link.hash()
    by_hand(pair, *changes)


async def test_each_damage_to_a_journal_is_found_by_the_second_place(pair: Pair, tmp_path: Path):
    """By the command that compares; and what a head shows by itself, by the sending hub and the receiving one too."""

    async def started_and_told(*issues: str) -> None:
        await pair.first.start()
        async with asyncio.timeout(20):
            while not {f"received_heads_{what}_{pair.instance}" for what in issues} & set(await pair.issues()):
                await asyncio.sleep(0.1)
        pair.first.kill()

    data, older, sound = pair.first.data, tmp_path / "older", tmp_path / "sound"
    databases.current.keep_copy(data, older)
    await pair.run_once()
    databases.current.keep_copy(data, sound)
    code, said = pair.command()
    assert code == 0, said
    assert "agrees" in said
    assert await pair.issues() == {}

    by_hand(pair, "UPDATE journal SET action = 'user.forged' WHERE writer = 'cli' AND sequence = 1")
    assert await pair.found() == {"hash"}

    databases.current.bring_back(sound, data)
    by_hand(pair, *(f"DELETE FROM {table} WHERE writer = 'cli'" for table in ("journal_details", "journal")))
    assert await pair.found() == {"anchor", "holds alone"}
    code, said = pair.command()
    assert code != 0
    assert "cli" in said
    await started_and_told("cut")
    log = (pair.first.folder / "output.log").read_text()
    assert f"{pair.address}: changed (cli)" in log
    assert f"{pair.address}: refused (cut)" in log

    databases.current.bring_back(sound, data)
    recompute(pair)
    assert await pair.found() == {"anchor", "holds alone"}
    await started_and_told("forked")

    databases.current.bring_back(older, data)
    assert await pair.found() >= {"rolled_back", "anchor", "holds alone"}
    await started_and_told("cut", "forked")
    assert "rolled_back" in (pair.first.folder / "output.log").read_text()

    databases.current.bring_back(sound, data)
    assert await pair.found() == {"holds alone"}, "what was refused has changed nothing there"


async def test_the_right_to_send_is_a_right_to_nothing_else_and_one_hubs_alone(pair: Pair):
    stranger = pair.second.token("hub", "another hub")
    path = f"{HEADS}/{pair.instance}"
    assert (await pair.ask("GET", path, stranger))[0] == 404
    assert (await pair.ask("GET", f"{HEADS}/01ARZ3NDEKTSV4RRFFQ69G5FAV", stranger))[0] == 404
    _, said = await pair.ask("GET", path, pair.admin)
    [day] = said["days"]
    status, lines = await pair.ask("GET", f"{path}/{day}", pair.token)
    assert (status, len(lines.splitlines()) >= 1) == (200, True)
    assert (await pair.ask("GET", f"{path}/{day}", stranger))[0] == 404
    assert (await pair.ask("POST", HEADS, stranger, data=lines.splitlines()[-1]))[0] == 409
    assert f"received_heads_other_user_{pair.instance}" in await pair.issues()
    resident = pair.second.token("resident", "lilei")
    for token, method, where in ((resident, "POST", HEADS), (resident, "GET", path), ("none", "GET", path)):
        assert (await pair.ask(method, where, token, data=b"{}"))[0] == 401
    assert (await pair.ask("GET", "/api/linli/journal", pair.token))[0] == 401
    assert (await pair.ask("GET", "/api/states", pair.token))[1] == []
