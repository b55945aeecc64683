"""JSON as every room writes it: what becomes plain, which keys there may be, what is no value at all."""

from datetime import timedelta
from decimal import Decimal
from enum import Enum

import pytest

from linli.jsonbytes import LEFT_OUT, MAX_DEPTH, dumps, dumps_anyway, loads, snug


class Side(Enum):
    LEFT = "left"


class Named(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": {"b", "a"}, "b": timedelta(seconds=90), "c": (1, 2)}, {"a": ["a", "b"], "b": 90.0, "c": [1, 2]}),
        ({5: {True: None}}, {"5": {"true": None}}),
        ({Side.LEFT: Side.LEFT}, {"left": "left"}),
        ({Named("key"): Named("value")}, {"key": "value"}),
    ],
    ids=["what JSON lacks", "keys that are no text", "members of enumerations", "kinds of text"],
)
def test_values_become_plain_and_keys_text(value: object, text: object) -> None:
    assert loads(dumps(value)) == text


@pytest.mark.parametrize("value", [object(), {"a": object()}, {object(): 1}], ids=["alone", "inside", "a key"])
def test_what_is_no_plain_value_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        dumps(value)


def test_bytes_to_keep_are_the_same_bytes() -> None:
    assert snug(dumps({"a": "门"})) == dumps({"a": "门"})


class Mute:
    """An object of a plugin that can neither be written nor named."""

    def __str__(self) -> str:
        raise ValueError("no")

    def as_dict(self) -> dict[str, object]:
        raise KeyError("no")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": Decimal("1.5"), "b": {Decimal(2)}}, {"a": "1.5", "b": ["2"]}),
        ({"a": 2**64, "b": -(2**63) - 1, "c": 2**64 - 1}, {"a": str(2**64), "b": str(-(2**63) - 1), "c": 2**64 - 1}),
        ({"half \ud83d": "\ud83d", "c": "门"}, {"half ?": "?", "c": "门"}),
        ({(1, 2): b"x", "t": timedelta(seconds=1), "n": float("nan")}, {"(1, 2)": "b'x'", "t": 1.0, "n": None}),
        ([Mute(), 10**6000, True, None, 1.5], ["<Mute>", "<int>", True, None, 1.5]),
    ],
    ids=["decimals", "large numbers", "half characters", "bytes", "what has no text"],
)
def test_the_last_resort_writes_what_can_be_read_of_anything(value: object, text: object) -> None:
    with pytest.raises(TypeError):
        dumps(value)
    assert loads(dumps_anyway(value)) == text


def test_the_last_resort_is_the_ordinary_form_of_what_has_one() -> None:
    assert dumps_anyway({"a": {"b"}}) == dumps({"a": {"b"}})


def test_the_last_resort_ends_where_a_value_does_not() -> None:
    deep: list[object] = []
    for _ in range(500):
        deep = [deep]
    assert dumps_anyway(deep) == b"[" * (MAX_DEPTH + 1) + f'"{LEFT_OUT}"'.encode() + b"]" * (MAX_DEPTH + 1)
    itself: list[object] = []
    itself += [itself, itself]
    assert len(dumps_anyway(itself)) < 1_000_000
