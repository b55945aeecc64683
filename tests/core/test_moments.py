"""Moments as clients write them."""

from zoneinfo import ZoneInfo

import pytest

from linli import moment

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0.0),
        ("1970-01-01T08:00:00+08:00", 0.0),
        ("1970-01-01T08:00:01.5", 1.5),
        ("1970-01-02", 57_600.0),
        ("x", None),
        ("", None),
        ("1970-13-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_what_a_client_wrote_is_read_in_its_offset_or_the_local_one(text: str, seconds: float | None) -> None:
    assert moment(text, SHANGHAI) == seconds
