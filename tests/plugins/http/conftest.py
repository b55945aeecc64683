"""A real server on a real socket, with the real auth room over a real store; only the plugins behind it are made up."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from linli.auth import AUTH_HISTORY, COMMAND_ACTOR, Auth
from linli.clock import RealClock
from linli.endpoints import Access, Route, RouteTable
from linli.ids import PluginDomain
from linli.ledger import Ledger
from linli.pool import BlockingPool
from linli.storage import Storage
from linli_http import CONFIG
from linli_http.server import HttpServer
from linli_http.settings import Settings

HTTP = PluginDomain("http")
MADE_UP = PluginDomain("made_up")


@dataclass
class Served:
    """A running server and what it serves."""

    server: HttpServer
    auth: Auth
    routes: RouteTable
    ledger: Ledger
    client: aiohttp.ClientSession
    tokens: dict[str, str] = field(default_factory=dict)

    actor = COMMAND_ACTOR

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def route(self, method: str, path: str, handler: Any, access: Access = Access.PUBLIC, **more: Any) -> Any:
        """Serve ``handler``; gives how to take it back."""
        return self.routes.add(Route(method, path, handler, MADE_UP, access, **more))

    async def token(self, name: str, role: str = "admin") -> str:
        """An access token of a user who is made at the first call."""
        if name not in self.tokens:
            user = await self.auth.users.create(name, role=role, username=name, actor=COMMAND_ACTOR)
            grant = await self.auth.tokens.create_long_lived(
                user.id, client_name="test", lifespan_days=1, actor=COMMAND_ACTOR
            )
            self.tokens[name] = grant.access_token
        return self.tokens[name]

    async def ask(
        self, method: str, path: str, *, token: str | None = None, headers: dict[str, str] | None = None, **more: Any
    ) -> tuple[int, Any, Any]:
        """Status, headers and body (text, or JSON where it is)."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        async with self.client.request(method, self.url + path, headers=sent, **more) as answer:
            is_json = answer.headers.get("Content-Type", "") == "application/json"
            return answer.status, answer.headers, await (answer.json() if is_json else answer.text())


Serve = Callable[..., Awaitable[Served]]


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """``await serve(port=…, …)``: a server with these settings; all that is not given has its default."""
    running: list[Callable[[], Awaitable[None]]] = []

    async def start(**section: Any) -> Served:
        clock = RealClock()
        ledger = Ledger(clock)
        blocking = BlockingPool(clock)
        storage = await Storage.open(tmp_path / "data", clock=clock, ledger=ledger)
        await storage.migrate(storage.safety, AUTH_HISTORY)
        auth = await Auth.open(storage, clock, blocking.run)
        routes = RouteTable()
        settings = Settings.of(CONFIG({"port": 0, **section}))
        server = HttpServer(routes, auth, clock, ledger, blocking, settings, HTTP)
        await server.start(None)
        server.ready = True
        client = aiohttp.ClientSession()

        async def stop() -> None:
            await client.close()
            await server.stop()
            await auth.close()
            await storage.close()
            blocking.close()

        running.append(stop)
        return Served(server, auth, routes, ledger, client)

    yield start
    for stop in running:
        await stop()


@pytest.fixture
async def served(serve: Serve) -> Served:
    """A server with default settings."""
    return await serve()
