"""A home's auth room on a real store, on simulated time, with passwords that are cheap to hash."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from linli.auth import COMMAND_ACTOR, Auth, AuthSettings, Grant, User, World
from linli.auth.gate import Limits
from linli.auth.passwords import Cost
from linli.blocking import BlockingPool
from linli.clock import SimulatedClock
from linli.ledger import Ledger
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

    async def user(self, name: str = "resident", role: str = "resident", **more: object) -> User:
        more.setdefault("username", name)
        return await self.auth.users.create(name, role=role, actor=COMMAND_ACTOR, **more)  # type: ignore[arg-type]

    async def log_in(self, user: User) -> Grant:
        """As a browser does after the form."""
        return await self.auth.tokens.exchange(CLIENT, self.auth.codes.issue(CLIENT, user.id), LAN)

    async def actions(self) -> list[str]:
        return [row.action for row in reversed(await self.storage.journal.rows(limit=1000))]


SETTINGS = AuthSettings(cost=CHEAP, limits=Limits(ban_after=8))


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
    yield Home(clock, storage, auth, facts, items)
    await auth.close()
    pool.close()
