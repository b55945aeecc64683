"""A voluptuous schema as rows of a table: what each key takes, in words."""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import voluptuous as vol

from linli.config.phrases import Phrase, phrase
from linli.config.validators.base import Validator, expected_of, validator_of
from linli.config.validators.choices import any_of, maybe, templated, variant
from linli.config.validators.collections import list_of, map_of, section
from linli.config.validators.describe import default_of, keys_of, plain

NOT_GIVEN: Final = object()
_ANY_MAP: Final = phrase("map").text()


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a schema; those of maps inside it follow it, with its path before theirs."""

    path: str
    """``limits.connections``; ``chains[].who`` inside a list, ``input_number.<name>.min`` inside a map of any names."""
    takes: str
    required: str
    """``yes``, ``no``, or with which others it excludes itself."""
    default: Any
    """As one would write it; :data:`NOT_GIVEN` where nothing stands for the key."""
    description: str


def fields_of(schema: Any, *, without: frozenset[str] = frozenset(), prefix: str = "") -> Iterator[Field]:
    """Every key of ``schema`` and of the maps inside it, in the order in which they are declared."""
    for shape in maps_in(schema):
        for key, name, value in keys_of(shape):
            if name in without:
                continue
            path = f"{prefix}{'<name>' if name is None else name}"
            default = default_of(key)
            inside = list(_inside(value, path))
            words = takes(value)
            yield Field(
                path,
                words.replace(_ANY_MAP, "a map with the keys below") if inside else words,
                _required(key),
                NOT_GIVEN if default is vol.UNDEFINED else plain(default),
                str(getattr(key, "description", None) or ""),
            )
            yield from inside
        if vol.Extra in shape:
            yield Field(f"{prefix}<name>", "anything", "no", NOT_GIVEN, "")


def _inside(value: Any, path: str) -> Iterator[Field]:
    value = validator_of(value)
    if isinstance(value, maybe | templated):
        yield from _inside(value.item, path)
    elif isinstance(value, list_of):
        yield from _inside(value.item, f"{path}[]")
    elif isinstance(value, list):
        for item in value:
            yield from _inside(item, f"{path}[]")
    elif isinstance(value, map_of):
        yield from _inside(value.value, f"{path}.<name>")
    else:
        yield from fields_of(value, prefix=f"{path}.")


def maps_in(schema: Any) -> Iterator[Mapping[Any, Any]]:
    """The maps that a schema may mean: itself, or each of its alternatives."""
    schema = validator_of(schema)
    if isinstance(schema, Mapping):
        yield schema
    elif isinstance(schema, vol.Schema | section):
        yield from maps_in(schema.schema)
    elif isinstance(schema, vol.All | vol.Any):
        for part in schema.validators:
            yield from maps_in(part)
    elif isinstance(schema, any_of):
        for part in schema.options:
            yield from maps_in(part)
    elif isinstance(schema, variant):
        for part in schema.shapes.values():
            yield from maps_in(part)


def _required(key: Any) -> str:
    if isinstance(key, vol.Exclusive):
        return f"at most one of *{key.group_of_exclusion}*"
    if isinstance(key, vol.Inclusive):
        return f"all or none of *{key.group_of_inclusion}*"
    return "yes" if isinstance(key, vol.Required) and default_of(key) is vol.UNDEFINED else "no"


def takes(value: Any) -> str:
    """What anything a schema may hold accepts, as a noun: "a whole number, from 1 to 86400"."""
    value = validator_of(value)
    if isinstance(value, vol.All):
        parts = [takes(part) for part in value.validators]
        return ", ".join(part for part in dict.fromkeys(parts) if part) or "anything"
    if isinstance(value, vol.Any):
        return " or ".join(dict.fromkeys(takes(part) or "anything" for part in value.validators))
    if isinstance(value, list):
        return f"a list of {' or '.join(takes(part) for part in value)}" if value else "a list"
    if isinstance(value, vol.Schema):
        return takes(value.schema)
    if not isinstance(value, Validator) and callable(value) and not isinstance(value, type):
        return _rule(value)
    expected = expected_of(_TYPES.get(value, value) if isinstance(value, type) else value)
    return "anything" if value is object else expected.text() if isinstance(expected, Phrase) else expected


def _rule(rule: Any) -> str:
    """One of voluptuous' own rules, or a function, which says it in its docstring; nothing where it only converts."""
    if isinstance(rule, vol.In):
        return f"one of {', '.join(str(option) for option in cast('Iterable[Any]', rule.container))}"
    if isinstance(rule, vol.Range):
        return _between(rule.min, rule.max)
    if isinstance(rule, vol.Length):
        return f"{_between(rule.min, rule.max)} long"
    if isinstance(rule, vol.Clamp):
        return f"brought to {_between(rule.min, rule.max)}"
    if isinstance(rule, vol.Coerce):
        return takes(rule.type)
    doc = inspect.getdoc(rule) if inspect.isfunction(rule) else None
    if not doc:
        return ""
    line = doc.partition("\n")[0].rstrip(".")
    return line[:1].lower() + line[1:]


def _between(low: Any, high: Any) -> str:
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"{low} to {high}"


_TYPES: Final[Mapping[type, Any]] = {tuple: list, frozenset: list, set: list}
