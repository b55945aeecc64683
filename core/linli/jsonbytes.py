"""JSON as bytes, the way every room writes it, and the last resort for what a plugin gave that is no JSON."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

Fragment = orjson.Fragment

MAX_DEPTH: Final = 64
"""How deep the last resort goes; what lies deeper is left out. The encoder stops at 254, its parser at 1024."""
MOST_SENT_DEPTH: Final = 50
MOST_SENT_PARTS: Final = 10_000
"""Values in one message of whoever is no administrator: each costs the loop some 5 us in schemas and look-ups."""
"""How deep JSON from outside may be: with what the hub puts around it, it stays within :data:`MAX_DEPTH`."""
MAX_ITEMS: Final = 100_000
"""How many values the last resort writes; a list that holds itself has no end."""
MAX_TEXT: Final = 255
"""How much of an unknown object's own text it writes."""
LEFT_OUT: Final = "…"


def iso_time(timestamp_s: float) -> datetime:
    """A time for the encoder, which writes it as ISO 8601 in UTC with microseconds."""
    return datetime.fromtimestamp(timestamp_s, UTC)


def plain(value: Any) -> Any:
    """What the encoder does not know by itself: sets become lists, durations seconds, the rest its own ``as_dict``."""
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return list(value)
    if hasattr(value, "as_dict"):
        return value.as_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} is no plain value")


def snug(text: bytes) -> bytes:
    """The same bytes in memory of their own size, for what is kept: the encoder hands out 4 to 8 KB even for ``{}``."""
    return b"%b" % text


def dumps(value: Any) -> bytes:
    """``value`` as UTF-8 JSON; raises TypeError for what is no plain value.

    Keys are nearly always text; allowing for others from the start makes a state a third dearer (0.33 of 0.88 us).
    """
    try:
        return orjson.dumps(value, plain)
    except TypeError:
        return orjson.dumps(value, plain, orjson.OPT_NON_STR_KEYS)


def dumps_anyway(value: Any) -> bytes:
    """``value`` as UTF-8 JSON whatever it is: what JSON lacks becomes its text, what nobody can read is left out.

    For readers, who must not go without everything because one plugin published one odd value. Never raises.
    """
    try:
        return dumps(value)
    except Exception:  # noqa: BLE001 - a plugin's own as_dict may raise anything; then its text must do
        return orjson.dumps(_LastResort().form(value, 0))


class _LastResort:
    """Rebuilds a value out of what JSON knows; a hundred times slower than the encoder, for what that refused."""

    def __init__(self) -> None:
        self._left = MAX_ITEMS

    def form(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            return LEFT_OUT
        if value is None or value is True or value is False:
            return value
        if isinstance(value, float):
            return float(value)
        if isinstance(value, int):
            return int(value) if -(2**63) <= value < 2**64 else _text(value)
        if isinstance(value, str):
            return _readable(value)
        if isinstance(value, list | tuple):
            return [self.form(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {_text(key): self.form(item, depth + 1) for key, item in value.items()}
        return self._other(value, depth)

    def _other(self, value: Any, depth: int) -> Any:
        try:
            known = orjson.loads(dumps(value))
        except Exception:  # noqa: BLE001 - see dumps_anyway
            try:
                known = plain(value)
            except Exception:  # noqa: BLE001 - see dumps_anyway
                return _text(value)
        return self.form(known, depth + 1)


def _text(value: Any) -> str:
    try:
        return _readable(str(value)[:MAX_TEXT])
    except Exception:  # noqa: BLE001 - its __str__ is a plugin's; an int of 5 000 digits has none
        return f"<{type(value).__name__}>"


def _readable(text: str) -> str:
    """The text without halves of surrogate pairs, which are no characters and which UTF-8 cannot write."""
    return text.encode("utf-8", "replace").decode()


def loads(text: bytes | str) -> Any:
    """The value of a JSON text; raises ValueError (UTF-8 or syntax)."""
    return orjson.loads(text)


def loads_sent(text: bytes | str) -> Any:
    """The value of a JSON text that somebody sent; raises ValueError as :func:`loads`, and for what :func:`is_deep`."""
    value = orjson.loads(text)
    if is_deep(value, text):
        raise orjson.JSONDecodeError(f"nested more than {MOST_SENT_DEPTH} deep", "", 0)
    return value


def has_many_parts(text: bytes | str) -> bool:
    """Whether what somebody sent may hold more than :data:`MOST_SENT_PARTS` values: counted by its commas, in 0.1 ms
    for a megabyte, before anything walks through it."""
    return (text.count(",") if isinstance(text, str) else text.count(b",")) > MOST_SENT_PARTS


def is_deep(value: Any, text: bytes | str) -> bool:
    """Whether what somebody sent, which is the value of ``text``, is nested more than :data:`MOST_SENT_DEPTH` deep.

    Rooms that go down into it (schemas, rules, the doors of plugins) would fail there instead of refusing it. It is as
    deep as it has opening brackets at most, so that hardly one is walked through (under 1 us), and none recursively.
    """
    opened = text.count("{") + text.count("[") if isinstance(text, str) else text.count(b"{") + text.count(b"[")
    if opened <= MOST_SENT_DEPTH:
        return False
    level = [value]
    for _ in range(MOST_SENT_DEPTH + 1):
        containers = [each for each in level if isinstance(each, (dict, list))]
        level = [inner for each in containers for inner in (each.values() if isinstance(each, dict) else each)]
        if not containers:
            return False
    return True
