"""Reading moments and lengths of time from text, and writing a length of time in words."""

import re
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Final

_MOMENT: Final = re.compile(
    r"(?P<year>\d{4})(?:-?(?P<month>\d\d)|-(?P<month1>\d))?(?:-?(?P<day>\d\d)|-(?P<day1>\d))?"
    r"(?:[T ](?P<hour>\d{1,2})(?::?(?P<minute>\d\d)|:(?P<minute1>\d))?"
    r"(?::?(?P<second>\d\d)|:(?P<second1>\d))?(?:[.,](?P<fraction>\d+))?)?"
    r" *(?P<zone>Z|z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_CLOCK_DURATION: Final = re.compile(
    r"(?:(?P<days>-?\d+) (?:days?, )?)?(?P<sign>-?)(?:(?P<hours>\d+):(?=\d+:\d+))?(?:(?P<minutes>\d+):)?"
    r"(?P<seconds>\d+)(?:[.,](?P<fraction>\d+))?",
    re.ASCII,
)
_WORD_DURATION: Final = re.compile(
    r"(?:(?P<days>-?\d+) days? ?)?(?:(?P<sign>[-+])?(?P<hours>\d+):(?P<minutes>\d\d):(?P<seconds>\d\d)"
    r"(?:\.(?P<fraction>\d+))?)?",
    re.ASCII,
)
_NUMBER: Final = r"\d+(?:[.,]\d+)?"
_ISO_DURATION: Final = re.compile(
    rf"(?P<sign>[-+]?)P(?:(?P<days>{_NUMBER})D)?"
    rf"(?:T(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_NUMBER})S)?)?",
    re.ASCII,
)
_SPANS: Final = (("year", 31_536_000), ("month", 2_592_000), ("day", 86_400), ("hour", 3_600), ("minute", 60))


def parse_moment(text: str) -> datetime | None:
    """A date, or a date and time, in ISO 8601 or with a space between; naive if it names no offset.

    None for what has another form; ValueError for what has the form and does not exist (30 February).
    """
    match = _MOMENT.fullmatch(text) if len(text) <= 64 else None
    if match is None:
        return None
    part = match.groupdict()
    hour, minute, second = (int(part[name] or part.get(name + "1") or 0) for name in ("hour", "minute", "second"))
    month = part["month"] or part["month1"]
    day = part["day"] or part["day1"]
    if month is None or (day is None and part["hour"] is not None):
        return None
    micro = int((part["fraction"] or "0")[:6].ljust(6, "0"))
    extra = timedelta(0)
    if (hour, minute, second, micro) == (24, 0, 0, 0):
        hour, extra = 0, timedelta(days=1)
    zone = _zone(part["zone"])
    return datetime(int(part["year"]), int(month), int(day or 1), hour, minute, second, micro, zone) + extra


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text in "Zz":
        return UTC
    minutes = int(text[1:3]) * 60 + (int(text[-2:]) if len(text) > 3 else 0)
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))


def parse_time(text: str) -> time | None:
    """A time of day, ``7:30`` or ``07:30:15``; None for anything else."""
    parts = text.split(":")
    if not 2 <= len(parts) <= 3:
        return None
    try:
        return time(int(parts[0]), int(parts[1]), int(parts[2]) if len(parts) > 2 else 0)
    except ValueError:
        return None


def parse_duration(text: str) -> timedelta | None:
    """A length of time from ``P1DT2H``, ``1 day, 2:30:00``, ``2:30:00`` or a number of seconds, or None."""
    if len(text) > 64:
        return None
    iso = None
    match = _CLOCK_DURATION.fullmatch(text)
    if match is None:
        match = iso = _ISO_DURATION.fullmatch(text)
    if match is None:
        match = _WORD_DURATION.fullmatch(text)
    if match is None:
        return None
    part = match.groupdict()
    sign = -1 if part["sign"] == "-" else 1
    number = {name: float((part[name] or "0").replace(",", ".")) for name in ("days", "hours", "minutes", "seconds")}
    number["microseconds"] = float((part.get("fraction") or "0")[:6].ljust(6, "0"))
    days = timedelta(days=number.pop("days"))
    return (days * sign if iso is not None else days) + sign * timedelta(**number)


def in_words(seconds: float, precision: int = 1) -> str:
    """A length of time in its ``precision`` largest units, the last one rounded: ``2 days 3 hours``."""
    rest: float = round(seconds)
    if rest == 0:
        return "0 seconds"
    words: list[str] = []
    for unit, size in (*_SPANS, ("second", 1)):
        if rest < size:
            continue
        last = len(words) + 1 == precision
        count = round(rest / size) if last else int(rest // size)
        words.append(f"{count} {unit}" if count == 1 else f"{count} {unit}s")
        if last:
            break
        rest -= count * size
    return " ".join(words)
