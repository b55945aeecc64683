"""Validators that several commands share, with the original's sentences."""

import re
from collections.abc import Callable
from typing import Any, Final

import voluptuous as vol

from linli import is_entity_id

OR_NOTHING: Final = vol.Any(str, None)
TEXTS: Final = [str]

_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_COLOR_NAMES: Final = frozenset(
    {
        "primary", "accent", "disabled", "red", "pink", "purple", "deep-purple", "indigo", "blue", "light-blue", "cyan",
        "teal", "green", "light-green", "lime", "yellow", "amber", "orange", "deep-orange", "brown", "light-grey",
        "grey", "dark-grey", "blue-grey", "black", "white",
    }
)  # fmt: skip


def whole(value: Any) -> int:
    """A whole number; true and false are none."""
    if type(value) is not int:
        raise vol.Invalid("expected int")
    return value


def color(value: Any) -> str:
    """``#RRGGBB``, or one of the names that screens know."""
    if isinstance(value, str) and (value in _COLOR_NAMES or _COLOR.fullmatch(value)):
        return value
    raise vol.Invalid("Color should be in the format #RRGGBB")


def icon(value: Any) -> str:
    """``prefix:name``."""
    if isinstance(value, str) and ":" in value:
        return value
    raise vol.Invalid('Icons should be specified in the form "prefix:name"')


def entity_id(value: Any) -> str:
    """An entity id, lower-cased."""
    lowered = value.lower() if isinstance(value, str) else ""
    if not is_entity_id(lowered):
        raise vol.Invalid(f"Entity ID {value} is an invalid entity ID")
    return lowered


def entity_ids(value: Any) -> list[str]:
    """A list of them, or one text with commas."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, list):
        raise vol.Invalid("expected a list of entity ids")
    return [entity_id(part) for part in value]


def nothing_or(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """``check``, or null."""

    def checked(value: Any) -> Any:
        return None if value is None else check(value)

    checked.__doc__ = f"{(check.__doc__ or 'a value').rstrip('.')}, or null."
    return checked
