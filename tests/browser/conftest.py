"""A real hub in this process and a real browser before it. Without Chromium the tests are skipped, and say so;
``LINLI_REQUIRE_ALL=1`` makes its absence a failure."""

import os
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from linli import Context, EntityId
from linli.auth import COMMAND_ACTOR
from linli.config import check, load
from linli.hub import Hub
from linli.plugin.catalog import PluginCatalog

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=30_000)  # a bound for a machine that others use, too; nothing here measures speed
CHROMIUM = os.environ.get("LINLI_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")

DEPLOYMENT = """
linli: {{name: 桂花里 3-201, language: zh-Hans, time_zone: Asia/Shanghai}}
http: {{port: {port}}}
api: {{}}
pages: {{}}
overview: {{}}
{more}
"""


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder share a loop, since they share a browser, which takes two seconds to start."""
    for item in items:
        if item.path.parent == Path(__file__).parent and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@dataclass
class Home:
    """A running hub and how to reach it."""

    folder: Path
    port: int
    hub: Hub
    secret: str | None = None
    problems: list[str] = field(default_factory=list)

    actor = COMMAND_ACTOR

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def rooms(self) -> Any:
        return self.hub.rooms

    def set(self, entity_id: str, state: str, **attributes: Any) -> None:
        """A state as an integration would write it."""
        self.rooms.states.set(EntityId(entity_id), state, attributes, Context())

    async def user(self, name: str, password: str, role: str = "admin") -> None:
        await self.rooms.auth.users.create(name, role=role, username=name, password=password, actor=COMMAND_ACTOR)

    async def restart(self) -> None:
        """The same hub again, as after a power cut."""
        await self.hub.stop()
        await self.start()

    async def start(self) -> None:
        checked = check(load(self.folder), PluginCatalog(None))
        assert not checked.report.errors, checked.report.lines("en")
        self.hub = await Hub.build(checked, self.folder / "data")
        await self.hub.start()


StartHome = Callable[..., Awaitable[Home]]


@pytest_asyncio.fixture(loop_scope="session")
async def start_home(tmp_path: Path) -> AsyncIterator[StartHome]:
    """``await start_home(more_yaml)``: a hub with the pages."""
    running: list[Home] = []

    async def start(more: str = "") -> Home:
        port = free_port()
        (tmp_path / "linli.yaml").write_text(DEPLOYMENT.format(port=port, more=more), "utf-8")
        home = Home(tmp_path, port, None)  # type: ignore[arg-type]  # started in the next line
        await home.start()
        running.append(home)
        return home

    yield start
    for home in running:
        await home.hub.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def home(start_home: StartHome) -> Home:
    """A hub that has an owner."""
    home = await start_home()
    await home.user("lei", "six green doors")
    return home


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests of a worker; each has a profile of its own in it (``window``)."""
    if CHROMIUM is None:
        if os.environ.get("LINLI_REQUIRE_ALL") == "1":
            pytest.fail("Chromium is missing, and LINLI_REQUIRE_ALL=1 wants every test to run")
        pytest.skip("Chromium is missing: what people see is not tested here (LINLI_CHROMIUM names another path)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def window(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh profile of a person who reads Chinese."""
    context = await browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(8000)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(window: BrowserContext) -> AsyncIterator[Page]:
    """A tab; anything that its console calls an error fails the test."""
    page = await window.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    assert errors == []


async def log_in(page: Page, home: Home, name: str = "lei", password: str = "six green doors") -> None:
    await page.goto(home.url)
    await page.get_by_label("姓名").fill(name)
    await page.get_by_label("密码", exact=True).fill(password)
    await page.get_by_role("button", name="登录").click()
