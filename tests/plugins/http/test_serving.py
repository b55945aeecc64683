"""What a caller gets for a request, whatever the handler does."""

import asyncio
import gzip
from email.utils import parsedate_to_datetime

import pytest

from linli.auth.errors import TooManyAttempts
from linli.endpoints import Access, Request, Response
from linli.errors import Busy, Forbidden, InvalidRequest, NotFound
from linli.ids import PluginDomain
from linli.storage import Conflict
from linli_http.answer import LONG
from linli_http.request import HttpRequest


async def test_a_route_answers_with_what_its_handler_returns(served):
    async def handler(request: Request) -> Response:
        return Response.json({"method": request.method, "path": request.path, "query": request.query["a"]})

    served.route("GET", "/api/echo", handler)
    status, headers, body = await served.ask("GET", "/api/echo?a=1&b=2")
    assert (status, body) == (200, {"method": "GET", "path": "/api/echo", "query": "1"})
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "Server" not in headers
    assert parsedate_to_datetime(headers["Date"]).year >= 2024


async def test_a_handler_need_not_be_a_coroutine(served):
    served.route("GET", "/plain", lambda request: Response.text("你好"))
    status, headers, body = await served.ask("GET", "/plain")
    assert (status, headers["Content-Type"], body) == (200, "text/plain; charset=utf-8", "你好")


async def test_parameters_are_decoded(served):
    served.route("GET", "/api/states/{entity_id}", lambda request: Response.json(dict(request.params)))
    assert (await served.ask("GET", "/api/states/light.%E5%AE%A2%E5%8E%85"))[2] == {"entity_id": "light.客厅"}


async def test_an_unknown_path_is_not_found_and_a_wrong_method_names_the_right_ones(served):
    served.route("GET", "/api/thing", lambda request: Response.json({}))
    status, headers, body = await served.ask("GET", "/api/nothing")
    assert (status, headers["Content-Type"], body) == (404, "text/plain; charset=utf-8", "404: Not Found")
    status, headers, body = await served.ask("POST", "/api/thing")
    assert (status, headers["Allow"], body) == (405, "GET,HEAD", "405: Method Not Allowed")


async def test_routes_come_and_go_while_the_server_runs(served):
    assert (await served.ask("GET", "/late"))[0] == 404
    remove = served.route("GET", "/late", lambda request: Response.json(1))
    assert (await served.ask("GET", "/late"))[0] == 200
    remove()
    assert (await served.ask("GET", "/late"))[0] == 404


async def test_before_the_hub_runs_a_missing_route_may_still_come(served):
    served.server.ready = False
    status, headers, _ = await served.ask("GET", "/api/nothing")
    assert (status, headers["Retry-After"]) == (503, "1")


async def test_head_is_answered_as_get_without_its_body(served):
    served.route("GET", "/big", lambda request: Response.text("x" * 500))
    status, headers, body = await served.ask("HEAD", "/big")
    assert (status, headers["Content-Length"], body) == (200, "500", "")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound("no such thing"), 404, "not_found"),
        (InvalidRequest("wrong shape"), 400, "invalid_format"),
        (Busy("later"), 503, "too_many_requests"),
        (TooManyAttempts(3.2), 429, "too_many_requests"),
        (Conflict("areas", "hall", 1, 2), 409, "conflict"),
        (Forbidden("not you"), 401, "unauthorized"),
    ],
    ids=["not found", "invalid", "the hub is busy", "the caller asks too often", "changed meanwhile", "forbidden"],
)
async def test_a_refusal_is_a_sentence_with_a_code(served, error, status, code):
    async def handler(request: Request) -> Response:
        raise error

    served.route("GET", "/refuses", handler)
    assert (await served.ask("GET", "/refuses"))[::2] == (status, {"message": str(error), "code": code})


async def test_a_handler_that_breaks_is_charged_and_the_caller_learns_nothing_of_its_inside(served):
    async def handler(request: Request) -> Response:
        raise RuntimeError("secret inside")

    served.route("GET", "/breaks", handler)
    status, _, body = await served.ask("GET", "/breaks")
    assert (status, body["code"]) == (500, "unknown_error")
    assert "secret" not in str(body)
    assert served.ledger.account(PluginDomain("made_up")).counts == {"error": 1}


async def test_a_header_with_a_line_break_is_refused(served):
    served.route("GET", "/split", lambda request: Response(headers={"X-A": "1\r\nX-Evil: 1"}))
    status, headers, _ = await served.ask("GET", "/split")
    assert status == 500
    assert "X-Evil" not in headers


async def test_a_large_json_answer_is_packed_for_who_can_unpack_it(served):
    served.route("GET", "/large", lambda request: Response.json(["light.kitchen"] * 9000))
    served.route("GET", "/small", lambda request: Response.json(["light.kitchen"]))
    async with served.client.get(served.url + "/large", auto_decompress=False) as answer:
        packed = await answer.read()
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(gzip.decompress(packed)) > 100_000 > len(packed)
    async with served.client.get(served.url + "/large", headers={"Accept-Encoding": "identity"}) as answer:
        assert "Content-Encoding" not in answer.headers
    async with served.client.get(served.url + "/small") as answer:
        assert "Content-Encoding" not in answer.headers


async def test_a_page_of_another_origin_may_call_only_where_the_deployment_says_so(serve):
    served = await serve(cors_allowed_origins=["https://panel.example.org"])
    served.route("GET", "/api/x", lambda request: Response.json(1), Access.USER)
    ask = {"Access-Control-Request-Method": "GET"}
    status, headers, _ = await served.ask("OPTIONS", "/api/x", headers={"Origin": "https://panel.example.org", **ask})
    assert (status, headers["Access-Control-Allow-Origin"]) == (204, "https://panel.example.org")
    status, headers, _ = await served.ask("OPTIONS", "/api/x", headers={"Origin": "https://evil.example.org", **ask})
    assert status == 405
    assert "Access-Control-Allow-Origin" not in headers


async def test_without_cors_nothing_is_said_of_other_origins(served):
    served.route("GET", "/api/x", lambda request: Response.json(1))
    _, headers, _ = await served.ask("GET", "/api/x", headers={"Origin": "https://panel.example.org"})
    assert not [name for name in headers if name.startswith("Access-Control")]


async def test_stopping_lets_a_request_in_work_end(served):
    began, may_end = asyncio.Event(), asyncio.Event()

    async def handler(request: Request) -> Response:
        began.set()
        await may_end.wait()
        return Response.text("done")

    served.route("GET", "/slow", handler)
    asking = asyncio.create_task(served.ask("GET", "/slow"))
    await began.wait()
    stopping = asyncio.create_task(served.server.stop())
    await asyncio.sleep(0.02)
    may_end.set()
    assert (await asking)[2] == "done"
    await stopping


async def test_a_long_answer_waits_for_its_reader_outside_of_the_transport_and_comes_whole(served):
    body = bytes(range(1, 251)) * 100_000 + b"the end"
    transports = []

    def handler(request: HttpRequest) -> Response:
        transports.append(request.raw.transport)
        return Response(body, content_type="application/octet-stream")

    served.route("GET", "/long", handler)
    served.route("GET", "/short", lambda request: Response.text("short"))
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    writer.write(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
    while not transports or not transports[0].get_write_buffer_size():
        await asyncio.sleep(0.01)
    assert transports[0].get_write_buffer_size() <= 2 * LONG
    assert (await served.ask("GET", "/short"))[0] == 200
    writer.write(b"GET /short HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(body) in head
    assert rest[: len(body)] == body
    assert rest[len(body) :].endswith(b"\r\n\r\nshort")
    writer.close()


async def test_a_reader_who_goes_in_the_middle_of_a_long_answer_is_no_failure(served, caplog):
    transports = []

    def handler(request: HttpRequest) -> Response:
        transports.append(request.raw.transport)
        return Response(bytes(30_000_000))

    served.route("GET", "/long", handler)
    _, writer = await asyncio.open_connection("127.0.0.1", served.server.port, limit=1)
    writer.write(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
    while not transports or not transports[0].get_write_buffer_size():
        await asyncio.sleep(0.01)
    writer.transport.abort()
    while not transports[0].is_closing():
        await asyncio.sleep(0.01)
    assert (await served.ask("GET", "/api/none"))[0] == 404
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
