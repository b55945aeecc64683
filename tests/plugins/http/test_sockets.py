"""Sockets: order, bounds, and every way in which they end."""

import asyncio

import aiohttp
import pytest
from aiohttp import WSMsgType

from linli.endpoints import Access, Closed, Socket
from linli.ids import PluginDomain


async def echo(socket: Socket) -> None:
    while True:
        socket.send((await socket.receive()).encode())


class Held:
    """A handler that hands its socket out and waits until the socket ends."""

    def __init__(self) -> None:
        self.socket: asyncio.Future[Socket] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def __call__(self, socket: Socket) -> None:
        self.socket.set_result(socket)
        try:
            while True:
                await socket.receive()
        except Closed as closed:
            self.ended.set_result(closed.reason)
            raise


def socket_route(served, handler, path="/ws", access=Access.PUBLIC):
    return served.route("GET", path, handler, access, socket=True)


async def test_messages_come_back_in_their_order(served):
    socket_route(served, echo)
    sent = [f"{number}" + "字" * number * 40 for number in range(400)]
    async with served.client.ws_connect(served.url + "/ws", compress=0) as ws:
        for message in sent:
            await ws.send_str(message)
        assert [(await ws.receive()).data for _ in sent] == sent
        assert ws.compress == 0


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 300_000])
async def test_a_message_of_any_length_arrives_whole(served, length):
    socket_route(served, echo)
    async with served.client.ws_connect(served.url + "/ws") as ws:
        await ws.send_str("x" * length)
        assert (await ws.receive_str()) == "x" * length


async def test_messages_to_a_mere_listener_arrive_too_and_in_order(served):
    held = Held()
    socket_route(served, held)
    async with served.client.ws_connect(served.url + "/ws") as ws:
        socket = await held.socket
        for number in range(50):
            socket.send(b"%d" % number)
            await asyncio.sleep(0)
        assert [int((await ws.receive()).data) for _ in range(50)] == list(range(50))


async def test_messages_about_an_entity_that_may_not_be_seen_any_more_are_taken_back(served):
    held = Held()
    socket_route(served, held)
    async with served.client.ws_connect(served.url + "/ws") as ws:
        socket = await held.socket
        socket.send(b"a", "light.a")
        socket.send(b"b", "light.b")
        socket.send(b"c")
        socket.revoke({"light.a"})
        assert [(await ws.receive()).data, (await ws.receive()).data] == ["b", "c"]


async def test_what_leaves_together_for_a_client_that_coalesces_is_one_array_and_each_part_can_be_taken_back(served):
    held = Held()
    socket_route(served, held)
    async with served.client.ws_connect(served.url + "/ws") as ws:
        socket = await held.socket
        socket.coalesce = True
        socket.send(b"1", "light.a")
        socket.send(b"2", "light.b")
        socket.send(b"3")
        socket.revoke({"light.a"})
        assert (await ws.receive()).data == "[2,3]"
        socket.send(b"4")
        assert (await ws.receive()).data == "4"


async def slow_reader(served, path="/ws"):
    """A client that opens a socket and never reads."""
    return await open_socket(served, path, limit=1)


async def open_socket(served, path="/ws", limit=1 << 16):
    """A client of bytes, that has asked for a socket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port, limit=limit)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n".encode()
    )
    return reader, writer


async def test_drained_returns_when_the_network_has_taken_everything(served):
    held = Held()
    socket_route(served, held)
    reader, writer = await slow_reader(served)
    socket = await held.socket
    for _ in range(70):
        socket.send(b"x" * 200_000)
    waiting = asyncio.ensure_future(socket.drained())
    await asyncio.sleep(0.02)
    assert not waiting.done()
    read = 0
    while read < 70 * 200_000:
        read += len(await reader.read(1 << 20))
    await waiting
    writer.close()


@pytest.mark.parametrize(
    ("limits", "size", "bound"),
    [({"socket_messages": 100}, 100_000, 21_000_000), ({"socket_bytes": 1 << 20}, 10_000, 1_100_000)],
    ids=["messages", "bytes"],
)
async def test_a_client_that_stops_reading_is_dropped_and_the_hubs_memory_stays_bounded(serve, limits, size, bound):
    served = await serve(limits=limits)
    held = Held()
    socket_route(served, held)
    _, writer = await slow_reader(served)
    socket = await held.socket
    pending = 0
    while not held.ended.done():
        for _ in range(20):
            socket.send(b"x" * size)
        pending = max(pending, socket._queued_bytes + socket._left())
        await asyncio.sleep(0)
    assert "too slow" in held.ended.result()
    assert pending < bound
    assert served.server.counters.sockets_dropped == 1
    assert served.ledger.account(PluginDomain("http")).counts == {"dropped": 1}
    writer.close()


async def test_a_client_for_which_nothing_leaves_for_too_long_is_dropped(serve):
    served = await serve(limits={"socket_stalled": "60ms"})
    held = Held()
    socket_route(served, held)
    _, writer = await slow_reader(served)
    socket = await held.socket
    for _ in range(100):
        socket.send(b"x" * 100_000)
    assert "too slow" in await held.ended
    writer.close()


async def test_the_reason_reaches_a_client_that_reads_again(serve):
    served = await serve(limits={"socket_messages": 16})
    held = Held()
    socket_route(served, held)
    async with served.client.ws_connect(served.url + "/ws") as ws:
        socket = await held.socket
        for _ in range(17):
            socket.send(b"x")
        message = await ws.receive()
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1013)
        assert "too slow" in message.extra


async def test_text_that_is_not_utf8_ends_the_socket_with_1007(served):
    held = Held()
    socket_route(served, held)
    async with served.client.ws_connect(served.url + "/ws") as ws:
        await ws.send_frame(b"\xff\xfe", WSMsgType.TEXT)
        assert (await ws.receive()).data == 1007
    assert (await held.ended).startswith("protocol error")


async def test_binary_messages_end_the_socket_with_1003(served):
    socket_route(served, echo)
    async with served.client.ws_connect(served.url + "/ws") as ws:
        await ws.send_bytes(b"x")
        assert (await ws.receive()).data == 1003


async def test_a_message_larger_than_allowed_ends_the_socket_with_1009(serve):
    served = await serve(limits={"message_size": 2000})
    socket_route(served, echo)
    async with served.client.ws_connect(served.url + "/ws") as ws:
        await ws.send_str("x" * 2001)
        assert (await ws.receive()).data == 1009


async def test_a_handler_that_breaks_ends_its_socket_with_1011_and_is_charged(served):
    async def handler(socket: Socket) -> None:
        raise RuntimeError("inside")

    socket_route(served, handler)
    async with served.client.ws_connect(served.url + "/ws") as ws:
        assert (await ws.receive()).data == 1011
    assert served.ledger.account(PluginDomain("made_up")).counts == {"error": 1}


async def test_what_was_sent_before_the_handler_closed_still_arrives(served):
    async def handler(socket: Socket) -> None:
        socket.send(b"last words")
        socket.close(4000, "enough")

    socket_route(served, handler)
    async with served.client.ws_connect(served.url + "/ws") as ws:
        assert (await ws.receive()).data == "last words"
        message = await ws.receive()
        assert (message.data, message.extra) == (4000, "enough")


async def test_news_that_is_still_gathering_leaves_before_the_goodbye(served):
    held = Held()
    socket_route(served, held)
    async with served.client.ws_connect(served.url + "/ws") as ws:
        socket = await held.socket
        socket.send(b"first")
        assert (await ws.receive()).data == "first"
        await asyncio.sleep(0.01)
        socket.send(b"second")
        assert (await ws.receive()).data == "second"
        socket.send(b"third")
        socket.close(4000, "enough")
        assert [(await ws.receive()).data, (await ws.receive()).data] == ["third", 4000]


async def test_a_client_that_vanishes_ends_its_handler(served):
    held = Held()
    socket_route(served, held)
    _, writer = await slow_reader(served)
    await held.socket
    writer.transport.abort()
    await held.ended
    for _ in range(5):
        await asyncio.sleep(0.005)
    assert served.server.listeners.open == set()


async def test_stopping_says_goodbye_to_every_socket(served):
    held = Held()
    socket_route(served, held)
    async with served.client.ws_connect(served.url + "/ws") as ws:
        await held.socket
        stopping = asyncio.create_task(served.server.stop())
        message = await ws.receive()
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1001)
        await stopping
    with pytest.raises(aiohttp.ClientConnectorError):
        await served.client.get(served.url)


async def test_a_route_that_goes_takes_its_sockets_with_it(served):
    held = Held()
    remove = socket_route(served, held)
    async with served.client.ws_connect(served.url + "/ws") as ws:
        await held.socket
        remove()
        assert (await ws.receive()).data == 1001


async def test_a_revoked_token_ends_its_socket(served):
    held = Held()
    socket_route(served, held, access=Access.USER)
    token = await served.token("lei")
    async with served.client.ws_connect(served.url + "/ws", headers={"Authorization": f"Bearer {token}"}) as ws:
        socket = await held.socket
        await served.auth.tokens.revoke(socket.request.token_id, actor=served.actor)
        assert (await ws.receive()).data == 1008


async def test_a_socket_address_asked_in_plain_http_says_what_it_speaks(served):
    socket_route(served, echo)
    status, _, body = await served.ask("GET", "/ws")
    assert (status, body["code"]) == (400, "websocket_expected")


async def test_a_flood_of_messages_from_one_client_leaves_the_loop_turns_for_others(served):
    turns = []

    async def handler(socket: Socket) -> None:
        while True:
            await socket.receive()
            turns.append("message")

    socket_route(served, handler)
    async with served.client.ws_connect(served.url + "/ws") as ws:
        writer = ws._writer
        for _ in range(2000):
            await writer.send_frame(b"x", WSMsgType.TEXT)

        async def other() -> None:
            while turns.count("message") < 2000:
                turns.append("turn")
                await asyncio.sleep(0)

        await other()
    longest = max(len(run) for run in "".join("m" if turn == "message" else "t" for turn in turns).split("t"))
    assert longest <= 40


CLIENTS_GOODBYE = b"\x88\x82\x00\x00\x00\x00\x03\xe8"
"""A close frame with code 1000, masked with zeros."""


async def test_a_client_may_take_its_time_to_answer_the_goodbye_and_nothing_else_is_heard_meanwhile(served):
    heard: list[str] = []
    ready = asyncio.get_running_loop().create_future()

    async def handler(socket: Socket) -> None:
        ready.set_result(socket)
        while True:
            heard.append(await socket.receive())

    socket_route(served, handler)
    reader, writer = await open_socket(served)
    while await reader.readline() != b"\r\n":
        pass
    (await ready).close(1000, "enough")
    assert await reader.readexactly(10) == b"\x88\x08\x03\xe8enough"
    writer.write(b"\x81\x82\x00\x00\x00\x00hi")
    ended = asyncio.ensure_future(reader.read())
    await asyncio.sleep(0.1)
    assert not ended.done(), "the connection ended before the client could answer"
    writer.write(CLIENTS_GOODBYE)
    async with asyncio.timeout(2):
        assert await ended == b""
    assert heard == []
    writer.close()


async def test_a_reason_is_cut_between_characters(served):
    held = Held()
    socket_route(served, held)
    async with served.client.ws_connect(served.url + "/ws") as ws:
        (await held.socket).close(4000, "a" + "字" * 100)
        assert (await ws.receive()).extra == "a" + "字" * 40
