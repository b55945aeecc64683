"""What editors, forms and the API's description are told of a schema."""

from typing import Any

import pytest
import voluptuous as vol

from core.config.catalogs import usual
from core.config.test_validators import fits
from linli import schema as sv
from linli.config.export import CUSTOM_TAGS, deployment_schema, form_fields, openapi_schema, section_schema

SCHEMA = vol.Schema(
    {
        vol.Required("button", description="The event entity that rings"): sv.entity_id("event"),
        vol.Optional("ring_for", default="30s"): sv.duration,
        vol.Optional("nested"): {vol.Required("a"): vol.All(int, vol.Range(min=1, max=5)), vol.Optional("b"): str},
        vol.Optional("many"): [vol.Any(int, sv.slug)],
        vol.Optional("free"): vol.Schema({str: bool}, extra=vol.ALLOW_EXTRA),
        vol.Optional("level", default=3): vol.In([1, 2, 3]),
    }
)


def test_json_schema_says_what_voluptuous_checks() -> None:
    described = openapi_schema(SCHEMA)
    assert described["required"] == ["button"]
    assert described["additionalProperties"] is False
    assert described["properties"]["button"]["description"] == "The event entity that rings"
    assert described["properties"]["ring_for"]["default"] == "30s"
    nested = described["properties"]["nested"]
    assert nested["properties"]["a"] == {"type": "integer", "minimum": 1, "maximum": 5}
    assert nested["additionalProperties"] is False
    assert described["properties"]["many"]["items"]["anyOf"][0] == {"type": "integer"}
    assert described["properties"]["free"]["additionalProperties"] is True
    assert described["properties"]["level"]["enum"] == [1, 2, 3]


def test_an_editor_accepts_a_whole_deployment_and_its_tags() -> None:
    entries = {domain: entry for domain in usual().known() if (entry := usual().get(domain))}
    described = resolved(deployment_schema(entries))
    good: dict[str, Any] = {
        "linli": {"name": "园", "packs": ["household"], "latitude": "home_latitude"},
        "http": None,
        "recorder": False,
        "api": {"safety": True},
        "notices": "notices.yaml",
        "doorbell": [{"button": "event.gate", "ring_for": "30s", "lamps": "lamps/all.yaml", "code": "gate_code"}],
        "incident": {"chains": {"night": [{"who": "guard"}]}, "people": 3},
    }
    assert fits(described, good)
    for bad in (
        {"htpp": {}},
        {"http": {"prot": 1}},
        {"doorbell": {"button": "light.hall"}},
        {"doorbell": [{"ring_for": "30s"}]},
        {"incident": {"people": "-3"}},
        {"http": []},
    ):
        assert not fits(described, bad), bad


def test_a_section_alone_has_its_schema_and_names_the_tags() -> None:
    described = section_schema("doorbell", usual().get("doorbell"))
    assert described["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert all(tag in described["$comment"] for tag in CUSTOM_TAGS)
    assert "time_zone" in section_schema("linli", None)["properties"]


def test_a_form_has_a_field_for_each_key_in_order() -> None:
    fields = form_fields(SCHEMA)
    assert [field["name"] for field in fields] == ["button", "ring_for", "nested", "many", "free", "level"]
    assert fields[0] == {
        "name": "button",
        "required": True,
        "description": "The event entity that rings",
        "selector": {"entity": {"filter": [{"domain": ["event"]}]}},
    }
    assert fields[1]["default"] == "30s"
    assert fields[2]["type"] == "expandable"
    assert fields[2]["schema"][1] == {"name": "b", "required": False, "optional": True, "selector": {"text": {}}}
    assert fields[5]["type"] == "select"


@pytest.mark.parametrize("domain", ["doorbell", "incident", "http", "notices"])
def test_every_schema_of_the_tests_can_be_described(domain: str) -> None:
    entry = usual().get(domain)
    assert entry is not None
    assert form_fields(entry.schema) or domain == "notices"
    assert openapi_schema(entry.schema)["type"] == "object"


def resolved(schema: Any) -> Any:
    """The schema with its one definition written out."""
    tagged = schema.get("definitions", {}).get("tagged")

    def replace(part: Any) -> Any:
        if isinstance(part, dict):
            return tagged if "$ref" in part else {key: replace(value) for key, value in part.items()}
        return [replace(item) for item in part] if isinstance(part, list) else part

    return replace(schema)
