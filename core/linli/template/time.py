"""Time in templates: now, moments, time stamps and how long ago or ahead."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any, Final

from linli.template.errors import bad_value, no_default, shown
from linli.template.missing import MISSING
from linli.template.moments import in_words, parse_duration, parse_moment, parse_time
from linli.template.scope import SCOPE

_MOST_FORMAT: Final = 500
"""Characters of a date format; the C library writes wide fields for a few of them."""


def date_format(function: str, text: object) -> str:
    """A format for dates, refused when it is absurdly long."""
    if not isinstance(text, str):
        raise bad_value("needs_text", function, value=shown(text))
    if len(text) > _MOST_FORMAT:
        raise bad_value("long_text", function, limit=_MOST_FORMAT)
    return text


def now() -> datetime:
    """The present moment in the home's time zone."""
    return SCOPE.get().time("now").now()


def utcnow() -> datetime:
    """The present moment in UTC."""
    return SCOPE.get().time("utcnow").now().astimezone(UTC)


def as_local(value: datetime) -> datetime:
    """A moment in the home's time zone; a naive one is taken to be in it."""
    zone = SCOPE.get().world("as_local").time_zone
    if value.tzinfo is None:
        return value.replace(tzinfo=zone)
    return value.astimezone(zone)


def today_at(text: str = "") -> datetime:
    """Today at that time of day (midnight without one), in the home's time zone."""
    today = SCOPE.get().time("today_at").now()
    at = parse_time(str(text)) if text else time_of_day()
    if at is None:
        raise bad_value("no_time", "today_at", value=shown(text))
    return datetime.combine(today.date(), at, today.tzinfo)


def as_datetime(value: Any, default: Any = MISSING) -> Any:
    """A moment from a date, a time stamp or a text; None for a text that names none (and no default)."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time_of_day())
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, TypeError):
        pass
    try:
        found = parse_moment(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is not None:
        return found
    if default is not MISSING:
        return default
    if isinstance(value, str):
        return None
    raise no_default("as_datetime", value)


def as_timestamp(value: Any, default: Any = MISSING) -> Any:
    """Seconds since 1970 of a moment or a text; a naive one is taken to be in the home's time zone."""
    try:
        moment = value if isinstance(value, datetime) else parse_moment(str(value))
    except ValueError:
        moment = None
    if moment is not None:
        return (moment if moment.tzinfo is not None else as_local(moment)).timestamp()
    if default is MISSING:
        raise no_default("as_timestamp", value)
    return default


def as_timedelta(value: str) -> timedelta | None:
    """A length of time from a text; None if it names none."""
    return parse_duration(value)


def strptime(text: Any, form: str, default: Any = MISSING) -> Any:
    """A moment from a text of a known form."""
    try:
        return datetime.strptime(text, date_format("strptime", form))  # noqa: DTZ007  # naive, as its text is
    except (ValueError, TypeError):
        if default is MISSING:
            raise no_default("strptime", text) from None
        return default


def timestamp_custom(value: Any, form: str = "%Y-%m-%d %H:%M:%S", local: Any = True, default: Any = MISSING) -> Any:
    """A time stamp in a form of one's own, in the home's time zone or in UTC."""
    moment = _stamp("timestamp_custom", value, default)
    if moment is None:
        return default
    return (as_local(moment) if local else moment).strftime(date_format("timestamp_custom", form))


def timestamp_local(value: Any, default: Any = MISSING) -> Any:
    """A time stamp in ISO 8601, in the home's time zone."""
    moment = _stamp("timestamp_local", value, default)
    return default if moment is None else as_local(moment).isoformat()


def timestamp_utc(value: Any, default: Any = MISSING) -> Any:
    """A time stamp in ISO 8601, in UTC."""
    moment = _stamp("timestamp_utc", value, default)
    return default if moment is None else moment.isoformat()


def _stamp(function: str, value: Any, default: Any) -> datetime | None:
    """The moment of a time stamp; None: take the default."""
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, TypeError):
        if default is MISSING:
            raise no_default(function, value) from None
        return None


def _apart(function: str, value: Any) -> float | None:
    """Seconds from that moment to now (negative: still to come); None for what is no moment."""
    present = SCOPE.get().time(function).now()
    if not isinstance(value, datetime):
        return None
    if value.tzinfo is None:
        value = value.replace(tzinfo=present.tzinfo)
    apart: timedelta = present - value
    return apart.total_seconds()


def relative_time(value: Any) -> Any:
    """How long ago, in its largest unit; what is still to come, or no moment, is given back."""
    return time_since(value)


def time_since(value: Any, precision: int = 1) -> Any:
    """How long ago, in its ``precision`` largest units; what is still to come, or no moment, is given back."""
    apart = _apart("time_since", value)
    return _localised(value, apart) if apart is None or apart < 0 else in_words(apart, precision)


def time_until(value: Any, precision: int = 1) -> Any:
    """How long until then, in its ``precision`` largest units; what is over, or no moment, is given back."""
    apart = _apart("time_until", value)
    return _localised(value, apart) if apart is None or apart > 0 else in_words(-apart, precision)


def _localised(value: Any, apart: float | None) -> Any:
    return as_local(value) if apart is not None and value.tzinfo is None else value


def is_datetime(value: Any) -> bool:
    return isinstance(value, datetime)


_BOTH: Final[tuple[Callable[..., Any], ...]] = (
    as_datetime, as_local, as_timedelta, as_timestamp, relative_time, time_since, time_until, today_at,
)  # fmt: skip
GLOBALS: Final[dict[str, Any]] = {each.__name__: each for each in (*_BOTH, now, utcnow, strptime)} | {
    "timedelta": timedelta
}
FILTERS: Final[dict[str, Callable[..., Any]]] = {
    **{each.__name__: each for each in _BOTH},
    "timestamp_custom": timestamp_custom,
    "timestamp_local": timestamp_local,
    "timestamp_utc": timestamp_utc,
}
TESTS: Final[dict[str, Callable[..., Any]]] = {"datetime": is_datetime}
