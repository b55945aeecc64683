"""What is remembered of texts is bounded by their number and by their length."""

import tracemalloc
from collections.abc import Callable

import pytest

from linli import targets
from linli.ids import is_entity_id
from linli.patterns import fits_pattern
from linli.registry import slugs
from linli.remembered import LONGEST, Remembered
from linli.services import without_secrets

LONG = 200_000
SENT = 100


def test_short_ones_are_asked_for_once_and_long_ones_each_time() -> None:
    asked: list[int] = []
    known = Remembered(lambda text: asked.append(len(text)), 10)
    for text in ("a", "a", "b" * LONGEST, "b" * LONGEST, "c" * (LONGEST + 1), "c" * (LONGEST + 1)):
        known[text]
    assert asked == [1, LONGEST, LONGEST + 1, LONGEST + 1]


def test_a_full_one_begins_anew() -> None:
    known = Remembered(len, 3)
    assert [known["x" * number] for number in range(8)] == list(range(8))
    assert len(known) <= 3


def _target(text: str) -> object:
    return targets.Target.of({"entity_id": f"sensor.{text}"})


@pytest.mark.parametrize(
    "asked",
    [
        is_entity_id,
        slugs.slugify,
        _target,
        lambda text: without_secrets({text: 1}),
        lambda text: fits_pattern(text, "x"),
    ],
    ids=["entity ids", "names", "targets", "keys", "patterns"],
)
def test_what_users_send_is_not_kept_where_it_is_long(asked: Callable[[str], object]) -> None:
    asked(f"warm{'x' * LONG}")
    tracemalloc.start()
    try:
        for number in range(SENT):
            asked(f"{number}{'x' * LONG}")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < SENT * LONG / 10
