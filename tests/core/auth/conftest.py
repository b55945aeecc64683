"""A home's auth room on a real store, on simulated time, with passwords that are cheap to hash."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from linli.auth import COMMAND_ACTOR, Auth, AuthSettings, Grant, Session, User, World
from linli.auth.address import parse_networks
from linli.auth.gate import Limits
from linli.auth.passwords import Cost
from linli.clock import SimulatedClock
from linli.ledger import Ledger
from linli.pool import BlockingPool
from linli.storage import Storage
from linli.testing.facts import SetFacts, SetItems

CHEAP = Cost(memory_kib=8, passes=1)
CLIENT = "http://hub.local:8123/"
LAN = "192.168.1.20"
FAR = "203.0.113.9"
PASSWORD = "correct horse"


@dataclass
class Home:
    """Everything a test needs at hand."""

    clock: SimulatedClock
    storage: Storage
    auth: Auth
    facts: SetFacts
    items: SetItems
    pool: BlockingPool

    async def user(self, name: str = "resident", role: str = "resident", **more: object) -> User:
        more.setdefault("username", name)
        return await self.auth.users.create(name, role=role, actor=COMMAND_ACTOR, **more)  # type: ignore[arg-type]

    async def log_in(self, user: User) -> Grant:
        """As a browser does after the form."""
        return await self.auth.tokens.exchange(CLIENT, self.auth.codes.issue(CLIENT, user.id), LAN)

    async def session(self, grant: Grant) -> Session | None:
        """What its access token opens now."""
        return await self.auth.authenticate_or_load(grant.access_token, LAN)

    async def restart(self) -> None:
        """Another auth room on the same store."""
        await self.auth.close()
        world = World(entities=self.facts, items=self.items, entity_ids=self.facts.ids)
        self.auth = await Auth.open(self.storage, self.clock, self.pool.run, world=world, settings=SETTINGS)

    async def count(self, table: str) -> int:
        """How many rows a table has."""
        return await self.storage.safety.read(
            lambda tx: int(tx.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())
        )

    async def scalar(self, statement: str) -> Any:
        """One value of the store."""
        return await self.storage.safety.read(lambda tx: tx.execute(text(statement)).scalar_one())

    def count_reads(self) -> Callable[[], int]:
        """How often the store was read from now on."""
        counted = 0
        read = self.storage.safety.read

        async def counting(work: Any) -> Any:
            nonlocal counted
            counted += 1
            return await read(work)

        self.storage.safety.read = counting  # type: ignore[method-assign]  # a meter on the real thing
        return lambda: counted

    async def actions(self) -> list[str]:
        return [row.action for row in reversed(await self.storage.journal.rows(limit=1000))]


SETTINGS = AuthSettings(cost=CHEAP, limits=Limits(ban_after=8), never_banned=parse_networks(["10.9.9.9"]))


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
async def storage(tmp_path: Path, clock: SimulatedClock) -> AsyncIterator[Storage]:
    storage = await Storage.open(tmp_path / "data", clock=clock, ledger=Ledger(clock))
    yield storage
    await storage.close()


@pytest.fixture
async def home(storage: Storage, clock: SimulatedClock) -> AsyncIterator[Home]:
    facts, items = SetFacts(), SetItems()
    pool = BlockingPool(clock)
    world = World(entities=facts, items=items, entity_ids=facts.ids)
    auth = await Auth.open(storage, clock, pool.run, world=world, settings=SETTINGS)
    home = Home(clock, storage, auth, facts, items, pool)
    yield home
    await home.auth.close()
    pool.close()
