"""Ours against the recorded answers of the original; every difference is on purpose and stands in docs/templates.md."""

import math
from pathlib import Path
from typing import Any

import pytest

from core.template.cases import CASES, VARIABLES
from core.template.original import furnished, golden, plain
from linli.template import RenderInfo, TemplateEngine

DIFFERENT = {
    "{{ distance(0, 0, 0, 180) }}": {"value": None, "type": "NoneType"},
    "{{ slugify('Köln') }} {{ slugify(5) }}": {"value": "koln 5", "type": "str"},
    "{{ '...' }}": {"value": "...", "type": "str"},
}
PRINTS_A_STATE = {
    "{{ states.light.kitchen }}": ["light.kitchen"],
    "{{ states.switch.plug }}": ["switch.plug"],
    "{{ states['light.Kitchen'] }}": ["light.kitchen"],
}
"""The original prints a state without noting that it depends on it; ours notes it."""

ROWS = [row for group in CASES for row in golden(group)]
DOCS = Path(__file__).parents[3] / "docs" / "templates.md"


@pytest.fixture(scope="module")
def engine() -> TemplateEngine:
    return TemplateEngine()


def answer(info: RenderInfo) -> dict[str, Any]:
    if info.error is not None:
        return {"error": True}
    return {"value": plain(info.result), "type": type(info.result).__name__}


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-12)
    return bool(ours == theirs)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["template"])
def test_the_answer_is_that_of_the_original(row: dict[str, Any], engine: TemplateEngine) -> None:
    ours = answer(engine.template(row["template"]).render_info(furnished(), VARIABLES))
    theirs = DIFFERENT.get(row["template"]) or {key: row[key] for key in ("error", "value", "type") if key in row}
    assert ours.keys() == theirs.keys()
    assert all(same(ours[key], theirs[key]) for key in ours), (ours, theirs)


@pytest.mark.parametrize("row", [row for row in ROWS if "error" not in row], ids=lambda row: row["template"])
def test_what_was_read_is_what_the_original_reads(row: dict[str, Any], engine: TemplateEngine) -> None:
    info = engine.template(row["template"]).render_info(furnished(), VARIABLES)
    theirs = row["read"]
    domains = set(theirs.get("domains", []))
    assert info.entities == set(PRINTS_A_STATE.get(row["template"], theirs.get("entities", [])))
    assert info.domains == domains
    # The original counts what it goes through, too (Python asks a list for its length); that adds nothing.
    assert info.domains_lifecycle - domains == set(theirs.get("domains_lifecycle", [])) - domains
    assert info.all_states == theirs.get("all_states", False)
    assert (info.all_states_lifecycle or info.all_states) == (
        theirs.get("all_states_lifecycle", False) or info.all_states
    )
    assert info.has_time == theirs.get("has_time", False)
    assert info.rate_limit == theirs.get("rate_limit")


def test_there_are_enough_cases_and_all_are_recorded() -> None:
    assert len(ROWS) >= 250
    assert [row["template"] for row in ROWS] == [text for texts in CASES.values() for text in texts]


def test_every_difference_is_explained() -> None:
    explained = DOCS.read_text(encoding="utf-8")
    assert all(text.split("{{ ")[-1].removesuffix(" }}") in explained for text in DIFFERENT)
