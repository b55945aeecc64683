"""JSON that is nested deep is refused in words where it comes in, and what is let in breaks no room behind."""

import json
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import pytest

from house import Client, House, free_port, lived_in
from linli import MOST_SENT_DEPTH
from linli.testing.hub import Deployment

YAML = """
linli: {{name: House, language: en}}
http: {{port: {port}}}
api: {{}}
home: {{}}
helpers: {{input_boolean: {{a: {{name: A}}}}}}
recorder: {{}}
pages: {{}}
overview: {{}}
webhook: {{}}
automation: []
script: {{s: {{sequence: []}}}}
scene: []
"""
END: Final = {"event": "x"}
STATE: Final = {"condition": "state", "entity_id": "light.x", "state": "on"}
LEVELS: Final[dict[str, tuple[Any, Callable[[Any], Any]]]] = {
    "lists": ("x", lambda inner: [inner]),
    "maps": ("x", lambda inner: {"a": inner}),
    "sequences": (END, lambda inner: {"sequence": [inner]}),
    "ifs": (END, lambda inner: {"if": [], "then": [inner]}),
    "parallels": (END, lambda inner: {"parallel": [inner]}),
    "choices": (END, lambda inner: {"choose": [{"conditions": [], "sequence": [inner]}]}),
    "loops": (END, lambda inner: {"repeat": {"count": 1, "sequence": [inner]}}),
    "conditions": (STATE, lambda inner: {"condition": "and", "conditions": [inner]}),
    "short conditions": ("{{ true }}", lambda inner: {"not": [inner]}),
    "data": ({"event": "x", "event_data": {}}, lambda inner: {"event": "x", "event_data": {"a": inner}}),
    "targets": ({"entity_id": "light.x"}, lambda inner: {"entity_id": [inner]}),
}
"""What lies innermost, and what is put around it again and again."""
ADDRESSES: Final = {
    "/api/states/sensor.x": lambda deep: {"state": "x", "attributes": {"a": deep}},
    "/api/events/x": lambda deep: {"a": deep},
    "/api/services/input_boolean/turn_on": lambda deep: {"entity_id": deep},
    "/api/services/script/s": lambda deep: {"a": deep},
    "/api/template": lambda deep: {"template": "{{ a | string | length }}", "variables": {"a": deep}},
    "/api/config/automation/config/x": lambda deep: {"triggers": [], "conditions": [], "actions": [deep]},
    "/api/config/script/config/x": lambda deep: {"sequence": [deep]},
    "/api/config/scene/config/x": lambda deep: {"name": "x", "entities": {"light.x": {"state": "on", "a": deep}}},
    "/api/webhook/x": lambda deep: deep,
    "/auth/login_flow": lambda deep: {"client_id": deep, "handler": deep, "redirect_uri": deep},
}
COMMANDS: Final = {
    "call_service": lambda deep: {"domain": "script", "service": "s", "service_data": {"a": deep}, "target": deep},
    "fire_event": lambda deep: {"event_type": "x", "event_data": {"a": deep}},
    "render_template": lambda deep: {"template": "{{ a | string | length }}", "variables": {"a": deep}},
    "subscribe_trigger": lambda deep: {"trigger": deep, "variables": {"a": deep}},
    "test_condition": lambda deep: {"condition": deep, "variables": {"a": deep}},
    "execute_script": lambda deep: {"sequence": [deep], "variables": {"a": deep}},
    "validate_config": lambda deep: {"triggers": deep, "conditions": deep, "actions": [deep]},
    "lovelace/config/save": lambda deep: {"url_path": None, "config": {"views": deep}},
    "frontend/set_user_data": lambda deep: {"key": "a", "value": deep},
    "blueprint/substitute": lambda deep: {"domain": "script", "path": "x/y", "input": {"a": deep}},
}


def depth(value: Any) -> int:
    found = 0
    level = [value]
    while level := [each for each in level if isinstance(each, (dict, list))]:
        found += 1
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
    return found


def filled(body: Callable[[Any], Any], shape: str, most: int) -> Any:
    """The body with as many levels as make it ``most`` deep, or as little less as there can be."""
    value, around = LEVELS[shape]
    found = body(value)
    while depth(body(around(value))) <= most:
        value = around(value)
        found = body(value)
    return found


@pytest.fixture
async def house(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[House]:
    """One that must have logged no failure in the end."""
    port = free_port()
    async with lived_in(Deployment(tmp_path, YAML.format(port=port)), port) as house:
        yield house
        failures = [record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info]
        assert not failures, [record.getMessage() for record in failures]


@pytest.fixture
async def token(house: House) -> str:
    return (await house.user("owner", "admin"))[1]


@pytest.fixture
async def client(house: House, token: str) -> Client:
    return await house.connect(token)


@pytest.mark.parametrize("shape", LEVELS)
async def test_as_deep_as_it_may_be_it_is_answered_by_every_address(house: House, token: str, shape: str) -> None:
    for path, body in ADDRESSES.items():
        status, answer = await house.rest("POST", path, token, json=filled(body, shape, MOST_SENT_DEPTH))
        assert status < 500, (path, answer)


@pytest.mark.parametrize("shape", LEVELS)
async def test_as_deep_as_it_may_be_it_is_answered_by_every_command(client: Client, shape: str) -> None:
    for kind, fields in COMMANDS.items():
        message = filled(lambda deep, kind=kind, fields=fields: {"type": kind, **fields(deep)}, shape, MOST_SENT_DEPTH)
        answer = await client.ask(**message)
        code = answer.get("error", {}).get("code")
        assert code not in ("unknown_error", "contract_broken"), (kind, answer)


@pytest.mark.parametrize("levels", [MOST_SENT_DEPTH + 1, 250, 900, 100_000])
async def test_deeper_it_is_refused_by_every_address(house: House, token: str, levels: int) -> None:
    for path in ADDRESSES:
        inner = '{"a":' * (levels - 1) + "[]" + "}" * (levels - 1)
        status, answer = await house.rest("POST", path, token, data=inner)
        expected = (200,) if path == "/api/webhook/x" else (400, 413)  # who calls a webhook hears nothing
        assert status in expected, (path, answer)


@pytest.mark.parametrize("levels", [MOST_SENT_DEPTH, 250, 900])
async def test_deeper_it_is_refused_by_every_command_and_the_socket_goes_on(client: Client, levels: int) -> None:
    deep: Any = "x"
    for _ in range(levels):
        deep = [deep]
    for kind, fields in COMMANDS.items():
        answer = await client.ask(kind, **fields(deep))
        assert (answer["success"], answer["error"]["code"]) == (False, "invalid_format"), kind
    await client.ws.send_str(json.dumps([{"id": 900, "type": "ping", "a": deep}]))
    assert (await client.ws.receive_json())["error"]["code"] == "invalid_format"
    await client.quiet()


async def test_deeper_than_any_parser_goes_a_socket_is_closed(house: House, token: str, client: Client) -> None:
    await client.ws.send_str("[" * 100_000)
    assert (await client.ws.receive()).data == 1000
    stranger = await house.session.ws_connect(house.url + "/api/websocket")
    await stranger.receive_json()
    await stranger.send_str('{"type":"auth","access_token":' + "[" * 60 + "]" * 60 + "}")
    assert (await stranger.receive()).data == 1000
    await (await house.connect(token)).quiet()
