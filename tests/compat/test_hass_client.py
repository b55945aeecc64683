"""hass-client: every public method against the hub."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hass_client import HomeAssistantClient
from hass_client.exceptions import AuthenticationFailed, FailedCommand

from compat.clients import COVERED, HELPERS, covers, public_methods, switch
from compat.harness.player import Target

NAME = "HomeAssistantClient"


@pytest.fixture
async def client(hub: Target) -> AsyncIterator[HomeAssistantClient]:
    client = HomeAssistantClient(f"{hub.url}/api/websocket", hub.values["admin"])
    await client.connect()
    listening = asyncio.create_task(client.start_listening())
    yield client
    await client.disconnect()
    await listening


@covers(NAME, "connect", "disconnect", "start_listening")
async def test_it_is_let_in(client: HomeAssistantClient) -> None:
    assert client.connected
    assert client.version.startswith("20")


async def test_a_wrong_token_is_refused(hub: Target) -> None:
    client = HomeAssistantClient(f"{hub.url}/api/websocket", "wrong")
    with pytest.raises(AuthenticationFailed):
        await client.connect()
    await client.disconnect()


@covers(NAME, "get_states", "get_config", "get_services", "get_area_registry", "get_device_registry")
@covers(NAME, "get_entity_registry", "get_entity_registry_entry")
async def test_it_reads_all_that_it_can_read(client: HomeAssistantClient, hub: Target) -> None:
    lamp = await switch(hub, "hass client")
    assert lamp in {state["entity_id"] for state in await client.get_states()}
    assert (await client.get_config())["state"] == "RUNNING"
    assert "turn_on" in (await client.get_services())["input_boolean"]
    assert isinstance(await client.get_area_registry(), list)
    assert isinstance(await client.get_device_registry(), list)
    assert lamp in {entry["entity_id"] for entry in await client.get_entity_registry()}
    assert (await client.get_entity_registry_entry(lamp))["platform"] in HELPERS


@covers(NAME, "call_service", "subscribe_events", "subscribe_entities")
async def test_a_call_is_seen_as_event_and_as_entity(client: HomeAssistantClient, hub: Target) -> None:
    lamp = await switch(hub, "hass client lamp")
    events: asyncio.Queue[Any] = asyncio.Queue()
    states: asyncio.Queue[Any] = asyncio.Queue()
    stop_events = await client.subscribe_events(events.put_nowait, "state_changed")
    stop_states = await client.subscribe_entities(states.put_nowait, [lamp])
    assert (await asyncio.wait_for(states.get(), 5))["a"][lamp]["s"] == "off"
    result = await client.call_service("input_boolean", "turn_on", target={"entity_id": lamp})
    event = await asyncio.wait_for(events.get(), 5)
    assert (event["data"]["entity_id"], event["data"]["new_state"]["state"]) == (lamp, "on")
    assert event["context"]["id"] == result["context"]["id"]
    assert (await asyncio.wait_for(states.get(), 5))["c"][lamp]["+"]["s"] == "on"
    stop_events()
    stop_states()
    await client.get_config()  # by its answer the hub has read both farewells
    await client.call_service("input_boolean", "turn_off", service_data={"entity_id": lamp})
    await client.get_config()
    assert events.empty()
    assert states.empty()


@covers(NAME, "subscribe", "send_command", "send_command_no_wait")
async def test_commands_of_ones_own(client: HomeAssistantClient) -> None:
    heard: asyncio.Queue[Any] = asyncio.Queue()
    stop = await client.subscribe(heard.put_nowait, "render_template", template="{{ 1 + 1 }}")
    assert (await asyncio.wait_for(heard.get(), 5))["event"]["result"] == 2
    stop()
    assert await client.send_command("config/label_registry/list") is not None
    await client.send_command_no_wait("get_config")
    with pytest.raises(FailedCommand, match="Unknown command"):
        await client.send_command("compat_none")


def test_every_public_method_has_a_case() -> None:
    assert public_methods(HomeAssistantClient) - COVERED[NAME] == set()
