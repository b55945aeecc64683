"""What a rendered text stands for: ``21.5`` is a number, ``[1, 2]`` a list, ``on`` remains a text."""

import re
import warnings
from ast import literal_eval
from functools import lru_cache
from typing import Any, Final

_NUMBER: Final = re.compile(r"[+-]?(?!0\d)\d*(?:\.\d*)?")
_SHORT_NUMBER: Final = re.compile(r"[+-]?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{0,17})?")
"""Most of what templates give: read at once, where Python's parser and its warnings would cost 25 µs."""
_OPENING: Final = (
    *"0123456789+-.([{", "True", "False", "None", "set(",
    *(start + quote for start in ("b", "B", "rb", "Rb", "rB", "RB", "br", "bR", "Br", "BR") for quote in "'\""),
)  # fmt: skip
"""A literal that is no text begins with one of these; all else need not be parsed to know that it remains a text."""
_MOST: Final = 64 * 1024
"""Longer texts remain texts: the parser of Python is not made for what strangers write."""
_MOST_KEPT: Final = 256
"""Longer texts are not kept in the cache."""


def parse_result(text: str) -> Any:
    """The value that the text stands for by Home Assistant's rules, or the text.

    Numbers in plain notation, True, False, None, lists, tuples, sets, mappings and bytes become values. Texts in
    quotes, numbers like 007, 1e3 or 1_000 and complex numbers remain what was written.
    """
    if not text.startswith(_OPENING) or len(text) > _MOST:
        return text
    if len(text) > _MOST_KEPT:
        return _parsed(text)
    if _SHORT_NUMBER.fullmatch(text) is not None:
        return float(text) if "." in text else int(text)
    # The cache keeps one value for all: lists and mappings are handed out as copies.
    value = _remembered(text)
    return _copy(value) if isinstance(value, (list, dict, set, tuple)) else value


def _parsed(text: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return text
    if isinstance(value, (str, complex)) or value is ...:
        return text
    if isinstance(value, (int, float)) and not isinstance(value, bool) and _NUMBER.fullmatch(text) is None:
        return text
    return value


_remembered = lru_cache(512)(_parsed)


def _copy(value: Any) -> Any:
    if isinstance(value, list):
        return [_copy(each) for each in value]
    if isinstance(value, dict):
        return {key: _copy(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return tuple(_copy(each) for each in value)
    return set(value) if isinstance(value, set) else value
