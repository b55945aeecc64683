"""No body that a stranger or a user can think of makes an address fail: what is wrong is refused, never 5xx."""

import io
import re

import pytest
from yarl import URL

from .conftest import House

BODIES = [
    b"", b"{", b"\xff\xfe", b"null", b"[]", b"5", b'"x"', b"{}", b'{"state":NaN}', b"9" * 5000,
    b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}",
    b'{"state":{"a":1}}',
    b'{"state":"x","attributes":{"a":"\\ud800"}}',
    b'{"template":"{{ 1 }}","variables":{"1":[{}]}}',
    b'{"entity_id":{"a":1}}',
    b'{"client_id":"http://[","handler":["homeassistant",null],"redirect_uri":"http://["}',
    b'{"client_id":"http://a/","username":"\\u0000","password":"x"}',
    b'{"code":"\\u0000","client_id":"http://a/"}',
    b"grant_type=refresh_token&refresh_token=%ff%fe",
    b"grant_type=authorization_code&client_id=http%3A%2F%2F%5B&code=%00",
    b"action=revoke&token=" + b"a" * 9000,
    b"x" * ((1 << 20) + 4),
]  # fmt: skip
KINDS = ("application/json", "application/x-www-form-urlencoded", 'multipart/form-data; boundary="', "")


@pytest.mark.parametrize("kind", KINDS, ids=["json", "form", "broken multipart", "no type"])
async def test_a_body_of_any_kind_is_answered(house: House, kind: str) -> None:
    _, token = await house.user("owner", "admin")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
    for route in [route for route in house.hub.rooms.routes.all() if route.method == "POST"]:
        path = re.sub(r"\{[^}]+\}", "sensor.x", route.path)
        for body in BODIES:
            url = URL(house.url + path, encoded=True)
            async with house.session.post(url, data=io.BytesIO(body), headers=headers) as answer:
                assert answer.status < 500, (path, body[:60], await answer.text())


@pytest.mark.parametrize("part", ["%00", "%ff", "a%2Fb", "..%2F..", "x" * 300, "%E4%BD%A0"])
async def test_an_address_with_anything_in_it_is_answered(house: House, part: str) -> None:
    _, token = await house.user("owner", "admin")
    headers = {"Authorization": f"Bearer {token}"}
    for route in [route for route in house.hub.rooms.routes.all() if "{" in route.path]:
        url = URL(house.url + re.sub(r"\{[^}]+\}", part, route.path), encoded=True)
        for method in (route.method, "HEAD", "BREW"):
            async with house.session.request(method, url, headers=headers) as answer:
                assert answer.status < 500, (method, url)
