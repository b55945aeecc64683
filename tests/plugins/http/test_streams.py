"""Answers that go on: what their reader gets, and what ends them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from linli.endpoints import Access, Closed, Request, Response, Stream, StreamedResponse
from linli.ids import PluginDomain


class Held:
    """A handler that hands its stream out and waits until it ends."""

    def __init__(self) -> None:
        self.stream: asyncio.Future[Stream] = asyncio.get_running_loop().create_future()
        self.reason: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def __call__(self, request: Request) -> Response:
        return StreamedResponse(content_type="text/event-stream", feed=self.feed)

    async def feed(self, stream: Stream) -> None:
        self.stream.set_result(stream)
        try:
            await stream.ended()
        except Closed as closed:
            self.reason.set_result(closed.reason)
            raise


@pytest.fixture
async def held() -> Held:
    return Held()


def feeding(feed: Callable[[Stream], Awaitable[None]]) -> Callable[[Request], Response]:
    return lambda request: StreamedResponse(content_type="text/plain", feed=feed)


async def test_what_is_sent_arrives_piece_by_piece_and_in_order(served, held):
    served.route("GET", "/stream", held)
    async with served.client.get(served.url + "/stream") as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        stream = await held.stream
        for piece in (b"one ", b"two ", b"three"):
            stream.send(piece)
        assert await answer.content.readexactly(13) == b"one two three"
        stream.close(reason="enough")
        assert await answer.content.read() == b""
    assert await held.reason == "enough"
    assert served.server.listeners.open == set()


async def test_the_connection_is_used_again_after_a_stream_that_ended_well(served):
    async def feed(stream: Stream) -> None:
        stream.send(b"all")

    served.route("GET", "/stream", feeding(feed))
    for _ in range(3):
        assert (await served.ask("GET", "/stream"))[2] == "all"
    assert served.server.connections == 1


async def test_a_stream_that_breaks_is_charged_and_its_reader_sees_that_it_is_not_whole(served):
    async def feed(stream: Stream) -> None:
        stream.send(b"half")
        raise RuntimeError("secret inside")

    served.route("GET", "/stream", feeding(feed))
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    writer.write(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = await reader.read()
    assert b"secret" not in answer
    assert not answer.endswith(b"0\r\n\r\n")
    assert served.ledger.account(PluginDomain("made_up")).counts == {"error": 1}
    writer.close()


async def test_before_http_1_1_the_end_of_the_connection_is_the_end(served):
    async def feed(stream: Stream) -> None:
        stream.send(b"all")

    served.route("GET", "/stream", feeding(feed))
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    writer.write(b"GET /stream HTTP/1.0\r\n\r\n")
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    assert body == b"all"
    assert b"chunked" not in head
    writer.close()


async def test_head_tells_of_a_stream_without_beginning_it(served, held):
    served.route("GET", "/stream", held)
    status, headers, body = await served.ask("HEAD", "/stream")
    assert (status, headers["Content-Type"], body) == (200, "text/event-stream", "")
    assert not held.stream.done()


async def test_a_stream_ends_with_the_token_it_was_opened_with(served, held):
    served.route("GET", "/stream", held, Access.USER)
    bearer = {"Authorization": f"Bearer {await served.token('lei')}"}
    async with served.client.get(served.url + "/stream", headers=bearer) as answer:
        await held.stream
        user = next(user for user in served.auth.users.all() if user.username == "lei")
        await served.auth.tokens.revoke_all(user.id, actor=served.actor)
        async with asyncio.timeout(1):
            assert await answer.content.read() == b""
    assert await held.reason == "the token has ended"


async def test_a_stream_ends_with_its_route(served, held):
    withdraw = served.route("GET", "/stream", held)
    async with served.client.get(served.url + "/stream") as answer:
        await held.stream
        withdraw()
        assert await answer.content.read() == b""
    assert await held.reason == "this address is not served any more"


async def test_a_reader_who_leaves_is_noticed_at_once(served, held):
    served.route("GET", "/stream", held)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    writer.write(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
    await held.stream
    writer.transport.abort()
    async with asyncio.timeout(1):
        assert await held.reason == "the client left"
    (await held.stream).send(b"into the void")
    assert await reader.read() is not None


async def test_a_reader_who_does_not_read_is_cut_off_before_much_piles_up(serve, held):
    served = await serve(limits={"socket_bytes": 1 << 16})
    served.route("GET", "/stream", held)
    _, writer = await asyncio.open_connection("127.0.0.1", served.server.port, limit=1024)
    writer.write(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
    stream = await held.stream
    async with asyncio.timeout(5):
        while not held.reason.done():
            stream.send(b"x" * 8192)
            await asyncio.sleep(0)
    assert (await held.reason).startswith("too slow")
    assert served.server.counters.sockets_dropped == 1
    writer.close()


async def test_what_is_revoked_before_it_left_is_not_sent(served, held):
    served.route("GET", "/stream", held)
    async with served.client.get(served.url + "/stream") as answer:
        stream = await held.stream
        stream.send(b"a", "light.a")
        stream.send(b"b", "light.b")
        stream.revoke({"light.a"})
        stream.close()
        assert await answer.content.read() == b"b"


async def test_a_header_with_a_line_break_makes_no_stream(served):
    async def feed(stream: Stream) -> None:
        stream.send(b"never")

    headers = {"X-A": "1\r\nX-Evil: 1"}
    served.route("GET", "/split", lambda request: StreamedResponse(headers=headers, feed=feed))
    status, headers, _ = await served.ask("GET", "/split")
    assert status == 500
    assert "X-Evil" not in headers


async def test_the_stopping_hub_ends_its_streams(served, held):
    served.route("GET", "/stream", held)
    async with served.client.get(served.url + "/stream") as answer:
        await held.stream
        await served.server.close_sockets()
        assert await answer.content.read() == b""
