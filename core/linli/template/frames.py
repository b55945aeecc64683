"""Values on the pipe between the hub and a process that renders: every type arrives as what it was.

To the child goes what :mod:`marshal` makes: it is quick, and the child trusts the hub. What marshal does not know
(times, states, rows of the registries) travels as a tuple that begins with ``...``; a value without any is not walked
through.
Back comes JSON, because the hub trusts nothing that a child says: reading it makes plain values and runs nothing.
"""

import base64
import marshal
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import Enum
from typing import Any, Final
from zoneinfo import ZoneInfo

from linli.context import Context
from linli.states import State
from linli.template.world import AreaView, DeviceView, EntityView, EntryView, FloorView, IssueView, LabelView

DEEPEST: Final = 64
LONGEST_TEXT: Final = 255
_PLAIN: Final = b"p"
_TAGGED: Final = b"t"
_VIEWS: Final = (AreaView, DeviceView, EntityView, EntryView, FloorView, IssueView, LabelView)
_NUMBER_OF: Final = {view: number for number, view in enumerate(_VIEWS)}
StateRow = tuple[str, str, Mapping[str, Any], float, float, float, str, str | None, str | None]


def state_row(state: State) -> StateRow:
    """A state as plain values."""
    attributes, cause = state.attributes, state.context
    return (
        state.entity_id, state.state, attributes if type(attributes) is dict else dict(attributes),
        state.last_changed, state.last_updated, state.last_reported, cause.id, cause.parent_id, cause.user_id,
    )  # fmt: skip


def state_of(row: Any) -> State:
    """The inverse of :func:`state_row`."""
    entity_id, text, attributes, changed, updated, reported, cause, parent, user = row
    state = State(entity_id, text, attributes, changed, updated, Context(user, parent, id=cause))
    state.last_reported = reported
    return state


# to the child --------------------------------------------------------------------------------------------------------


def to_child(value: Any) -> bytes:
    """A value as a frame; what has no form there goes as its text."""
    try:
        return _PLAIN + marshal.dumps(value)
    except ValueError:
        return _TAGGED + marshal.dumps(_packed(value, 0))


def from_hub(frame: bytes) -> Any:
    """The inverse of :func:`to_child`."""
    value = marshal.loads(memoryview(frame)[1:])
    return value if frame[:1] == _PLAIN else _unpacked(value)


def _packed(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind in _SIMPLE:
        return value
    if depth > DEEPEST:
        return _as_text(value)
    if kind is tuple or kind is list or kind is set or kind is frozenset:
        inside = [_packed(each, depth + 1) for each in value]
        if kind is tuple:
            return tuple(inside) if not inside or value[0] is not ... else (..., "tuple", inside)
        return inside if kind is list else kind(inside)
    if kind is dict or isinstance(value, Mapping):
        return {_packed(key, depth + 1): _packed(each, depth + 1) for key, each in value.items()}
    if isinstance(value, State):
        return (..., "state", _packed(state_row(value), depth + 1))
    if kind in _NUMBER_OF:
        inside = [_packed(getattr(value, field.name), depth + 1) for field in fields(value)]
        return (..., "view", _NUMBER_OF[kind], inside)
    return _packed_other(value, depth)


_SIMPLE: Final = frozenset({bool, int, float, complex, str, bytes, type(None), type(...)})


def _packed_other(value: Any, depth: int) -> Any:
    if isinstance(value, datetime):
        return (..., "datetime", *moment_row(value))
    if isinstance(value, time):
        return (..., "time", value.replace(tzinfo=None, fold=0).isoformat(), _zone_packed(value), value.fold)
    if isinstance(value, date):
        return (..., "date", value.isoformat())
    if isinstance(value, timedelta):
        return (..., "timedelta", value.days, value.seconds, value.microseconds)
    if isinstance(value, Enum) and isinstance(value, (str, int, float)):
        return _packed(value.value, depth + 1)
    for plain in _BASES:
        if isinstance(value, plain):
            return _packed(plain(value), depth + 1)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _packed(getattr(value, field.name), depth + 1) for field in fields(value)}
    return _as_text(value)


_BASES: Final[tuple[type[Any], ...]] = (str, int, float, bytes, list, tuple, set, frozenset)


def _as_text(value: Any) -> str:
    try:
        return str(value)[:LONGEST_TEXT]
    except Exception:  # noqa: BLE001 - the guard: its __str__ is a plugin's
        return f"<{type(value).__name__}>"


def moment_row(value: datetime) -> tuple[str, Any, int]:
    """A time as plain values."""
    return value.replace(tzinfo=None, fold=0).isoformat(), _zone_packed(value), value.fold


def moment_of(text: str, zone: Any, fold: int) -> datetime:
    """The inverse of :func:`moment_row`."""
    return datetime.fromisoformat(text).replace(tzinfo=_zone(zone), fold=fold)


def _zone_packed(value: datetime | time) -> Any:
    zone, offset = value.tzinfo, value.utcoffset()
    if isinstance(zone, ZoneInfo) and zone.key is not None:
        return zone.key
    return None if zone is None or offset is None else offset // timedelta(microseconds=1)


def _zone(packed: Any) -> tzinfo | None:
    if packed is None or isinstance(packed, str):
        return None if packed is None else ZoneInfo(packed)
    return timezone(timedelta(microseconds=packed)) if packed else UTC


def _unpacked(value: Any) -> Any:
    kind = type(value)
    if kind is tuple and value and value[0] is ...:
        return _KINDS[value[1]](*value[2:])
    if kind is dict:
        return {_unpacked(key): _unpacked(each) for key, each in value.items()}
    if kind is tuple or kind is list or kind is set or kind is frozenset:
        return kind(_unpacked(each) for each in value)
    return value


_KINDS: Final[Mapping[str, Callable[..., Any]]] = {
    "tuple": lambda inside: tuple(_unpacked(each) for each in inside),
    "state": lambda row: state_of(_unpacked(row)),
    "view": lambda number, inside: _VIEWS[number](*map(_unpacked, inside)),
    "datetime": moment_of,
    "time": lambda text, zone, fold: time.fromisoformat(text).replace(tzinfo=_zone(zone), fold=fold),
    "date": date.fromisoformat,
    "timedelta": timedelta,
}


# back to the hub -----------------------------------------------------------------------------------------------------

TAG: Final = "~"


def outward(value: Any) -> Any:
    """A template's result (what a literal can stand for), or what a text says, as values that JSON has."""
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        try:
            value.encode()
        except UnicodeEncodeError:
            return {TAG: "text", "v": base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()}
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**63 else {TAG: "int", "v": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {TAG: "float", "v": repr(value)}
    if kind is list:
        return [outward(each) for each in value]
    if kind is dict and all(type(key) is str for key in value) and TAG not in value:
        return {outward(key): outward(each) for key, each in value.items()} if _encodes(value) else _pairs(value)
    return _tagged(kind, value)


def _encodes(keys: Mapping[str, Any]) -> bool:
    try:
        "".join(keys).encode()
    except UnicodeEncodeError:
        return False
    return True


def _pairs(value: Mapping[Any, Any]) -> Any:
    return {TAG: "dict", "v": [[outward(key), outward(each)] for key, each in value.items()]}


def _tagged(kind: type[Any], value: Any) -> Any:
    if kind is dict:
        return _pairs(value)
    if kind is tuple or kind is set:
        return {TAG: kind.__name__, "v": [outward(each) for each in value]}
    if kind is bytes:
        return {TAG: "bytes", "v": base64.b64encode(value).decode()}
    if kind is complex:
        return {TAG: "complex", "v": [repr(value.real), repr(value.imag)]}
    if value is ...:
        return {TAG: "ellipsis", "v": None}
    if kind is date or kind is datetime:
        return {TAG: kind.__name__, "v": value.isoformat()}
    raise TypeError(f"a {kind.__name__} is no result of a template")


def inward(tree: Any) -> Any:
    """The inverse of :func:`outward`; raises KeyError, TypeError, ValueError for what that did not make."""
    if type(tree) is list:
        return [inward(each) for each in tree]
    if type(tree) is not dict:
        return tree
    if TAG not in tree:
        return {key: inward(each) for key, each in tree.items()}
    return _RESULTS[tree[TAG]](tree["v"])


_RESULTS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "text": lambda text: base64.b64decode(text).decode("utf-8", "surrogatepass"),
    "int": lambda text: int(text, 16),
    "float": float,
    "bytes": base64.b64decode,
    "complex": lambda parts: complex(float(parts[0]), float(parts[1])),
    "ellipsis": lambda _: ...,
    "dict": lambda pairs: {inward(key): inward(each) for key, each in pairs},
    "tuple": lambda items: tuple(inward(each) for each in items),
    "set": lambda items: {inward(each) for each in items},
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}
