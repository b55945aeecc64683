"""A hub that asks a second place over the network believes only what a hub would answer, and starts whatever comes."""

import json
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from linli.clock import SimulatedClock
from linli.ledger import Ledger
from linli.storage import Storage, StorageRefused
from linli.storage.heads import Heads
from linli.storage.heads_hub import HeadsRefused, HubPlace
from linli.storage.sealing_key import SealingKey
from linli.storage.seals import Seal

INSTANCE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
KEY = SealingKey(bytes(range(32)), None)
SEAL = Seal(INSTANCE, 1, 7, 7, (), (), KEY.public).sealed(KEY)
Answer = Callable[[web.Request], web.StreamResponse]


@pytest.fixture
async def second(clock: SimulatedClock) -> AsyncIterator[tuple[HubPlace, list[Answer], list[web.Request]]]:
    """A place that answers as a test says, and what it was asked."""
    answers: list[Answer] = []
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request)
        await request.read()
        return answers[0](request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        yield HubPlace(str(server.make_url("/heads/")), "secret", clock), answers, asked


def saying(value: object, status: int = 200) -> Answer:
    return lambda request: web.json_response(value, status=status)


async def test_the_newest_head_is_asked_for_with_the_token(second):
    place, answers, asked = second
    answers.append(saying({"days": [], "newest": SEAL.line().decode()}))
    assert await place.take_over(INSTANCE, 1, "run") == SEAL
    assert asked[0].path == f"/heads/{INSTANCE}"
    assert asked[0].headers["Authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: web.Response(text="<html>a router's log-in page</html>"),
        saying([]), saying("x"), saying({"newest": "no head"}), saying({"newest": 5}), saying({"newest": "{}"}),
        saying({"newest": SEAL.line().decode().replace('"counter":7', '"counter":8')}),
        saying({"newest": SEAL.line().decode().replace(INSTANCE, INSTANCE[:-1] + "W")}),
        saying({"message": "no"}, 401), saying({"message": "no"}, 500), saying({}, 409), saying({"code": "x"}, 301),
        lambda request: web.Response(status=302, headers={"Location": "http://elsewhere.example.org/"}),
    ],
)  # fmt: skip
async def test_what_no_hub_answers_counts_as_not_reached(second, answer: Answer):
    place, answers, asked = second
    answers.append(answer)
    with pytest.raises(OSError):
        await place.take_over(INSTANCE, 1, "run")
    assert len(asked) == 1, "the token went nowhere else"


async def test_a_refusal_says_which_and_what_is_unknown_is_no_head(second):
    place, answers, _ = second
    answers.append(saying({"message": "no", "code": "cut"}, 409))
    with pytest.raises(HeadsRefused, match="cut"):
        await place.add(SEAL)
    answers[:] = [saying({"message": "none"}, 404)]
    assert await place.take_over(INSTANCE, 1, "run") is None
    assert await place.lines(INSTANCE) == []
    with pytest.raises(OSError):
        await place.add(SEAL)


async def test_a_hub_that_was_restored_elsewhere_is_refused(second):
    place, answers, _ = second
    later = Seal(INSTANCE, 2, 1, 7, (), (), KEY.public).sealed(KEY)
    answers.append(saying({"days": [], "newest": later.line().decode()}))
    with pytest.raises(StorageRefused, match="must not run any more"):
        await place.take_over(INSTANCE, 1, "run")


async def test_a_hub_starts_whatever_its_second_place_answers(second, folder, clock):
    place, answers, _ = second
    answers.append(lambda request: web.Response(body=b"\xff\x00"))
    storage = await Storage.open(folder, clock=clock, ledger=Ledger(clock))
    heads, troubles = Heads(storage, clock, [place]), []
    heads.on_trouble(lambda name, trouble: troubles.append(trouble and trouble.what))
    await storage.keep_heads(heads)
    assert await storage.journal.seal() is None
    assert set(troubles) == {"unreachable"}

    def take(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.json_response({"message": "none"}, status=404)
        return web.json_response({"counter": 1})

    answers[:] = [take]
    assert await storage.journal.seal() is not None
    assert troubles[-1] is None
    await storage.close()


async def test_the_lines_of_every_day_are_read_in_order(second):
    place, answers, _ = second

    def answer(request: web.Request) -> web.Response:
        day = request.path.rpartition("/")[2]
        if day == INSTANCE:
            return web.json_response({"days": ["2026-01-01", "2026-01-02"], "newest": None})
        return web.Response(body=f"{json.dumps(day)}\n\n".encode(), content_type="application/jsonl")

    answers.append(answer)
    assert await place.lines(INSTANCE) == [b'"2026-01-01"', b'"2026-01-02"']
    assert await place.take_over(INSTANCE, 1, "run") is None
