"""A hub that is killed without warning loses nothing that it acknowledged, and starts again."""

import asyncio
import signal
import sqlite3
from contextlib import suppress
from pathlib import Path

import aiohttp

import databases
from scenarios.processes import Client, HubProcess, hub_process, linli


async def _flood(session: aiohttp.ClientSession, hub: HubProcess, headers: dict[str, str], worker: int) -> None:
    number = 0
    with suppress(aiohttp.ClientError):
        while True:
            number += 1
            url = f"{hub.url}/api/states/sensor.flood_{worker}_{number % 50}"
            async with session.post(url, json={"state": str(number)}, headers=headers):
                pass


async def test_a_kill_in_the_middle_of_a_thousand_writes_a_second_loses_nothing_acknowledged(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    async with hub_process(tmp_path / "hub") as hub, aiohttp.ClientSession() as session:
        token = hub.token()
        flood = [
            asyncio.create_task(_flood(session, hub, {"Authorization": f"Bearer {token}"}, worker))
            for worker in range(8)
        ]
        client = await Client.enter(session, hub, token)
        for number in range(40):
            made = await client.call("config/area_registry/create", name=f"Area {number}")
            acknowledged.append(made["area_id"])
        hub.kill()
        await asyncio.gather(*flood)
        await client.socket.close()

        verified = linli("journal", "verify", "--data", hub.data)
        assert verified.returncode == 0, verified.stderr
        for name in ("safety.db", "hub.db") if databases.current.kind == databases.SQLITE else ():
            with sqlite3.connect(hub.data / name) as database:
                assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            database.close()

        await hub.start()
        client = await Client.enter(session, hub, token)
        areas = {area["area_id"] for area in await client.call("config/area_registry/list")}
        await client.socket.close()
        assert areas >= set(acknowledged)


async def test_a_token_that_the_command_line_revokes_closes_its_socket_within_a_second(tmp_path: Path) -> None:
    async with hub_process(tmp_path / "hub") as hub, aiohttp.ClientSession() as session:
        client = await Client.enter(session, hub, hub.token())
        await client.call("ping")
        listed = linli("token", "list", "--user", "owner", "--data", hub.data)
        token_id = listed.stdout.split()[0]
        assert linli("token", "revoke", token_id, "--data", hub.data).returncode == 0
        async with asyncio.timeout(1):
            assert await client.closed() == 1000


async def test_a_second_hub_on_the_same_data_is_refused_with_a_sentence(tmp_path: Path) -> None:
    async with hub_process(tmp_path / "hub") as hub:
        second = tmp_path / "second"
        other = HubProcess(second)
        other.write_deployment()
        refused = await asyncio.to_thread(linli, "run", second, "--data", hub.data)
        assert refused.returncode == 1
        assert "hub" in refused.stderr


async def test_sigterm_ends_the_hub_cleanly_and_says_goodbye_to_sockets(tmp_path: Path) -> None:
    async with hub_process(tmp_path / "hub") as hub, aiohttp.ClientSession() as session:
        client = await Client.enter(session, hub, hub.token())
        goodbye = asyncio.create_task(client.closed())
        await asyncio.sleep(0)
        await asyncio.to_thread(hub.kill, signal.SIGTERM)
        assert await goodbye == 1001
        assert hub.process is not None
        assert hub.process.returncode == 0
