"""WebSocket frames as a server sends them: not masked, so the same bytes suit every reader of a subscription.

Only text frames are made here; ping, pong and close stay with aiohttp (RFC 6455, 5.2).
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

_TEXT: Final = 0x81
_SHORT: Final = tuple(bytes((_TEXT, length)) for length in range(126))
_MEDIUM: Final = struct.Struct("!BBH").pack
_LONG: Final = struct.Struct("!BBQ").pack
ALONE: Final = 1 << 16
"""A write costs as much as copying so many bytes."""
LONGEST_ARRAY: Final = 1 << 20
"""Bytes of one JSON array of several messages: clients have a bound too (aiohttp's own is 4 MiB)."""


def text_header(length: int) -> bytes:
    """What stands before a final text frame of ``length`` bytes."""
    if length < 126:
        return _SHORT[length]
    if length < 65536:
        return _MEDIUM(_TEXT, 126, length)
    return _LONG(_TEXT, 127, length)


def framed(messages: Iterable[bytes]) -> Iterator[bytes]:
    """All messages as frames, in as few pieces to write as there can be without copying a long one again."""
    parts: list[bytes] = []
    for message in messages:
        parts.append(text_header(len(message)))
        if len(message) >= ALONE:
            yield b"".join(parts)
            yield message
            parts = []
        else:
            parts.append(message)
    if parts:
        yield b"".join(parts)


def arrays(messages: Sequence[bytes]) -> Iterator[bytes]:
    """JSON messages as JSON arrays of several, none longer than :data:`LONGEST_ARRAY`; a lone one stays as it is."""
    first, length = 0, 0
    for index, message in enumerate(messages):
        if index > first and length + len(message) >= LONGEST_ARRAY:
            yield _array(messages[first:index])
            first, length = index, 0
        length += len(message) + 1
    yield _array(messages[first:])


def _array(messages: Sequence[bytes]) -> bytes:
    return messages[0] if len(messages) == 1 else b"[%b]" % b",".join(messages)
