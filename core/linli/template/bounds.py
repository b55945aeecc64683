"""What could grow large in one operation, and how large it would be: asked before it is done.

Methods of texts and bytes, the operators of templates, and the filters of Jinja that pad, repeat or replace.
"""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import date
from datetime import time as time_of_day
from typing import Any, Final

from linli.template.errors import bad_value
from linli.template.limits import Meter
from linli.template.time import date_format

_CONVERSION: Final = re.compile(rb"%(?:\(.*?\))?[-+ #0]*(\*|\d*)(?:\.(\*|\d*))?", re.DOTALL)
_WIDTH: Final = re.compile(r"\d+")
_SEQUENCES: Final = (str, bytes, bytearray, list, tuple)
_PLAIN: Final = frozenset({int, float, bool})


def plus(meter: Meter, left: Any, right: Any) -> Any:
    """``left + right``."""
    if type(left) not in _PLAIN and isinstance(left, _SEQUENCES) and isinstance(right, _SEQUENCES):
        _sized(meter, left, len(left) + len(right))
    return left + right


def times(meter: Meter, left: Any, right: Any) -> Any:
    """``left * right``: numbers, or a text or list repeated."""
    if isinstance(left, int) and isinstance(right, int):
        meter.bits(left.bit_length() + right.bit_length())
    elif isinstance(left, _SEQUENCES) and isinstance(right, int):
        _sized(meter, left, len(left) * max(right, 0))
    elif isinstance(right, _SEQUENCES) and isinstance(left, int):
        _sized(meter, right, len(right) * max(left, 0))
    return left * right


def power(meter: Meter, left: Any, right: Any) -> Any:
    """``left ** right``."""
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        meter.bits(left.bit_length() * right if abs(left) > 1 else 1)
    return left**right


def remainder(meter: Meter, left: Any, right: Any) -> Any:
    """``left % right``: the rest of a division, or the old way to format a text."""
    if isinstance(left, (str, bytes, bytearray)):
        return _formatted(meter, left, right)
    return left % right


OPERATORS: Final[Mapping[str, Callable[[Meter, Any, Any], Any]]] = {
    "+": plus, "*": times, "**": power, "%": remainder,
}  # fmt: skip


def _sized(meter: Meter, kind: Any, length: int) -> None:
    (meter.items if isinstance(kind, (list, tuple)) else meter.text)(length)


def _formatted(meter: Meter, form: Any, values: Any) -> Any:
    """``form % values``, when neither its widths nor its values make it too long."""
    meter.weigh(form)
    raw = form.encode("utf-8", "surrogatepass") if isinstance(form, str) else bytes(form)
    conversions = _CONVERSION.findall(raw)
    length = len(raw)
    for widths in conversions:
        for width in widths:
            if width == b"*":
                raise bad_value("star_width", "format")
            length += int(width) if width else 0
    weight = meter.weigh(values) + 400
    meter.text(length + (weight * len(conversions) if isinstance(values, Mapping) else weight + 400 * len(conversions)))
    return form % values


def spec_allowed(meter: Meter, value: Any, spec: str) -> None:
    """What stands behind the colon in ``'{:>10}'.format(value)``: its widths, or a date's own format."""
    if isinstance(value, (date, time_of_day)):
        date_format("format", spec)
        return
    for width in _WIDTH.findall(spec):
        meter.text(int(width) if len(width) < 10 else meter.limits.text + 1)


def replaced(meter: Meter, text: Any, old: Any, new: Any, count: int = -1) -> None:
    """``text.replace(old, new, count)``."""
    found = text.count(old)
    found = found if count < 0 else min(found, count)
    meter.text(len(text) + found * max(len(new) - len(old), 0))


def padded(meter: Meter, text: Any, width: Any = 0, *_: Any) -> None:
    """Texts that are filled up to a width."""
    meter.text(max(len(text), operator.index(width)))


def _expanded(meter: Meter, text: Any, tabsize: int = 8) -> None:
    meter.text(len(text) + text.count("\t" if isinstance(text, str) else b"\t") * max(tabsize, 0))


def _translated(meter: Meter, text: Any, table: Any, *_: Any, **__: Any) -> None:
    longest = 1
    if isinstance(table, Mapping):
        longest = max((len(new) for new in table.values() if isinstance(new, str)), default=1)
    meter.text(len(text) * max(longest, 1))


def _as_bytes(meter: Meter, _: Any, length: Any = 1, *__: Any, **___: Any) -> None:
    meter.text(operator.index(length))


_TEXT: Final[Mapping[str, Callable[..., None]]] = {
    "center": padded, "ljust": padded, "rjust": padded, "zfill": padded, "expandtabs": _expanded, "replace": replaced,
    "translate": _translated,
}  # fmt: skip


def before_call(meter: Meter, owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """The arguments with which the method ``name`` of a built-in value may be called."""
    if isinstance(owner, (str, bytes, bytearray)):
        meter.spend(len(owner) >> 6)
        if name == "join" and len(args) == 1:
            pieces = meter.listed(args[0])
            meter.text(sum(len(piece) for piece in pieces) + len(owner) * len(pieces))
            return (pieces,)
        if name in _TEXT:
            _TEXT[name](meter, owner, *args, **kwargs)
    elif isinstance(owner, (list, tuple, range)):
        meter.spend(len(owner) >> 2)
    elif name == "to_bytes":
        _as_bytes(meter, owner, *args, **kwargs)
    elif name in ("strftime", "strptime"):
        date_format(name, kwargs.get("format", args[-1] if args else ""))
    return args
