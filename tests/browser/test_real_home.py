"""The shipped home as a newcomer sees it: rooms, a lamp that really switches, and nothing that only maintains."""

import pytest_asyncio
from playwright.async_api import expect

from .conftest import log_in


@pytest_asyncio.fixture(loop_scope="session")
async def flat(start_home):
    home = await start_home("home: {}\nhelpers: {}\ndemo: {}")
    await home.user("lei", "six green doors")
    return home


async def test_rooms_hold_their_devices_and_a_lamp_switches(flat, page):
    await log_in(page, flat)
    kitchen = page.get_by_role("region", name="厨房")
    lamp = kitchen.get_by_role("switch").first
    before = await lamp.get_attribute("aria-checked")
    await lamp.click()
    await expect(lamp).not_to_have_attribute("aria-checked", before)
    entity_id = await lamp.locator("xpath=..").evaluate("tile => tile.entity")
    assert (flat.rooms.states.get(entity_id).state == "on") is (before == "false")
    await expect(page.get_by_role("region", name="刚刚发生").locator("li").first).to_be_visible()


async def test_batteries_and_their_like_are_neither_tiles_nor_news(flat, page):
    await log_in(page, flat)
    await expect(page.get_by_role("region", name="厨房")).to_be_visible()
    await expect(page.locator("linli-overview")).not_to_contain_text("电池")


async def test_an_area_that_is_renamed_is_renamed_here_at_once(flat, page):
    await log_in(page, flat)
    await expect(page.get_by_role("region", name="厨房")).to_be_visible()
    areas = flat.rooms.registries.areas
    kitchen = next(area for area in areas.all() if area.name == "厨房")
    await areas.update(kitchen.id, name="大厨房")
    await expect(page.get_by_role("region", name="大厨房")).to_be_visible()
