"""The parent of a real hub: it comes back by itself, and a bad start goes back to what ran before."""

import asyncio
import base64
import json
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from scenarios.processes import Client, HubProcess, hub_process, linli

HOLDER = '''
"""Stands still when it is asked to, and of its own accord when there is a file of that name."""
import time
from pathlib import Path
from linli import Manifest, hookimpl
import voluptuous as vol

MANIFEST = Manifest(domain="holder", layer="application")
CONFIG = vol.Schema({})


@hookimpl
async def linli_setup_entry(ctx, entry):
    async def hold(call):
        stand_still()

    ctx.services.register("holder", "hold", hold)
    go = Path(__file__).with_name("hold")

    async def watch():
        while not go.exists():
            await ctx.clock.sleep(0.05)
        go.unlink()
        stand_still()

    ctx.spawn(watch(), name="watch")


def stand_still():
    time.sleep(60)
'''


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setenv("LINLI_PARENT_TIMINGS", json.dumps({"sound": 1.0, "silent": 2.0, "first_pause": 0.1}))


def hub_of(parent: int) -> int | None:
    """The process id of the hub that this parent runs now."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                return int(status.parent.name)
    return None


async def ready(hub: HubProcess, other_than: int) -> int:
    """Wait for a hub that answers and is another process."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(20):
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(f"{hub.url}/api/linli/ready") as answer:
                    found = hub_of(hub.process.pid)
                    if answer.status == 200 and found not in (None, other_than):
                        return found
            await asyncio.sleep(0.05)


async def kept(hub: HubProcess) -> None:
    async with asyncio.timeout(10):
        while not (hub.data / "last_good_configuration.json").exists():
            await asyncio.sleep(0.05)


async def test_a_hub_that_is_killed_comes_back_by_itself(tmp_path):
    async with hub_process(tmp_path) as hub:
        first = hub_of(hub.process.pid)
        os.kill(first, signal.SIGKILL)
        second = await ready(hub, first)
        assert second != first


async def test_a_broken_configuration_goes_back_to_the_last_good_one_and_says_so(tmp_path):
    async with hub_process(tmp_path) as hub:
        token = hub.token()
        await kept(hub)
        (hub.folder / "linli.yaml").write_text("http: {port: [1\n")
        hub.kill(signal.SIGTERM)
        await hub.start()
        async with aiohttp.ClientSession() as session:
            client = await Client.enter(session, hub, token)
            notes = await client.call("persistent_notification/get")
            issues = (await client.call("repairs/list_issues"))["issues"]
            await client.socket.close()
        assert "last good configuration" in " ".join(note["title"] or "" for note in notes)
        assert [issue["severity"] for issue in issues if issue["issue_id"] == "last_good_running"] == ["critical"]
        assert "linli.yaml:" in (hub.folder / "output.log").read_text()


async def test_what_is_kept_is_what_ran_and_not_what_the_files_say_by_then(tmp_path):
    async with hub_process(tmp_path) as hub:
        (hub.folder / "linli.yaml").write_text("http: {port: [1\n")
        await kept(hub)
        said = json.loads((hub.data / "last_good_configuration.json").read_text())["files"]
        assert [base64.b64decode(text)[:6] for text in said.values()] == [b"linli:"]


async def test_a_second_hub_on_the_same_data_says_so_and_ends(tmp_path):
    async with hub_process(tmp_path) as hub:
        await kept(hub)
        second = await asyncio.to_thread(linli, "run", tmp_path, "--port", "0", "--data", hub.data)
        assert second.returncode == 1
        assert "another hub" in second.stderr
        assert "last good" not in second.stderr


async def test_a_first_start_with_a_broken_configuration_is_refused(tmp_path):
    (tmp_path / "linli.yaml").write_text("http: {port: [1\n")
    refused = await asyncio.to_thread(linli, "run", tmp_path, "--data", tmp_path / "data")
    assert refused.returncode == 1
    assert "linli.yaml:" in refused.stderr


async def holder(tmp_path: Path) -> HubProcess:
    """A hub with a trusted plugin that stands still."""
    hub = HubProcess(tmp_path)
    hub.write_deployment("holder: {}\n")
    text = (tmp_path / "linli.yaml").read_text().replace("linli: {", "linli: {trusted: [holder], ")
    (tmp_path / "linli.yaml").write_text(text)
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "holder.py").write_text(HOLDER)
    await hub.start()
    return hub


async def holder_in(session: aiohttp.ClientSession, hub: HubProcess) -> dict[str, Any]:
    """What the hub says of that plugin; it was charged with standing still."""
    async with session.get(f"{hub.url}/api/linli/plugins") as answer:
        plugins = {plugin["domain"]: plugin for plugin in await answer.json()}
    found: dict[str, Any] = plugins["holder"]
    assert [charge["where"].rpartition(" in ")[2] for charge in found["recent"]] == ["stand_still"]
    return found


async def test_a_plugin_that_stands_still_is_named_and_the_hub_starts_anew_without_it(tmp_path):
    hub = await holder(tmp_path)
    try:
        headers = {"Authorization": f"Bearer {hub.token()}"}
        first = hub_of(hub.process.pid)
        (tmp_path / "plugins" / "hold").touch()
        await ready(hub, first)
        async with aiohttp.ClientSession(headers=headers) as session:
            assert (await holder_in(session, hub))["state"] == "quarantined"
    finally:
        hub.kill(signal.SIGTERM)


async def test_who_has_a_plugin_stand_still_is_turned_away_from_it(tmp_path):
    hub = await holder(tmp_path)
    try:
        headers = {"Authorization": f"Bearer {hub.token()}"}
        first = hub_of(hub.process.pid)
        async with aiohttp.ClientSession(headers=headers) as session:
            with suppress(aiohttp.ClientError):
                await session.post(f"{hub.url}/api/services/holder/hold", json={})
            second = await ready(hub, first)
            assert (await holder_in(session, hub))["state"] == "running"
            async with session.post(f"{hub.url}/api/services/holder/hold", json={}) as answer:
                assert answer.status in (429, 503)
            assert hub_of(hub.process.pid) == second
    finally:
        hub.kill(signal.SIGTERM)


async def test_a_killed_parent_leaves_no_hub(tmp_path):
    async with hub_process(tmp_path) as hub:
        child = hub_of(hub.process.pid)
        hub.kill()
        async with asyncio.timeout(5):
            while Path(f"/proc/{child}").exists():
                await asyncio.sleep(0.02)
        await hub.start()
