"""What may cross the door: plain values, as bytes and back. Anything else is refused, saying what it is and where.

The bytes are JSON. Texts, numbers, lists and maps with text keys stand for themselves; the rest is a map with the one
key ``~`` that names the kind. Decoding imports nothing: a dataclass or enum is made only if its class is imported
already and belongs to linli or to a plugin.
"""

import base64
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import orjson

from linli.bus import EventType
from linli.context import Context, Purpose
from linli.errors import ContractError
from linli.ids import EntityId
from linli.plugin.packages import manifest_above
from linli.scope import Scope
from linli.state import State

KIND: Final = "~"
MAX_DEPTH: Final = 64
"""A map with other keys than texts is three levels of JSON deep, and the encoder stops at 254."""
_LARGEST: Final = 2**63 - 1
_SMALLEST: Final = -(2**63)


class _Unplain(Exception):
    """Found on the way down; the way back up adds where."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.steps: list[str] = []


def encode(value: Any) -> bytes:
    """``value`` as bytes; raises ContractError for what is no plain value."""
    return orjson.dumps(pack(value))


def decode(data: bytes) -> Any:
    """The value again; raises ContractError for bytes that :func:`encode` did not make, or classes not known here."""
    try:
        tree = orjson.loads(data)
    except ValueError as error:
        raise ContractError(f"what came through the door is no message: {error}") from error
    return unpack(tree)


def cross(value: Any) -> Any:
    """``value`` as it arrives on the other side of a door between two processes."""
    return decode(encode(value))


def pack(value: Any) -> Any:
    """``value`` as JSON values (for what is stored as JSON); raises ContractError for what is no plain value."""
    try:
        return _pack(value, 0)
    except _Unplain as error:
        where = "".join(reversed(error.steps)) or "the value itself"
        raise ContractError(f"{error.what} cannot cross the door (at {where}); plain values can") from None


def unpack(tree: Any, by: "Readers | None" = None) -> Any:
    """The inverse of :func:`pack`; raises ContractError.

    ``by``: what reads each kind in place of :data:`READERS`, where the sender is not believed.
    """
    try:
        return _unpack(tree, 0, READERS if by is None else by)
    except ContractError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ContractError(f"what came through the door is damaged: {type(error).__name__}: {error}") from error


# out -----------------------------------------------------------------------------------------------------------------


def _pack(value: Any, depth: int) -> Any:
    if value is None or value is True or value is False:
        return value
    if depth > MAX_DEPTH:
        raise _Unplain(f"a value nested more than {MAX_DEPTH} deep (or holding itself)")
    packer = _PACKERS.get(type(value))
    if packer is not None:
        return packer(value, depth + 1)
    if isinstance(value, Enum):
        return {KIND: "enum", "class": _class_name(type(value)), "value": _pack(value.value, depth + 1)}
    if is_dataclass(value) and not isinstance(value, type):
        return _pack_dataclass(value, depth + 1)
    raise _Unplain(_described(value))


def _described(value: Any) -> str:
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    if isinstance(value, tuple):
        return f"the named tuple {name}"
    if callable(value):
        return f"the callable {getattr(value, '__qualname__', name)}"
    return f"an object of type {name}"


def _pack_text(value: str, depth: int) -> Any:
    try:
        value.encode()
    except UnicodeEncodeError:
        return {KIND: "text", "value": base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()}
    return str(value)


def _pack_int(value: int, depth: int) -> Any:
    return value if _SMALLEST <= value <= _LARGEST else {KIND: "int", "value": hex(value)}


def _pack_float(value: float, depth: int) -> Any:
    return value if math.isfinite(value) else {KIND: "float", "value": repr(value)}


def _pack_bytes(value: bytes, depth: int) -> Any:
    return {KIND: "bytes", "value": base64.b64encode(value).decode()}


def _pack_items(value: Any, depth: int) -> list[Any]:
    packed = []
    for index, item in enumerate(value):
        try:
            packed.append(_pack(item, depth))
        except _Unplain as error:
            error.steps.append(f"[{index}]")
            raise
    return packed


def _pack_set(value: Any, depth: int) -> list[Any]:
    packed = []
    for item in value:
        try:
            packed.append(_pack(item, depth))
        except _Unplain as error:
            error.steps.append("{…}")
            raise
    return packed


def _pack_map(value: Mapping[Any, Any], depth: int) -> Any:
    if all(type(key) is str for key in value) and KIND not in value:
        return _pack_values(value, depth)
    return {
        KIND: "map",
        "items": [[_pack(key, depth), _pack_at(item, depth, f"[{key!r}]")] for key, item in value.items()],
    }


def _pack_values(value: Mapping[str, Any], depth: int) -> dict[str, Any]:
    packed = {}
    for key, item in value.items():
        if not key.isascii():
            try:
                key.encode()
            except UnicodeEncodeError:
                raise _Unplain(f"the key {key!r}, which is no valid text,") from None
        packed[key] = _pack_at(item, depth, f"[{key!r}]")
    return packed


def _pack_at(value: Any, depth: int, step: str) -> Any:
    try:
        return _pack(value, depth)
    except _Unplain as error:
        error.steps.append(step)
        raise


def _pack_dataclass(value: Any, depth: int) -> Any:
    kind = type(value)
    if not kind.__dataclass_params__.frozen or "__slots__" not in vars(kind):
        raise _Unplain(f"the dataclass {kind.__qualname__}, which is not frozen with slots,")
    return {
        KIND: "data",
        "class": _class_name(kind),
        "value": {
            part.name: _pack_at(getattr(value, part.name), depth, f".{part.name}")
            for part in fields(value)
            if part.init
        },
    }


def _class_name(kind: type[Any]) -> str:
    if "<locals>" in kind.__qualname__:
        raise _Unplain(f"the class {kind.__qualname__}, which is made inside a function,")
    if not _is_ours(kind.__module__):
        raise _Unplain(
            f"the class {kind.__module__}.{kind.__qualname__}, which belongs neither to linli nor to a plugin,"
        )
    return f"{kind.__module__}:{kind.__qualname__}"


def _pack_zone(zone: tzinfo | None, offset: timedelta | None) -> Any:
    if zone is None:
        return None
    if isinstance(zone, ZoneInfo):
        if zone.key is None:
            raise _Unplain("a time zone without a name")
        return zone.key
    if offset is None:
        raise _Unplain(f"the time zone {zone!r}")
    return offset // timedelta(microseconds=1)


def _pack_datetime(value: datetime, depth: int) -> Any:
    bare = value.replace(tzinfo=None, fold=0).isoformat()
    return {KIND: "datetime", "value": bare, "zone": _pack_zone(value.tzinfo, value.utcoffset()), "fold": value.fold}


def _pack_time(value: time, depth: int) -> Any:
    bare = value.replace(tzinfo=None, fold=0).isoformat()
    return {KIND: "time", "value": bare, "zone": _pack_zone(value.tzinfo, value.utcoffset()), "fold": value.fold}


def _pack_context(value: Context, depth: int) -> Any:
    packed = {KIND: "context", **value.as_dict(), "plugin": value.plugin, "purpose": value.purpose.value}
    if value.scope is not None:
        packed["scope"] = _pack(value.scope, depth)
    if value.bounds:
        packed["bounds"] = _pack_items(value.bounds, depth)
    if value.vouched:
        packed["vouched"] = True
    return packed


def _pack_state(value: State, depth: int) -> Any:
    """Its cause goes along as every client knows it, by its three ids: nobody's rights travel in a state."""
    return {
        KIND: "state",
        "entity_id": value.entity_id,
        "state": value.state,
        "attributes": _pack_at(value.as_dict()["attributes"], depth, ".attributes"),
        "times": [value.last_changed, value.last_updated, value.last_reported],
        "context": value.context.as_dict(),
    }


_PACKERS: Final[Mapping[type[Any], Callable[[Any, int], Any]]] = {
    str: _pack_text,
    EventType: _pack_text,
    int: _pack_int,
    float: _pack_float,
    bytes: _pack_bytes,
    list: _pack_items,
    tuple: lambda value, depth: {KIND: "tuple", "items": _pack_items(value, depth)},
    set: lambda value, depth: {KIND: "set", "items": _pack_set(value, depth)},
    frozenset: lambda value, depth: {KIND: "frozenset", "items": _pack_set(value, depth)},
    dict: _pack_map,
    MappingProxyType: _pack_map,
    datetime: _pack_datetime,
    date: lambda value, depth: {KIND: "date", "value": value.isoformat()},
    time: _pack_time,
    timedelta: lambda value, depth: {KIND: "timedelta", "value": [value.days, value.seconds, value.microseconds]},
    Context: _pack_context,
    State: _pack_state,
}


# in ------------------------------------------------------------------------------------------------------------------


def _unpack(tree: Any, depth: int, by: "Readers") -> Any:
    if depth > MAX_DEPTH * 3:
        raise ContractError("what came through the door is nested too deep")
    if isinstance(tree, list):
        return [_unpack(item, depth + 1, by) for item in tree]
    if not isinstance(tree, dict):
        return tree
    kind = tree.get(KIND)
    if kind is None:
        return {key: _unpack(item, depth + 1, by) for key, item in tree.items()}
    reader = by.get(kind)
    if reader is None:
        raise ContractError(f"what came through the door is of an unknown kind {kind!r}")
    return reader(tree, depth + 1, by)


def _items(tree: Mapping[str, Any], depth: int, by: "Readers") -> list[Any]:
    return [_unpack(item, depth, by) for item in tree["items"]]


def _class(name: str) -> Any:
    module_name, _, qualname = name.partition(":")
    found: Any = sys.modules.get(module_name)
    if found is None or not _is_ours(module_name):
        raise ContractError(f"{module_name} is no imported module of linli or a plugin")
    for part in qualname.split("."):
        found = vars(found).get(part)
        if found is None:
            raise ContractError(f"{name} does not exist here")
    return found


def _is_ours(module_name: str) -> bool:
    return module_name.partition(".")[0] == "linli" or manifest_above(module_name) is not None


def _unpack_enum(tree: Mapping[str, Any], depth: int, by: "Readers") -> Any:
    kind = _class(tree["class"])
    if not (isinstance(kind, type) and issubclass(kind, Enum)):
        raise ContractError(f"{tree['class']} is no enum")
    return kind(_unpack(tree["value"], depth, by))


def _unpack_dataclass(tree: Mapping[str, Any], depth: int, by: "Readers") -> Any:
    kind = _class(tree["class"])
    if not (isinstance(kind, type) and is_dataclass(kind) and kind.__dataclass_params__.frozen):  # type: ignore[attr-defined]  # typeshed leaves it out
        raise ContractError(f"{tree['class']} is no frozen dataclass")
    return kind(**{name: _unpack(part, depth, by) for name, part in tree["value"].items()})


def _zone(packed: Any) -> tzinfo | None:
    if packed is None:
        return None
    if isinstance(packed, str):
        return ZoneInfo(packed)
    return timezone(timedelta(microseconds=packed)) if packed else UTC


def _unpack_context(tree: Mapping[str, Any], depth: int, by: "Readers") -> Context:
    scope = _unpack(tree.get("scope"), depth, by)
    if not isinstance(scope, Scope | None):
        raise ContractError("what stands for a context's scope is none")
    context = Context(tree["user_id"], tree["parent_id"], tree["plugin"], Purpose(tree["purpose"]), tree["id"], scope)
    context.vouched = tree.get("vouched") is True
    context.bounds = tuple(_unpack(bound, depth, by) for bound in tree.get("bounds", ()))
    return context


def _unpack_state(tree: Mapping[str, Any], depth: int, by: "Readers") -> State:
    changed, updated, reported = tree["times"]
    cause = tree["context"]
    context = Context(cause["user_id"], cause["parent_id"], id=cause["id"])
    attributes = _unpack(tree["attributes"], depth, by)
    state = State(EntityId(tree["entity_id"]), tree["state"], attributes, changed, updated, context)
    state.last_reported = reported
    return state


def _unpack_datetime(tree: Mapping[str, Any], depth: int, by: "Readers") -> datetime:
    return datetime.fromisoformat(tree["value"]).replace(tzinfo=_zone(tree["zone"]), fold=tree["fold"])


def _unpack_time(tree: Mapping[str, Any], depth: int, by: "Readers") -> time:
    return time.fromisoformat(tree["value"]).replace(tzinfo=_zone(tree["zone"]), fold=tree["fold"])


Readers: TypeAlias = Mapping[str, Callable[[Any, int, "Readers"], Any]]
"""What reads a value of each kind: its tree, how deep it lies, and these readers for what is in it."""

READERS: Final[Readers] = {
    "text": lambda tree, depth, by: base64.b64decode(tree["value"]).decode("utf-8", "surrogatepass"),
    "int": lambda tree, depth, by: int(tree["value"], 16),
    "float": lambda tree, depth, by: float(tree["value"]),
    "bytes": lambda tree, depth, by: base64.b64decode(tree["value"]),
    "tuple": lambda tree, depth, by: tuple(_items(tree, depth, by)),
    "set": lambda tree, depth, by: set(_items(tree, depth, by)),
    "frozenset": lambda tree, depth, by: frozenset(_items(tree, depth, by)),
    "map": lambda tree, depth, by: {_unpack(key, depth, by): _unpack(item, depth, by) for key, item in tree["items"]},
    "datetime": _unpack_datetime,
    "date": lambda tree, depth, by: date.fromisoformat(tree["value"]),
    "time": _unpack_time,
    "timedelta": lambda tree, depth, by: timedelta(*tree["value"]),
    "enum": _unpack_enum,
    "data": _unpack_dataclass,
    "context": _unpack_context,
    "state": _unpack_state,
}
