"""What crosses the pipe arrives as what it was, in both directions."""

import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.context import Context
from linli.ids import EntityId, UserId
from linli.states import State
from linli.template import DeviceView, parse_result
from linli.template.frames import from_hub, inward, outward, to_child

SHANGHAI = ZoneInfo("Asia/Shanghai")
moments = st.datetimes(timezones=st.sampled_from([UTC, SHANGHAI, timezone(timedelta(hours=-3, minutes=-30))]))
atoms = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(max_size=9)
    | moments | st.datetimes() | st.dates() | st.times() | st.timedeltas() | st.just(...)
)  # fmt: skip
keys = st.text(max_size=3) | st.integers() | st.tuples(st.integers(), st.text(max_size=2))
values = st.recursive(
    atoms,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
        | st.sets(keys, max_size=3)
        | st.frozensets(keys, max_size=3)
    ),
    max_leaves=12,
)


@given(values)
def test_every_value_reaches_the_child_as_what_it_was(value: Any) -> None:
    arrived = from_hub(to_child(value))
    assert (arrived, typed(arrived)) == (value, typed(value))


def typed(value: Any) -> Any:
    if isinstance(value, dict):
        return [(typed(key), typed(each)) for key, each in value.items()]
    if isinstance(value, (list, tuple)):
        return [type(value), *map(typed, value)]
    if isinstance(value, (datetime, time)):
        return type(value), repr(value.tzinfo), value.fold
    return type(value)


def test_a_state_arrives_with_its_times_and_its_cause() -> None:
    cause = Context(UserId("u"), "parent", id="c")
    attributes = {"rgb": (1, 2), "modes": {"a"}, "since": datetime(2025, 1, 1, tzinfo=UTC), "day": date(2025, 1, 1)}
    state = State(EntityId("light.a"), "on", MappingProxyType(attributes), 1.5, 2.5, cause)
    state.last_reported = 3.5
    arrived = from_hub(to_child({"state": state}))["state"]
    assert (arrived.entity_id, arrived.state, arrived.attributes) == ("light.a", "on", attributes)
    assert (arrived.last_changed, arrived.last_updated, arrived.last_reported) == (1.5, 2.5, 3.5)
    assert arrived.context.as_dict() == cause.as_dict()


def test_a_row_of_a_registry_arrives_whole() -> None:
    row = DeviceView("d", "Lamp", identifiers=frozenset({("zigbee", "1")}), labels=frozenset({"x"}))
    assert from_hub(to_child([row])) == [row]


class Colour(StrEnum):
    RED = "red"


class Odd:
    def __str__(self) -> str:
        return "odd"


class Worse:
    def __str__(self) -> str:
        raise ValueError


def test_what_a_plugin_made_up_goes_as_plain_values_or_as_its_text() -> None:
    assert from_hub(to_child([Colour.RED, Odd(), Worse()])) == ["red", "odd", "<Worse>"]
    assert type(from_hub(to_child([Colour.RED]))[0]) is str


def test_a_value_that_holds_itself_ends_somewhere() -> None:
    endless: list[Any] = [datetime(2025, 1, 1)]
    endless.append(endless)
    assert from_hub(to_child(endless))[0] == endless[0]


literals = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(max_size=9)
    | st.complex_numbers(allow_nan=False) | st.just(...),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
        | st.sets(keys, max_size=3)
    ),
    max_leaves=12,
)  # fmt: skip


@given(literals)
def test_every_result_reaches_the_hub_as_what_it_was(value: Any) -> None:
    arrived = inward(orjson.loads(orjson.dumps(outward(value))))
    assert (arrived, typed(arrived)) == (value, typed(value))


@given(st.text())
def test_whatever_a_text_stands_for_can_be_said(text: str) -> None:
    result = parse_result(text)
    assert repr(inward(json.loads(json.dumps(outward(result))))) == repr(result)


@pytest.mark.parametrize("tree", [{"~": "data", "v": 1}, {"~": "set", "v": [[]]}, {"~": "int"}, {"~": ["x"], "v": 1}])
def test_what_no_child_of_ours_says_is_refused(tree: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        inward(tree)
