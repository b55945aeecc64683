"""``condition: sun``: it is before or after sunrise or sunset, perhaps by an offset."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

import voluptuous as vol

from linli_triggers.conditions.reading import Reading
from linli_triggers.sky import EVENTS, sun_event
from linli_triggers.words import length_of

_NO_OFFSET: Final = timedelta(0)


def _offset(value: Any) -> timedelta:
    negative = isinstance(value, str) and value.strip().startswith("-")
    try:
        length = length_of(value.strip()[1:] if negative else value)
    except ValueError as error:
        raise vol.Invalid(str(error)) from error
    return -length if negative else length


_SCHEMA: Final = vol.Schema(
    {
        vol.Optional("before"): vol.In(tuple(EVENTS)),
        vol.Optional("before_offset", default=_NO_OFFSET): _offset,
        vol.Optional("after"): vol.In(tuple(EVENTS)),
        vol.Optional("after_offset", default=_NO_OFFSET): _offset,
    }
)


def checked(config: Any) -> dict[str, Any]:
    """The configuration, with something to test."""
    found: dict[str, Any] = _SCHEMA(config)
    if "before" not in found and "after" not in found:
        raise vol.Invalid("must contain at least one of before, after.")
    return found


async def test(config: Mapping[str, Any], reading: Reading, path: str) -> bool:
    """Now lies on the right side of today's events; before sunrise or after sunset is the night."""
    now = reading.now()
    before, after = config.get("before"), config.get("after")
    until = _moment(reading, before, now.date(), config["before_offset"])
    since = _moment(reading, after, now.date(), config["after_offset"])
    if (before is not None and until is None) or (after is not None and since is None):
        reading.tell(path, result=False, message=f"no {before if until is None and before else after} today")
        return False
    early, late = until is None or now <= until, since is None or now >= since
    night = before == "sunrise" and after == "sunset"
    result = (early or late) if night else (early and late)
    wanted = {"wanted_time_before": until, "wanted_time_after": since}
    reading.tell(path, result=result, **{name: each.isoformat() for name, each in wanted.items() if each is not None})
    return result


def _moment(reading: Reading, event: str | None, day: date, offset: timedelta) -> datetime | None:
    found = None if event is None else sun_event(reading.ctx.settings, event, day)
    return None if found is None else found + offset
