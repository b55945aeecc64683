"""What is taken up quickly is what voluptuous would make of it."""

from typing import Any

import pytest
import voluptuous as vol
from hypothesis import given
from hypothesis import strategies as st

from linli.quick_schema import QuickSchema

MARKERS = (
    lambda name: name,
    vol.Required,
    vol.Optional,
    lambda name: vol.Required(name, default=7),
    lambda name: vol.Optional(name, default="seven"),
    lambda name: vol.Optional(name, default=dict),
    lambda name: vol.Exclusive(name, "group"),
    lambda name: vol.Inclusive(name, "group"),
    vol.Remove,
)
VALUES: tuple[Any, ...] = (
    str, int, float, bool, dict, list, object, None, "a", {}, {str: int}, [int],
    vol.Any(dict, None), vol.Any(vol.Coerce(int), str), vol.Any(str, vol.Upper), vol.All(str, vol.Length(max=2)),
    vol.Coerce(int), vol.Lower,
)  # fmt: skip
names = st.sampled_from(["a", "b", "c"])
schemas = st.dictionaries(names, st.tuples(st.sampled_from(MARKERS), st.sampled_from(VALUES)), max_size=3).map(
    lambda chosen: {marker(name): value for name, (marker, value) in chosen.items()}
)
plain = st.one_of(
    st.none(), st.booleans(), st.integers(0, 3), st.just(1.5), st.sampled_from(["a", "Xy", "3"]),
    st.lists(st.integers(), max_size=1), st.dictionaries(names, st.integers(0, 1), max_size=1),
)  # fmt: skip
data = st.one_of(st.dictionaries(st.one_of(names, st.integers(0, 1)), plain, max_size=4), plain)


def judged(schema: vol.Schema, value: Any) -> tuple[str, str]:
    """What became of it; of several mistakes voluptuous names any one, since its keys pass through a set."""
    try:
        taken = schema(value)
    except vol.Invalid:
        return "refused", ""
    return "taken", repr(sorted(taken.items(), key=repr) if isinstance(taken, dict) else taken)


@given(schemas, data)
def test_it_judges_as_voluptuous_does(schema: dict[Any, Any], value: Any) -> None:
    assert judged(QuickSchema(schema), value) == judged(vol.Schema(schema), value)


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_a_value_of_another_type_is_not_taken_for_right(value: Any) -> None:
    schema = {vol.Required("a"): int}
    for each in (QuickSchema(schema), vol.Schema(schema)):
        if value is True:  # a bool is an int to voluptuous
            assert each({"a": value}) == {"a": True}
        else:
            with pytest.raises(vol.Invalid, match="expected int"):
                each({"a": value})


def test_what_is_plainly_right_does_not_reach_voluptuous(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = QuickSchema(
        {vol.Required("id"): int, vol.Optional("data", default=dict): vol.Any(dict, None), "more": str}
    )

    def asked(*_: object) -> None:
        raise AssertionError("voluptuous was asked")

    monkeypatch.setattr(vol.Schema, "__call__", asked)
    assert schema({"id": 3}) == {"id": 3, "data": {}}
    with pytest.raises(AssertionError, match="was asked"):
        schema({"id": "3"})


def test_what_came_in_is_left_as_it_was() -> None:
    sent = {"id": 1}
    taken = QuickSchema({vol.Required("id"): int, vol.Optional("data", default=dict): dict})(sent)
    taken["data"]["x"] = taken["id"] = 2
    assert sent == {"id": 1}
