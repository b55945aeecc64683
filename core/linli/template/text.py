"""Text in templates: regular expressions, slugs, ordinals, versions, and what a value is called."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from slugify import slugify as to_slug

from linli.template.errors import bad_value, shown
from linli.template.scope import SCOPE
from linli.template.version import Version

_MOST_PATTERN: Final = 1000
_compiled = lru_cache(128)(re.compile)


def _pattern(find: Any, ignorecase: Any) -> re.Pattern[str]:
    if not isinstance(find, str):
        raise bad_value("needs_text", "regex", value=shown(find))
    if len(find) > _MOST_PATTERN:
        raise bad_value("long_text", "regex", limit=_MOST_PATTERN)
    try:
        return _compiled(find, re.IGNORECASE if ignorecase else 0)
    except re.error as error:
        raise bad_value("pattern", "regex", detail=str(error)) from error


def regex_match(value: Any, find: str = "", ignorecase: Any = False) -> bool:
    """Whether the text begins with the pattern."""
    return _pattern(find, ignorecase).match(str(value)) is not None


def regex_search(value: Any, find: str = "", ignorecase: Any = False) -> bool:
    """Whether the pattern stands anywhere in the text."""
    return _pattern(find, ignorecase).search(str(value)) is not None


def _matches(value: Any, find: str, ignorecase: Any) -> Iterator[re.Match[str]]:
    meter = SCOPE.get().meter
    pattern = _pattern(find, ignorecase)
    for match in pattern.finditer(str(value)):
        meter.spend(1 + pattern.groups)
        yield match


def regex_replace(value: Any = "", find: str = "", replace: str = "", ignorecase: Any = False) -> str:
    """The text with every match replaced."""
    meter = SCOPE.get().meter
    literal = "\\" not in replace
    if not literal and len(replace) > _MOST_PATTERN:
        raise bad_value("long_text", "regex_replace", limit=_MOST_PATTERN)

    def replaced(match: re.Match[str]) -> str:
        new = replace if literal else match.expand(replace)
        meter.spend(1)
        meter.text(len(new))
        return new

    try:
        return _pattern(find, ignorecase).sub(replaced, str(value))
    except re.error as error:
        raise bad_value("pattern", "regex_replace", detail=str(error)) from error


def regex_findall(value: Any, find: str = "", ignorecase: Any = False) -> list[Any]:
    """All matches: texts, or the groups of the pattern where it has some."""
    groups = _pattern(find, ignorecase).groups
    found: list[Any] = []
    for match in _matches(value, find, ignorecase):
        parts = match.groups("")
        found.append(match[0] if not groups else parts[0] if groups == 1 else parts)
    return found


def regex_findall_index(value: Any, find: str = "", index: int = 0, ignorecase: Any = False) -> Any:
    """One of all matches, by its number."""
    found = regex_findall(value, find, ignorecase)
    try:
        return found[index]
    except IndexError:
        raise bad_value("matches", "regex_findall_index", count=len(found)) from None


def slugify(value: Any, separator: str = "_") -> str:
    """The text in small Latin letters, digits and separators: 客厅灯 becomes ke_ting_deng."""
    if value is None or value == "":
        return ""
    text = str(value)
    SCOPE.get().meter.spend(len(text))
    return to_slug(text, separator=separator) or "unknown"


def ordinal(value: Any) -> str:
    """The number as an English ordinal: 1st, 2nd, 3rd, 11th."""
    text = str(value)
    if int(text[-2:]) % 100 in (11, 12, 13):
        return f"{text}th"
    return text + {1: "st", 2: "nd", 3: "rd"}.get(int(text[-1]), "th")


def typeof(value: Any) -> str:
    """The name of the value's type, for finding mistakes."""
    return type(value).__name__


def is_string_like(value: Any) -> bool:
    return isinstance(value, (str, bytes, bytearray))


GLOBALS: Final[dict[str, Any]] = {"slugify": slugify, "typeof": typeof, "version": Version}
FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "slugify": slugify, "typeof": typeof, "version": Version, "ordinal": ordinal, "ord": ord,
    "regex_match": regex_match, "regex_search": regex_search, "regex_replace": regex_replace,
    "regex_findall": regex_findall, "regex_findall_index": regex_findall_index,
}  # fmt: skip
TESTS: Final[dict[str, Callable[..., Any]]] = {
    "match": regex_match, "search": regex_search, "string_like": is_string_like,
}  # fmt: skip
