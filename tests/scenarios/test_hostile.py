"""What a client may send that means harm, or is broken: the hub stays healthy and answers the others."""

import asyncio
import io
import time
from pathlib import Path

import aiohttp

from scenarios.processes import Client, HubProcess, hub_process


async def _healthy(session: aiohttp.ClientSession, hub: HubProcess, token: str) -> None:
    """It answers, quickly: one of three times, since a busy machine may keep it from running at all for a while."""
    took: list[float] = []
    while len(took) < 3 and (not took or took[-1] >= 2):
        began = time.perf_counter()
        async with session.get(f"{hub.url}/api/", headers={"Authorization": f"Bearer {token}"}) as answer:
            assert answer.status == 200
        took.append(time.perf_counter() - began)
    assert took[-1] < 2, took


async def test_bodies_that_are_no_bodies_get_an_answer_of_their_own(tmp_path: Path) -> None:
    async with hub_process(tmp_path / "hub") as hub, aiohttp.ClientSession() as session:
        token = hub.token()
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{hub.url}/api/states/sensor.x"
        cases = {
            b"{": 400,
            b"\xff\xfe": 400,
            b"[1]": 400,
            b"5": 400,
            b'{"state": null}': 400,
            b'{"state": "1", "attributes": "x"}': 400,
            b'{"state": "' + b"x" * 300 + b'"}': 400,
            b'{"state": "' + b"x" * (2 << 20) + b'"}': 413,
            b"[" * 100_000: 400,
        }
        for body, status in cases.items():
            async with session.post(url, data=io.BytesIO(body), headers=headers) as answer:
                assert answer.status == status, body[:40]
        await _healthy(session, hub, token)


async def test_messages_that_are_no_messages_leave_the_connection_or_close_it(tmp_path: Path) -> None:
    async with hub_process(tmp_path / "hub") as hub, aiohttp.ClientSession() as session:
        token = hub.token()
        socket = await session.ws_connect(f"{hub.url}/api/websocket")
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": token})
        await socket.receive_json()
        for message, code in (
            ({"id": 1, "type": "nothing_such"}, "unknown_command"),
            ({"id": 2, "type": "ping"}, None),
            ({"id": 2, "type": "ping"}, "id_reuse"),
            ({"id": True, "type": "ping"}, "invalid_format"),
            ({"type": "ping"}, "invalid_format"),
            ({"id": 3, "type": 5}, "invalid_format"),
            ({"id": 4, "type": "call_service"}, "invalid_format"),
        ):
            await socket.send_json(message)
            answer = await socket.receive_json()
            assert answer.get("error", {}).get("code") == code, message
        await socket.send_bytes(b"\x07binary")
        await socket.send_str("{ no json")
        assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        await _healthy(session, hub, token)


async def test_a_thousand_wrong_passwords_leave_the_hub_responsive(tmp_path: Path) -> None:
    async with (
        hub_process(tmp_path / "hub") as hub,
        aiohttp.ClientSession() as session,
        aiohttp.ClientSession() as other,  # else its requests would wait behind the guesses, here and not in the hub
    ):
        token = hub.token()
        start = {"client_id": f"{hub.url}/", "handler": ["homeassistant", None], "redirect_uri": f"{hub.url}/"}

        async def guess(number: int) -> int:
            async with session.post(f"{hub.url}/auth/login_flow", json=start) as answer:
                if answer.status != 200:
                    return answer.status
                flow = (await answer.json())["flow_id"]
            body = {"client_id": f"{hub.url}/", "username": "owner", "password": f"guess {number}"}
            async with session.post(f"{hub.url}/auth/login_flow/{flow}", json=body) as answer:
                return answer.status

        guesses = asyncio.gather(*(guess(number) for number in range(1000)))
        while not guesses.done():
            await _healthy(other, hub, token)
            await asyncio.sleep(0.05)
        assert set(await guesses) <= {200, 403, 404, 429}
        client = await Client.enter(other, hub, token)
        await client.call("ping")
        await client.socket.close()


async def test_half_open_sockets_do_not_keep_others_out(tmp_path: Path) -> None:
    async with hub_process(tmp_path / "hub") as hub, aiohttp.ClientSession() as session:
        token = hub.token()
        silent = [await asyncio.open_connection("127.0.0.1", hub.port) for _ in range(200)]
        for _, writer in silent[:100]:
            writer.write(b"POST /api/states/sensor.x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n")
        await _healthy(session, hub, token)
        for _, writer in silent:
            writer.close()
