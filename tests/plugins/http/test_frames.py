"""Frames as RFC 6455 (5.2) wants them."""

from hypothesis import given
from hypothesis import strategies as st

from linli_http.frames import join_frames

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
    assert read_frames(join_frames(messages)) == messages
