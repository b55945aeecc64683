"""The client of homeassistant-api reads history and logbook of a hub with a recorder as it does of the original."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import homeassistant_api as ha
import pytest

from house import House, free_port, lived_in
from linli.testing.hub import Deployment

YAML = """
linli: {{name: House, language: en}}
http: {{port: {port}}}
api: {{}}
home: {{}}
recorder: {{}}
history: {{}}
logbook: {{}}
"""
DAY = timedelta(days=1)


@pytest.fixture
async def house(tmp_path: Path):
    port = free_port()
    async with lived_in(Deployment(tmp_path, YAML.format(port=port)), port) as house:
        yield house


async def test_history_and_logbook_are_read_by_a_client_that_nobody_here_wrote(house: House) -> None:
    _, token = await house.user("owner", "admin")
    now = datetime.now(UTC)  # noqa: DTZ - the client sends it to a hub on real time

    def read() -> tuple[list[str], list[tuple[str, str | None]]]:
        with ha.Client(house.url + "/api", token) as client:
            for state in ("1", "2", "3"):
                client.set_state(ha.State(entity_id="sensor.past", state=state, attributes={"friendly_name": "Past"}))
            entity = client.get_entity(entity_id="sensor.past")
            assert entity is not None
            (history,) = client.get_entity_histories((entity,), now - DAY, now + DAY, significant_changes_only=True)
            entries = list(client.get_logbook_entries("sensor.past", now - DAY, now + DAY))
            return [state.state for state in history.states], [(entry.name, entry.state) for entry in entries]

    history, entries = await asyncio.to_thread(read)
    assert history == ["1", "2", "3"]
    assert entries == [("Past", "2"), ("Past", "3")]


async def test_its_asynchronous_client_reads_the_same(house: House) -> None:
    _, token = await house.user("owner", "admin")
    now = datetime.now(UTC)  # noqa: DTZ - the client sends it to a hub on real time
    async with ha.AsyncClient(house.url + "/api", token) as client:
        for state in ("1", "2", "3"):
            await client.set_state(ha.State(entity_id="sensor.past", state=state, attributes={"friendly_name": "Past"}))
        entity = await client.get_entity(entity_id="sensor.past")
        assert entity is not None
        histories = [each async for each in client.get_entity_histories((entity,), now - DAY, now + DAY)]
        assert [[state.state for state in each.states] for each in histories] == [["1", "2", "3"]]
        own = await entity.get_history(now - DAY, now + DAY)
        assert own is not None
        assert [state.state for state in own.states] == ["1", "2", "3"]
        entries = [each async for each in client.get_logbook_entries("sensor.past", now - DAY, now + DAY)]
        assert [(entry.name, entry.state, entry.entity_id) for entry in entries] == [
            ("Past", "2", "sensor.past"), ("Past", "3", "sensor.past")
        ]  # fmt: skip
        assert await client.get_rendered_template("{{ states('sensor.past') }}") == "3"


async def test_its_websocket_clients_have_templates_alone_of_these(house: House) -> None:
    """Both refuse histories themselves: they name the other client."""
    _, token = await house.user("owner", "admin")
    address, text = house.url.replace("http", "ws") + "/api/websocket", "{{ 20 + 3 }}"

    def read() -> str:
        with ha.WebsocketClient(address, token) as client:
            return client.get_rendered_template(text)

    assert await asyncio.to_thread(read) == "23"
    async with ha.AsyncWebsocketClient(address, token) as client:
        assert await client.get_rendered_template(text) == "23"
