"""A whole hub with the pages, on a real socket."""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from linli.auth import COMMAND_ACTOR
from linli.config import check, load
from linli.hub import Hub
from linli.plugin.catalog import PluginCatalog


@dataclass
class Site:
    """The hub and a client."""

    hub: Hub
    port: int
    client: aiohttp.ClientSession

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any, Any]:
        async with self.client.request(method, self.url + path, **more) as answer:
            is_json = answer.headers.get("Content-Type", "") == "application/json"
            return answer.status, answer.headers, await (answer.json() if is_json else answer.text())

    async def token(self, name: str, role: str, language: str | None = None) -> dict[str, str]:
        """Headers of a new user."""
        auth = self.hub.rooms.auth
        user = await auth.users.create(name, role=role, username=name, language=language, actor=COMMAND_ACTOR)
        grant = await auth.tokens.create_long_lived(user.id, client_name="t", lifespan_days=1, actor=COMMAND_ACTOR)
        return {"Authorization": f"Bearer {grant.access_token}"}


@pytest.fixture
async def site(tmp_path) -> AsyncIterator[Site]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    (tmp_path / "linli.yaml").write_text(
        f"linli: {{name: 桂花里, language: zh-Hans}}\nhttp: {{port: {port}}}\napi: {{}}\npages: {{}}\noverview: {{}}\n"
    )
    checked = check(load(tmp_path), PluginCatalog(None))
    assert not checked.report.errors, checked.report.lines("en")
    hub = await Hub.build(checked, tmp_path / "data")
    await hub.start()
    async with aiohttp.ClientSession() as client:
        yield Site(hub, port, client)
    await hub.stop()
