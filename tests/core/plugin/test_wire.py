"""What crosses the door arrives equal and of the same types; what cannot is refused by name and place."""

import json
import math
import sys
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntFlag, StrEnum
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.bus import EventType
from linli.context import Context, Purpose
from linli.errors import ContractError
from linli.ids import EntityId, PluginDomain, UserId
from linli.messages import Message
from linli.plugin.manifest import Capabilities, Layer, Manifest, Privilege
from linli.plugin.wire import MAX_DEPTH, cross, decode, encode, pack, unpack
from linli.scope import Scope
from linli.states import State

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.binary()
    | st.datetimes(timezones=st.none() | st.timezones() | st.just(UTC) | st.just(timezone(timedelta(minutes=-210))))
    | st.times(timezones=st.none() | st.just(UTC))
    | st.dates()
    | st.timedeltas()
    | st.sampled_from(Layer)
    | st.sampled_from(Purpose)
    | st.builds(Message, st.text(), st.dictionaries(st.text(), st.integers()))
    | st.builds(Capabilities, calls=st.tuples(st.text()), privileges=st.frozensets(st.sampled_from(Privilege)))
)
keys = st.none() | st.integers() | st.text() | st.binary() | st.sampled_from(Layer) | st.tuples(st.integers())
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.just("~"), inner)
        | st.dictionaries(keys, inner)
        | st.sets(keys)
        | st.frozensets(keys)
    ),
    max_leaves=12,
)


def shape(value: Any) -> Any:
    """The value with every type in it, so that 1, 1.0 and True, or a list and a tuple, are told apart."""
    if isinstance(value, dict):
        return dict, [(shape(key), shape(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [shape(item) for item in value]
    if isinstance(value, datetime):
        return datetime, value.replace(tzinfo=None), value.fold, value.utcoffset()
    return type(value), value


@given(values)
def test_what_crosses_arrives_as_it_was(value: Any) -> None:
    assert shape(cross(value)) == shape(value)


@given(values)
def test_what_is_packed_for_a_document_is_plain_json(value: Any) -> None:
    def plain(tree: Any) -> bool:
        if isinstance(tree, dict):
            return all(type(key) is str and plain(item) for key, item in tree.items())
        if isinstance(tree, list):
            return all(plain(item) for item in tree)
        return tree is None or type(tree) in (bool, int, float, str)

    packed = pack(value)
    assert plain(packed)
    assert shape(unpack(packed)) == shape(value)


@given(st.binary(max_size=60) | st.from_regex(rb'\{"~":"[a-z]+".{0,30}\}'))
def test_foreign_bytes_are_a_contract_error_and_nothing_worse(data: bytes) -> None:
    try:
        value = decode(data)
    except ContractError:
        return
    assert value == value or isinstance(value, float)


@pytest.mark.parametrize("number", [math.inf, -math.inf, 2**63, 2**200, -(2**63) - 1, -0.0, 5e-324])
def test_numbers_that_json_loses_arrive(number: float) -> None:
    assert repr(cross(number)) == repr(number)


def test_a_number_that_is_none_arrives_as_none_of_them() -> None:
    assert math.isnan(cross(math.nan))


def test_a_context_arrives_whole() -> None:
    scope = Scope(read_only=True, domains=frozenset({"light"}))
    sent = Context(UserId("u"), "parent", PluginDomain("lift"), Purpose.INCIDENT, scope=scope)
    arrived = cross({"context": sent})["context"]
    assert arrived == sent
    assert (arrived.parent_id, arrived.plugin, arrived.user_id, arrived.purpose, arrived.scope) == (
        "parent", "lift", "u", Purpose.INCIDENT, scope,
    )  # fmt: skip
    assert cross(Context()).scope is None


def test_a_context_with_a_scope_that_is_none_is_refused() -> None:
    sent = json.loads(encode(Context(UserId("u"))))
    with pytest.raises(ContractError, match="scope"):
        decode(json.dumps({**sent, "scope": {"read_only": True}}).encode())


def test_ids_event_types_and_read_only_maps_arrive_as_the_plain_values_that_they_are() -> None:
    sent = {"a": EntityId("light.x"), "b": EventType("rung"), "c": MappingProxyType({"d": 1})}
    assert cross(sent) == {"a": "light.x", "b": "rung", "c": {"d": 1}}
    assert type(cross(EventType("rung"))) is str


def test_a_repeated_hour_stays_the_one_that_it_was() -> None:
    second = datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1)
    assert cross(second).utcoffset() == timedelta(hours=1)
    assert cross(second).tzinfo is second.tzinfo


class Local:
    pass


@dataclass
class Loose:
    x: int = 0


@dataclass(frozen=True, slots=True)
class Stranger:
    x: int = 0


class Colour(Enum):
    RED = "red"


class Bits(IntFlag):
    A = 1
    B = 2


class Pair(NamedTuple):
    a: int


class Word(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": [1, {"b": Local()}]}, "Local cannot cross the door (at ['a'][1]['b'])"),
        ([print], "the callable print cannot cross the door (at [0])"),
        (Message("k", {"n": Decimal(1)}), "type decimal.Decimal cannot cross the door (at .parameters['n'])"),
        ({5: {Decimal(1)}}, "(at [5]{…})"),
        (Loose(), "the dataclass Loose, which is not frozen with slots,"),
        (Stranger(), "Stranger, which belongs neither to linli nor to a plugin,"),
        (Colour.RED, "belongs neither to linli nor to a plugin"),
        (Pair(1), "the named tuple"),
        (Word("x"), "Word cannot cross"),
        (OrderedDict(a=1), "OrderedDict"),
        (defaultdict(int), "defaultdict"),
        (bytearray(b"x"), "bytearray"),
        (Message, "the callable Message"),
        ({"\ud800": 1}, "which is no valid text"),
        (Local(), "(at the value itself)"),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)  # fmt: skip
def test_what_cannot_cross_is_named_with_its_place(value: Any, said: str) -> None:
    with pytest.raises(ContractError) as caught:
        encode(value)
    assert said in str(caught.value)


def test_a_state_crosses_without_the_rights_behind_it() -> None:
    cause = Context(UserId("u"), "before", id="c", scope=Scope(read_only=True)).vouch()
    state = State(
        EntityId("light.lamp"), "on", {"level": 7, "~": "odd", "since": timedelta(seconds=5)}, 1.0, 2.0, cause
    )
    state.last_reported = 3.0
    (arrived,) = cross([state])
    assert arrived.json() == state.json()
    assert arrived.attributes == {"level": 7, "~": "odd", "since": 5.0}
    assert (arrived.context.vouched, arrived.context.scope, arrived.context.bounds) == (False, None, ())


def test_a_value_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ContractError, match=f"nested more than {MAX_DEPTH} deep"):
        encode(endless)


def test_the_deepest_value_that_may_leave_also_arrives() -> None:
    deep: Any = Message("end")
    for _ in range(MAX_DEPTH - 2):
        deep = {1: deep}
    assert cross(deep) == deep


@pytest.fixture
def plugin_module() -> Any:
    """A module of a plugin as if it were imported: its door plate above it has a manifest."""
    package, module = ModuleType("linli_wired"), ModuleType("linli_wired.model")
    package.MANIFEST = Manifest("wired", "data")  # type: ignore[attr-defined]  # as a door plate does
    sys.modules.update({"linli_wired": package, "linli_wired.model": module})
    for kind in (Stranger, Colour, Bits):
        moved = type(kind.__name__, (kind,), {}) if kind is Stranger else kind
        setattr(module, kind.__name__, moved)
    yield module
    del sys.modules["linli_wired"], sys.modules["linli_wired.model"]


def test_values_of_an_imported_plugin_cross(plugin_module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (Colour, Bits):
        monkeypatch.setattr(kind, "__module__", plugin_module.__name__)
    assert cross(Colour.RED) is Colour.RED
    assert cross([Bits.A | Bits.B]) == [Bits.A | Bits.B]


@pytest.mark.parametrize(
    "data",
    [
        b'{"~":"data","class":"subprocess:Popen","value":{"args":["true"]}}',
        b'{"~":"data","class":"linli_never_imported:X","value":{}}',
        b'{"~":"data","class":"linli.context:Context","value":{}}',
        b'{"~":"data","class":"linli.messages:Message.of","value":{}}',
        b'{"~":"data","class":"linli.messages:dataclass","value":{}}',
        b'{"~":"data","class":"linli.messages:Message","value":{"nonsense":1}}',
        b'{"~":"enum","class":"linli.messages:Message","value":"x"}',
        b'{"~":"enum","class":"linli.context:Purpose","value":"x"}',
        b'{"~":"datetime","value":"2025-01-01","zone":"../../etc/passwd","fold":0}',
        b'{"~":"set","items":[[1]]}',
        b'{"~":"nonsense"}',
        b'{"~":["a"]}',
        b"{",
        b"",
    ],
)
def test_decoding_makes_nothing_that_encoding_would_not_have_sent(data: bytes) -> None:
    with pytest.raises(ContractError):
        decode(data)


@pytest.mark.parametrize(("kind", "name", "value"), [("data", "Stranger", {"x": 1}), ("enum", "Colour", "red")])
def test_decoding_makes_nothing_of_a_module_that_is_no_plugins(kind: str, name: str, value: Any) -> None:
    assert hasattr(sys.modules[__name__], name)
    with pytest.raises(ContractError, match="is no imported module of linli or a plugin"):
        unpack({"~": kind, "class": f"{__name__}:{name}", "value": value})


def test_decoding_imports_nothing() -> None:
    before = set(sys.modules)
    with pytest.raises(ContractError):
        decode(b'{"~":"enum","class":"colorsys:x","value":1}')
    assert set(sys.modules) == before


def test_a_str_enum_used_as_a_key_stays_one() -> None:
    class_of = {type(key) for key in cross({Layer.DATA: 1, "data_": 2})}
    assert class_of == {Layer, str}
    assert issubclass(Layer, StrEnum)
    assert cross({date(2025, 1, 1): time(1, tzinfo=UTC)}) == {date(2025, 1, 1): time(1, tzinfo=UTC)}
