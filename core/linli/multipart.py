"""The parts of a form that came as ``multipart/form-data`` (RFC 7578), from whoever can reach the hub.

Python's parser of mails reads them too, but its time grows with the square of the lines: a megabyte of empty parts took
13 s, of continued headers 22 s, on the loop. Here a body is cut at its boundaries, at most so often, and only the heads
of the parts, which are short, are read as those of a mail.
"""

from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from typing import Final

LONGEST_HEAD: Final = 1024
"""Bytes of the headers of one part."""


def form_parts(content_type: str, body: bytes, most: int) -> Iterator[tuple[Message, str, bytes]]:
    """Of each part its headers, its name and its content. Raises ValueError for what is no form, or has more parts."""
    boundary = _headers(b"Content-Type: " + content_type.encode(errors="replace")).get_boundary()
    if not boundary:
        raise ValueError("no boundary")
    delimiter = b"\r\n--" + boundary.encode(errors="replace")
    whole = b"\r\n" + body
    if whole.count(delimiter) > most + 1:
        raise ValueError("too many fields")
    _, *parts = whole.split(delimiter)
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise ValueError("broken multipart body")
    return (_part(part) for part in parts[:-1])


def _part(part: bytes) -> tuple[Message, str, bytes]:
    head, end, content = part.partition(b"\r\n\r\n")
    if not end or len(head) > LONGEST_HEAD:
        raise ValueError("a part without an end of its headers, or with too many")
    headers = _headers(head.strip())
    name = headers.get_param("name", header="Content-Disposition")
    if not isinstance(name, str):
        raise ValueError("a part without a name")
    headers.set_payload(content.decode("ascii", "surrogateescape"))
    payload = headers.get_payload(decode=True)
    return headers, name, payload if isinstance(payload, bytes) else content


def _headers(head: bytes) -> Message:
    return HeaderParser().parsestr(head.decode(errors="replace") + "\r\n\r\n")
