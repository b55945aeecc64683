"""The JSON Schema that editors are given, read by a validator of others: it passes what is good and finds mistakes."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from core.config.catalogs import usual
from linli.config.builder import VALUE_TAGS
from linli.config.export import deployment_schema
from linli.config.scalars import plain_value
from linli.plugin.catalog import PluginCatalog

ROOT = Path(__file__).parents[3]
GOOD_FOLDER = Path(__file__).with_name("good")


class Editor(yaml.SafeLoader):
    """Reads YAML as an editor does that was told linli's tags: what a tag stands for is text."""


def _text(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    assert isinstance(node, yaml.ScalarNode)
    return node.value


def _plain(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    return plain_value(node.value) if node.style is None else node.value


for tag in (*VALUE_TAGS, "!locked"):
    Editor.add_constructor(tag, _text)
for name in ("int", "float", "timestamp"):
    Editor.add_constructor(f"tag:yaml.org,2002:{name}", _plain)  # type: ignore[type-var]  # as scalars only


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    catalog = PluginCatalog()
    entries = {name: entry for name in catalog.known() if (entry := catalog.get(name)) is not None}
    described = deployment_schema(entries)
    Draft7Validator.check_schema(described)
    return Draft7Validator(described)


def mistakes(schema: Draft7Validator, text: str) -> list[str]:
    """The paths at which something is wrong."""
    return ["/".join(map(str, error.absolute_path)) for error in schema.iter_errors(yaml.load(text, Editor))]


def test_the_furnished_home_has_no_mistake(schema):
    assert mistakes(schema, (ROOT / "configs/home/linli.yaml").read_text("utf-8")) == []


def test_the_recorded_home_lacks_the_file_that_the_command_line_names(schema):
    written = (ROOT / "configs/recorded-home/linli.yaml").read_text("utf-8")
    assert mistakes(schema, written) == ["replay"]
    assert mistakes(schema, f"{written}\n  file: homes/recording.txt\n") == []


def test_a_deployment_that_uses_the_whole_language_has_no_mistake():
    catalog = usual()
    entries = {name: entry for name in catalog.known() if (entry := catalog.get(name)) is not None}
    described = Draft7Validator(deployment_schema(entries))
    for name in ("home", "district"):
        assert mistakes(described, (GOOD_FOLDER / name / "linli.yaml").read_text("utf-8")) == []
    assert mistakes(described, "doorbell: {button: light.stairs}") != []


GOOD = """
linli: {name: Flat, packs: [household], latitude: 31.2, grants: {api: []}}
http: {host: [127.0.0.1, "::1"], port: 8124, limits: {body_within: 30s}, insecure: false}
api:
demo: false
helpers: {input_boolean: {guests: {name: Guests}}, input_number: {count: {min: 0, max: 10}}}
pages: !include pages.yaml
"""


def test_what_the_guides_show_has_no_mistake(schema):
    assert mistakes(schema, GOOD) == []
    assert mistakes(schema, "http: {port: !env_var PORT 8123, host: !secret host}") == []


@pytest.mark.parametrize(
    ("yaml", "where"),
    [
        ("htpp: {}", ""),
        ("linli: {colour: green}", "linli"),
        ("linli: {latitude: 200}", "linli/latitude"),
        ("linli: {packs: 3}", "linli/packs"),
        ("linli: {trusted: [3]}", "linli/trusted"),
        ("http: {prot: 8123}", "http"),
        ("http: {port: [8123]}", "http"),
        ("http: {port: 70000}", "http"),
        ("http: {limits: {connections: 1}}", "http"),
        ("http: {limits: {body_within: 30}}", "http"),
        ("http: {tls: {certificate: a.pem}}", "http"),
        ("http: 8123", "http"),
        ("http: [{}, {}]", "http"),
        ("replay: {}", "replay"),
        ("helpers: {input_number: {n: {min: [1], max: 1}}}", "helpers"),
        ("home: {safety: perhaps}", "home"),
    ],
)
def test_a_planted_mistake_is_found_in_its_section(schema, yaml, where):
    """A word may be what a tag stands for (``!secret port``), which an editor does not see: only the check knows."""
    found = mistakes(schema, yaml)
    assert found, yaml
    assert all(path.startswith(where) for path in found)
