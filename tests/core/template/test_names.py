"""Everything of Home Assistant 2025.4 is there, and what is there beyond it is named."""

from pathlib import Path

import pytest

from core.template.original import golden
from linli.template.engine import TemplateEngine
from linli.template.library import FILTERS, GLOBALS, TESTS
from linli.template.sandbox import Sandbox

LATER = {
    "globals": {"apply", "as_function", "device_name"},
    "filters": {"apply", "as_function", "device_name", "from_hex"},
    "tests": {"apply"},
}
DOCS = Path(__file__).parents[3] / "docs" / "templates.md"


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return TemplateEngine()._sandbox(strict=False)


@pytest.mark.parametrize("kind", ["globals", "filters", "tests"])
def test_no_name_of_the_original_is_missing(kind: str, sandbox: Sandbox) -> None:
    ours = {name for name in getattr(sandbox, kind) if not name.startswith(" ")}
    assert ours == set(golden("names")[kind]) | LATER[kind]


def test_later_names_are_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for names in LATER.values() for name in names)


def test_every_function_says_what_it_gives() -> None:
    own = {**GLOBALS, **FILTERS}
    silent = [
        name for name, each in own.items() if callable(each) and not (each.__doc__ or type(each).__doc__ or "").strip()
    ]
    assert silent == []
    assert len(TESTS) > 10
