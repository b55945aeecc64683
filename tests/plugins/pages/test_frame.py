"""The frame's addresses: shells, the list of pages, texts."""

import re

import pytest

from linli import PluginDomain, hookimpl
from linli_pages.api import Page
from linli_pages.shell import policy, shell


def contribute(site, domain, *pages):
    """A plugin that has these pages."""

    class Plugin:
        @hookimpl
        def pages_contribute(self):
            return pages

    site.hub.rooms.hook_table.implement(PluginDomain(domain), Plugin())


def page(name, domain="made_up", **more):
    return Page(domain, name, "page.title", f"/pages/{name}/{name}.js", f"made-{name}", **more)


async def test_the_shell_is_the_same_for_everybody_and_says_nothing_of_the_home(site):
    for path in ("/", "/pages/overview"):
        status, headers, html = await site.ask("GET", path, headers={"Accept-Language": "zh-CN"})
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert '<html lang="zh-Hans">' in html
        assert "桂花里" not in html
    assert "<title>我的家</title>" in html


async def test_the_policy_allows_files_of_this_hub_and_nothing_else(site):
    _, headers, html = await site.ask("GET", "/")
    rules = dict(rule.strip().partition(" ")[::2] for rule in headers["Content-Security-Policy"].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["connect-src"] == f"'self' ws://127.0.0.1:{site.port} wss://127.0.0.1:{site.port}"
    assert rules["frame-ancestors"] == "'self'"
    assert rules["form-action"] == rules["base-uri"] == "'none'"
    assert not re.search(r"<script(?![^>]* src=)|<style|style=|\son\w+=", html)


@pytest.mark.parametrize("host", ["a b", "x; script-src *", "x'", "", None, "[::1"])
def test_a_strange_host_header_gets_nothing_into_the_policy(host):
    assert "connect-src 'self';" in policy(host)


def test_what_stands_in_the_shell_is_never_markup():
    html = shell("en", "<script>", '"><script>', {"page": '"><script>'})
    assert "<script>" not in html


async def test_a_page_that_nobody_has_is_not_found(site):
    assert (await site.ask("GET", "/pages/absent"))[0] == 404


async def test_the_list_of_pages_is_for_who_is_logged_in_in_their_language(site):
    assert (await site.ask("GET", "/api/linli/pages"))[0] == 401
    english = await site.token("ann", "admin", "en")
    [overview, plugins] = (await site.ask("GET", "/api/linli/pages", headers=english))[2]
    assert plugins["title"] == "Plugins"
    assert overview == {
        "name": "overview",
        "url": "/pages/overview",
        "title": "Home",
        "icon": "mdi:home",
        "module": "/pages/overview/overview.js",
        "element": "linli-overview",
        "domain": "overview",
    }
    [overview, _] = (await site.ask("GET", "/api/linli/pages?language=zh-Hans", headers=english))[2]
    assert overview["title"] == "我的家"


async def test_a_page_for_some_roles_is_found_by_those_only(site):
    contribute(site, "desk", page("desk", roles=("guard",), order=1), page("late", order=500))
    resident, admin = await site.token("wang", "resident"), await site.token("lei", "admin")

    async def names(headers):
        return [each["name"] for each in (await site.ask("GET", "/api/linli/pages", headers=headers))[2]]

    assert await names(resident) == ["overview", "late"]
    assert await names(admin) == ["desk", "overview", "late", "plugins"]


async def test_a_plugin_whose_pages_fail_costs_only_its_own(site):
    class Broken:
        @hookimpl
        def pages_contribute(self):
            raise RuntimeError

    site.hub.rooms.hook_table.implement(PluginDomain("broken"), Broken())
    assert (await site.ask("GET", "/pages/overview"))[0] == 200
    assert site.hub.rooms.ledger.account(PluginDomain("broken")).counts == {"error": 1}


async def test_texts_are_kept_by_the_browser_until_they_change(site):
    status, headers, texts = await site.ask("GET", "/pages/texts/pages/zh-Hans.json")
    assert (status, texts["login.button"]) == (200, "登录")
    assert (await site.ask("GET", "/pages/texts/pages/en.json"))[2]["login.button"] == "Log in"
    again = {"If-None-Match": headers["ETag"]}
    assert (await site.ask("GET", "/pages/texts/pages/zh-Hans.json", headers=again))[0] == 304
    assert (await site.ask("GET", "/pages/texts/absent/en.json"))[0] == 404


async def test_every_module_that_a_module_imports_is_served(site):
    waiting, seen = ["/pages/linli.js", "/pages/overview/overview.js"], set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        status, headers, code = await site.ask("GET", path)
        assert (status, headers["Content-Type"]) == (200, "text/javascript; charset=utf-8"), path
        for name in re.findall(r'(?:from|import) "([^"]+)"', code):
            target = name if name.startswith("/") else path.rsplit("/", 1)[0] + name[1:]
            waiting += [target] if target not in seen else []
    assert len(seen) >= 12


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "Big Desk"}, "page name"),
        ({"element": "desk"}, "hyphen"),
        ({"module": "//evil.example.org/a.js"}, "own origin"),
        ({"module": "https://evil.example.org/a.js"}, "own origin"),
    ],
)
def test_a_page_that_cannot_work_is_refused_where_it_is_written(wrong, message):
    right = {"domain": "desk", "name": "desk", "title": "t", "module": "/pages/desk.js", "element": "made-desk"}
    with pytest.raises(ValueError, match=message):
        Page(**{**right, **wrong})


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", "no"),
        ("?client_id=http://a.example/", "no"),
        ("?client_id=http://a.example/&redirect_uri=http://a.example/back", "yes"),
        ("?client_id=http://a.example/&redirect_uri=http://b.example/back", "no"),
        ("?client_id=http://a.example/&redirect_uri=https://a.example/back", "no"),
        ("?client_id=http://a.example/&redirect_uri=javascript:alert(1)", "no"),
        ("?client_id=https://home-assistant.io/iOS&redirect_uri=homeassistant://auth-callback", "yes"),
    ],
)
async def test_another_program_may_have_people_log_in_only_for_its_own_address(site, query, shown):
    status, headers, html = await site.ask("GET", f"/auth/authorize{query}")
    assert (status, f'authorize="{shown}"' in html) == (200, True)
    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert "a.example" not in html


async def test_the_short_address_of_the_plugins_leads_to_their_page(site):
    status, headers, _ = await site.ask("GET", "/plugins", allow_redirects=False)
    assert (status, headers["Location"]) == (302, "/pages/plugins")
