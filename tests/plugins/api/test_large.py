"""Messages of very many values: who is no administrator sends none, so that nobody waits for them."""

import time
from typing import Any

import orjson
import pytest

from house import Client, House
from linli import MOST_SENT_PARTS
from plugins.api.conftest import FLAT, OURS

IDS = [f"light.a{number}" for number in range(150_000)]
KEYS = {f"k{number}": number for number in range(150_000)}
AIMED = {"domain": "light", "service": "turn_on"}
MESSAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "ids": ("call_service", {**AIMED, "target": {"entity_id": IDS}}),
    "data": ("call_service", {**AIMED, "service_data": KEYS}),
    "keys": ("ping", KEYS),
    "followed": ("subscribe_entities", {"entity_ids": IDS}),
    "rows": ("config/entity_registry/get_entries", {"entity_ids": IDS}),
}
CPU_S = 0.2
"""Of the loop's own thread, for reading two megabytes; going through them took up to a second."""


@pytest.mark.parametrize("name", MESSAGES)
async def test_a_resident_sends_no_message_of_more_values_than_a_house_has(resident: Client, name: str) -> None:
    command, words = MESSAGES[name]
    frame = orjson.dumps({"id": 1, "type": command, **words}).decode()
    began = time.thread_time()
    await resident.ws.send_str(frame)
    answer = await resident.ws.receive_json(timeout=20)
    assert time.thread_time() - began < CPU_S
    assert (answer["id"], answer["error"]["code"]) == (1, "invalid_format")
    assert str(MOST_SENT_PARTS) in answer["error"]["message"]
    resident.last_id = 1
    await resident.quiet()


async def test_an_administrator_may_and_a_resident_may_name_ten_thousand(admin: Client, resident: Client) -> None:
    few = [OURS, *IDS[: MOST_SENT_PARTS - 10]]
    for client, ids in ((admin, IDS[:20_000]), (resident, few)):
        message = await client.ask("call_service", domain="input_boolean", service="turn_on", target={"entity_id": ids})
        assert message["success"], message


async def test_no_body_is_larger_either(house: House) -> None:
    _, token = await house.user("li", "resident", FLAT)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = orjson.dumps({"entity_id": IDS[:60_000]})
    url = f"{house.url}/api/services/light/turn_on"
    async with house.session.post(url, data=body, headers=headers) as answer:
        assert answer.status == 413
        assert "values" in (await answer.json())["message"]
