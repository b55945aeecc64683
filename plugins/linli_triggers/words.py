"""What the language of triggers is made of: validators, and values that may hold templates."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

import voluptuous as vol

from linli import schema as sv

Render = Callable[[str], Awaitable[Any]]
_HOLDING: Final = (str, Mapping, list, tuple)
"""What may be or hold a template."""
_BOUND_DOMAINS: Final = ("input_number", "number", "sensor", "zone")


def is_template(value: Any) -> bool:
    """Whether there is something to render in it."""
    return isinstance(value, str) and "{" in value and ("{{" in value or "{%" in value or "{#" in value)


def templates_in(value: Any) -> Iterator[str]:
    """Every template in it, however deep."""
    if is_template(value):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from templates_in(key)
            yield from templates_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from templates_in(each)


def has_template(value: Any) -> bool:
    """Whether there is any template in it."""
    return any(True for _ in templates_in(value))


async def rendered(value: Any, render: Render) -> Any:
    """The value with each template in it replaced by what it renders to."""
    if isinstance(value, str):
        return await render(value) if is_template(value) else value
    if isinstance(value, Mapping):
        return {
            await render(key) if is_template(key) else key: await rendered(each, render)
            if isinstance(each, _HOLDING)
            else each
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [await rendered(each, render) if isinstance(each, _HOLDING) else each for each in value]
    return value


def template(value: Any) -> str:
    """A text to render; whether it is well-formed is asked of the templates afterwards."""
    if not isinstance(value, str):
        raise vol.Invalid("template value should be a string")
    return value


def duration(value: Any) -> Any:
    """A length of time (numbers are seconds), or something that renders to one."""
    if has_template(value):
        return value
    return sv.seconds_or_duration(value)


def length_of(value: Any) -> timedelta:
    """The length of time that was rendered; raises ValueError where it is none."""
    try:
        found = sv.seconds_or_duration(value)
    except vol.Invalid as error:
        raise ValueError(str(error)) from error
    if not isinstance(found, timedelta):
        raise ValueError("not a length of time")
    return found


def one_or_list(each: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    """One value or a list of them; gives a list."""

    def check(value: Any) -> list[Any]:
        return [each(item) for item in (value if isinstance(value, list) else [value])]

    return check


def text(value: Any) -> str:
    """A text; a number is taken as it is written."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise vol.Invalid("expected a text")
    return str(value)


def truthy(value: Any) -> bool:
    """What a rendered condition means, as Home Assistant reads it."""
    if isinstance(value, str):
        return value.strip().lower() in ("1", "true", "yes", "on", "enable")
    if isinstance(value, bool | int | float):
        return value != 0
    return False


def bound(value: Any) -> float | str:
    """A number, or an entity that shows one."""
    if isinstance(value, str) and "." in value and not value.strip().lstrip("+-").replace(".", "", 1).isdigit():
        found: str = sv.entity_id(*_BOUND_DOMAINS)(value)
        return found
    return float(sv.number()(value))
