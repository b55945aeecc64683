"""The set-up form's addresses: secret, host and origin on every call (SAFETY 21)."""

import pytest

GOOD = {"name": "王小明", "password": "five red doors", "language": "zh-CN"}


@pytest.fixture
async def secret(site):
    return await site.hub.rooms.auth.first_owner.begin()


async def claim(site, secret, path="/api/linli/onboarding", headers=None, **more):
    return await site.ask("POST", path, json={"secret": secret, **GOOD, **more}, headers=headers or {})


async def test_the_secret_makes_one_owner_once(site, secret):
    status, _, body = await claim(site, secret)
    assert (status, body["username"]) == (201, "王小明")
    owner = site.hub.rooms.auth.users.get(body["user_id"])
    assert (owner.is_owner, owner.language) == (True, "zh-Hans")
    assert (await claim(site, secret))[0] == 403
    assert len(site.hub.rooms.auth.users.all()) == 1


async def test_checking_spends_nothing(site, secret):
    for _ in range(2):
        answer = await site.ask("POST", "/api/linli/onboarding/check", json={"secret": secret})
        assert answer[::2] == (200, {"open": True})
    assert (await claim(site, secret))[0] == 201


@pytest.mark.parametrize("path", ["/api/linli/onboarding", "/api/linli/onboarding/check"])
@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example.org"}, {"Origin": "https://evil.example.org"}, {"Origin": "null"}],
    ids=["another host", "another origin", "no origin that counts"],
)
async def test_a_call_from_elsewhere_is_refused_even_with_the_secret(site, secret, path, headers):
    only = {} if path.endswith("onboarding") else {"name": None, "password": None, "language": None}
    body = {key: value for key, value in {"secret": secret, **GOOD, **only}.items() if value is not None}
    status, _, answer = await site.ask("POST", path, json=body, headers=headers)
    assert (status, answer["code"]) == (403, "setup_refused")
    assert site.hub.rooms.auth.users.all() == []


async def test_the_page_of_the_hub_itself_is_let_in(site, secret):
    assert (await claim(site, secret, headers={"Origin": site.url}))[0] == 201


@pytest.mark.parametrize("wrong", ["A" * 22, "", "…"], ids=["another", "none", "no secret at all"])
async def test_a_wrong_secret_is_refused_in_the_readers_language(site, secret, wrong):
    status, _, body = await claim(site, wrong, headers={"Accept-Language": "zh-CN"})
    assert status == 403
    assert "设置链接有误" in body["message"]
    assert "link is wrong" in (await claim(site, wrong, headers={"Accept-Language": "en"}))[2]["message"]


async def test_guessing_is_slowed_down(site, secret):
    statuses = [(await claim(site, "A" * 22))[0] for _ in range(8)]
    assert statuses[0] == 403
    assert statuses[-1] == 429


async def test_a_weak_password_is_refused_and_the_secret_stays_good(site, secret):
    status, _, body = await claim(site, secret, password="short", headers={"Accept-Language": "zh"})
    assert (status, body["message"]) == (400, "密码至少需要 8 个字符。")
    assert (await claim(site, secret))[0] == 201


@pytest.mark.parametrize(
    ("sent", "kind"),
    [("secret=x&name=y", "application/x-www-form-urlencoded"), ("{}", "text/plain"), ("{}", "application/json"),
     ("[1]", "application/json"), ('{"secret": 5}', "application/json"), ("{", "application/json")],
)  # fmt: skip
async def test_anything_but_the_form_is_refused_without_a_failure(site, secret, sent, kind):
    for path in ("/api/linli/onboarding", "/api/linli/onboarding/check"):
        assert (await site.ask("POST", path, data=sent, headers={"Content-Type": kind}))[0] == 400


async def test_a_huge_form_is_refused(site, secret):
    assert (await claim(site, secret, name="x" * 10_000))[0] == 413


async def test_no_status_is_told_without_the_secret(site):
    assert (await site.ask("GET", "/api/linli/onboarding"))[0] == 405
