"""What a plain (unquoted) YAML scalar means here.

YAML 1.1 as Home Assistant's users know it, without its traps: 22:00 is text and not 1320, 0042 keeps its zeros (codes,
telephone numbers), +86… keeps its plus, and a date stays text for the validator that wants one.
"""

import re
from types import MappingProxyType
from typing import Any, Final, Self

_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,300})")
_FLOAT: Final = re.compile(r"-?(?:0|[1-9][0-9]*)?\.[0-9]+(?:[eE][-+]?[0-9]+)?")
_HEX: Final = re.compile(r"0x[0-9a-fA-F]{1,64}")
_NUMERIC_START: Final = frozenset("-.0123456789")
_WORDS: Final = MappingProxyType(
    {
        **dict.fromkeys(("", "~", "null", "Null", "NULL")),
        **{spelling: True for word in ("true", "yes", "on") for spelling in (word, word.capitalize(), word.upper())},
        **{spelling: False for word in ("false", "no", "off") for spelling in (word, word.capitalize(), word.upper())},
    }
)


class Spelled(float):
    """A number that is written otherwise than Python writes it (1.10, a version): a text keeps it as it stands."""

    __slots__ = ("_spelling",)
    _spelling: str

    def __new__(cls, spelling: str) -> Self:
        number = super().__new__(cls, spelling)
        number._spelling = spelling
        return number

    def __str__(self) -> str:
        return self._spelling

    __repr__ = __str__

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self._spelling,)


def unspelled(value: Any) -> Any:
    """The same with ordinary numbers, for whoever calculates and encodes."""
    if isinstance(value, Spelled):
        return float(value)
    if type(value) is dict:
        return {key: unspelled(part) for key, part in value.items()}
    return [unspelled(part) for part in value] if type(value) is list else value


def plain_value(text: str) -> Any:
    """The value of an unquoted scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_START:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if str(number) == text else Spelled(text)
    return int(text, 16) if _HEX.fullmatch(text) else text


def tagged_value(kind: str, text: str) -> Any:
    """The value of a scalar with a standard tag (``!!str``, ``!!int`` …); raises ValueError where it is none."""
    if kind == "str":
        return text
    value = plain_value(text)
    if kind == "float" and type(value) in (int, float, Spelled):
        return float(text)
    if type(value) is not {"int": int, "float": float, "bool": bool, "null": type(None)}[kind]:
        raise ValueError(f"{text!r} is no {kind}")
    return value
