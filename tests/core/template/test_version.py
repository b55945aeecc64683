"""Versions compare as people mean them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.template import TemplateError
from linli.template.version import Version

numbers = st.lists(st.integers(0, 3000), min_size=1, max_size=4)
versions = st.builds(
    lambda parts, stage: ".".join(map(str, parts)) + stage, numbers, st.sampled_from(["", "a1", "b2", "rc1", ".dev0"])
).map(Version)


@given(versions, versions, versions)
def test_the_order_is_an_order(a: Version, b: Version, c: Version) -> None:
    assert not (a < b and b < a)
    assert not (a < b and b < c) or a < c
    assert (a > b) == (b < a)
    assert (a <= b) == (a < b or a == b)


def test_stages_come_in_their_order() -> None:
    ordered = ["2.0.dev1", "2.0a1", "2.0b1", "2.0b10", "2.0rc1", "2.0", "2.0.1", "2.10"]
    mixed = [*ordered[4:], *ordered[:4]]
    assert sorted(mixed, key=Version) == ordered


def test_a_channel_is_above_every_number() -> None:
    assert Version("9999.1") < "stable" < Version("beta") < "latest" < Version("dev")


def test_what_is_no_version_is_compared_with_itself_only() -> None:
    assert Version("odd one") == "odd one"
    assert not Version("odd one").valid
    with pytest.raises(TemplateError):
        Version("odd one") < "1.0"  # noqa: B015
    with pytest.raises(TemplateError):
        Version("1.0") == [1]  # noqa: B015
