"""A home whose rules wait at webhooks, with its API on a real socket behind a proxy that it trusts."""

import asyncio
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from house import WITHIN_S, House, free_port, lived_in
from linli.testing.hub import Deployment
from linli_triggers.hooks import triggers_following
from plugins.automation.home import PROBE, Ruled

BASE = """
linli: {{name: House, language: en, trusted: [probe]}}
http: {{port: {port}, use_x_forwarded_for: true, trusted_proxies: [127.0.0.1]}}
api: {{}}
home: {{}}
probe: {{}}
webhook: {{}}
"""


class Home(Ruled):
    """What a test does to it, and what its rules told."""

    def __init__(self, house: House) -> None:
        super().__init__(house.hub)
        self.house = house

    async def call(
        self, webhook: str, method: str = "POST", *, of: str | None = None, **more: Any
    ) -> tuple[int, bytes]:
        """Status and body; ``of``: from which address."""
        headers = {**more.pop("headers", {}), **({} if of is None else {"X-Forwarded-For": of})}
        url = f"{self.house.url}/api/webhook/{webhook}"
        async with self.house.session.request(method, url, headers=headers, **more) as answer:
            return answer.status, await answer.read()

    async def hears(self, *, at_least: int = 1) -> list[Any]:
        """What the rules told since the last asking, when it has come."""
        async with asyncio.timeout(WITHIN_S):
            while len(self.events) < at_least:
                await asyncio.sleep(0.005)
        return self.told()

    async def waiting(self) -> int:
        """How many triggers wait at webhooks."""
        return len((await self.rooms.hooks.gather(triggers_following)).get("webhook", ()))

    async def nothing(self) -> bool:
        """A later call has been heard, and none before it."""
        await self.call("marker")
        return await self.hears() == [{"marker": True}]


MARKER = """
automation marker:
  - id: marker
    triggers: [{trigger: webhook, webhook_id: marker}]
    actions: [{event: told, event_data: {marker: true}}]
"""


@asynccontextmanager
async def home_with(tmp_path: Any, yaml: str) -> AsyncIterator[Home]:
    """A hub with that YAML."""
    port = free_port()
    text = BASE.format(port=port) + MARKER + textwrap.dedent(yaml)
    async with lived_in(Deployment(tmp_path, text).drop_in("probe", PROBE), port) as house:
        home = Home(house)
        async with asyncio.timeout(WITHIN_S):
            while await home.waiting() < text.count("webhook_id:"):  # the rules begin with the hub
                await asyncio.sleep(0.005)
        yield home
