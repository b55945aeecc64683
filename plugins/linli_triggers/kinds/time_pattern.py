"""``trigger: time_pattern``: whenever the clock shows certain hours, minutes and seconds."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import voluptuous as vol

from linli import Recurrence
from linli_triggers.calendar import Pattern, next_match
from linli_triggers.site import Site


def _field(size: int) -> Callable[[Any], tuple[int, ...]]:
    """``*``, ``/n`` (every n-th, from 0) or one value."""

    def check(value: Any) -> tuple[int, ...]:
        written = value.strip() if isinstance(value, str) else value
        if written == "*":
            return tuple(range(size))
        step = isinstance(written, str) and written.startswith("/")
        digits = written[1:] if step else written
        if isinstance(digits, bool) or not (
            isinstance(digits, int) or (isinstance(digits, str) and digits.isdecimal())
        ):
            raise vol.Invalid("invalid time_pattern value")
        number = int(digits)
        if not (1 if step else 0) <= number < size:
            raise vol.Invalid(f"must be a value between 0 and {size - 1}")
        return tuple(range(0, size, number)) if step else (number,)

    return check


_SCHEMA: Final = vol.Schema(
    {
        vol.Optional("hours"): _field(24),
        vol.Optional("minutes"): _field(60),
        vol.Optional("seconds"): _field(60),
    }
)


def checked(config: Any) -> dict[str, Any]:
    """The configuration; below the greatest unit that is named, what is not named is 0."""
    found: dict[str, Any] = _SCHEMA(config)
    if not found:
        raise vol.Invalid("must contain at least one of hours, minutes, seconds.")
    every = tuple(range(60))
    minutes = found.get("minutes", (0,) if "hours" in found else every)
    seconds = found.get("seconds", (0,))
    return {"pattern": Pattern(found.get("hours", tuple(range(24))), minutes, seconds)}


async def arm(config: Mapping[str, Any], site: Site) -> None:
    """Fire each time the pattern matches."""
    pattern: Pattern = config["pattern"]
    zone = site.ctx.settings.zone

    def fire() -> None:
        words = {"platform": "time_pattern", "now": site.ctx.clock.now().astimezone(zone)}
        site.fire({**words, "description": "time pattern"}, None)

    Recurrence(site, lambda after: next_match(pattern, after, zone), fire, cadence=pattern.any_hour)
