"""The table of ``table.toml``: read once, one row for each thing that can be asked."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("table.toml")
TABLE: Final[Mapping[str, Mapping[str, Any]]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
COLUMNS: Final = {"admin": "admin", "resident of a": "resident", "read-only": "guest", "nobody": "nobody"}
"""Which column holds for whom."""


def unlike(section: str, there: Iterable[str]) -> list[str]:
    """What the hub offers without a row, and rows of what it does not offer (any more), each as a sentence."""
    rows, found = set(TABLE[section]), set(there)
    return [
        f'"{name}" has no row: add it under [{section}] in tests/rights/table.toml, with what an administrator, a '
        "resident (about their own flat and about another), a guest and nobody are answered"
        for name in sorted(found - rows)
    ] + [f'"{name}" is not offered: take its row under [{section}] away' for name in sorted(rows - found)]
