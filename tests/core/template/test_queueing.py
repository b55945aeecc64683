"""Flats, and the users of one, are served in turn, and whoever took much lately after the others."""

import pytest

from linli.template import NotNow
from linli.template.queueing import FairQueue


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def queue(time: Time) -> FairQueue[int]:
    return FairQueue(each=3, most=5, monotonic=time)


def served(queue: FairQueue[int], *, heavy: bool = True) -> list[tuple[str, int]]:
    found = []
    while (next := queue.take(heavy=heavy)) is not None:
        found.append(next)
        queue.done(next[0], 0.0)
    return found


def test_users_take_turns(queue: FairQueue[int]) -> None:
    for user, job in [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5)]:
        queue.put(user, job)
    assert served(queue) == [("a", 1), ("b", 4), ("c", 5), ("a", 2), ("a", 3)]


def test_a_user_has_one_job_at_a_time(queue: FairQueue[int]) -> None:
    queue.put("a", 1)
    queue.put("a", 2)
    assert queue.take(heavy=True) == ("a", 1)
    assert queue.take(heavy=True) is None
    queue.done("a", 0.0)
    assert queue.take(heavy=True) == ("a", 2)


def test_the_queue_is_bounded_for_each_and_in_all(queue: FairQueue[int]) -> None:
    for job in range(3):
        queue.put("a", job)
    with pytest.raises(NotNow):
        queue.put("a", 4)
    queue.put("b", 5)
    queue.put("c", 6)
    with pytest.raises(NotNow):
        queue.put("a", 7)
    assert len(queue) == 5


def test_a_full_queue_keeps_nobody_out_who_asks_for_less_than_others(queue: FairQueue[int]) -> None:
    for user, job in [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("b", 5)]:
        queue.put(user, job)
    assert queue.put("c", 6) == 3
    with pytest.raises(NotNow):
        queue.put("c", 7)  # then it would have as many as those that lose one for it
    assert queue.put("d", 8) == 2
    assert len(queue) == 5
    assert served(queue) == [("a", 1), ("b", 4), ("c", 6), ("d", 8), ("b", 5)]


def test_who_took_much_waits_for_a_place_that_serves_such(queue: FairQueue[int], time: Time) -> None:
    queue.put("greedy", 1)
    assert queue.take(heavy=True) == ("greedy", 1)
    queue.done("greedy", 3.0)
    for user, job in [("greedy", 2), ("modest", 3)]:
        queue.put(user, job)
    assert served(queue, heavy=False) == [("modest", 3)]
    queue.put("modest", 4)
    assert served(queue, heavy=True) == [("modest", 4), ("greedy", 2)]
    time.now += 60
    queue.put("greedy", 5)
    assert served(queue, heavy=False) == [("greedy", 5)]


def test_what_many_short_jobs_took_adds_up(queue: FairQueue[int]) -> None:
    for _ in range(3):
        queue.put("a", 1)
        assert queue.take(heavy=True) is not None
        queue.done("a", 0.9)
    assert queue.is_heavy("a")
    assert not queue.is_heavy("b")


def test_the_connections_of_a_user_take_turns_and_the_user_has_no_more_for_having_several(
    queue: FairQueue[int],
) -> None:
    for connection, job in [("wall", 1), ("wall", 2), ("phone", 3)]:
        queue.put("a", job, connection)
    queue.put("b", 4)
    queue.put("b", 5)
    assert served(queue) == [("a", 1), ("b", 4), ("a", 3), ("b", 5), ("a", 2)]


def test_a_connection_that_asks_for_too_much_loses_to_the_others_of_its_user_and_to_nobody_elses(
    queue: FairQueue[int],
) -> None:
    for job in (1, 2, 3):
        queue.put("a", job, "wall")
    assert queue.put("a", 4, "phone") == 3
    for connection in ("wall", "phone"):
        with pytest.raises(NotNow):
            queue.put("a", 5, connection)
    assert served(queue) == [("a", 1), ("a", 4), ("a", 2)]


def test_a_connection_that_took_much_comes_after_the_others_of_its_user(queue: FairQueue[int], time: Time) -> None:
    queue.put("a", 1, "wall")
    assert queue.take(heavy=True) == ("a", 1)
    queue.done("a", 3.0, "wall")
    queue.put("a", 2, "wall")
    queue.put("a", 3, "phone")
    assert served(queue) == [("a", 3), ("a", 2)]
    time.now += 60
    queue.put("a", 4, "wall")
    queue.put("a", 5, "phone")
    assert served(queue) == [("a", 4), ("a", 5)]


def test_a_flat_has_one_job_at_a_time_and_its_users_take_turns(queue: FairQueue[int]) -> None:
    for user, job, flat in [("anna", 1, "1"), ("anna", 2, "1"), ("ben", 3, "1"), ("cem", 4, "2")]:
        queue.put(user, job, "", flat)
    assert queue.take(heavy=True) == ("1", 1)
    assert queue.take(heavy=True) == ("2", 4)
    assert queue.take(heavy=True) is None
    queue.done("anna", 0.0, "", "1")
    assert queue.take(heavy=True) == ("1", 3)
    queue.done("ben", 0.0, "", "1")
    assert queue.take(heavy=True) == ("1", 2)


def test_a_family_gets_no_more_than_another_for_being_larger(queue: FairQueue[int], time: Time) -> None:
    for job, user in enumerate(("anna", "ben", "cem")):
        queue.put(user, job, "", "1")
        assert queue.take(heavy=True) == ("1", job)
        queue.done(user, 0.9, "", "1")
    assert queue.is_heavy("1")
    assert not queue.is_heavy("1", "anna")
    queue.put("anna", 3, "", "1")
    queue.put("dora", 4, "", "2")
    assert queue.take(heavy=True) == ("2", 4)


def test_who_asks_for_too_much_loses_to_the_others_of_the_flat(queue: FairQueue[int]) -> None:
    for job in (1, 2, 3):
        queue.put("anna", job, "", "1")
    assert queue.put("ben", 4, "", "1") == 3
    with pytest.raises(NotNow):
        queue.put("anna", 5, "", "1")
    assert [job for _, job in drained(queue)] == [1, 4, 2]


def drained(queue: FairQueue[int]) -> list[tuple[str, int]]:
    found = []
    while (next := queue.take(heavy=True)) is not None:
        found.append(next)
        for user in ("anna", "ben"):
            queue.done(user, 0.0, "", "1")
    return found


def test_who_took_much_comes_after_the_others_of_the_flat(queue: FairQueue[int]) -> None:
    queue.put("anna", 1, "", "1")
    queue.take(heavy=True)
    queue.done("anna", 3.0, "", "1")
    queue.put("anna", 2, "", "1")
    queue.put("ben", 3, "", "1")
    assert [job for _, job in drained(queue)] == [3, 2]
