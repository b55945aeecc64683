"""A schema as plain values and back: the same to editors and forms, and the same of what it refuses."""

from typing import Any

import orjson
import pytest
import voluptuous as vol

from linli import schema as sv
from linli.config.validators.describe import json_schema
from linli.errors import ContractError
from linli.plugin.catalog import PluginCatalog
from linli.plugin.plate import described, has_foreign, rebuilt

CATALOG = PluginCatalog()
SHIPPED = [
    entry
    for name in CATALOG.known()
    if (entry := CATALOG.get(name)) is not None and entry.shipped and entry.schema is not None
]


def crossed(schema: Any) -> Any:
    return rebuilt(orjson.loads(orjson.dumps(described(schema))))


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.manifest.domain)
def test_the_schema_of_every_shipped_plugin_is_described_the_same_again(entry: Any) -> None:
    assert json_schema(crossed(entry.schema)) == json_schema(entry.schema)


def test_what_linli_knows_is_checked_and_what_only_the_plugin_knows_passes() -> None:
    schema = vol.Schema(
        {vol.Required("size"): sv.integer(min=3), vol.Optional("odd", default=1): vol.All(int, lambda value: value % 2)}
    )
    assert has_foreign(described(schema))
    again = crossed(schema)
    assert again({"size": 4}) == {"size": 4, "odd": 1}
    assert again({"size": 4, "odd": 2}) == {"size": 4, "odd": 2}
    with pytest.raises(vol.Invalid):
        again({"size": 2})


@pytest.mark.parametrize(
    "tree",
    [
        ["sv", "text", "pattern", [["value", "(a+)+$"]], {}],
        ["sv", "base", "vol", [], {}],
        ["sv", "..os", "system", [["value", "true"]], {}],
        ["named", "json_schema"],
        ["sv", "collections", "list_of", [["part", ["type", "int"]]], {"min": ["value", 10**9]}],
        ["eval", "1"],
        ["schema", ["map", []], 7, False],
        "nothing",
    ],
    ids=["a regular expression", "no validator", "another module", "a function", "a bomb", "no kind", "odd", "a text"],
)
def test_a_description_that_is_none_of_ours_is_refused(tree: Any) -> None:
    with pytest.raises(ContractError):
        rebuilt(tree)


def test_a_description_without_a_bottom_is_refused() -> None:
    tree: Any = ["is", 1]
    for _ in range(100):
        tree = ["list", [tree]]
    with pytest.raises(ContractError, match="too deep"):
        rebuilt(tree)
