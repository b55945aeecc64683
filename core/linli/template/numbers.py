"""Numbers in templates: conversion with a default, rounding, functions of one number, averages, bits."""

import math
import statistics
from collections.abc import Callable, Iterable
from typing import Any, Final

from linli.template.errors import bad_value, no_default
from linli.template.missing import MISSING
from linli.template.scope import SCOPE

_YES: Final = frozenset({"1", "true", "yes", "on", "enable"})
_NO: Final = frozenset({"0", "false", "no", "off", "disable"})


def to_float(value: Any, default: Any = MISSING) -> Any:
    """The value as a number with a point."""
    try:
        return float(value)
    except (ValueError, TypeError):
        if default is MISSING:
            raise no_default("float", value) from None
        return default


def to_int(value: Any, default: Any = MISSING, base: int = 10) -> Any:
    """The value as a whole number; what stands behind the point is cut off."""
    try:
        return int(value, base) if isinstance(value, str) else int(value)
    except (ValueError, TypeError, OverflowError):
        try:
            return int(float(value))
        except (ValueError, TypeError, OverflowError):
            if default is MISSING:
                raise no_default("int", value) from None
            return default


def to_bool(value: Any, default: Any = MISSING) -> Any:
    """True for 1, true, yes, on, enable and numbers other than 0; false for their opposites."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float, complex)):
        return value != 0
    word = value.lower().strip() if isinstance(value, str) else ""
    if word in _YES or word in _NO:
        return word in _YES
    if default is MISSING:
        raise no_default("bool", value)
    return default


def is_number(value: Any) -> bool:
    """Whether the value is, or reads as, a finite number."""
    try:
        return math.isfinite(float(value))
    except (ValueError, TypeError, OverflowError):
        return False


def rounded(value: Any, precision: int = 0, method: str = "common", default: Any = MISSING) -> Any:
    """The value rounded to ``precision`` digits: common, ceil, floor, or half (to the nearest .5)."""
    try:
        number = float(value)
        if method in ("ceil", "floor"):
            if abs(precision) > 308:
                raise bad_value("large_number", "round", limit=308)
            scale = float(10**precision)
            number = (math.ceil(number * scale) if method == "ceil" else math.floor(number * scale)) / scale
        elif method == "half":
            number = round(number * 2) / 2
        else:
            number = round(number, precision)
        return int(number) if precision == 0 else number
    except (ValueError, TypeError):
        if default is MISSING:
            raise no_default("round", value) from None
        return default


def multiply(value: Any, amount: Any, default: Any = MISSING) -> Any:
    """The value as a number, times ``amount``."""
    try:
        return float(value) * amount
    except (ValueError, TypeError):
        if default is MISSING:
            raise no_default("multiply", value) from None
        return default


def add(value: Any, amount: Any, default: Any = MISSING) -> Any:
    """The value as a number, plus ``amount``."""
    try:
        return float(value) + amount
    except (ValueError, TypeError):
        if default is MISSING:
            raise no_default("add", value) from None
        return default


def log(value: Any, base: Any = math.e, default: Any = MISSING) -> Any:
    """The logarithm of the value, natural unless a base is given."""
    try:
        return math.log(float(value), float(base))
    except (ValueError, TypeError):
        if default is MISSING:
            raise no_default("log", value) from None
        return default


def of_one(name: str, function: Callable[[float], float]) -> Callable[..., Any]:
    """A function of one number, with a default for what is none or lies outside of its domain."""

    def apply(value: Any, default: Any = MISSING) -> Any:
        try:
            return function(float(value))
        except (ValueError, TypeError):
            if default is MISSING:
                raise no_default(name, value) from None
            return default

    apply.__name__ = name
    return apply


def atan2(*values: Any, default: Any = MISSING) -> Any:
    """The angle of a point (y, x), given as two numbers or one list; the default may follow them."""
    if values and isinstance(values[0], (list, tuple)):
        point, rest = values[0], values[1:]
    else:
        point, rest = values[:2], values[2:]
    if default is MISSING and len(rest) == 1:
        default = rest[0]
    try:
        return math.atan2(float(point[0]), float(point[1]))
    except (ValueError, TypeError, IndexError):
        if default is MISSING:
            raise no_default("atan2", values) from None
        return default


def _spread(function: str, values: tuple[Any, ...], default: Any) -> tuple[list[Any], Any]:
    """The numbers meant by ``f([1, 2])``, ``f([1, 2], default)`` or ``f(1, 2)``, and the default."""
    if not values:
        raise bad_value("needs_one", function)
    first = values[0]
    if not isinstance(first, Iterable):
        if len(values) == 1:
            raise bad_value("needs_several", function)
        return list(values), default
    if default is MISSING and len(values) > 1:
        default = values[1]
    return SCOPE.get().meter.listed(first), default


def _of_many(function: str, answer: Callable[[list[Any]], Any], values: tuple[Any, ...], default: Any) -> Any:
    numbers, default = _spread(function, values, default)
    try:
        return answer(numbers)
    except (TypeError, statistics.StatisticsError):
        if default is MISSING:
            raise no_default(function, values) from None
        return default


def average(*values: Any, default: Any = MISSING) -> Any:
    """The arithmetic mean."""
    return _of_many("average", statistics.fmean, values, default)


def median(*values: Any, default: Any = MISSING) -> Any:
    """The middle value, or the mean of the two in the middle."""
    return _of_many("median", statistics.median, values, default)


def statistical_mode(*values: Any, default: Any = MISSING) -> Any:
    """The most frequent value; the first of several."""
    if len(values) > 1 and not isinstance(values[0], (list, tuple)):
        values = (list(values),)
    return _of_many("statistical_mode", statistics.mode, values, default)


def bitwise_and(first: Any, second: Any) -> Any:
    return first & second


def bitwise_or(first: Any, second: Any) -> Any:
    return first | second


def bitwise_xor(first: Any, second: Any) -> Any:
    return first ^ second


_CURVES: Final = {
    name: of_one(name, function)
    for name, function in {
        "sin": math.sin, "cos": math.cos, "tan": math.tan, "asin": math.asin, "acos": math.acos, "atan": math.atan,
        "sqrt": math.sqrt,
    }.items()
}  # fmt: skip
_BOTH: Final[dict[str, Callable[..., Any]]] = {
    **_CURVES, "atan2": atan2, "log": log, "average": average, "median": median, "statistical_mode": statistical_mode,
    "float": to_float, "int": to_int, "bool": to_bool, "is_number": is_number,
}  # fmt: skip
GLOBALS: Final[dict[str, Any]] = {**_BOTH, "e": math.e, "pi": math.pi, "tau": math.tau}
FILTERS: Final[dict[str, Callable[..., Any]]] = {
    **_BOTH, "add": add, "multiply": multiply, "round": rounded,
    "bitwise_and": bitwise_and, "bitwise_or": bitwise_or, "bitwise_xor": bitwise_xor,
}  # fmt: skip
TESTS: Final[dict[str, Callable[..., Any]]] = {"is_number": is_number}
