"""The comparison itself: it must notice what is wrong, or the compatibility suite proves nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat import document
from compat.harness import golden
from compat.harness.differences import expected
from compat.harness.looks import seen
from compat.harness.normal import Normaliser
from compat.harness.shape import misfits, shape_of
from compat.harness.steps import Http, Look, case, ws

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)
RESULT = {"id": 1, "type": "result", "success": True, "result": [{"name": "a", "x": 1}, {"name": "b", "x": 2}]}


@given(JSON)
def test_a_value_differs_nowhere_from_itself_and_fits_its_own_shape(value: Any) -> None:
    assert golden.unequal(value, value, "") == []
    assert misfits(shape_of(value), shape_of(value)) == []


@pytest.mark.parametrize(
    ("theirs", "mine"),
    [
        ({"a": 1}, {}),
        ({}, {"a": 1}),
        ({"a": None}, {}),
        ([1, 2], [1]),
        (1, True),
        (0, False),
        ("1", 1),
        ({"a": {"b": 1}}, {"a": {"b": 2}}),
    ],
)
def test_another_value_is_told(theirs: Any, mine: Any) -> None:
    assert golden.unequal(theirs, mine, "")


@pytest.mark.parametrize(
    ("theirs", "mine", "said"),
    [
        ([{"a": 1}], [{}], "a: missing"),
        ([{"a": 1}, {"a": 2}], [{"a": 1}, {}], "not in every item"),
        ([{"a": 1}], [{"a": 1, "b": 2}], "no such field"),
        ([{"a": 1}], [{"a": "x"}], "expected 'number', found 'text'"),
        ([{"a": 1}, {"a": None}], [{"a": "x"}], "expected"),
    ],
)
def test_another_shape_is_told(theirs: Any, mine: Any, said: str) -> None:
    assert said in " ".join(misfits(shape_of(theirs), shape_of(mine)))


def test_a_shape_may_have_fewer_kinds_than_the_original() -> None:
    theirs, mine = [{"a": 1}, {"a": None, "b": 1}, {"a": [{"c": 1}]}], [{"a": None}]
    assert misfits(shape_of(theirs), shape_of(mine)) == []


def test_a_field_that_was_always_null_may_be_anything() -> None:
    assert misfits(shape_of([{"a": None}]), shape_of([{"a": 5}, {"a": "x"}])) == []


def test_keys_of_a_map_are_free_and_its_values_are_not() -> None:
    theirs = shape_of({"x": {"s": "1"}}, ("",))
    assert misfits(theirs, shape_of({"y": {"s": "1"}, "z": {"s": "2"}}, ("",))) == []
    assert misfits(theirs, shape_of({"y": {}}, ("",)))


def test_equal_ids_keep_one_placeholder_and_others_get_another() -> None:
    one, two = "01JGFJJZ000000000000000001", "01JGFJJZ000000000000000002"
    assert Normaliser({})([one, two, one]) == ["<ulid 1>", "<ulid 2>", "<ulid 1>"]


def test_a_look_narrows_drops_and_tells_failures_whole() -> None:
    assert seen(RESULT, Look(only={"result": ("name", "b")}))["result"] == [{"name": "b", "x": 2}]
    assert seen(RESULT, Look(drop=("result.*.x",)))["result"] == [{"name": "a"}, {"name": "b"}]
    failure = {"id": 1, "type": "result", "success": False, "error": {"code": "not_found", "message": "m"}}
    assert seen(failure, Look("shape")) == failure
    assert seen(failure, Look("code")) == {**failure, "error": {"code": "not_found"}}


def test_the_words_of_an_error_are_free_but_there_are_some_and_the_code_counts() -> None:
    story = case("x", ws("ping"))
    theirs = [{"messages": [{"id": 1, "success": False, "error": {"code": "a", "message": "one"}}]}]
    other_words = [{"messages": [{"id": 1, "success": False, "error": {"code": "a", "message": "two"}}]}]
    no_words = [{"messages": [{"id": 1, "success": False, "error": {"code": "a", "message": ""}}]}]
    other_code = [{"messages": [{"id": 1, "success": False, "error": {"code": "b", "message": "one"}}]}]
    assert golden.differences(story, theirs, other_words) == []
    assert golden.differences(story, theirs, no_words)
    assert golden.differences(story, theirs, other_code)


def test_a_message_too_many_is_told() -> None:
    story = case("x", ws("ping"))
    assert golden.differences(story, [{"messages": [{}]}], [{"messages": [{}]}, {"unasked": "main", "messages": [{}]}])


def test_an_internal_error_of_the_original_is_a_bad_request_of_ours() -> None:
    story = case("x", Http("POST", "/"))
    wanted = expected("x", [{"step": "", "status": 500, "headers": {}, "body": "trouble"}])
    ours = {"step": "", "status": 400, "headers": {"Content-Type": "application/json"}, "body": {"message": "why"}}
    assert golden.differences(story, wanted, [ours]) == []
    assert golden.differences(story, wanted, [{**ours, "status": 500}])


def test_the_document_lists_the_differences_of_today() -> None:
    assert document.with_table(document.DOCUMENT.read_text(encoding="utf-8")) == document.DOCUMENT.read_text(
        encoding="utf-8"
    ), "run: python tests/compat/document.py"
