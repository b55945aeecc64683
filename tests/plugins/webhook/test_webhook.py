"""Webhooks over a real socket: who is heard, what the rule learns, and that no answer tells whether one is there."""

import asyncio
import io

import aiohttp
import pytest

from plugins.webhook.home import home_with

RULES = """
automation:
  - id: bell
    alias: Door bell
    triggers:
      - {trigger: webhook, webhook_id: bell}
      - {platform: webhook, webhook_id: getter, allowed_methods: [get, HEAD], local_only: false}
      - {trigger: webhook, webhook_id: outer, allowed_methods: POST, local_only: false}
    actions:
      - event: told
        event_data: {t: "{{ trigger }}"}
"""


@pytest.fixture
async def home(tmp_path):
    async with home_with(tmp_path, RULES) as home:
        assert not home.issues()
        yield home


def words(**more):
    base = {"platform": "webhook", "webhook_id": "bell", "description": "webhook", "query": {}, "alias": None}
    return {"t": {**base, "id": "0", "idx": "0", **more}}


async def test_json_comes_as_json(home):
    assert await home.call("bell?x=1&x=2&y=", json={"a": [1, None]}) == (200, b"")
    assert await home.hears() == [words(json={"a": [1, None]}, query={"x": "1", "y": ""})]


async def test_a_form_comes_as_data(home):
    await home.call("bell", data={"x": "1", "e": ""})
    assert await home.hears() == [words(data={"x": "1", "e": ""})]


async def test_of_a_form_in_parts_texts_come_and_files_are_named(home):
    form = aiohttp.FormData()
    form.add_field("payload", '{"event": "media.play"}')
    form.add_field("thumb", b"\xff\x00", filename="a.jpg", content_type="image/jpeg")
    await home.call("bell", data=form)
    file = {"filename": "a.jpg", "content_type": "image/jpeg", "size": 2}
    assert await home.hears() == [words(data={"payload": '{"event": "media.play"}', "thumb": file})]


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_what_is_neither_has_no_data(home, method):
    await home.call("bell", method, data=b"hello", headers={"Content-Type": "text/plain"})
    assert await home.hears() == [words(data={})]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_other_methods_are_heard_where_the_rule_says_so(home, method):
    assert await home.call("getter?x=7", method) == (200, b"")
    (told,) = await home.hears()
    assert told["t"]["query"] == {"x": "7"}
    await home.call("getter", "POST")
    assert await home.nothing()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{bad", "application/json"),
        (b"", "application/json"),
        (b'{"a":NaN}', "application/json"),
        (b"\xff", "application/json"),
        (b"garbage", "multipart/form-data; boundary=abc"),
        (b"&".join(b"a%d=1" % number for number in range(1100)), "application/x-www-form-urlencoded"),
    ],
)
async def test_what_cannot_be_read_sets_nothing_going_and_is_answered_as_ever(home, body, kind):
    assert await home.call("bell", data=body, headers={"Content-Type": kind}) == (200, b"")
    assert await home.nothing()


LOCAL = ["192.168.1.5", "10.1.1.1", "172.20.0.1", "169.254.1.1", "fe80::1", "fd00::1", "::1", "::ffff:192.168.0.1"]
REMOTE = ["8.8.8.8", "100.64.0.1", "172.32.0.1", "fc00::1", "2001:db8::1"]


@pytest.mark.parametrize("address", LOCAL)
async def test_who_is_on_the_own_networks_is_heard(home, address):
    await home.call("bell", of=address)
    assert len(await home.hears()) == 1


@pytest.mark.parametrize("address", REMOTE)
async def test_who_is_elsewhere_is_not_heard_unless_the_rule_says_so(home, address):
    assert await home.call("bell", of=address) == (200, b"")
    assert await home.nothing()
    await home.call("outer", of=address)
    assert len(await home.hears()) == 1


async def test_nobody_claims_another_address_than_the_proxy_saw(home):
    await home.call("bell", headers={"X-Forwarded-For": "192.168.1.5, 8.8.8.8"})
    assert await home.nothing()


async def test_no_answer_tells_whether_a_webhook_is_there(home):
    async def answers(webhook):
        found = []
        for method in ("POST", "PUT", "GET", "HEAD", "DELETE", "PATCH"):
            for address in ("127.0.0.1", "8.8.8.8"):
                for body in (b"", io.BytesIO(b"x" * ((1 << 20) + 1)), b"{bad"):
                    headers = {"X-Forwarded-For": address, "Content-Type": "application/json"}
                    url = f"{home.house.url}/api/webhook/{webhook}"
                    async with home.house.session.request(method, url, data=body, headers=headers) as answer:
                        kept = {name: value for name, value in answer.headers.items() if name != "Date"}
                        found.append((method, answer.status, kept, await answer.read()))
        return found

    there = await answers("bell")
    assert there == await answers("nowhere")
    assert {status for method, status, *_ in there if method in ("POST", "PUT", "GET", "HEAD")} == {200, 413}


async def test_a_body_that_does_not_come_is_waited_for_alike(home):
    async def first_byte(webhook):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(home.house.url.rpartition(":")[2]))
        writer.write(b"POST /api/webhook/%b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx" % webhook)
        try:
            async with asyncio.timeout(0.1):
                return await reader.read(1)
        except TimeoutError:
            return None
        finally:
            writer.close()

    assert await first_byte(b"bell") is None
    assert await first_byte(b"nowhere") is None


async def test_a_token_makes_no_difference_and_no_user(home):
    _, token = await home.house.user("owner", "admin")
    home.rooms.bus.listen("told", lambda event: seen.append(event.context.user_id))
    seen: list[object] = []
    await home.call("bell", headers={"Authorization": f"Bearer {token}"})
    assert len(await home.hears()) == 1
    assert seen == [None]


async def test_a_rule_that_is_switched_off_is_not_heard_and_later_is(home):
    await home.rooms.services.call("automation", "turn_off", {"entity_id": "automation.door_bell"})
    await home.call("bell")
    assert await home.nothing()
    await home.rooms.services.call("automation", "turn_on", {"entity_id": "automation.door_bell"})
    await home.call("bell")
    assert len(await home.hears()) == 1


async def test_a_reload_of_the_plugin_costs_no_call(home):
    (entry,) = (each for each in home.rooms.entries.all() if each.domain == "webhook")
    await home.rooms.entries.reload(entry.entry_id)
    async with asyncio.timeout(5):
        while not home.events:
            await home.call("bell")
            await asyncio.sleep(0.01)
    assert home.issues("triggers") == {}


# message commands -----------------------------------------------------------------------------------------------------


async def test_administrators_see_the_webhooks_and_nobody_else_does(home):
    admin = await home.house.connect((await home.house.user("owner", "admin"))[1])
    rows = {row.pop("webhook_id"): row for row in await admin.result("webhook/list")}
    row = {"domain": "automation", "name": "Door bell", "local_only": True, "allowed_methods": ["POST", "PUT"]}
    assert rows["bell"] == row
    assert rows["getter"] == {**row, "local_only": False, "allowed_methods": ["GET", "HEAD"]}
    assert set(rows) == {"bell", "getter", "outer", "marker"}
    resident = await home.house.connect((await home.house.user("li"))[1])
    assert await resident.code("webhook/list") == "unauthorized"


async def test_a_client_may_call_by_message_and_learns_nothing_either(home):
    resident = await home.house.connect((await home.house.user("li"))[1])
    answer = {"body": None, "status": 200, "headers": {"Content-Type": "application/octet-stream"}}
    more = {"body": '{"a": 1}', "headers": {"content-type": "application/json"}, "query": "x=1"}
    assert await resident.result("webhook/handle", webhook_id="bell", method="POST", **more) == answer
    assert await home.hears() == [words(json={"a": 1}, query={"x": "1"})]
    for webhook, method in (("bell", "GET"), ("nowhere", "POST")):
        assert await resident.result("webhook/handle", webhook_id=webhook, method=method) == answer
    assert await resident.code("webhook/handle", webhook_id="bell", method="DELETE") == "invalid_format"
    assert await home.nothing()


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({}, "webhook_id"),
        ({"webhook_id": ["x"]}, "webhook_id"),
        ({"webhook_id": "a", "allowed_methods": ["DELETE"]}, "allowed_methods"),
        ({"webhook_id": "a", "local_only": "x"}, "local_only"),
        ({"webhook_id": "a", "extra": 1}, "extra"),
    ],
)
async def test_what_is_wrong_with_a_trigger_is_said(home, wrong, word):
    admin = await home.house.connect((await home.house.user("owner", "admin"))[1])
    found = await admin.result("validate_config", triggers={"platform": "webhook", **wrong})
    assert found["triggers"]["valid"] is False
    assert word in found["triggers"]["error"]
