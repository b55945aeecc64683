"""The set-up attacked over HTTP: expired, spent, from elsewhere, twice at once, after damage (SAFETY 21)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import text

from linli.clock import SimulatedClock
from linli.hub import Hub
from linli.testing.hub import Deployment, running_hub
from linli_http.api import HttpApi

YAML = "http: {port: 0}\napi: {}\npages: {}\n"
CLAIM, CHECK, CLIENTS = "/api/linli/onboarding", "/api/linli/onboarding/check", "/api/onboarding/users"
ME = {"name": "Li", "password": "five red doors"}


class Fresh:
    """A hub without an owner, and how to reach it."""

    def __init__(self, hub: Hub, url: str, http: aiohttp.ClientSession) -> None:
        self.hub = hub
        self.url = url
        self.http = http

    async def ask(self, path: str, body: dict[str, Any], **headers: str) -> int:
        """The status of one call."""
        async with self.http.post(self.url + path, json=body, headers=headers) as answer:
            return answer.status

    async def claim(self, secret: str | None, **headers: str) -> int:
        return await self.ask(CLAIM, {"secret": secret, **ME}, **headers)


@contextlib.asynccontextmanager
async def fresh_hub(folder: Path, clock: SimulatedClock) -> AsyncIterator[Fresh]:
    async with running_hub(Deployment(folder, YAML), clock=clock) as hub, aiohttp.ClientSession() as http:
        url = await hub.rooms.apis.proxy(HttpApi).base_url()  # type: ignore[type-abstract]  # a protocol names the door
        yield Fresh(hub, url, http)


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
async def fresh(tmp_path: Path, clock: SimulatedClock) -> AsyncIterator[Fresh]:
    async with fresh_hub(tmp_path, clock) as made:
        yield made


async def begun(fresh: Fresh) -> str:
    secret = await fresh.hub.rooms.auth.first_owner.begin()
    assert secret is not None
    return secret


def users(fresh: Fresh) -> int:
    return len(fresh.hub.rooms.auth.users.all())


async def test_a_link_that_expired_makes_nobody_the_owner(fresh: Fresh, clock: SimulatedClock) -> None:
    secret = await begun(fresh)
    await clock.forward(901)
    assert await fresh.ask(CHECK, {"secret": secret}) == 403
    assert await fresh.claim(secret) == 403
    assert users(fresh) == 0


async def test_a_link_that_was_used_opens_nothing_again(fresh: Fresh) -> None:
    secret = await begun(fresh)
    assert await fresh.claim(secret) == 201
    assert await fresh.ask(CHECK, {"secret": secret}) == 403
    assert await fresh.claim(secret, **{"Accept-Language": "zh"}) == 403
    assert users(fresh) == 1


async def test_of_two_tabs_that_send_at_once_one_makes_the_owner(fresh: Fresh) -> None:
    secret = await begun(fresh)
    statuses = await asyncio.gather(*(fresh.claim(secret) for _ in range(5)))
    assert sorted(statuses) == [201, 403, 403, 403, 403]
    assert users(fresh) == 1


FOREIGN = {
    "rebound name": {"Host": "evil.example"},
    "rebound page": {"Host": "evil.example", "Origin": "http://evil.example"},
    "other page": {"Origin": "http://evil.example"},
    "sandboxed page": {"Origin": "null"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
async def test_every_call_of_the_set_up_from_elsewhere_is_refused(fresh: Fresh, headers: dict[str, str]) -> None:
    secret = await begun(fresh)
    assert await fresh.ask(CHECK, {"secret": secret}, **headers) == 403
    assert await fresh.claim(secret, **headers) == 403
    client = {**ME, "username": "li", "client_id": "x", "language": "en", "secret": secret}
    assert await fresh.ask(CLIENTS, client, **headers) in (400, 403)
    assert users(fresh) == 0
    assert await fresh.claim(secret) == 201


async def test_a_damaged_store_makes_nobody_the_owner(tmp_path: Path, clock: SimulatedClock) -> None:
    async with fresh_hub(tmp_path, clock) as first:
        secret = await begun(first)
        assert await first.claim(secret) == 201
        database = first.hub.rooms.storage.safety
        await database.transaction(lambda tx: tx.execute(text("DELETE FROM auth_user")).close())
    async with fresh_hub(tmp_path, clock) as damaged:
        assert await damaged.hub.rooms.auth.first_owner.begin() is None
        for tried in (secret, "", None):
            assert await damaged.claim(tried) in (400, 403)
        assert users(damaged) == 0
        steps = await (await damaged.http.get(damaged.url + "/api/onboarding")).json()
        assert {"step": "user", "done": True} in steps
