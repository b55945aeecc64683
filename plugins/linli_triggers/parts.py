"""Triggers and conditions taken apart for ``linli check``: each part with what it has to pass. Pure."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import voluptuous as vol

from linli import schema as sv
from linli_triggers.conditions.kinds import KINDS as CONDITIONS
from linli_triggers.conditions.kinds import numeric_state as numeric_state_condition
from linli_triggers.conditions.kinds import state as state_condition
from linli_triggers.conditions.kinds import sun as sun_condition
from linli_triggers.conditions.kinds import time as time_condition
from linli_triggers.conditions.language import GROUPS
from linli_triggers.kinds import KINDS, numeric_state, state, time_pattern
from linli_triggers.words import is_template

Path = tuple[str | int, ...]
DEEPEST: Final = 30
SLIP: Final = 0.75
"""How alike a word is to one that there is, where some plugin may know another."""
A_MAP: Final = sv.map_of(sv.string, sv.anything)
UNTOLD: Final = frozenset({"alias", "description", "id", "metadata"})
"""Keys whose texts are for people, whatever stands in them."""
_TRIGGER: Final = {
    vol.Optional("id"): object,
    vol.Optional("alias"): str,
    vol.Optional("enabled"): object,
    vol.Optional("variables"): dict,
}
_CONDITION: Final = {vol.Required("condition"): str, vol.Optional("alias"): str, vol.Optional("enabled"): object}
_GROUP: Final = {vol.Optional("alias"): str, vol.Optional("enabled"): object}


def trigger_parts(written: Any, path: Path, *, foreign: bool, depth: int = 0) -> Iterator[sv.Part]:
    """A trigger or a list of them. ``foreign``: plugins that run may follow kinds that are not known here."""
    if written is None or depth > DEEPEST:
        return
    if isinstance(written, list):
        for index, each in enumerate(written):
            yield from trigger_parts(each, (*path, index), foreign=foreign, depth=depth + 1)
    elif isinstance(written, Mapping) and set(written) == {"triggers"}:
        yield from trigger_parts(written["triggers"], (*path, "triggers"), foreign=foreign, depth=depth + 1)
    elif not isinstance(written, Mapping):
        yield sv.Part(path, written, A_MAP)
    else:
        yield from _trigger(written, path, foreign)


def _trigger(written: Mapping[str, Any], path: Path, foreign: bool) -> Iterator[sv.Part]:
    word = "platform" if "platform" in written and "trigger" not in written else "trigger"
    name = written.get(word)
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        yield from _unknown(written, path, word, KINDS, foreign)
        return
    shape = vol.Schema({vol.Required(word): str, **_TRIGGER, **_trigger_keys(str(name), written)})
    yield from whole_or_rest(written, path, shape, (word, *map(str, _TRIGGER)), kind.schema)


def _trigger_keys(name: str, written: Mapping[str, Any]) -> Any:
    match name:
        case "state":
            return (state._OF_ATTRIBUTES if "attribute" in written else state._OF_STATES).schema
        case "numeric_state":
            return numeric_state._SCHEMA.schema
        case "time_pattern":
            return time_pattern._SCHEMA.schema
    return _keys(KINDS[name].schema)


def _keys(schema: Any) -> Any:
    return schema.schema if isinstance(schema, vol.Schema) else {vol.Extra: object}


def _unknown(
    written: Mapping[str, Any], path: Path, word: str, known: Iterable[str], foreign: bool
) -> Iterator[sv.Part]:
    """There is no such kind, or none is said."""
    name = written.get(word)
    if not isinstance(name, str):
        yield sv.Part(path, written, vol.Schema({vol.Required(word): str}, extra=vol.ALLOW_EXTRA))
    elif not foreign or difflib.get_close_matches(name, known, n=1, cutoff=SLIP):
        yield sv.Part((*path, word), name, sv.one_of(*sorted(known)))


def whole_or_rest(
    written: Mapping[str, Any], path: Path, shape: vol.Schema, common: Iterable[str], check: Any
) -> Iterator[sv.Part]:
    """The keys with their values; where these are right what ``check`` says of what is particular to the kind."""
    yield sv.Part(path, written, shape)
    try:
        shape(dict(written))
    except vol.Invalid:
        return
    names = frozenset(common)
    yield sv.Part(path, {key: value for key, value in written.items() if key not in names}, check)


# conditions ----------------------------------------------------------------------------------------------------------


def condition_parts(written: Any, path: Path, *, foreign: bool, depth: int = 0) -> Iterator[sv.Part]:
    """A condition, a template or a list of them."""
    if written is None or is_template(written) or depth > DEEPEST:
        return
    if isinstance(written, list):
        for index, each in enumerate(written):
            yield from condition_parts(each, (*path, index), foreign=foreign, depth=depth + 1)
        return
    if not isinstance(written, Mapping):
        yield sv.Part(path, written, A_MAP)
        return
    short = [name for name in GROUPS if name in written and "condition" not in written]
    name = short[0] if len(short) == 1 else written.get("condition")
    if name in GROUPS:
        inside = short[0] if short else "conditions"
        marks: dict[Any, Any] = {**_GROUP, vol.Required(inside): object}
        if not short:
            marks[vol.Required("condition")] = str
        yield sv.Part(path, written, vol.Schema(marks))
        yield from condition_parts(written.get(inside), (*path, inside), foreign=foreign, depth=depth + 1)
    elif is_template(name):
        return
    elif not isinstance(name, str) or name not in CONDITIONS:
        yield from _unknown(written, path, "condition", [*CONDITIONS, *GROUPS], foreign)
    else:
        shape = vol.Schema({**_CONDITION, **_condition_keys(name, written)})
        yield from whole_or_rest(written, path, shape, map(str, _CONDITION), CONDITIONS[name].schema)


def _condition_keys(name: str, written: Mapping[str, Any]) -> Any:
    match name:
        case "state":
            return (state_condition._OF_ATTRIBUTES if "attribute" in written else state_condition._OF_STATES).schema
        case "numeric_state":
            return numeric_state_condition._SCHEMA.schema
        case "sun":
            return sun_condition._SCHEMA.schema
        case "time":
            return time_condition._SCHEMA.schema
    return _keys(CONDITIONS[name].schema)


# templates -----------------------------------------------------------------------------------------------------------


def template_parts(written: Any, path: Path, depth: int = 0) -> Iterator[sv.Part]:
    """Every template, however deep."""
    if is_template(written):
        yield sv.Part(path, written, sv.template)
    elif depth > DEEPEST:
        return
    elif isinstance(written, Mapping):
        for key, each in written.items():
            if key not in UNTOLD:
                yield from template_parts(each, (*path, str(key)), depth + 1)
    elif isinstance(written, list):
        for index, each in enumerate(written):
            yield from template_parts(each, (*path, index), depth + 1)
