"""JSON as every room writes it: what becomes plain, which keys there may be, what is no value at all."""

from datetime import timedelta
from enum import Enum

import pytest

from linli.jsonbytes import dumps, loads, snug


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
