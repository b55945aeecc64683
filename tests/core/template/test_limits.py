"""The meter counts what a value would be when written out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.template import LimitExceeded, Limits
from linli.template.limits import Meter

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(codec="ascii"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=25,
)


@given(values)
def test_the_weight_is_near_the_length_of_the_text(value: Any) -> None:
    weight = Meter().weigh(value)
    assert len(str(value)) <= 12 * weight + 30


@given(st.integers(1, 12), st.integers(2, 6))
def test_the_same_list_many_times_weighs_as_often(levels: int, times: int) -> None:
    value: Any = ["x" * 10]
    for _ in range(levels):
        value = [value] * times
    heavy = 10 * times**levels > 16 * 1000 or times**levels > 1000
    meter = Meter(Limits(text=1000, items=1000))
    if heavy:
        with pytest.raises(LimitExceeded):
            meter.weigh(value)
    elif 20 * times**levels < 16 * 1000 and times**levels < 500:
        assert meter.weigh(value) >= 10 * times**levels


def test_the_budget_is_spent_once() -> None:
    meter = Meter(Limits(work=10))
    assert list(meter.counted(range(6))) == list(range(6))
    with pytest.raises(LimitExceeded):
        list(meter.counted(range(6)))
