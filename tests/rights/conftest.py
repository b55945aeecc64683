"""The estate of two flats; see ``estate.py``."""

import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from linli.clock import RealClock
from linli.testing.hub import Deployment, running_hub
from rights.estate import TWINS, YAML, Estate


@pytest.fixture
async def estate(tmp_path: Path) -> AsyncIterator[Estate]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    deployment = Deployment(tmp_path, YAML.format(port=port)).drop_in("twins", TWINS)
    async with contextlib.AsyncExitStack() as stack:
        hub = await stack.enter_async_context(running_hub(deployment, clock=RealClock()))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        made = Estate(hub, f"http://127.0.0.1:{port}", http)
        await made.furnish()
        yield made
