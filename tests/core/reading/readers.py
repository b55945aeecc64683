"""What a plugin might do with a text, in another process."""

import re
from datetime import date, datetime
from typing import Any

import yaml


def of_yaml(text: str) -> Any:
    """What it says, with nothing in the way of aliases and depth."""
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def of_pattern(text: str) -> Any:
    """One call into C that takes years for a line of the same letter, and lets no other thread run."""
    return re.fullmatch("(a+)+b", text) is not None


def multiplied(text: str) -> Any:
    """More than a process may hold."""
    return [text * 1000 + str(number) for number in range(10_000)]


def repeated(text: str, times: int) -> Any:
    return [text] * times


def values() -> Any:
    """One of each type that a text may have."""
    when = datetime.fromisoformat("2026-03-29T02:30:00+01:00")
    return {"a": [1, 2.5, None, True, "字", b"\xff"], 3: (1, 2), "when": [date(2026, 3, 29), when], "~": {1, 2}}
