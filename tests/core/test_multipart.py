"""Forms in parts: read as browsers send them, and in time whatever they hold."""

import time

import pytest

from linli import form_parts

KIND = 'multipart/form-data; boundary="b"'
MEGABYTE = 1 << 20
CPU_S = 0.5
"""Python's parser of mails took 2 to 22 s for these."""


def fields(body: bytes) -> list[tuple[str, bytes, str | None]]:
    return [(name, content, headers.get_filename()) for headers, name, content in form_parts(KIND, body, 10)]


def test_what_a_browser_sends_is_read() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\ntwo\r\n'
        + '--b\r\nContent-Disposition: form-data; name="名"; filename="灯.png"\r\n'.encode()
        + b"Content-Type: image/png\r\n\r\n"
        + b"\xff\x00\r\n--b\r\n"
        + b'Content-Disposition: form-data; name="c"\r\nContent-Transfer-Encoding: base64\r\n\r\nb25l\r\n--b--\r\n'
    )
    assert fields(body) == [("a", b"one\r\ntwo", None), ("名", b"\xff\x00", "灯.png"), ("c", b"one", None)]


PART = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n'


@pytest.mark.parametrize(
    "body",
    [
        b"", b"x", b"--b--\r\n", PART, PART + b"--b", b"--b\r\n\r\n1\r\n--b--\r\n", PART * 11 + b"--b--\r\n",
        PART * 25_000 + b"--b--\r\n", b"--b\r\n\r\n" * 150_000, b"--b\r\n" + b"a: b\r\n" * 170_000,
        b"--b\r\nContent-Disposition: form-data;" + b"\r\n a=b;" * 120_000 + b"\r\n\r\n1\r\n--b--\r\n",
        b"".join(b'--b\r\nContent-Type: multipart/mixed; boundary="b%d"\r\n\r\n' % number for number in range(15_000)),
    ],
    ids=[
        "nothing", "no form", "no parts", "not ended", "cut off", "no name", "eleven", "many", "empty parts", "headers",
        "continued header", "forms in forms",
    ],
)  # fmt: skip
def test_what_is_no_form_is_refused_in_time(body: bytes) -> None:
    began = time.thread_time()
    with pytest.raises(ValueError):
        fields(body[:MEGABYTE])
    assert time.thread_time() - began < CPU_S
