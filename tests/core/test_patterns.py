"""A pattern that people write is matched where that cannot take long, and holds nobody up where it could."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.patterns import fits_pattern

TEXT = "a" * 254 + "!"


@pytest.mark.parametrize(
    ("pattern", "text", "answer"),
    [
        ("[a-z]+", "abc", True),
        ("[a-z]+", "abc1", False),
        (r"\d{4}", "1234", True),
        (r"\d{4}", "12345", False),
        (r"(\d\d)+", "1234", True),
        (r"(\d\d)+", "123", False),
        ("(on|off)", "on", True),
        ("(on|off)", "up", False),
        (r"[^@]+@[^@]+\.[a-z]+", "a@b.org", True),
        (r"[^@]+@[^@]+\.[a-z]+", "a.b.org", False),
    ],
)
def test_what_is_quick_is_matched(pattern: str, text: str, answer: bool) -> None:
    assert fits_pattern(pattern, text) is answer


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a|a)*b",
        "(a|aa)+b",
        "(.*)*b",
        "(?:a?){60}a{60}",
        ".*.*.*.*.*b",
        r"(a*)\1b",
        "((a?)+)+b",
        "(?=(a+)+b)a",
    ],
)
def test_what_may_take_long_is_not_asked(pattern: str) -> None:
    began = time.monotonic()
    assert fits_pattern(pattern, TEXT)
    assert time.monotonic() - began < 0.05


@pytest.mark.parametrize("pattern", ["a*a*a*b", ".*a.*a.*b", "(a+)(a+)(a+)b", "a{1,200}a{1,200}a{1,200}b"])
def test_the_worst_that_is_matched_ends_soon(pattern: str) -> None:
    began = time.monotonic()
    assert not fits_pattern(pattern, TEXT)
    assert time.monotonic() - began < 1


def test_what_is_no_pattern_is_said() -> None:
    with pytest.raises(re.error):
        fits_pattern("(", "a")


@given(st.from_regex(r"[ab.*+?(){}|]{1,12}", fullmatch=True), st.from_regex("[ab]{0,40}", fullmatch=True))
def test_whatever_is_written_is_answered_as_re_does_or_not_refused(pattern: str, text: str) -> None:
    try:
        re.compile(pattern)
    except (re.error, OverflowError):
        return
    began = time.monotonic()
    answer = fits_pattern(pattern, text)
    assert time.monotonic() - began < 1
    if not answer:
        assert re.fullmatch(pattern, text) is None
