"""A voluptuous schema that takes up by itself what is plainly right.

Most messages and calls are right, and most of their fields ask for a built-in type or are put to one function. Checked
key by key, such a message costs a microsecond where voluptuous takes ten; whatever is not plainly right is judged by
voluptuous alone, so that what is accepted, what it becomes and every error are its own.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final, NamedTuple

import voluptuous as vol

PLAIN: Final = frozenset({str, int, float, bool, dict, list})


class _Field(NamedTuple):
    key: str
    types: tuple[type, ...]
    """A value of exactly one of these is right, and stays as it is."""
    check: Callable[[Any], Any] | None
    """Makes of a value what it becomes, and raises for a wrong one; None, and no type: only voluptuous can tell."""
    required: bool
    default: Callable[[], Any] | None


class QuickSchema(vol.Schema):
    """Equal to ``vol.Schema(fields)`` for every value."""

    def __init__(self, fields: Mapping[Any, Any]) -> None:
        self.schema, self.required, self.extra = dict(fields), False, vol.PREVENT_EXTRA
        self._fields = _fields(fields)

    @cached_property
    def _compiled(self) -> Callable[..., Any]:
        """What voluptuous makes of it when it first judges: of the 300 schemas of a hub most never do (0.1 ms each)."""
        compiled: Callable[..., Any] = self._compile(self.schema)  # type: ignore[no-untyped-call]  # theirs
        return compiled

    def __call__(self, data: Any) -> Any:
        if self._fields is None or type(data) is not dict:
            return self._judged(data)
        taken = data.copy()
        met = 0
        for key, types, check, required, default in self._fields:
            if key in data:
                met += 1
            elif required:
                return self._judged(data)
            elif default is None:
                continue
            else:
                taken[key] = default()
            if check is not None:
                try:
                    taken[key] = check(taken[key])
                except (vol.Invalid, ValueError):
                    return self._judged(data)
            elif type(taken[key]) not in types:
                return self._judged(data)
        return taken if met == len(data) else self._judged(data)

    def _judged(self, data: Any) -> Any:
        judge: Callable[[Any], Any] = super().__call__
        return judge(data)


def _fields(schema: Mapping[Any, Any]) -> tuple[_Field, ...] | None:
    """None: keys that only voluptuous understands (patterns, groups, keys to be removed)."""
    fields = []
    for marker, value in schema.items():
        key = marker.schema if type(marker) in (vol.Required, vol.Optional) else marker
        if type(key) is not str:
            return None
        default = getattr(marker, "default", vol.UNDEFINED)
        fields.append(
            _Field(
                key,
                _types(value),
                value if _is_check(value) else None,
                isinstance(marker, vol.Required) and isinstance(default, vol.Undefined),
                None if isinstance(default, vol.Undefined) else default,
            )
        )
    return tuple(fields)


def _is_check(value: Any) -> bool:
    """Whether voluptuous would just call it with the value (what it compiles, and types, it does not)."""
    called = callable(value) and not isinstance(value, type | Mapping) and value is not vol.Extra
    return called and not hasattr(value, "__voluptuous_compile__")


def _types(value: Any) -> tuple[type, ...]:
    """The built-in types that ``value`` accepts before it looks at anything else."""
    if isinstance(value, type):
        return (value,) if value in PLAIN else ()
    if type(value) is vol.Any:
        found: list[type] = []
        for each in value.validators:
            if not (isinstance(each, type) and each in PLAIN):
                break
            found.append(each)
        return tuple(found)
    return ()
