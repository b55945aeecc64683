"""The blueprints that both hubs have: files beside their configuration, and a little server to import from."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

BLUEPRINTS = Path(__file__).with_name("blueprints")
"""``automation/`` and ``script/`` lie beside a configuration, ``web/`` is served."""


def put_beside(configuration: Path) -> None:
    """Into the folder of a configuration."""
    for domain in ("automation", "script"):
        shutil.copytree(BLUEPRINTS / domain, configuration / "blueprints" / domain)


@asynccontextmanager
async def served(port: int) -> AsyncIterator[str]:
    """The address of the little server."""

    async def moved(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/lamp.yaml")

    app = web.Application()
    app.router.add_get("/redirect.yaml", moved)
    app.router.add_static("/", BLUEPRINTS / "web")
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
