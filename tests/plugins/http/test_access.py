"""Who is let through: tokens, signed paths, bans, limits, proxies; and that nothing of it stops a safety signal."""

import asyncio

import pytest

from linli.endpoints import Access, Request, Response
from linli.ids import TokenId


async def whoami(request: Request) -> Response:
    user = request.user
    return Response.json({"name": user and user.name, "remote": request.remote, "everything": request.view.everything})


@pytest.fixture
def site(served):
    for name, access in (("public", Access.PUBLIC), ("user", Access.USER), ("admin", Access.ADMIN)):
        served.route("GET", f"/{name}", whoami, access)
    return served


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        (None, {"public": 200, "user": 401, "admin": 401}),
        ("resident", {"public": 200, "user": 200, "admin": 401}),
        ("admin", {"public": 200, "user": 200, "admin": 200}),
    ],
    ids=["nobody", "resident", "admin"],
)
async def test_a_route_is_open_to_whom_it_says(site, role, statuses):
    token = None if role is None else await site.token("lei", role)
    assert {path: (await site.ask("GET", f"/{path}", token=token))[0] for path in statuses} == statuses


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Bearer ", "Basic YTpi", "bearer x", "Bearer lla_" + "A" * 43], ids=repr
)
async def test_a_token_that_is_none_is_answered_as_the_original_does(site, header):
    status, headers, body = await site.ask("GET", "/user", headers={"Authorization": header})
    assert (status, headers["Content-Type"], body) == (401, "text/plain; charset=utf-8", "401: Unauthorized")


async def test_a_revoked_token_is_not_good_any_more(site):
    token = await site.token("lei")
    assert (await site.ask("GET", "/user", token=token))[2]["name"] == "lei"
    token_id = (await site.auth.tokens.of_user(site.auth.users.by_username("lei").id))[0].id
    await site.auth.tokens.revoke(token_id, actor=site.actor)
    assert (await site.ask("GET", "/user", token=token))[0] == 401


async def test_the_view_is_that_of_the_caller(site):
    assert (await site.ask("GET", "/public"))[2]["everything"] is False
    assert (await site.ask("GET", "/public", token=await site.token("lei")))[2]["everything"] is True


async def test_a_signed_path_works_by_itself_and_for_nothing_else(site):
    token = await site.token("lei")
    session = site.auth.authenticate(token, "127.0.0.1") or await site.auth.authenticate_or_load(token, "127.0.0.1")
    signed = site.auth.paths.sign("/user?size=2", TokenId(session.token_id), 60)
    assert (await site.ask("GET", signed))[2]["name"] == "lei"
    assert (await site.ask("GET", signed.replace("size=2", "size=3")))[0] == 401
    assert (await site.ask("GET", signed.replace("/user", "/admin")))[0] == 401


async def test_a_banned_address_is_shut_out_but_its_safety_signals_pass(site):
    site.route("POST", "/alarm", lambda request: Response.json("heard"), exempt=True)
    await site.auth.gate.ban("127.0.0.1", actor=site.actor)
    assert (await site.ask("GET", "/public"))[0] == 403
    assert (await site.ask("POST", "/alarm"))[::2] == (200, "heard")


async def test_who_asks_too_much_waits_but_safety_signals_pass(serve):
    served = await serve(
        use_x_forwarded_for=True,
        trusted_proxies=["127.0.0.1"],
        limits={"anonymous_at_once": 3, "anonymous_per_second": 0.1, "requests_at_once": 5, "requests_per_second": 0.1},
    )
    served.route("GET", "/public", whoami)
    served.route("POST", "/alarm", lambda request: Response.json("heard"), exempt=True)
    far = {"X-Forwarded-For": "203.0.113.9"}
    statuses = [(await served.ask("GET", "/public", headers=far))[0] for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    _, headers, _ = await served.ask("GET", "/public", headers=far)
    assert 1 <= int(headers["Retry-After"]) <= 11
    assert (await served.ask("POST", "/alarm", headers=far))[0] == 200
    assert (await served.ask("GET", "/public", headers={"X-Forwarded-For": "203.0.113.10"}))[0] == 200
    token = await served.token("lei")
    assert [(await served.ask("GET", "/public", headers=far, token=token))[0] for _ in range(6)] == [200] * 5 + [429]


async def test_this_machine_itself_is_not_limited(serve):
    served = await serve(limits={"anonymous_at_once": 1, "anonymous_per_second": 1})
    served.route("GET", "/public", whoami)
    assert {(await served.ask("GET", "/public"))[0] for _ in range(5)} == {200}


@pytest.mark.parametrize(
    ("forwarded", "seen"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("10.0.0.8, 10.0.0.7", "10.0.0.8"),
    ],
    ids=["one", "what the caller claims proves nothing", "two proxies", "all are proxies"],
)
async def test_behind_trusted_proxies_the_caller_is_who_they_saw(serve, forwarded, seen):
    served = await serve(use_x_forwarded_for=True, trusted_proxies=["127.0.0.1", "10.0.0.0/8"])
    served.route("GET", "/public", whoami)
    assert (await served.ask("GET", "/public", headers={"X-Forwarded-For": forwarded}))[2]["remote"] == seen


@pytest.mark.parametrize(
    "section",
    [{}, {"trusted_proxies": ["127.0.0.1"]}, {"use_x_forwarded_for": True, "trusted_proxies": ["10.0.0.0/8"]}],
    ids=["no proxy", "proxies are not believed", "another proxy"],
)
async def test_a_proxy_that_the_deployment_does_not_name_is_refused(serve, section):
    served = await serve(**section)
    served.route("GET", "/public", whoami)
    assert (await served.ask("GET", "/public", headers={"X-Forwarded-For": "203.0.113.9"}))[0] == 400


async def connected(served):
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    writer.write(b"GET /public HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await reader.readuntil(b"}")
    return reader, writer


async def test_when_all_places_are_taken_the_longest_idle_one_makes_room(serve):
    served = await serve(limits={"connections": 16})
    served.route("GET", "/public", whoami)
    open_ones = [await connected(served) for _ in range(16)]
    _, first_again = open_ones[0]
    first_again.write(b"GET /public HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await open_ones[0][0].readuntil(b"}")
    newcomer = await connected(served)
    assert await open_ones[1][0].read() == b""
    assert served.server.connections == 16
    assert served.server.counters.evicted == 1
    for _, writer in [*open_ones, newcomer]:
        writer.close()


async def test_when_every_place_is_at_work_a_newcomer_is_turned_away(serve):
    served = await serve(limits={"connections_per_address": 8})
    may_end = asyncio.Event()

    async def slow(request: Request) -> Response:
        await may_end.wait()
        return Response.json(1)

    served.route("GET", "/slow", slow)
    writers = []
    for _ in range(8):
        _, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
        writer.write(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        writers.append(writer)
    while served.server.counters.requests < 8:
        await asyncio.sleep(0.001)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    assert await reader.read() == b""
    assert served.server.counters.turned_away == 1
    may_end.set()
    for each in [*writers, writer]:
        each.close()
