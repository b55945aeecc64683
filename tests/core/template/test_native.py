"""What a rendered text stands for."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.template import parse_result
from linli.template.native import _parsed

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(plain.filter(lambda value: not isinstance(value, str)))
def test_a_value_is_read_back_from_how_it_is_printed(value: Any) -> None:
    assert parse_result(str(value)) == value


@given(st.floats(min_value=-1e15, max_value=1e15).filter(lambda number: "e" not in str(number)))
def test_a_number_is_read_back_from_plain_notation(number: float) -> None:
    assert math.isclose(parse_result(str(number)), number)


@given(st.text())
def test_any_text_gives_a_plain_value(text: str) -> None:
    value = parse_result(text)
    assert value == text or not isinstance(value, (str, complex))


@pytest.mark.parametrize(
    "text", ["(" * 250 + ")" * 250, "-" * 5000 + "1", "[" * 5000, "1+" * 5000 + "1", "{1:" * 3000, "[" + "1," * 60_000]
)
def test_what_python_cannot_read_remains_text(text: str) -> None:
    assert parse_result(text) == text


def test_a_list_is_nobody_elses() -> None:
    first = parse_result("[1, [2], {'a': [3]}]")
    first[1].append("mine")
    first[2]["a"].append("mine")
    assert parse_result("[1, [2], {'a': [3]}]") == [1, [2], {"a": [3]}]


def test_no_warning_of_the_parser_reaches_anyone() -> None:
    assert parse_result("12in") == "12in"
    assert parse_result("['\\d']") == ["\\d"]


@given(st.from_regex(r"[+-]?[0-9]{0,20}(\.[0-9]{0,20})?", fullmatch=True))
def test_a_short_number_is_what_the_parser_makes_of_it(text: str) -> None:
    assert repr(parse_result(text)) == repr(_parsed(text))
