"""How often one caller may ask."""

from hypothesis import given
from hypothesis import strategies as st

from linli_http.limits import KEPT_CALLERS, RateLimit


def test_a_burst_passes_and_then_the_pace_holds():
    limit = RateLimit(per_second=2, burst=3)
    assert [limit.wait("a", 0.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert limit.wait("b", 0.0) == 0
    assert limit.wait("a", 0.5) == 0
    assert limit.wait("a", 0.5) == 0.5


@given(gaps=st.lists(st.floats(0, 2), max_size=60))
def test_never_more_than_the_burst_and_the_pace_pass(gaps):
    limit, now, passed = RateLimit(per_second=5, burst=4), 0.0, 0
    for gap in gaps:
        now += gap
        passed += limit.wait("a", now) == 0
    assert passed <= 4 + 5 * now + 1e-6


def test_callers_are_forgotten_before_they_fill_the_memory():
    limit = RateLimit(1, 1)
    for number in range(KEPT_CALLERS + 50):
        limit.wait(str(number), 0.0)
    assert len(limit) == KEPT_CALLERS
