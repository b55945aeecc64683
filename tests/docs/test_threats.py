"""The page about threats names tests that exist, for every row."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


def missing(named: list[tuple[str, str]]) -> list[str]:
    """Tests that are named and not there."""
    return [
        f"{file}::{test}"
        for file, test in named
        if not (ROOT / file).is_file()
        or not re.search(rf"^(?:async )?def {test}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE)
    ]


def test_every_test_that_it_names_exists() -> None:
    assert len(NAMED) > 30
    assert missing(NAMED) == []


def test_one_that_is_gone_is_found() -> None:
    assert missing([("tests/docs/test_threats.py", "test_gone")]) == ["tests/docs/test_threats.py::test_gone"]
    assert missing([("tests/docs/test_nowhere.py", "test_gone")]) == ["tests/docs/test_nowhere.py::test_gone"]


def test_every_row_is_shown_by_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| could")]
    assert [row for row in rows if "::" not in row] == []
