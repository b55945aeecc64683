"""The page of the home, live: what it shows, what it does, and what it says when it cannot."""

import re

import pytest
import pytest_asyncio
import voluptuous as vol
from playwright.async_api import expect

from linli import Message, PluginDomain, ServiceAccess, ServiceCall, SupportsResponse
from linli.services import Service

from .conftest import log_in


def tile(page, name):
    return page.locator("linli-tile").filter(has_text=name)


def offer(home, domain, name, handler, access=ServiceAccess.ANYONE):
    """A service as an integration would register it."""
    service = Service(
        domain, name, PluginDomain("made_up"), handler, vol.Schema({}), SupportsResponse.NONE, access,
        {"entity": [{"domain": [domain]}]}, 5,
    )  # fmt: skip
    home.rooms.services.register(service)


@pytest_asyncio.fixture(loop_scope="session")
async def furnished(home):
    home.set("light.hall", "off", friendly_name="门厅灯")
    home.set("binary_sensor.door", "off", friendly_name="入户门", device_class="door")
    home.set("sensor.hall", "21.456", friendly_name="门厅温度", unit_of_measurement="°C")
    home.set("lock.door", "locked", friendly_name="门锁")
    return home


async def test_states_stand_in_words_and_change_while_one_watches(furnished, page):
    await log_in(page, furnished)
    await expect(tile(page, "入户门")).to_contain_text("关着")
    await expect(tile(page, "门厅温度")).to_contain_text("21.46 °C")
    furnished.set("binary_sensor.door", "on", friendly_name="入户门", device_class="door")
    await expect(tile(page, "入户门")).to_contain_text("开着")
    news = page.locator(".happened li").first
    await expect(news).to_contain_text("入户门")
    await expect(news).to_contain_text(re.compile(r"\d\d:\d\d"))
    furnished.set("sensor.hall", "30", friendly_name="门厅温度", unit_of_measurement="°C")
    await expect(tile(page, "门厅温度")).to_contain_text("30 °C")
    await expect(page.locator(".happened")).not_to_contain_text("门厅温度")


async def test_the_coming_up_of_the_hub_is_nothing_that_just_happened(start_home, page):
    home = await start_home("home: {}\nhelpers: {input_boolean: {guests: {name: 有客人}, away: {name: 不在家}}}")
    await home.user("lei", "six green doors")
    await log_in(page, home)
    await expect(tile(page, "有客人")).to_be_visible()
    await home.rooms.services.call("input_boolean", "turn_on", {"entity_id": "input_boolean.guests"})
    await expect(page.locator(".happened li")).to_have_count(1)
    await page.reload()
    await expect(tile(page, "不在家")).to_be_visible()
    await expect(page.locator(".happened li")).to_contain_text(["有客人"])
    await home.restart()
    await page.reload()
    await expect(tile(page, "不在家")).to_be_visible()
    await expect(page.locator(".happened li")).to_have_count(0)


async def test_a_home_in_which_nothing_happened_yet_says_so(start_home, page):
    home = await start_home("home: {}\nhelpers: {input_boolean: {guests: {name: 有客人}}}")
    await home.user("lei", "six green doors")
    await log_in(page, home)
    quiet = page.get_by_text("家里还没有动静")
    await expect(quiet).to_be_visible()
    await home.rooms.services.call("input_boolean", "turn_on", {"entity_id": "input_boolean.guests"})
    await expect(page.locator(".happened li")).to_have_count(1)
    await expect(quiet).to_be_hidden()


async def test_an_entity_that_comes_or_goes_is_shown_or_taken_away(furnished, page):
    await log_in(page, furnished)
    await expect(tile(page, "门厅灯")).to_be_visible()
    furnished.set("switch.fan", "on", friendly_name="换气扇")
    await expect(tile(page, "换气扇")).to_contain_text("开着")
    furnished.rooms.states.remove("light.hall")
    await expect(tile(page, "门厅灯")).to_have_count(0)


async def test_a_battery_is_shown_only_when_it_calls_for_somebody(furnished, page):
    row = furnished.rooms.registries.entities.register(
        "binary_sensor", PluginDomain("made_up"), "b1", object_id="door_battery", entity_category="diagnostic"
    )
    named = {"friendly_name": "入户门电池", "device_class": "battery"}
    furnished.set(row.entity_id, "off", **named)
    await log_in(page, furnished)
    await expect(tile(page, "入户门").first).to_be_visible()
    await expect(tile(page, "入户门电池")).to_have_count(0)
    furnished.set(row.entity_id, "on", **named)
    await expect(tile(page, "入户门电池")).to_contain_text("电量低")
    furnished.set(row.entity_id, "off", **named)
    await expect(tile(page, "入户门电池")).to_have_count(0)


async def test_a_switch_works_by_mouse_and_keyboard(furnished, page):
    asked = []

    async def turn(call: ServiceCall) -> None:
        asked.append(call.service)
        furnished.set("light.hall", "on" if call.service == "turn_on" else "off", friendly_name="门厅灯")

    for name in ("turn_on", "turn_off"):
        offer(furnished, "light", name, turn)
    await log_in(page, furnished)
    switch = page.get_by_role("switch", name="门厅灯")
    await expect(switch).to_have_attribute("aria-checked", "false")
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    await switch.focus()
    await page.keyboard.press("Space")
    await expect(switch).to_have_attribute("aria-checked", "false")
    assert asked == ["turn_on", "turn_off"]


async def test_what_did_not_work_is_said(furnished, page):
    await log_in(page, furnished)
    await page.get_by_role("switch", name="门厅灯").click()
    await expect(tile(page, "门厅灯").get_by_role("alert")).to_have_text("没有成功，请再试一次。")


async def test_whoever_may_only_look_is_told_so(furnished, page):
    async def turn(call: ServiceCall) -> None:
        raise AssertionError("nobody may")

    offer(furnished, "light", "turn_on", turn, ServiceAccess.ADMINS)
    await furnished.user("gast", "six green doors", role="read-only")
    await log_in(page, furnished, "gast")
    await page.get_by_role("switch", name="门厅灯").click()
    await expect(tile(page, "门厅灯").get_by_role("alert")).to_have_text("您的账户只能查看，不能操作。")


async def test_what_needs_attention_stands_there_until_it_is_seen_to(furnished, page):
    say = furnished.rooms.notifications.create
    say(PluginDomain("made_up"), "水表没有读数\n请检查", title="水表", notification_id="meter")
    await log_in(page, furnished)
    attention = page.locator("linli-attention")
    await expect(attention).to_contain_text("水表没有读数")
    furnished.rooms.issues.raise_issue(
        PluginDomain("core"), "auth_clock_behind", severity="warning", message=Message("auth_clock_behind")
    )
    await expect(attention).to_contain_text("本机时钟")
    await attention.get_by_role("button", name="知道了").click()
    await expect(attention).not_to_contain_text("水表")
    furnished.rooms.issues.clear(PluginDomain("core"), "auth_clock_behind")
    await expect(attention).to_be_hidden()


async def test_who_works_by_keyboard_keeps_their_place_when_rooms_change(furnished, page):
    await log_in(page, furnished)
    switch = page.get_by_role("switch", name="门厅灯")
    await switch.focus()
    await furnished.rooms.registries.areas.create("书房")
    await page.wait_for_timeout(400)
    await expect(switch).to_be_focused()


async def test_unlocking_is_asked_about_first(furnished, page):
    opened = []

    async def unlock(call: ServiceCall) -> None:
        opened.append(1)

    offer(furnished, "lock", "unlock", unlock)
    await log_in(page, furnished)
    answers = iter([False, True])
    page.on("dialog", lambda dialog: dialog.accept() if next(answers) else dialog.dismiss())
    button = tile(page, "门锁").get_by_role("button", name="开锁")
    await button.click()
    await page.wait_for_timeout(100)
    assert opened == []
    await button.click()
    await expect(tile(page, "门锁")).not_to_have_attribute("aria-busy", "true")
    await page.wait_for_timeout(100)
    assert opened == [1]


async def test_a_lost_connection_is_shown_with_its_time_and_comes_back_by_itself(furnished, page):
    await log_in(page, furnished)
    await expect(tile(page, "门厅灯")).to_be_visible()
    await furnished.hub.stop()
    banner = page.locator(".banner")
    await expect(banner).to_contain_text(re.compile(r"连接已于 \d\d:\d\d 中断"))
    await furnished.start()
    furnished.set("light.new", "on", friendly_name="新灯")
    await expect(banner).to_have_text("连接已恢复。", timeout=15_000)
    await expect(tile(page, "新灯")).to_be_visible()
    await expect(tile(page, "门锁")).to_have_count(0)


async def test_a_user_who_may_not_come_in_any_more_sees_the_log_in_form(furnished, page):
    await log_in(page, furnished)
    await expect(tile(page, "门厅灯")).to_be_visible()
    auth = furnished.rooms.auth
    user = auth.users.by_username("lei")
    await auth.tokens.revoke_all(user.id, actor=furnished.actor)
    await expect(page.get_by_label("姓名")).to_be_visible(timeout=15_000)


async def test_a_name_is_text_and_never_markup(furnished, page):
    furnished.set("light.evil", "on", friendly_name='<img src=x onerror="document.title=1"><b>灯</b>')
    await log_in(page, furnished)
    await expect(tile(page, "<b>灯</b>")).to_be_visible()
    assert await page.locator("linli-tile img, linli-tile b").count() == 0


async def test_no_inline_script_runs_even_if_somebody_gets_one_in(furnished, window):
    page = await window.new_page()
    await page.goto(furnished.url)
    await page.get_by_label("姓名").wait_for()
    ran = await page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
        return window.ran === true;
    }""")
    assert ran is False


@pytest.mark.parametrize("width", [320, 640], ids=["400 %", "200 %"])
async def test_enlarged_the_page_needs_no_scrolling_sideways(furnished, page, width):
    await page.set_viewport_size({"width": width, "height": 700})
    await log_in(page, furnished)
    await expect(tile(page, "门厅灯")).to_be_visible()
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


async def test_everything_that_can_be_pressed_is_large_enough_for_an_unsteady_hand(furnished, page):
    await log_in(page, furnished)
    await expect(tile(page, "门厅灯")).to_be_visible()
    heights = await page.evaluate(
        """() => [...document.querySelectorAll("button, select, nav a")].map((e) => e.getBoundingClientRect())
        .map(({ width, height }) => Math.min(width, height))"""
    )
    assert len(heights) >= 5
    assert min(heights) >= 44


CONTRAST = """() => {
  const luminance = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (!color.startsWith("rgba(0, 0, 0, 0")) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const worst = [];
  for (const e of document.querySelectorAll("h1, h2, p, a, span, strong, time, label, button, select")) {
    if (!e.textContent.trim() || e.closest("[hidden]") || e.classList.contains("skip")) continue;
    const [a, b] = [luminance(getComputedStyle(e).color), luminance(ground(e))];
    worst.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.outerHTML.slice(0, 80)]);
  }
  return worst.sort((a, b) => a[0] - b[0])[0];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_all_text_has_a_contrast_of_seven_to_one(furnished, page, scheme):
    await page.emulate_media(color_scheme=scheme)
    await log_in(page, furnished)
    await expect(tile(page, "门厅灯")).to_be_visible()
    furnished.set("light.hall", "on", friendly_name="门厅灯")
    await expect(tile(page, "门厅灯")).to_contain_text("开着")
    ratio, where = await page.evaluate(CONTRAST)
    assert ratio >= 7, where
