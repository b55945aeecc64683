"""What the hub says of itself: its addresses, its newest errors, its instances over REST."""

import logging
import re
from collections.abc import Iterator
from typing import Any

from .conftest import FLAT, Client, House


async def test_the_description_names_every_address_with_its_parameters(house: House) -> None:
    _, token = await house.user("owner", "admin")
    status, document = await house.rest("GET", "/api/linli/openapi.json", token)
    assert (status, document["openapi"]) == (200, "3.1.0")
    served = {
        (route.method.lower(), re.sub(r"\{(\w+):[^{}]+\}", r"{\1}", route.path))
        for route in house.hub.rooms.routes.all()
        if not route.socket
    }
    described = {(method, path) for path, operations in document["paths"].items() for method in operations}
    assert described == served
    ids = [operation["operationId"] for operations in document["paths"].values() for operation in operations.values()]
    assert len(ids) == len(set(ids))
    one = document["paths"]["/api/states/{entity_id}"]["get"]
    assert [parameter["name"] for parameter in one["parameters"]] == ["entity_id"]
    assert one["security"] == [{"token": []}]
    assert "security" not in document["paths"]["/auth/token"]["post"]


BODILESS = {"disable", "release", "check_config", "core_config", "analytics", "reload", "{flow_id}"}
"""The last word of addresses that are told something by being called."""


def references(value: Any) -> Iterator[str]:
    """Every ``$ref`` in a document."""
    if isinstance(value, dict):
        yield from (str(found) for key, found in value.items() if key == "$ref")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from references(inner)


async def test_every_body_is_described_and_every_reference_leads_somewhere(house: House) -> None:
    _, token = await house.user("owner", "admin")
    _, document = await house.rest("GET", "/api/linli/openapi.json", token)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            takes = method in ("post", "put") and (
                path.rpartition("/")[2] not in BODILESS or path.startswith("/auth/login_flow/")
            )
            assert ("requestBody" in operation) is takes, (method, path)
            for kind, content in operation.get("requestBody", {"content": {}})["content"].items():
                assert kind in ("application/json", "application/x-www-form-urlencoded")
                assert content["schema"]["type"] == "object", path
            assert all(status.isdigit() for status in operation["responses"])
    for reference in references(document):
        found: Any = document
        for name in reference.removeprefix("#/").split("/"):
            found = found[name]
    start = document["paths"]["/auth/login_flow"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(start["required"]) == {"client_id", "handler", "redirect_uri"}
    assert "application/x-www-form-urlencoded" in document["paths"]["/auth/token"]["post"]["requestBody"]["content"]


async def test_the_newest_errors_are_told_once_with_a_count(house: House, admin: Client) -> None:
    logger = logging.getLogger("linli.plugins.made_up")
    for number in range(3):
        logger.warning("trouble %s", number)
    logger.info("nothing")
    (line,) = [line for line in await admin.result("system_log/list") if line["name"] == "linli.plugins.made_up"]
    assert (line["count"], line["message"], line["level"]) == (3, ["trouble 0", "trouble 1", "trouble 2"], "WARNING")
    _, token = await house.user("second", "admin")
    status, text = await house.rest("GET", "/api/error_log", token)
    assert (status, text.count("trouble")) == (200, 1)
    _, other = await house.user("li", "resident", FLAT)
    assert (await house.rest("GET", "/api/error_log", other))[0] == 401


async def test_the_log_is_bounded(house: House, admin: Client) -> None:
    for number in range(300):
        logging.getLogger(f"linli.plugins.made_up_{number}").warning("trouble")
    lines = await admin.result("system_log/list")
    assert len(lines) == 200
    assert lines[0]["name"] == "linli.plugins.made_up_299"


async def test_entries_over_rest(house: House) -> None:
    _, token = await house.user("owner", "admin")
    _, entries = await house.rest("GET", "/api/config/config_entries/entry", token)
    by_domain = {entry["domain"]: entry["entry_id"] for entry in entries}
    base = "/api/config/config_entries/entry"
    status, answer = await house.rest("POST", f"{base}/{by_domain['helpers']}/reload", token)
    assert (status, answer) == (200, {"require_restart": False})
    assert (await house.rest("POST", f"{base}/{by_domain['http']}/reload", token))[0] == 403
    # what the YAML has is taken out there
    assert (await house.rest("DELETE", f"{base}/{by_domain['helpers']}", token))[0] == 403
    assert (await house.rest("DELETE", f"{base}/nothing", token))[0] == 404
    _, other = await house.user("li", "resident", FLAT)
    assert await house.rest("GET", base, other) == (200, [])
    assert (await house.rest("POST", f"{base}/{by_domain['helpers']}/reload", other))[0] == 401


async def test_a_change_of_state_is_not_forged(house: House, admin: Client) -> None:
    _, token = await house.user("second", "admin")
    status, _ = await house.rest("POST", "/api/events/state_changed", token, json={"entity_id": "light.x"})
    assert status == 400
    assert await admin.code("fire_event", event_type="state_changed") == "invalid_format"


async def test_a_hub_says_how_far_it_is_set_up(house: House) -> None:
    _, steps = await house.rest("GET", "/api/onboarding")
    assert not any(step["done"] for step in steps)
    form = {"name": "x", "username": "x", "password": "x" * 9, "client_id": "http://x/", "language": "en"}
    assert (await house.rest("POST", "/api/onboarding/users", json=form))[0] == 403
    assert house.hub.rooms.auth.users.all() == []
    await house.user("owner", "admin")
    _, steps = await house.rest("GET", "/api/onboarding")
    assert all(step["done"] for step in steps)
