"""The log-in form that another program opens: whom it logs in, and where it leads."""

import pytest
from playwright.async_api import expect

from .conftest import Home

CLIENT = "https://client.example.org/"


def address(home: Home, **asked: str) -> str:
    """The address that a program opens."""
    parameters = {"response_type": "code", "client_id": CLIENT, **asked}
    return f"{home.url}/auth/authorize?" + "&".join(f"{name}={value}" for name, value in parameters.items())


async def fill(page, password="six green doors"):
    await page.get_by_label("姓名").fill("lei")
    await page.get_by_label("密码", exact=True).fill(password)
    await page.get_by_role("button", name="登录").click()


async def test_the_program_gets_a_code_with_its_state_at_its_own_address(home, page):
    landed = []

    async def answer(route):
        landed.append(route.request.url)
        await route.fulfill(body="back")

    await page.route(f"{CLIENT}**", answer)
    await page.goto(address(home, redirect_uri=f"{CLIENT}?auth_callback=1", state="a%20state"))
    await expect(page.get_by_text("client.example.org")).to_be_visible()
    await fill(page, "wrong")
    await expect(page.get_by_role("alert")).to_have_text("姓名或密码不正确，请再试一次。")
    await fill(page)
    await page.wait_for_url(f"{CLIENT}**")
    back, _, query = landed[0].partition("?")
    given = dict(pair.split("=") for pair in query.split("&"))
    assert (back, given["auth_callback"], given["state"], given["storeToken"]) == (CLIENT, "1", "a+state", "true")
    grant = await home.rooms.auth.tokens.exchange(CLIENT, given["code"], "127.0.0.1")
    assert home.rooms.auth.users.require(grant.token.user_id).username == "lei"


@pytest.mark.parametrize(
    "asked",
    [{}, {"redirect_uri": "https://other.example.org/"}, {"client_id": "nobody", "redirect_uri": "nobody"}],
    ids=["no way back", "a way back to somebody else", "no client"],
)
async def test_a_link_that_would_lead_elsewhere_shows_no_form(home, page, asked):
    await page.goto(address(home, **asked))
    await expect(page.get_by_role("heading", name="这个链接无法使用")).to_be_visible()
    await expect(page.get_by_label("密码", exact=True)).to_have_count(0)
