"""Sections that are lists of items, and sections in labelled parts."""

import textwrap

from linli.config import check, load
from linli.plugin.catalog import PluginCatalog

RULES = """
import voluptuous as vol
from linli import Capabilities, Manifest
from linli import schema as sv

MANIFEST = Manifest(domain="rules", layer="application", listed=True, capabilities=Capabilities())
CONFIG = vol.Schema(sv.ensure_list(sv.section({vol.Required("name", description="Its name"): sv.string})))
"""


def checked(tmp_path, yaml):
    (tmp_path / "plugins").mkdir(exist_ok=True)
    (tmp_path / "plugins" / "rules.py").write_text(RULES)
    (tmp_path / "linli.yaml").write_text("linli: {trusted: [rules]}\n" + textwrap.dedent(yaml))
    return check(load(tmp_path), PluginCatalog(tmp_path / "plugins"))


def names(found):
    assert found.report.ok, found.report.lines()
    (settings,) = found.settings("rules")
    return [item["name"] for item in settings["items"]]


def test_a_list_is_one_instance(tmp_path):
    assert names(checked(tmp_path, "rules: [{name: a}, {name: b}]")) == ["a", "b"]


def test_one_item_may_stand_without_its_list_and_nothing_is_none(tmp_path):
    assert names(checked(tmp_path, "rules: {name: a}")) == ["a"]
    assert names(checked(tmp_path, "rules:")) == []


def test_parts_under_labels_are_one_section(tmp_path):
    yaml = """
    rules: []
    rules kitchen: [{name: a}]
    rules of the garden:
      - name: b
      - name: c
    """
    found = checked(tmp_path, yaml)
    assert names(found) == ["a", "b", "c"]
    assert str(found.deployment.key_position(("rules", 2))) == "linli.yaml:7:5"


def test_a_mistake_stands_where_it_was_written(tmp_path):
    found = checked(tmp_path, "rules:\n  - name: a\n  - nam: b\n")
    assert [line.split(": ")[0] for line in found.report.lines()] == ["linli.yaml:4:5"]


def test_a_label_on_a_map_adds_to_it(tmp_path):
    (tmp_path / "linli.yaml").write_text("linli: {name: x}\nlinli more: {language: en}\n")
    core = load(tmp_path).core
    assert (core["name"], core["language"]) == ("x", "en")
