"""What is sent to the hub: bounded, decoded, and refused in a sentence where it is broken."""

import asyncio
import zlib

import aiohttp
import pytest

from linli.endpoints import Request, Response


async def read_json(request: Request) -> Response:
    return Response.json(await request.json())


@pytest.fixture
def json_route(served):
    served.route("POST", "/json", read_json, max_body=1000)
    return served


async def test_a_json_body_is_read(json_route):
    assert (await json_route.ask("POST", "/json", data='{"a": "门"}'))[::2] == (200, {"a": "门"})


async def test_no_body_is_no_value(json_route):
    assert (await json_route.ask("POST", "/json"))[::2] == (200, None)


@pytest.mark.parametrize("body", [b"{", b'{"a": "\xff"}', b"\xef\xbb\xbf{}", b"NaN"], ids=repr)
async def test_a_broken_json_body_is_the_callers_fault(json_route, body):
    status, _, answer = await json_route.ask("POST", "/json", data=body)
    assert (status, answer["code"]) == (400, "invalid_format")


async def test_a_body_longer_than_the_route_takes_is_refused(json_route):
    status, _, answer = await json_route.ask("POST", "/json", data=b"1" * 1001)
    assert (status, answer["code"]) == (413, "payload_too_large")


async def test_a_body_of_unknown_length_is_refused_as_soon_as_it_is_too_long(json_route):
    async def endless():
        for _ in range(100):
            yield b"1" * 1000
            await asyncio.sleep(0)

    assert (await json_route.ask("POST", "/json", data=endless()))[0] == 413


async def test_a_body_that_unpacks_to_more_than_the_route_takes_is_refused(json_route):
    bomb = zlib.compress(b" " * 5_000_000)
    answer = await json_route.ask("POST", "/json", data=bomb, headers={"Content-Encoding": "deflate"})
    assert answer[0] == 413


async def test_a_body_that_does_not_come_is_not_waited_for(serve):
    served = await serve(limits={"body_within": "20ms"})
    served.route("POST", "/json", read_json)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    writer.write(b'POST /json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{"a"')
    assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    writer.close()


async def test_forms_are_read_as_browsers_send_them(served):
    async def handler(request: Request) -> Response:
        return Response.json(dict(await request.form()))

    served.route("POST", "/form", handler)
    fields = {"client_id": "http://localhost/", "name": "王 小明&"}
    assert (await served.ask("POST", "/form", data=fields))[2] == fields
    form = aiohttp.FormData(fields, default_to_multipart=True)
    assert (await served.ask("POST", "/form", data=form))[2] == fields
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await served.ask("POST", "/form", data=b"nothing", headers=broken))[0] == 400


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(500)) + b"\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["no http", "a flood of headers", "a long line", "a negative length", "tls on a clear port"],
)
async def test_what_is_no_http_gets_a_short_answer_and_the_hub_stays_well(served, sent):
    served.route("GET", "/well", lambda request: Response.text("well"))
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    writer.write(sent)
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"Server" not in answer
    assert b"aiohttp" not in answer
    writer.close()
    assert (await served.ask("GET", "/well"))[2] == "well"


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: local"], ids=["nothing", "half a head"])
async def test_a_connection_that_never_says_what_it_wants_is_closed(serve, sent):
    served = await serve(limits={"keep_alive": "30ms"})
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    writer.write(sent)
    assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize("sent", [b"GET /sl", b"GET / HTTP/1.1\r\nHost: local\r\nX-"], ids=["line", "headers"])
async def test_half_a_head_is_waited_for_no_longer_than_a_body(serve, sent):
    served = await serve(limits={"body_within": "40ms"})
    served.route("GET", "/", lambda request: Response.text("x"))
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: local\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\nx")).startswith(b"HTTP/1.1 200 OK")
    writer.write(sent)
    answer = asyncio.ensure_future(reader.readline())
    for _ in range(100):  # a slow drip puts the end off by nothing
        if answer.done():
            break
        writer.write(b"a")
        await asyncio.sleep(0.01)
    assert await answer == b"HTTP/1.1 408 Request Timeout\r\n"
    writer.close()


async def test_a_head_that_comes_in_pieces_is_served_and_the_connection_kept(serve):
    served = await serve(limits={"body_within": "60ms"})
    served.route("GET", "/", lambda request: Response.text("x"))
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    for _ in range(2):
        writer.write(b"GET / HT")
        await asyncio.sleep(0.01)
        writer.write(b"TP/1.1\r\nHost: local\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\nx")).startswith(b"HTTP/1.1 200 OK")
        await asyncio.sleep(0.08)
    writer.close()


async def test_half_a_second_request_keeps_a_connection_no_longer(serve):
    served = await serve(limits={"keep_alive": "30ms"})
    served.route("GET", "/", lambda request: Response.text("x"))
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: local\r\n\r\nGET / HT")
    assert (await reader.read()).startswith(b"HTTP/1.1 200 OK")
    writer.close()
