"""Tables and code as Markdown, such that any text may stand in them."""

import html
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

_REST_CODE: Final = re.compile(r"``(.+?)``")
_ROLE: Final = re.compile(r":\w+:`~?([^`]+)`")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; without rows, nothing."""
    lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    if not lines:
        return ""
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *lines, ""])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """A word or two as they are typed."""
    return f"`{text}`" if text else ""


def literal(value: Any) -> str:
    """A value as one may write it in YAML."""
    return code(json.dumps(value, ensure_ascii=False))


def fenced(text: str, language: str) -> str:
    """A block of code."""
    return f"```{language}\n{text.rstrip()}\n```\n"


def prose(docstring: str) -> str:
    """A docstring's text: its code marks are Markdown's, and what looks like a tag is shown as it stands."""
    return _REST_CODE.sub(r"`\1`", _ROLE.sub(r"`\1`", html.escape(docstring, quote=False))).replace("&amp;", "&")


def page(title: str, *parts: str) -> str:
    """A whole page, one blank line between its parts."""
    note = "<!-- Written by `make docs` from the code. Change the code, not this page. -->"
    return "\n\n".join(part.strip("\n") for part in (note, f"# {title}", *parts) if part.strip()) + "\n"
