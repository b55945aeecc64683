"""The page of the plugins: what stands there, one click to switch off and on, live, for administrators alone."""

import os
from pathlib import Path

import pytest_asyncio
from playwright.async_api import expect

from linli import PluginDomain
from linli.ledger import KINDS

from .conftest import log_in


def card(page, domain):
    return page.locator(f'[data-plugin="{domain}"]')


async def opened(home, page, name="lei"):
    await log_in(page, home, name)
    await page.get_by_role("link", name="插件").click()
    await expect(page.get_by_role("heading", name="插件", exact=True)).to_be_visible()


@pytest_asyncio.fixture(loop_scope="session")
async def furnished(start_home):
    home = await start_home("helpers: {input_boolean: {guest: {name: 来客}}}\n")
    await home.user("lei", "six green doors")
    return home


async def test_a_plugin_is_switched_off_after_asking_and_on_again(furnished, page):
    await opened(furnished, page)
    helpers = card(page, "helpers")
    await expect(helpers).to_contain_text("运行中")
    page.on("dialog", lambda dialog: dialog.accept())
    await helpers.get_by_role("button", name="关闭").click()
    await expect(helpers).to_contain_text("已关闭")
    await expect(helpers).to_contain_text("管理员已关闭插件 helpers。")
    assert furnished.rooms.overview.get("helpers").state == "disabled"
    await helpers.get_by_role("button", name="开启").click()
    await expect(helpers).to_contain_text("运行中")


async def test_who_says_no_switches_nothing_off(furnished, page):
    await opened(furnished, page)
    page.on("dialog", lambda dialog: dialog.dismiss())
    await card(page, "helpers").get_by_role("button", name="关闭").click()
    await expect(card(page, "helpers")).to_contain_text("运行中")
    assert furnished.rooms.overview.get("helpers").state == "running"


async def test_a_plugin_that_fails_moves_to_the_top_while_one_watches_and_is_released(furnished, page):
    await opened(furnished, page)
    await expect(card(page, "helpers")).to_be_visible()
    for _ in range(3):
        try:
            raise RuntimeError("ouch")
        except RuntimeError as error:
            furnished.rooms.ledger.error(PluginDomain("helpers"), "on_press", error)
    first = page.locator(".plugin").first
    await expect(first).to_have_attribute("data-plugin", "helpers")
    await expect(first).to_contain_text("已隔离")
    await expect(first).to_contain_text("10 分钟内出错 3 次")
    await first.get_by_text("详情").click()
    await expect(first).to_contain_text("test_plugins_page.py:")
    await picture(page)
    await first.get_by_role("button", name="解除隔离").click()
    await expect(card(page, "helpers")).to_contain_text("运行中")


async def test_whatever_a_plugin_is_charged_with_has_a_word_in_the_language_of_the_page(furnished, browser):
    for kind in KINDS:
        furnished.rooms.ledger.note(PluginDomain("helpers"), kind, "plugin.py:1", "so it was")
    for _ in range(3):
        furnished.rooms.ledger.error(PluginDomain("helpers"), "on_press", RuntimeError("ouch"))
    context = await browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844})
    page = await context.new_page()
    await page.goto(furnished.url)
    await page.get_by_label("Name").fill("lei")
    await page.get_by_label("Password", exact=True).fill("six green doors")
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("link", name="Plugins").click()
    helpers = card(page, "helpers")
    await expect(helpers).to_contain_text("The hub stopped the plugin helpers, because it failed 3 times")
    await helpers.get_by_text("Details").click()
    assert "plugins.count" not in await helpers.inner_text()
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(width) == 0
    await helpers.locator("summary").focus()
    furnished.rooms.ledger.note(PluginDomain("helpers"), "slow", "plugin.py:2", "again")
    await expect(helpers).to_contain_text("plugin.py:2")
    await expect(helpers.locator("summary")).to_be_focused()
    await context.close()


async def test_what_the_page_itself_needs_has_no_button(furnished, page):
    await opened(furnished, page)
    await expect(card(page, "api")).to_contain_text("本页面需要它")
    await expect(card(page, "api").get_by_role("button")).to_have_count(0)


async def test_a_resident_finds_no_such_page(furnished, page):
    await furnished.user("wang", "seven red boats", role="resident")
    await log_in(page, furnished, "wang", "seven red boats")
    await expect(page.get_by_role("link", name="插件")).to_have_count(0)


async def picture(page) -> None:
    """With LINLI_PICTURES=FOLDER: how it looks, light, dark, and on a phone."""
    folder = os.environ.get("LINLI_PICTURES")
    if folder is None:
        return
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 390)):
        await page.emulate_media(color_scheme=scheme)
        await page.set_viewport_size({"width": width, "height": 900})
        await page.screenshot(path=str(Path(folder) / f"plugins-{scheme}-{width}.png"), full_page=True)
