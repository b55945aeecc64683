"""Starts a throwaway real Home Assistant on loopback, makes its owner and two lesser users, and ends it."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from .files import put_beside, served
from .player import Target

OWNER = {"name": "Owner", "username": "owner", "password": "only-for-this-run"}
CONFIGURATION = """\
homeassistant:
  name: Oracle
  latitude: 31.2
  longitude: 121.5
  elevation: 4
  unit_system: metric
  time_zone: Asia/Shanghai
  currency: CNY
  country: CN
  language: en
http:
  server_host: 127.0.0.1
  server_port: {port}
  ip_ban_enabled: false
api:
automation: !include automations.yaml
websocket_api:
config:
camera:
intent:
light:
media_player:
number:
sensor:
sun:
switch:
todo:
script: !include scripts.yaml
"""
SCRIPTS = """\
compat_answer:
  sequence:
    - variables:
        answer:
          value: 1
    - stop: done
      response_variable: answer
"""
PAST = """\
recorder:
  commit_interval: 1
history:
logbook:
"""
"""What a hub that remembers has besides."""
START_S = 120.0


def free_port() -> int:
    """A port of loopback that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def original(hass: Path, folder: Path, more: str = "") -> AsyncIterator[Target]:
    """A running Home Assistant; without ``more`` it has no recorder, history and logbook."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    (folder / "configuration.yaml").write_text(CONFIGURATION.format(port=port) + more, encoding="utf-8")
    (folder / "scripts.yaml").write_text(SCRIPTS, encoding="utf-8")
    (folder / "automations.yaml").write_text("[]", encoding="utf-8")
    put_beside(folder)
    with (folder / "output.log").open("wb") as log:
        command = [str(hass), "-c", str(folder), "--skip-pip"]
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        async with aiohttp.ClientSession() as session, served(free_port()) as web:
            await _answering(session, url, process)
            yield Target(url, {"web": web, **await _people(session, url)})
    finally:
        os.kill(process.pid, signal.SIGTERM)
        await asyncio.to_thread(process.wait, 60)


async def _answering(session: aiohttp.ClientSession, url: str, process: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(START_S):
        while True:
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with session.get(url + "/api/onboarding") as answer:
                    if answer.status == 200:
                        return
            if process.poll() is not None:
                raise RuntimeError(f"Home Assistant ended with {process.returncode}")
            await asyncio.sleep(0.1)


async def _people(session: aiohttp.ClientSession, url: str) -> dict[str, str]:
    """The tokens and ids of the owner, of a user and of a read-only user.

    The other steps of the onboarding are left out: they would add integrations that call the internet.
    """
    client = url + "/"
    body = {**OWNER, "client_id": client, "language": "en"}
    async with session.post(url + "/api/onboarding/users", json=body) as answer:
        code = (await answer.json())["auth_code"]
    access = await token_for(session, url, code)
    return await provision(session, url, access)


async def provision(session: aiohttp.ClientSession, url: str, access: str) -> dict[str, str]:
    """Through the API of a hub with an owner: long-lived tokens for all three, as the table names them."""
    values = {"owner": access}
    async with commands(session, url, access) as call:
        values["admin_id"] = (await call("auth/current_user"))["id"]
        values["admin"] = await call("auth/long_lived_access_token", client_name="compat admin", lifespan=30)
        for name, group in (("resident", "system-users"), ("reader", "system-read-only")):
            user = (await call("config/auth/create", name=name.title(), group_ids=[group]))["user"]
            values[f"{name}_id"] = user["id"]
            login = {"user_id": user["id"], "username": name, "password": f"{name}-password"}
            await call("config/auth_provider/homeassistant/create", **login)
            person = await token_for(session, url, await log_in(session, url, name, f"{name}-password"))
            async with commands(session, url, person) as theirs:
                values[name] = await theirs("auth/long_lived_access_token", client_name=f"compat {name}", lifespan=30)
    return values


async def log_in(session: aiohttp.ClientSession, url: str, username: str, password: str) -> str:
    """An authorization code by the login flow."""
    client = url + "/"
    start = {"client_id": client, "handler": ["homeassistant", None], "redirect_uri": client + "?auth_callback=1"}
    async with session.post(url + "/auth/login_flow", json=start) as answer:
        flow = (await answer.json())["flow_id"]
    form = {"client_id": client, "username": username, "password": password}
    async with session.post(f"{url}/auth/login_flow/{flow}", json=form) as answer:
        return str((await answer.json())["result"])


async def token_for(session: aiohttp.ClientSession, url: str, code: str) -> str:
    """The access token for an authorization code."""
    form = {"grant_type": "authorization_code", "code": code, "client_id": url + "/"}
    async with session.post(url + "/auth/token", data=form) as answer:
        return str((await answer.json())["access_token"])


@contextlib.asynccontextmanager
async def commands(session: aiohttp.ClientSession, url: str, token: str) -> AsyncIterator[Any]:
    """A socket on which commands are called one after the other; a failure is an exception."""
    async with session.ws_connect(url + "/api/websocket") as ws:
        await ws.receive_json()
        await ws.send_json({"type": "auth", "access_token": token})
        hello = await ws.receive_json()
        if hello["type"] != "auth_ok":
            raise RuntimeError(f"not let in: {hello}")
        number = 0

        async def call(command: str, **fields: Any) -> Any:
            nonlocal number
            number += 1
            await ws.send_json({"id": number, "type": command, **fields})
            while (answer := await ws.receive_json()).get("id") != number or answer["type"] == "event":
                pass
            if not answer.get("success"):
                raise RuntimeError(f"{command}: {answer.get('error')}")
            return answer["result"]

        yield call
