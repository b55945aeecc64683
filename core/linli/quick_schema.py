"""A voluptuous schema that takes up by itself what is plainly right.

Most messages and calls are right, and most of their fields ask for a built-in type. Checked key by key, such a message
costs a microsecond where voluptuous takes ten: it judges only the values that are of no such type. A message that is
not right is judged by voluptuous alone, so that what is accepted, what it becomes and every error are its own.
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
    value: Any
    """What the schema says of it; of values of other types voluptuous tells what they become."""
    required: bool
    default: Callable[[], Any] | None


class QuickSchema(vol.Schema):
    """Equal to ``vol.Schema(fields)`` for every value."""

    def __init__(self, fields: Mapping[Any, Any]) -> None:
        self.schema, self.required, self.extra = dict(fields), False, vol.PREVENT_EXTRA
        self._fields = _fields(fields)
        self._judges: dict[str, Callable[[list[Any], Any], Any]] = {}
        """What voluptuous makes of single fields, as they are needed."""

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
        for key, types, wanted, required, default in self._fields:
            if key in data:
                met += 1
            elif required:
                return self._judged(data)
            elif default is None:
                continue
            else:
                taken[key] = default()
            if type(taken[key]) not in types:
                try:
                    taken[key] = self._judge_of(key, wanted)([], taken[key])
                except vol.Invalid:
                    return self._judged(data)
        return taken if met == len(data) else self._judged(data)

    def _judge_of(self, key: str, wanted: Any) -> Callable[[list[Any], Any], Any]:
        judge = self._judges.get(key)
        if judge is None:
            judge = self._judges[key] = self._compile(wanted)  # type: ignore[no-untyped-call]  # theirs
        return judge

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
                value,
                isinstance(marker, vol.Required) and isinstance(default, vol.Undefined),
                None if isinstance(default, vol.Undefined) else default,
            )
        )
    return tuple(fields)


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
