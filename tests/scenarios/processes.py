"""A real ``linli run`` in a process of its own, reached as its users reach it: command line, HTTP, WebSocket."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

import databases

LINLI = Path(sys.executable).parent / "linli"
DEPLOYMENT = "linli: {{name: Scenario, language: en, time_zone: Asia/Shanghai}}\nhttp: {{port: {port}}}\napi: {{}}\n"


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def linli(
    *arguments: str | Path, given: str = "", environment: Mapping[str, str] | None = None, within_s: float = 60
) -> subprocess.CompletedProcess[str]:
    """One command of ours, to its end; ``environment`` stands beside that of the tests."""
    command, env = [str(LINLI), *map(str, arguments)], {**os.environ, **(environment or {})}
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=within_s, check=False, env=env)


@dataclass
class HubProcess:
    """A hub's folder, and the process that runs on it now."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    """Variables that it finds beside those of the tests."""
    options: tuple[str, ...] = ()
    """More words of its command line."""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def write_deployment(self, more: str = "") -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "linli.yaml").write_text(self._deployment() + more, encoding="utf-8")

    def _deployment(self) -> str:
        """With the server that the test runs on, if it runs on one."""
        written, url = DEPLOYMENT.format(port=self.port), databases.current.url(self.data)
        return written if url is None else written.replace("linli: {", f'linli: {{database: "{url}", ', 1)

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        assert self.process is not None
        async with aiohttp.ClientSession() as session, asyncio.timeout(30):
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{self.url}/api/linli/ready") as answer:
                        if answer.status == 200:
                            return
                assert self.process.poll() is None, (self.folder / "output.log").read_text()
                await asyncio.sleep(0.03)

    def launch(self) -> None:
        """Start it."""
        with (self.folder / "output.log").open("ab") as log:
            command = [LINLI, "run", self.folder, "--data", self.data, *self.options]
            environment = {**os.environ, **self.environment}
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env=environment)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End the process, without a chance to say goodbye unless another signal is named."""
        assert self.process is not None
        os.kill(self.process.pid, number)
        self.process.wait(40)

    def token(self, role: str = "admin", name: str = "owner") -> str:
        added = linli("user", "add", name, "--role", role, "--data", self.data, given="\n")
        assert added.returncode == 0, added.stderr
        made = linli("token", "create", "--user", name, "--data", self.data)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    async def log_in(self, session: aiohttp.ClientSession, name: str, password: str) -> dict[str, Any]:
        """As a browser does; what comes of it: ``access_token``, ``refresh_token`` …"""
        client_id = f"{self.url}/"
        start = {"client_id": client_id, "handler": ["homeassistant", None], "redirect_uri": client_id}
        async with session.post(f"{self.url}/auth/login_flow", json=start) as answer:
            flow = (await answer.json())["flow_id"]
        form = {"client_id": client_id, "username": name, "password": password}
        async with session.post(f"{self.url}/auth/login_flow/{flow}", json=form) as answer:
            code = (await answer.json())["result"]
        return await self.grant(session, grant_type="authorization_code", code=code)

    async def grant(self, session: aiohttp.ClientSession, **form: str) -> dict[str, Any]:
        """What ``/auth/token`` gives for a code or a refresh token."""
        async with session.post(f"{self.url}/auth/token", data={"client_id": f"{self.url}/", **form}) as answer:
            granted: dict[str, Any] = await answer.json()
        assert answer.status == 200, granted
        return granted


@asynccontextmanager
async def hub_process(folder: Path, more: str = "") -> AsyncIterator[HubProcess]:
    hub = HubProcess(folder)
    hub.write_deployment(more)
    await hub.start()
    try:
        yield hub
    finally:
        if hub.process is not None and hub.process.poll() is None:
            hub.kill(signal.SIGTERM)


class Client:
    """One WebSocket connection; commands are numbered and awaited."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._last = 0

    @classmethod
    async def enter(cls, session: aiohttp.ClientSession, hub: HubProcess, token: str) -> "Client":
        socket = await session.ws_connect(f"{hub.url}/api/websocket", max_msg_size=0)
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": token})
        assert (await socket.receive_json())["type"] == "auth_ok"
        return cls(socket)

    def next_id(self) -> int:
        """For a message that is sent past :meth:`call`."""
        self._last += 1
        return self._last

    async def call(self, type: str, **fields: Any) -> Any:
        self._last += 1
        await self.socket.send_json({"id": self._last, "type": type, **fields})
        while True:
            message = json.loads((await self.socket.receive()).data)
            if message["id"] == self._last and message["type"] in ("result", "pong"):
                if message["type"] == "pong":
                    return None
                assert message["success"], message
                return message["result"]

    async def closed(self) -> int | None:
        """Wait until the hub closes the socket; its close code."""
        while not (await self.socket.receive()).type.name.startswith("CLOS"):
            pass
        return self.socket.close_code
