"""Values that may hold templates, however deep."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import voluptuous as vol

from linli import schema as sv

Render = Callable[[str], Awaitable[Any]]


def is_template(value: Any) -> bool:
    """Whether there is something to render in it."""
    return isinstance(value, str) and any(mark in value for mark in ("{{", "{%", "{#"))


def templates_in(value: Any) -> Iterator[str]:
    """Every template in it."""
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
    if is_template(value):
        return await render(value)
    if isinstance(value, Mapping):
        return {await rendered(key, render): await rendered(each, render) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [await rendered(each, render) for each in value]
    return value


def duration(value: Any) -> Any:
    """A validator: a length of time (numbers are seconds), or something that renders to one."""
    if has_template(value):
        return value
    return sv.seconds_or_duration(value)


def length_of(value: Any) -> timedelta:
    """The length of time that was rendered; raises vol.Invalid where it is none."""
    found = sv.seconds_or_duration(value)
    if not isinstance(found, timedelta):
        raise vol.Invalid("expected a length of time")
    return found


def truthy(value: Any) -> bool:
    """What a rendered condition means, as Home Assistant reads it."""
    if isinstance(value, str):
        return value.strip().lower() in ("1", "true", "yes", "on", "enable")
    return bool(value) if isinstance(value, bool | int | float) else False
