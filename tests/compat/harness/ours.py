"""Starts a linli hub as a person would, from its command line, and makes the same three users as in the original."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from .files import put_beside, served
from .original import OWNER, free_port, provision
from .player import Target

LINLI = Path(sys.executable).parent / "linli"
DEPLOYMENT = """\
linli:
  name: Oracle
  latitude: 31.2
  longitude: 121.5
  elevation: 4
  unit_system: metric
  time_zone: Asia/Shanghai
  currency: CNY
  country: CN
  language: en
  trusted: [chores]
chores: {{}}
helpers: {{}}
home: {{}}
http: {{}}
api: {{}}
pages: {{}}
automation: []
blueprint: {{import_from: ["{web}"]}}
script: {{}}
scene: []
"""
CHORES = Path(__file__).with_name("chores.py")
"""The one plugin beside the shipped ones: a quiet thing with a service that answers."""
PAST = """\
recorder: {commit_interval: 1s}
history: {}
logbook: {}
"""
"""What a hub that remembers has besides."""
START_S = 30.0


def why_not() -> str | None:
    """Why no hub can be started here; None when one can."""
    if not LINLI.exists():
        return f"the linli command is not installed beside {sys.executable}: pip install -e ."
    asked = subprocess.run([LINLI, "run", "--help"], capture_output=True, text=True, timeout=60, check=False)
    return None if asked.returncode == 0 else f"linli run --help ended with {asked.returncode}: {asked.stderr[-500:]}"


@contextlib.asynccontextmanager
async def ours(folder: Path, more: str = "") -> AsyncIterator[Target]:
    """A running hub, its data and its output below the folder."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    deployment, data = folder / "linli.yaml", folder / "data"
    web_port = free_port()
    deployment.write_text(DEPLOYMENT.format(web=f"http://127.0.0.1:{web_port}") + more, encoding="utf-8")
    put_beside(folder)
    (folder / "plugins").mkdir()
    shutil.copy(CHORES, folder / "plugins")
    command = [LINLI, "run", deployment, "--data", data, "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "output.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        async with aiohttp.ClientSession() as session, served(web_port) as web:
            await _answering(session, url, process, folder / "output.log")
            owner = ("user", "add", OWNER["name"], "--role", "admin", "--owner")
            _linli(*owner, "--data", data, given=OWNER["password"] + "\n")
            token = _linli("token", "create", "--user", OWNER["name"], "--data", data).strip()
            yield Target(url, {"web": web, **await provision(session, url, token)})
    finally:
        os.kill(process.pid, signal.SIGTERM)
        await asyncio.to_thread(process.wait, 40)


def _linli(*arguments: str | Path, given: str = "") -> str:
    """The output of one command of ours; what it says on failure is the error."""
    run = [str(LINLI), *map(str, arguments)]
    done = subprocess.run(run, input=given, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise RuntimeError(f"linli {' '.join(run[1:])} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


async def _answering(session: aiohttp.ClientSession, url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    async with asyncio.timeout(START_S):
        while True:
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with session.get(url + "/api/") as answer:
                    if answer.status == 401:
                        return
            if process.poll() is not None:
                raise RuntimeError(f"linli ended with {process.returncode}: {log.read_text(errors='replace')[-2000:]}")
            await asyncio.sleep(0.05)
