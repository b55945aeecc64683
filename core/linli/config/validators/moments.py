"""Times of day, dates, lengths of time and what repeats."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime as DateTime
from datetime import time as Time
from datetime import timedelta
from typing import Any, Final

import voluptuous as vol

from linli.config.phrases import Phrase, phrase
from linli.config.validators.base import Json, Validator, finite

MAX_DURATION: Final = timedelta(days=36525)

_UNITS: Final[Mapping[str, timedelta]] = {
    **dict.fromkeys(("ms", "毫秒"), timedelta(milliseconds=1)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "秒"), timedelta(seconds=1)),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "分", "分钟"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hour", "hours", "小时"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days", "天"), timedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks", "周"), timedelta(weeks=1)),
}
_PART: Final = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]+|[毫秒分钟小时天周]+)")
_CLOCK: Final = re.compile(r"(\d{1,5}):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,6}))?)?")
_BARE: Final = re.compile(r"[-+]?\d+(?:\.\d+)?")
_MAP_KEYS: Final = ("weeks", "days", "hours", "minutes", "seconds", "milliseconds")
_TIME: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_RANGE: Final = re.compile(r"\s*([\d:]+)\s*(?:-|–|—|~|至|到)\s*([\d:]+)\s*")


class duration_range(Validator):
    """A length of time with its unit ("30s", "1h30m", "00:05:00", {minutes: 5}); gives a timedelta.

    A bare number is refused: nobody can see whether it means seconds or minutes.
    """

    def __init__(
        self,
        *,
        min: str | timedelta = timedelta(0),
        max: str | timedelta = MAX_DURATION,
        signed: bool = False,
        bare_seconds: bool = False,
    ) -> None:
        self._signed = signed
        self._bare_seconds = bare_seconds
        self.max = max if isinstance(max, timedelta) else read_duration(max)
        low = min if isinstance(min, timedelta) else read_duration(min)
        self.min = -self.max if signed else low
        wanted = timedelta(seconds=30)
        if not self.min <= wanted <= self.max:
            wanted = self.min if self.min > wanted else self.max
        self.example: Any = duration_text(wanted)

    def __call__(self, value: Any) -> timedelta:
        found = self._read(value)
        if not self.min <= found <= self.max:
            raise self.refuse(value)
        return found

    def _read(self, value: Any) -> timedelta:
        if isinstance(value, timedelta):
            return value
        if isinstance(value, Mapping):
            return self._from_map(value)
        bare = isinstance(value, int | float) and not isinstance(value, bool) and finite(value)
        if isinstance(value, str) and _BARE.fullmatch(value.strip()):
            bare = True
        if bare and self._bare_seconds:
            return self._of(float(value), timedelta(seconds=1), value)
        if bare:
            raise self.refuse(value, "duration_without_unit", number=str(value).strip())
        if not isinstance(value, str):
            raise self.refuse(value)
        try:
            return read_duration(value, signed=self._signed)
        except (ValueError, OverflowError) as error:
            raise self.refuse(value) from error

    def _from_map(self, value: Mapping[Any, Any]) -> timedelta:
        total = timedelta(0)
        if not value:
            raise self.refuse(value)
        for key, amount in value.items():
            if key not in _MAP_KEYS:
                raise self.refuse(value, "duration_key", name=str(key), keys=_MAP_KEYS)
            written = str(amount) if not isinstance(amount, bool) else ""
            if not _BARE.fullmatch(written):
                raise self.refuse(value, "duration_part", name=str(key))
            total += self._of(float(written), timedelta(**{key: 1}), value)
        return total

    def _of(self, amount: float, unit: timedelta, value: Any) -> timedelta:
        try:
            return amount * unit
        except (OverflowError, ValueError) as error:
            raise self.refuse(value) from error

    def json_schema(self) -> Json:
        sign = "[-+]?" if self._signed else ""
        amount = r"\d+(?:\.\d+)?\s*(?:[a-z]+|[毫秒分钟小时天周]+)"
        clock = r"\d+:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"
        text = {"type": "string", "pattern": f"^\\s*{sign}(?:(?:{amount}\\s*)+|{clock})$"}
        parts = {"type": "object", "additionalProperties": False, "minProperties": 1}
        parts["properties"] = {key: {"type": ["number", "string"]} for key in _MAP_KEYS}
        return {"anyOf": [text, parts, *([{"type": "number"}] if self._bare_seconds else [])]}

    def selector(self) -> Json:
        return {"duration": {"enable_day": True, "allow_negative": self._signed}}

    def expects(self) -> Phrase:
        if self._signed or (self.min == timedelta(0) and self.max >= MAX_DURATION):
            return phrase("duration")
        if self.max >= MAX_DURATION:
            return phrase("duration_not_below", min=duration_text(self.min))
        return phrase("duration_between", min=duration_text(self.min), max=duration_text(self.max))


def read_duration(written: str, *, signed: bool = False) -> timedelta:
    """The timedelta that a text means; raises ValueError or OverflowError where it means none."""
    body = written.strip().lower()
    sign = 1
    if signed and body[:1] in ("-", "+"):
        sign = -1 if body[0] == "-" else 1
        body = body[1:].strip()
    if clock := _CLOCK.fullmatch(body):
        hours, minutes, seconds, fraction = clock.groups()
        micro = int((fraction or "0").ljust(6, "0"))
        return sign * timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0), microseconds=micro)
    total, at = timedelta(0), 0
    while found := _PART.match(body, at):
        amount, unit = found.groups()
        if unit not in _UNITS:
            raise ValueError(f"unknown unit of time {unit!r}")
        total += (float(amount) if "." in amount else int(amount)) * _UNITS[unit]
        at = found.end()
        while body[at : at + 1].isspace():
            at += 1
    if at == 0 or at != len(body):
        raise ValueError(f"{written!r} is no length of time")
    return sign * total


def duration_text(length: timedelta) -> str:
    """The shortest way to write a length of time that reads back as the same."""
    if length < timedelta(0):
        return "-" + duration_text(-length)
    rest = length
    text = ""
    for sign, unit in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1))):
        count, rest = divmod(rest, unit)
        text += f"{count}{sign}" if count else ""
    if rest or not text:
        text += f"{rest / timedelta(seconds=1):.6f}".rstrip("0").rstrip(".") + "s"
    return text


class _Time(Validator):
    """A time of day, HH:MM or HH:MM:SS; gives a datetime.time."""

    example: Any = "07:30"

    def __call__(self, value: Any) -> Time:
        if isinstance(value, Time):
            return value
        found = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None:
            raise self.refuse(value)
        hour, minute, second = found.groups()
        return Time(int(hour), int(minute), int(second or 0))

    def json_schema(self) -> Json:
        return {"type": "string", "pattern": f"^(?:{_TIME.pattern})$"}

    def selector(self) -> Json:
        return {"time": {}}

    def expects(self) -> Phrase:
        return phrase("time")


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From ``start`` (inside) to ``end`` (outside); it passes midnight where the end is earlier."""

    start: Time
    end: Time

    def contains(self, moment: Time) -> bool:
        """Whether a local time of day lies inside."""
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end

    def __str__(self) -> str:
        return f"{self.start:%H:%M:%S}-{self.end:%H:%M:%S}"


class _TimeRange(Validator):
    """Two times of day, "22:00-07:00" or {start, end}; gives a :class:`TimeRange`."""

    example: Any = "22:00-07:00"

    def __call__(self, value: Any) -> TimeRange:
        if isinstance(value, TimeRange):
            return value
        if isinstance(value, Mapping) and set(value) == {"start", "end"}:
            start, end = value["start"], value["end"]
        else:
            found = _RANGE.fullmatch(value) if isinstance(value, str) else None
            if found is None:
                raise self.refuse(value)
            start, end = found.groups()
        try:
            hours = TimeRange(time(start), time(end))
        except vol.Invalid as error:
            raise self.refuse(value) from error
        if hours.start == hours.end:
            raise self.refuse(value, "time_range_empty")
        return hours

    def json_schema(self) -> Json:
        parts = {"type": "object", "required": ["start", "end"], "additionalProperties": False}
        parts["properties"] = {"start": time.json_schema(), "end": time.json_schema()}
        return {"anyOf": [{"type": "string", "pattern": f"^{_RANGE.pattern}$"}, parts]}

    def selector(self) -> Json:
        return {"text": {}}

    def expects(self) -> Phrase:
        return phrase("time_range")


class _Date(Validator):
    """A day, YYYY-MM-DD; gives a datetime.date."""

    example: Any = "2025-05-01"

    def __call__(self, value: Any) -> Date:
        if isinstance(value, Date) and not isinstance(value, DateTime):
            return value
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip()):
            try:
                return Date.fromisoformat(value.strip())
            except ValueError as error:
                raise self.refuse(value) from error
        raise self.refuse(value)

    def json_schema(self) -> Json:
        return {"type": "string", "format": "date"}

    def selector(self) -> Json:
        return {"date": {}}

    def expects(self) -> Phrase:
        return phrase("date")


class _DateTime(Validator):
    """A moment, YYYY-MM-DD HH:MM[:SS], with or without offset; gives a datetime (naive: local to the deployment)."""

    example: Any = "2025-05-01 08:00:00"

    def __call__(self, value: Any) -> DateTime:
        if isinstance(value, DateTime):
            return value
        if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", value.strip()):
            try:
                return DateTime.fromisoformat(value.strip())
            except ValueError as error:
                raise self.refuse(value) from error
        raise self.refuse(value)

    def json_schema(self) -> Json:
        return {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d"}

    def selector(self) -> Json:
        return {"datetime": {}}

    def expects(self) -> Phrase:
        return phrase("datetime")


duration = duration_range()
offset = duration_range(signed=True)
"""A duration that may be negative ("-00:30:00" before sunset)."""
seconds_or_duration = duration_range(bare_seconds=True)
"""A duration, or a bare number of seconds: only where Home Assistant's API takes one; our YAML uses ``duration``."""
time = _Time()
time_range = _TimeRange()
date = _Date()
datetime = _DateTime()
