"""Frames as RFC 6455 (5.2) wants them."""

import json

from hypothesis import given
from hypothesis import strategies as st

from linli_http.frames import ALONE, LONGEST_ARRAY, arrays, framed

LENGTHS = st.sampled_from([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
MESSAGES = st.one_of(st.text(max_size=40).map(str.encode), LENGTHS.map(lambda length: b"x" * length))


def read_frames(data: bytes) -> list[bytes]:
    """The messages of final, unmasked text frames."""
    messages = []
    while data:
        assert data[0] == 0x81
        length, start = data[1], 2
        if length >= 126:
            size = {126: 2, 127: 8}[length]
            length, start = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
            assert length > {2: 125, 8: 65_535}[size], "the shortest form of a length is the only one allowed"
        messages.append(data[start : start + length])
        data = data[start + length :]
    return messages


@given(messages=st.lists(MESSAGES))
def test_joined_frames_are_read_as_the_messages_that_they_hold(messages):
    pieces = list(framed(messages))
    assert read_frames(b"".join(pieces)) == messages
    long_ones = [message for message in messages if len(message) >= ALONE]
    assert [piece for piece in pieces if len(piece) >= ALONE and piece in long_ones] == long_ones, "copied once more"
    assert len(pieces) <= 2 * len(long_ones) + 1


@given(st.lists(st.sampled_from([1, 10, 1000, LONGEST_ARRAY // 3, LONGEST_ARRAY + 5]), min_size=1, max_size=8))
def test_arrays_hold_every_message_once_in_order_and_are_no_longer_than_the_bound(sizes):
    messages = [json.dumps([number, "x" * size]).encode() for number, size in enumerate(sizes)]
    made = list(arrays(messages))
    assert all(len(each) <= LONGEST_ARRAY + 1 or each in messages for each in made)
    parts = [each for text in made for each in ([json.loads(text)] if text in messages else json.loads(text))]
    assert parts == [json.loads(message) for message in messages]
