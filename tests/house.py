"""A whole hub with the API on a real socket, and clients who come in."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from linli.auth import COMMAND_ACTOR, User
from linli.clock import RealClock
from linli.hub import Hub
from linli.ids import PlaceId
from linli.testing.hub import Deployment, running_hub

WITHIN_S = 20.0
"""An answer comes at once; a machine with five suites at work on it was seen to take six seconds."""


class Client:
    """One WebSocket connection."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.last_id = 0
        self.events: list[Any] = []

    async def ask(self, type: str, **fields: Any) -> dict[str, Any]:
        """The whole result message; events that come before it are kept."""
        self.last_id += 1
        await self.ws.send_json({"id": self.last_id, "type": type, **fields})
        while True:
            message: dict[str, Any] = await self.ws.receive_json(timeout=WITHIN_S)
            if message["type"] != "event":
                return message
            self.events.append(message["event"])

    async def result(self, type: str, **fields: Any) -> Any:
        """The result of a command that must succeed."""
        message = await self.ask(type, **fields)
        assert message["success"], message
        return message["result"]

    async def code(self, type: str, **fields: Any) -> str:
        """The code of a command that must fail."""
        message = await self.ask(type, **fields)
        assert not message["success"], message
        return str(message["error"]["code"])

    async def event(self) -> Any:
        """The next event."""
        if self.events:
            return self.events.pop(0)
        message = await self.ws.receive_json(timeout=WITHIN_S)
        assert message["type"] == "event", message
        return message["event"]

    async def quiet(self) -> None:
        """Nothing is under way: an answer comes, and no event before it."""
        self.last_id += 1
        await self.ws.send_json({"id": self.last_id, "type": "ping"})
        message = await self.ws.receive_json(timeout=WITHIN_S)
        assert message["type"] == "pong", message
        assert not self.events, self.events


@dataclass
class House:
    """The hub, and how people come in."""

    hub: Hub
    url: str
    session: aiohttp.ClientSession
    stack: contextlib.AsyncExitStack

    async def user(self, name: str, role: str = "resident", *places: PlaceId) -> tuple[User, str]:
        """Somebody with a token."""
        auth = self.hub.rooms.auth
        user = await auth.users.create(
            name, role=role, username=name, places=places or None, actor=COMMAND_ACTOR, is_owner=name == "owner"
        )
        grant = await auth.tokens.create_long_lived(user.id, client_name="t", lifespan_days=1, actor=COMMAND_ACTOR)
        return user, grant.access_token

    async def connect(self, token: str) -> Client:
        """A connection that was let in."""
        ws = await self.stack.enter_async_context(self.session.ws_connect(self.url + "/api/websocket"))
        await ws.receive_json()
        await ws.send_json({"type": "auth", "access_token": token})
        assert (await ws.receive_json())["type"] == "auth_ok"
        return Client(ws)

    async def rest(self, method: str, path: str, token: str | None = None, **more: Any) -> tuple[int, Any]:
        """Status, and the body as JSON or text."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with self.session.request(method, self.url + path, headers=headers, **more) as answer:
            is_json = answer.headers.get("Content-Type", "") == "application/json"
            return answer.status, await (answer.json() if is_json else answer.text())

    async def turn(self, entity_id: str, service: str = "toggle") -> None:
        """The hub itself switches a helper."""
        await self.hub.rooms.services.call("input_boolean", service, {"entity_id": entity_id})


async def until(condition: Callable[[], object]) -> None:
    """Wait for what comes about soon."""
    for _ in range(200):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about")


def free_port() -> int:
    """A port of loopback that nobody has just now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextlib.asynccontextmanager
async def lived_in(deployment: Deployment, port: int) -> AsyncIterator[House]:
    """The deployment, running on real time, with its API at that port."""
    async with contextlib.AsyncExitStack() as stack:
        hub = await stack.enter_async_context(running_hub(deployment, clock=RealClock()))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield House(hub, f"http://127.0.0.1:{port}", session, stack)
