"""Becoming the owner with the one-time link, logging in and out."""

from playwright.async_api import expect

from .conftest import log_in


async def test_the_link_makes_an_owner_who_is_logged_in_and_works_once(start_home, page):
    home = await start_home()
    secret = await home.rooms.auth.first_owner.begin()
    await page.goto(f"{home.url}/#setup={secret}")
    await expect(page.get_by_role("heading", name="欢迎")).to_be_visible()
    assert secret not in page.url
    await page.get_by_label("您的姓名").fill("王小明")
    await page.get_by_label("密码", exact=True).fill("五个 红色 的门")
    await page.get_by_label("再输入一次密码").fill("别的密码 不一样")
    await page.get_by_role("button", name="完成设置").click()
    await expect(page.get_by_role("alert")).to_have_text("两次输入的密码不一样。")
    await page.get_by_label("再输入一次密码").fill("五个 红色 的门")
    await page.get_by_role("button", name="完成设置").click()
    await expect(page.get_by_role("heading", name="桂花里 3-201")).to_be_visible()
    owner = home.rooms.auth.users.by_username("王小明")
    assert owner.is_owner
    assert owner.language == "zh-Hans"

    await page.goto("about:blank")
    await page.goto(f"{home.url}/#setup={secret}")
    await expect(page.get_by_role("alert")).to_contain_text("这个家已有主人")
    await page.get_by_role("button", name="去登录").click()
    await expect(page.get_by_role("heading", name="桂花里 3-201")).to_be_visible()


async def test_a_wrong_link_says_so_and_leads_to_the_log_in(start_home, page):
    home = await start_home()
    await home.rooms.auth.first_owner.begin()
    await page.goto(f"{home.url}/#setup=AAAAAAAAAAAAAAAAAAAAAA")
    await expect(page.get_by_role("alert")).to_contain_text("设置链接有误")
    await page.get_by_role("button", name="去登录").click()
    await expect(page.get_by_text("这个家还没有主人")).to_be_visible()


async def test_a_wrong_password_is_said_where_a_screen_reader_hears_it(home, page):
    await log_in(page, home, password="wrong")
    await expect(page.get_by_role("alert")).to_have_text("姓名或密码不正确，请再试一次。")
    await page.get_by_label("密码", exact=True).fill("six green doors")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="桂花里 3-201")).to_be_visible()


async def test_before_log_in_a_page_says_nothing_of_the_home(home, page):
    await page.goto(f"{home.url}/pages/overview")
    await expect(page.get_by_label("姓名")).to_be_visible()
    assert "桂花里" not in await page.content()


async def test_logging_out_ends_the_token_and_the_other_tabs(home, window, page):
    await log_in(page, home)
    await expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    other = await window.new_page()
    await other.goto(f"{home.url}/pages/overview")
    await expect(other.get_by_role("heading", name="桂花里 3-201")).to_be_visible()
    user = home.rooms.auth.users.by_username("lei")
    assert len(await home.rooms.auth.tokens.of_user(user.id)) == 1
    await page.get_by_role("button", name="退出登录").click()
    await expect(page.get_by_label("姓名")).to_be_visible()
    await expect(other.get_by_label("姓名")).to_be_visible()
    assert await home.rooms.auth.tokens.of_user(user.id) == []


async def test_who_does_not_stay_logged_in_is_asked_again_in_a_new_window(home, window, page):
    await page.goto(home.url)
    await page.get_by_label("在这台设备上保持登录").uncheck()
    await page.get_by_label("姓名").fill("lei")
    await page.get_by_label("密码", exact=True).fill("six green doors")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    other = await window.new_page()
    await other.goto(home.url)
    await expect(other.get_by_label("姓名")).to_be_visible()


async def test_the_language_can_be_switched_and_is_remembered(home, page):
    await page.goto(home.url)
    await page.get_by_label("语言").select_option("English")
    await expect(page.get_by_role("button", name="Log in")).to_be_visible()
    assert await page.locator("html").get_attribute("lang") == "en"
    await page.reload()
    await expect(page.get_by_label("Name", exact=True)).to_be_visible()


async def test_the_whole_log_in_works_by_keyboard(home, page):
    await page.goto(home.url)
    await expect(page.get_by_label("姓名")).to_be_focused()
    await page.keyboard.type("lei")
    await page.keyboard.press("Tab")
    await page.keyboard.type("six green doors")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="桂花里 3-201")).to_be_focused()


async def test_what_is_missing_is_said_in_the_language_of_the_page(start_home, page):
    home = await start_home()
    secret = await home.rooms.auth.first_owner.begin()
    await page.goto(f"{home.url}/#setup={secret}")
    await page.get_by_role("button", name="完成设置").click()
    await expect(page.get_by_role("alert")).to_have_text("请填写“您的姓名”。")
    name = page.get_by_label("您的姓名")
    await expect(name).to_be_focused()
    await expect(name).to_have_attribute("aria-invalid", "true")
    await name.fill("王小明")
    await page.get_by_label("密码", exact=True).fill("太短")
    await page.get_by_role("button", name="完成设置").click()
    await expect(page.get_by_role("alert")).to_have_text("“密码”至少需要 8 个字符。")
    await expect(name).not_to_have_attribute("aria-invalid", "true")
    assert home.rooms.auth.users.by_username("王小明") is None


async def test_a_link_opened_where_the_page_stood_already_works_and_leaves_no_secret_in_the_address(start_home, page):
    home = await start_home()
    await page.goto(home.url)
    await expect(page.get_by_text("这个家还没有主人")).to_be_visible()
    secret = await home.rooms.auth.first_owner.begin()
    await page.goto(f"{home.url}/#setup={secret}")
    await expect(page.get_by_label("您的姓名")).to_be_visible()
    assert secret not in page.url


async def test_whoever_changes_the_language_of_the_set_up_goes_on_setting_up(start_home, page):
    home = await start_home()
    secret = await home.rooms.auth.first_owner.begin()
    await page.goto(f"{home.url}/#setup={secret}")
    await page.get_by_label("语言").select_option("en")
    await expect(page.get_by_label("Your name")).to_be_visible()
    assert secret not in page.url
