"""Blueprints are fetched from where the deployment allows it, within bounds; no public name leads into the house."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from house import free_port
from linli import RequestError
from linli_blueprint.fetching import Fetcher, NotFetched


@asynccontextmanager
async def server():
    app = web.Application()

    async def drip(request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * 65536)

    async def hang(request):
        await asyncio.sleep(60)

    def moved(to):
        async def handle(request):
            raise web.HTTPFound(to)

        return handle

    async def plain(request):
        return web.Response(text="a: 1")

    async def pressed(request):
        return web.Response(body=b"x", headers={"Content-Encoding": "gzip"})

    app.router.add_get("/a.yaml", plain)
    app.router.add_get("/pressed.yaml", pressed)
    app.router.add_get("/drip.yaml", drip)
    app.router.add_get("/hang.yaml", hang)
    app.router.add_get("/moved.yaml", moved("/a.yaml"))
    app.router.add_get("/round.yaml", moved("/round.yaml"))
    app.router.add_get("/away.yaml", moved("http://127.0.0.1:1/a.yaml"))
    app.router.add_get("/file.yaml", moved("file:///etc/passwd"))
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def test_a_file_is_fetched_and_followed_where_it_was_moved_to():
    async with server() as url:
        fetcher = Fetcher([url])
        assert await fetcher.fetch(f"{url}/a.yaml") == b"a: 1"
        assert await fetcher.fetch(f"{url}/moved.yaml") == b"a: 1"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/none.yaml", "answered 404"),
        ("/drip.yaml", "larger than"),
        ("/round.yaml", "moved too often"),
        ("/away.yaml", "is not allowed"),
        ("/file.yaml", "invalid url"),
        ("/pressed.yaml", "compressed"),
        ("/hang.yaml", "did not come within"),
    ],
)
async def test_what_is_not_fetched_says_why(path, why):
    async with server() as url:
        with pytest.raises(RequestError, match=why):
            await Fetcher([url], within_s=0.3).fetch(url + path)


async def test_nothing_is_fetched_that_the_deployment_does_not_allow():
    async with server() as url:
        for allowed in ([], ["github.com"], ["127.0.0.1"]):
            with pytest.raises(NotFetched, match="is not allowed"):
                await Fetcher(allowed).fetch(f"{url}/a.yaml")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_public_name_never_leads_into_the_house(host):
    with pytest.raises(NotFetched, match="no host of the internet"):
        await Fetcher([host]).fetch(f"https://{host}/a.yaml")


async def test_a_third_import_at_once_is_told_to_come_again():
    async with server() as url:
        fetcher = Fetcher([url])
        waiting = [asyncio.ensure_future(fetcher.fetch(f"{url}/hang.yaml")) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Exception, match="try again"):
            await fetcher.fetch(f"{url}/a.yaml")
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert await fetcher.fetch(f"{url}/a.yaml") == b"a: 1"
