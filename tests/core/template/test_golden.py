"""Ours against the recorded answers of the original; every difference is on purpose and stands in docs/templates.md."""

import asyncio
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core.template.cases import CASES, VARIABLES
from core.template.crews import crew
from core.template.original import furnished, golden, plain
from linli.template import RenderInfo, TemplateEngine
from linli.template.worker import job_frame

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


async def in_a_process() -> dict[str, RenderInfo]:
    """What all templates give that are rendered as those of users are."""
    home = furnished()
    async with crew() as rendering:

        async def info(text: str) -> RenderInfo:
            frame = job_frame("reader", text, VARIABLES, now=home.now(), home=home.home)
            return (await rendering.render("reader", frame, home, 10.0)).info

        return {row["template"]: await info(row["template"]) for row in ROWS}


def in_the_hub() -> dict[str, RenderInfo]:
    """What all give that are rendered as those of the deployment are."""
    engine = TemplateEngine()
    return {row["template"]: engine.template(row["template"]).render_info(furnished(), VARIABLES) for row in ROWS}


@pytest.fixture(scope="module", params=["hub", "process"])
def infos(request: pytest.FixtureRequest) -> Mapping[str, RenderInfo]:
    return in_the_hub() if request.param == "hub" else asyncio.run(in_a_process())


def answer(info: RenderInfo) -> dict[str, Any]:
    if info.error is not None:
        return {"error": True}
    return {"value": plain(info.result), "type": type(info.result).__name__}


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-12)
    return bool(ours == theirs)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["template"])
def test_the_answer_is_that_of_the_original(row: dict[str, Any], infos: Mapping[str, RenderInfo]) -> None:
    ours = answer(infos[row["template"]])
    theirs = DIFFERENT.get(row["template"]) or {key: row[key] for key in ("error", "value", "type") if key in row}
    assert ours.keys() == theirs.keys()
    assert all(same(ours[key], theirs[key]) for key in ours), (ours, theirs)


@pytest.mark.parametrize("row", [row for row in ROWS if "error" not in row], ids=lambda row: row["template"])
def test_what_was_read_is_what_the_original_reads(row: dict[str, Any], infos: Mapping[str, RenderInfo]) -> None:
    info = infos[row["template"]]
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


def test_a_process_says_word_for_word_what_the_hub_says() -> None:
    ours, theirs = in_the_hub(), asyncio.run(in_a_process())
    for text, info in theirs.items():
        assert exactly(info.result) == exactly(ours[text].result), text
        assert (str(info.error), info.error and info.error.line) == (
            str(ours[text].error), ours[text].error and ours[text].error.line,
        ), text  # fmt: skip


def exactly(value: Any) -> Any:
    """A value with the types of all that is in it."""
    if isinstance(value, dict):
        return dict, [(exactly(key), exactly(each)) for key, each in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [exactly(each) for each in value]
    if isinstance(value, set):
        return set, sorted((exactly(each) for each in value), key=repr)
    return type(value), repr(value)


def test_there_are_enough_cases_and_all_are_recorded() -> None:
    assert len(ROWS) >= 250
    assert [row["template"] for row in ROWS] == [text for texts in CASES.values() for text in texts]


def test_every_difference_is_explained() -> None:
    explained = DOCS.read_text(encoding="utf-8")
    assert all(text.split("{{ ")[-1].removesuffix(" }}") in explained for text in DIFFERENT)
