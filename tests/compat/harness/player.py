"""Plays a case against a running hub and writes down what it answers."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from yarl import URL

from .looks import picked
from .paths import MISSING, find
from .steps import Case, Hear, Http, Look, Open, Send, Step

PATIENCE_S = 3.0
HEADERS = (
    "Allow", "Access-Control-Allow-Origin", "Cache-Control", "Content-Type", "Location", "Pragma", "WWW-Authenticate",
)  # fmt: skip
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Target:
    """A running hub: where it is, and the values that a table may name (tokens, ids of the users)."""

    url: str
    values: Mapping[str, str]

    @property
    def known(self) -> dict[str, str]:
        """Values of this run and the names that stand for them in a recording."""
        host = self.url.partition("//")[2]
        ids = {value: name for name, value in self.values.items() if name.endswith("_id")}
        web = {self.values["web"]: "web"} if "web" in self.values else {}
        return {self.url: "url", host: "host", **web, **ids}


@dataclass(slots=True)
class _Socket:
    ws: aiohttp.ClientWebSocketResponse
    flat: bool
    last_id: int = 0
    heard: list[Any] = field(default_factory=list)  # messages that no step has asked for yet

    async def message(self) -> Any:
        """The next message, MISSING after PATIENCE_S, or ``{"closed": code}``."""
        if self.heard:
            return self.heard.pop(0)
        try:
            async with asyncio.timeout(PATIENCE_S):
                got = await self.ws.receive()
        except TimeoutError:
            return MISSING
        if got.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            return {"closed": self.ws.close_code}
        value = orjson.loads(got.data)
        if self.flat and isinstance(value, list):
            self.heard += value[1:]
            return value[0]
        return value


class Player:
    """One client of one case."""

    def __init__(self, target: Target, session: aiohttp.ClientSession) -> None:
        self._target = target
        self._session = session
        self._values = dict(target.values) | {"url": target.url}
        self._sockets: dict[str, _Socket] = {}

    async def play(self, case: Case) -> list[dict[str, Any]]:
        """One record per step, and a last one for messages that nobody asked for."""
        records = [await self._step(step) for step in case.steps]
        for name, socket in self._sockets.items():
            unasked = await self._unasked(socket)
            if unasked:
                records.append({"unasked": name, "messages": unasked})
            await socket.ws.close()
        return records

    async def _step(self, step: Step) -> dict[str, Any]:
        match step:
            case Http():
                return await self._http(step)
            case Open():
                return await self._open(step.socket, step.user, flat=step.flat)
            case Send():
                return await self._send(step)
            case Hear():
                messages = await self._messages(await self._socket(step.socket), None, 0, step.events)
                self._save(step.save, messages, step.look)
                return {"messages": messages}

    async def _http(self, step: Http) -> dict[str, Any]:
        headers = {key: self._filled(value) for key, value in step.headers.items()}
        if step.user is not None:
            headers["Authorization"] = f"Bearer {self._values.get(step.user) or self._filled(step.user)}"
        body: Any = step.raw
        if step.json is not None:
            headers.setdefault("Content-Type", "application/json")
            body = orjson.dumps(self._filled(step.json))
        elif step.form is not None:
            body = aiohttp.FormData(self._filled(dict(step.form)))()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if step.events:
            await self._socket("main")
        url = URL(self._target.url + self._filled(step.path), encoded=True)
        async with self._session.request(step.method, url, data=body, headers=headers, allow_redirects=False) as answer:
            record: dict[str, Any] = {"status": answer.status}
            record["headers"] = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
            is_json = answer.content_type == "application/json"
            text = await answer.text(errors="replace")
            record["body"] = orjson.loads(text) if is_json and text else text
        for name, path in step.save.items():
            self._remember(name, find(record["body"], path))
        if step.events:
            record["messages"] = await self._messages(self._sockets["main"], None, 0, step.events)
        return record

    async def _open(self, name: str, user: str | None, *, flat: bool = True) -> dict[str, Any]:
        socket = _Socket(await self._session.ws_connect(self._target.url + "/api/websocket", heartbeat=None), flat)
        self._sockets[name] = socket
        messages = [await socket.message()]
        if user is not None:
            token = self._values.get(user) or self._filled(user)
            await socket.ws.send_str(orjson.dumps({"type": "auth", "access_token": token}).decode())
            messages.append(await socket.message())
        return {"messages": messages}

    async def _socket(self, name: str) -> _Socket:
        if name not in self._sockets:
            await self._open(name, "admin")
        return self._sockets[name]

    async def _send(self, step: Send) -> dict[str, Any]:
        socket = await self._socket(step.socket)
        message = self._filled(step.message)
        wanted: int | None = None
        if isinstance(message, dict) and step.numbered:
            message = {"id": socket.last_id + 1, **message}
        if isinstance(message, dict) and isinstance(message.get("id"), int):
            wanted = message["id"]
            socket.last_id = max(socket.last_id, message["id"])
        if isinstance(message, bytes):
            await socket.ws.send_bytes(message)
        else:
            text = message if isinstance(message, str) else orjson.dumps(message).decode()
            await socket.ws.send_str(text)
        messages = await self._messages(socket, wanted, step.answers, step.events)
        self._save(step.save, messages, step.look)
        return {"messages": messages}

    async def _messages(self, socket: _Socket, wanted: int | None, answers: int, events: int) -> list[Any]:
        """Until the result of ``wanted`` (or so many answers) and so many events are there."""
        got: list[Any] = []
        left = {"answers": 1 if wanted is not None else answers, "events": events}
        while any(count > 0 for count in left.values()):
            message = await socket.message()
            if message is MISSING:
                got.append({"silence": True})
                break
            got.append(message)
            if isinstance(message, dict) and "closed" in message:
                break
            is_answer = isinstance(message, dict) and message.get("type") in ("result", "pong")
            if wanted is not None:
                is_answer = is_answer and message.get("id") == wanted
            left["answers" if is_answer or (wanted is None and left["events"] <= 0) else "events"] -= 1
        return got

    async def _unasked(self, socket: _Socket) -> list[Any]:
        if socket.ws.closed or socket.last_id == 0:
            return []
        await socket.ws.send_str(f'{{"id":{socket.last_id + 1},"type":"ping"}}')
        got = []
        while (message := await socket.message()) is not MISSING and "closed" not in message:
            if isinstance(message, dict) and message.get("type") == "pong":
                break
            got.append(message)
        return got

    def _save(self, wishes: Mapping[str, str], messages: list[Any], look: Look) -> None:
        messages = [picked(message, look) for message in messages] if wishes else []
        for name, path in wishes.items():
            self._remember(name, next((v for m in messages if (v := find(m, path)) is not MISSING), MISSING))

    def _remember(self, name: str, value: Any) -> None:
        """An answer without the value leaves the one of an earlier step."""
        if value is not MISSING:
            self._values[name] = value

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._filled(key): self._filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        if not isinstance(value, str):
            return value
        if (whole := _VARIABLE.fullmatch(value)) and whole[1] in self._values:
            return self._values[whole[1]]
        return _VARIABLE.sub(lambda found: str(self._values.get(found[1], found[0])), value)


@contextlib.asynccontextmanager
async def player(target: Target) -> AsyncIterator[Player]:
    """A client with a session of its own."""
    timeout = aiohttp.ClientTimeout(total=15)
    async with aiohttp.ClientSession(timeout=timeout, auto_decompress=True) as session:
        yield Player(target, session)


async def play(target: Target, case: Case) -> list[dict[str, Any]]:
    """The records of one case."""
    async with player(target) as client:
        return await client.play(case)
