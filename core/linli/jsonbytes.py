"""JSON as bytes, the way every room writes it."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

Fragment = orjson.Fragment


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


def loads(text: bytes | str) -> Any:
    """The value of a JSON text; raises ValueError (UTF-8 or syntax)."""
    return orjson.loads(text)
