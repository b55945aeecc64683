"""``condition: time``: the local time of day lies between two moments, on some days of the week."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, Final

import voluptuous as vol

from linli import UNAVAILABLE, UNKNOWN
from linli import schema as sv
from linli_triggers.conditions.reading import Reading, Unanswerable
from linli_triggers.words import one_or_list

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SOURCES: Final = ("input_datetime", "sensor", "time")
_LATEST: Final = time(23, 59, 59, 999999)


def _moment(value: Any) -> time | str:
    if isinstance(value, str) and "." in value and ":" not in value:
        found: str = sv.entity_id(*_SOURCES)(value)
        return found
    if isinstance(value, int) and not isinstance(value, bool):  # YAML 1.1 reads 12:30:00 as a number of seconds
        minutes, seconds = divmod(value, 60)
        hours, minutes = divmod(minutes, 60)
        if hours < 24:
            return time(hours, minutes, seconds)
    moment: time = sv.time(value)
    return moment


_SCHEMA: Final = vol.Schema(
    {
        vol.Optional("before"): _moment,
        vol.Optional("after"): _moment,
        vol.Optional("weekday"): one_or_list(vol.In(WEEKDAYS)),
    }
)


def checked(config: Any) -> dict[str, Any]:
    """The configuration, with something to test."""
    found: dict[str, Any] = _SCHEMA(config)
    if not found:
        raise vol.Invalid("must contain at least one of before, after, weekday.")
    return found


async def test(config: Mapping[str, Any], reading: Reading, path: str) -> bool:
    """``after`` belongs to the range, ``before`` does not; an ``after`` later than ``before`` reaches over midnight."""
    now = reading.now()
    clock = now.time()
    after = _read(config.get("after"), time(0), reading)
    before = _read(config.get("before"), _LATEST, reading)
    if after is None or before is None:
        reading.tell(path, result=False)
        return False
    within = after <= clock < before if after < before else not before <= clock < after
    weekday = WEEKDAYS[now.weekday()]
    result = within and weekday in config.get("weekday", WEEKDAYS)
    seen = {"weekday": weekday} if "weekday" in config else {}
    reading.tell(path, result=result, now_time=clock.isoformat(), **seen)
    return result


def _read(written: time | str | None, otherwise: time, reading: Reading) -> time | None:
    """The time of day that is written or that an entity shows; None: it shows none now."""
    if not isinstance(written, str):
        return otherwise if written is None else written
    state = reading.state(written)
    if state is None:
        raise Unanswerable(f"unknown 'before' or 'after' entity {written}")
    if state.state in (UNAVAILABLE, UNKNOWN):
        return None
    if written.startswith("input_datetime."):
        parts = (
            state.attributes.get(name, default) for name, default in (("hour", 23), ("minute", 59), ("second", 59))
        )
        return time(*parts)
    try:
        if written.startswith("time."):
            return time.fromisoformat(state.state)
        return datetime.fromisoformat(state.state).astimezone(reading.ctx.settings.zone).time()
    except ValueError:
        return None
