from hypothesis import given
from hypothesis import strategies as st

from linli.auth.throttle import Pace, Throttle

PACE = Pace(free=3, first_s=1, longest_s=60, forget_after_s=600)


def test_the_first_failures_cost_nothing_then_each_one_doubles_the_wait() -> None:
    throttle = Throttle(PACE)
    waits = []
    for _ in range(9):
        throttle.failed("a", 0)
        waits.append(throttle.wait("a", 0))
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60]


def test_a_success_and_a_quiet_while_begin_anew() -> None:
    throttle = Throttle(PACE)
    for _ in range(5):
        throttle.failed("a", 0)
        throttle.failed("b", 0)
    throttle.forget("a")
    assert throttle.wait("a", 0) == 0
    assert throttle.wait("b", 601) == 0
    assert throttle.failed("b", 601) == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 100)), max_size=60))
def test_a_wait_is_never_longer_than_said_and_never_of_another_key(steps: list[tuple[str, float]]) -> None:
    throttle, now, failed = Throttle(PACE), 0.0, set()
    for key, later in steps:
        now += later
        throttle.failed(key, now)
        failed.add(key)
        assert 0 <= throttle.wait(key, now) <= PACE.longest_s
    assert all(throttle.wait(key, now) == 0 for key in set("abcd") - failed)


def test_a_flood_of_keys_fills_no_memory_and_keeps_the_newest() -> None:
    throttle = Throttle(PACE, kept=100)
    for number in range(1000):
        throttle.failed(str(number), 0)
    assert len(throttle) == 100
    assert throttle.count("999") == 1
    assert throttle.count("0") == 0


def test_what_was_never_tried_is_taken_back() -> None:
    throttle = Throttle(PACE)
    throttle.failed("a", 0)
    throttle.take_back("a")
    throttle.take_back("a")
    assert throttle.count("a") == 0
    assert len(throttle) == 0
