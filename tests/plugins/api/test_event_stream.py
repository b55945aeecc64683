"""``/api/stream``: what an administrator hears, and for how long."""

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from linli import Closed, Event
from linli.auth import COMMAND_ACTOR
from linli.clock import SimulatedClock
from linli_api.rest.stream import PING, EventStream

from .conftest import House


class Listening:
    """A stream that is being read."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer

    async def next(self) -> Any:
        """The next event, or ``ping``; None when the stream has ended."""
        async with asyncio.timeout(2):
            line = await self.answer.content.readline()
            if not line:
                return None
            assert line.startswith(b"data: ")
            assert await self.answer.content.readline() == b"\n"
        text = line.removeprefix(b"data: ").decode().strip()
        return text if text == "ping" else json.loads(text)

    async def hears(self, event_type: str) -> Any:
        """The next event of a type; others are passed over."""
        while (event := await self.next()) is not None:
            if event != "ping" and event["event_type"] == event_type:
                return event
        return None


async def listen(house: House, token: str, query: str = "") -> Listening:
    """Open the stream; it goes with the house."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = await house.stack.enter_async_context(
        house.session.get(house.url + "/api/stream" + query, headers=headers)
    )
    assert answer.status == 200, await answer.text()
    return Listening(answer)


@pytest.fixture
async def owner(house: House) -> str:
    return (await house.user("owner", "admin"))[1]


async def test_it_greets_with_a_ping_and_tells_every_event(house: House, owner: str) -> None:
    stream = await listen(house, owner)
    assert stream.answer.headers["Content-Type"] == "text/event-stream"
    assert await stream.next() == "ping"
    await house.rest("POST", "/api/events/made_up", owner, json={"text": "two\nlines"})
    fired = await stream.hears("made_up")
    assert (fired["data"], fired["origin"]) == ({"text": "two\nlines"}, "REMOTE")
    await house.turn("input_boolean.ours")
    changed = await stream.hears("state_changed")
    assert changed["data"]["new_state"]["state"] == "on"


async def test_only_the_named_types_are_told(house: House, owner: str) -> None:
    stream = await listen(house, owner, "?restrict=first,second")
    assert await stream.next() == "ping"
    for event_type in ("first", "other", "second"):
        await house.rest("POST", f"/api/events/{event_type}", owner, json={})
    assert [(await stream.next())["event_type"] for _ in range(2)] == ["first", "second"]


@pytest.mark.parametrize("role", ["resident", "read-only"])
async def test_it_is_not_for_everybody(house: House, role: str) -> None:
    _, token = await house.user("li", role)
    assert await house.rest("GET", "/api/stream", token) == (401, "401: Unauthorized")
    assert (await house.rest("GET", "/api/stream"))[0] == 401


async def test_it_ends_within_a_second_of_its_token(house: House, owner: str) -> None:
    stream = await listen(house, owner)
    assert await stream.next() == "ping"
    auth = house.hub.rooms.auth
    user = next(user for user in auth.users.all() if user.username == "owner")
    await auth.tokens.revoke_all(user.id, actor=COMMAND_ACTOR)
    async with asyncio.timeout(1):
        assert await stream.hears("never") is None


async def test_it_ends_when_its_reader_is_no_administrator_any_more(house: House) -> None:
    await house.user("owner", "admin")
    user, token = await house.user("second", "admin")
    stream = await listen(house, token)
    assert await stream.next() == "ping"
    await house.hub.rooms.auth.users.update(user.id, {"role": "resident"}, actor=COMMAND_ACTOR)
    async with asyncio.timeout(1):
        assert await stream.hears("never") is None


async def test_nothing_stays_behind_a_reader_who_left(house: House, owner: str) -> None:
    before = house.hub.rooms.bus.counts()
    stream = await listen(house, owner)
    assert await stream.next() == "ping"
    assert house.hub.rooms.bus.counts() != before
    stream.answer.close()
    async with asyncio.timeout(2):
        while house.hub.rooms.bus.counts() != before:
            await asyncio.sleep(0.01)


class Pieces:
    """A stream in memory; time alone moves it."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.over = asyncio.get_running_loop().create_future()

    def send(self, message: bytes, about: str | None = None) -> None:
        self.sent.append(message)

    def watch(self, callback: Callable[..., None]) -> Callable[[], None]:
        return lambda: None

    async def ended(self) -> None:
        await asyncio.shield(self.over)
        raise Closed("enough")


async def test_it_pings_while_nothing_happens() -> None:
    clock, pieces, ended = SimulatedClock(), Pieces(), []
    heard: list[Callable[[Event[Any]], None]] = []

    def hear(callback: Callable[[Event[Any]], None]) -> Callable[[], None]:
        heard.append(callback)
        return lambda: ended.append(True)

    asked = SimpleNamespace(query={"restrict": ""})
    answer = EventStream(hear, lambda _: None, clock, ping_every_s=50).open(asked)  # type: ignore[arg-type]  # of a request only this
    feeding = asyncio.ensure_future(answer.feed(pieces))  # type: ignore[attr-defined]  # it is a streamed one
    await clock.forward(seconds=151)
    assert pieces.sent == [PING] * 4
    pieces.over.set_result(None)
    with pytest.raises(Closed):
        await feeding
    assert (len(heard), ended) == (1, [True])
