"""A schema as plain values and back, so that what a plugin's process declares is known here without its code.

``sv.*`` are made again from what they were made with. What only the plugin's own code can check (a function, an enum of
its own, a regular expression, which could hold this process up) is *foreign*: here it passes whatever comes, described
to editors and forms as its plugin describes it, and the plugin's process checks it.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import voluptuous as vol

from linli import schema as schema_module
from linli.config.phrases import Phrase, phrase
from linli.config.validators.base import Json, Validator, expected_of, validator_of
from linli.config.validators.describe import default_of, json_schema, selector_of
from linli.errors import ContractError
from linli.plugin.wire import pack, unpack

HOME: Final = "linli.config.validators."
NEVER: Final = frozenset({"pattern", "enum"})
"""Checked by the plugin's process only."""
MOST_REPEATED: Final = 1000
"""How long the example of a list may become."""
DEEPEST: Final = 40
TYPES: Final[dict[str, type]] = {
    "str": str, "int": int, "float": float, "bool": bool, "dict": dict, "list": list, "object": object,
}  # fmt: skip
_TYPE_NAMES: Final = {kind: name for name, kind in TYPES.items()}
_MARKERS: Final[dict[str, Any]] = {"required": vol.Required, "optional": vol.Optional}

Tree = Any
"""A schema as lists of plain values; the first item says what it is."""


class foreign(Validator):
    """What only the plugin's own code can check; passes everything."""

    def __init__(self, described: Json, field: Json, expected: str) -> None:
        self.example: Any = None
        self._schema = described
        self._selector = field
        self._expected = expected

    def __call__(self, value: Any) -> Any:
        return value

    def json_schema(self) -> Json:
        return self._schema

    def selector(self) -> Json:
        return self._selector

    def expects(self) -> Phrase:
        return phrase("other_value", message=self._expected)


# out -----------------------------------------------------------------------------------------------------------------


def described(candidate: Any) -> Tree:
    """Anything that a schema may hold, as plain values."""
    candidate = validator_of(candidate)
    if isinstance(candidate, vol.Schema):
        return ["schema", described(candidate.schema), candidate.extra, bool(candidate.required)]
    if isinstance(candidate, Mapping):
        return ["map", [[_key(key), described(value)] for key, value in candidate.items()]]
    if isinstance(candidate, list):
        return ["list", [described(item) for item in candidate]]
    if type(candidate) in (vol.All, vol.Any) and candidate.msg is None:
        return ["all" if type(candidate) is vol.All else "any", [described(item) for item in candidate.validators]]
    if candidate is None or isinstance(candidate, bool | int | float | str):
        return ["is", candidate]
    if isinstance(candidate, type) and candidate in _TYPE_NAMES:
        return ["type", _TYPE_NAMES[candidate]]
    if isinstance(candidate, Validator):
        tree = _validator(candidate)
        if tree is not None:
            return tree
    return _foreign(candidate)


def _key(key: Any) -> Tree:
    if key is vol.Extra:
        return ["extra"]
    for name, kind in _MARKERS.items():
        if type(key) is kind and isinstance(key.schema, str):
            given = default_of(key)
            default = [] if given is vol.UNDEFINED else [pack(given)]
            description = key.description if isinstance(key.description, str) else None
            return [name, key.schema, description, default]
    if isinstance(key, vol.Marker):
        raise ContractError(
            f"a schema that is read without its plugin's code has Required and Optional keys, not {key!r}"
        )
    return ["any", described(key)]


def _validator(candidate: Validator) -> Tree | None:
    named_so = next((name for name, shared in vars(schema_module).items() if shared is candidate), None)
    if named_so is not None:
        return ["named", named_so]
    kind = type(candidate)
    if not kind.__module__.startswith(HOME) or kind.__name__ in NEVER:
        return None
    made = candidate.made
    try:
        arguments = [_argument(value) for value in made.arguments]
        named = {name: _argument(value) for name, value in made.named.items()}
    except ContractError:
        return None
    return ["sv", kind.__module__.removeprefix(HOME), kind.__qualname__, arguments, named]


def _argument(value: Any) -> Tree:
    if isinstance(value, type | Validator | vol.Schema | vol.All | vol.Any) or _holds_schema(value):
        return ["part", described(value)]
    return ["value", pack(value)]


def _holds_schema(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    items = (*value.keys(), *value.values())
    return any(isinstance(item, vol.Marker | Validator | vol.Schema | type | Mapping) for item in items)


def _foreign(candidate: Any) -> Tree:
    try:
        schema, field = json_schema(candidate), selector_of(candidate)
        expected = expected_of(candidate)
    except Exception:  # noqa: BLE001 - a plugin's own validator that cannot describe itself is described as anything
        schema, field, expected = {}, {"object": {}}, phrase("other_value")
    return ["foreign", schema, field, expected.text() if isinstance(expected, Phrase) else expected]


# in ------------------------------------------------------------------------------------------------------------------


def rebuilt(tree: Tree) -> Any:
    """The schema again, of linli's own parts; raises ContractError for what :func:`described` did not make."""
    try:
        return _build(tree, 0)
    except ContractError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, vol.Error) as error:
        raise ContractError(f"a schema that a plugin's process sent is damaged: {error}") from error


def has_foreign(tree: Tree) -> bool:
    """Whether some of it only the plugin's own process can check."""
    if isinstance(tree, Mapping):
        return any(map(has_foreign, tree.values()))
    return isinstance(tree, list) and (tree[:1] == ["foreign"] or any(map(has_foreign, tree)))


def _build(tree: Tree, depth: int) -> Any:
    if depth > DEEPEST:
        raise ContractError("a schema that a plugin's process sent is nested too deep")
    kind, *rest = tree
    return _BUILDERS[kind](rest, depth + 1)


def _build_schema(rest: list[Any], depth: int) -> Any:
    if rest[1] not in (vol.PREVENT_EXTRA, vol.ALLOW_EXTRA, vol.REMOVE_EXTRA):
        raise ContractError("a schema that a plugin's process sent says nothing of extra keys")
    return vol.Schema(_build(rest[0], depth), extra=rest[1], required=rest[2] is True)


def _build_key(tree: Tree, depth: int) -> Any:
    kind, *rest = tree
    if kind == "extra":
        return vol.Extra
    if kind == "any":
        return _build(rest[0], depth)
    name, description, default = rest
    if not isinstance(name, str):
        raise ContractError("a key of a schema is no text")
    given: Any = vol.UNDEFINED if not default else _given(default[0])
    return _MARKERS[kind](name, default=given, description=description)


def _given(packed: Any) -> Callable[[], Any]:
    value = unpack(packed)
    return lambda: value


def _build_validator(rest: list[Any], depth: int) -> Validator:
    module_name, name, arguments, named = rest
    if not isinstance(module_name, str) or "." in module_name or name in NEVER:
        raise ContractError(f"{module_name}.{name} is no validator")
    kind = vars(importlib.import_module(f"{HOME}{module_name}")).get(name)
    if not (isinstance(kind, type) and issubclass(kind, Validator) and kind.__module__ == f"{HOME}{module_name}"):
        raise ContractError(f"{module_name}.{name} is no validator")
    built = {key: _build_argument(value, depth) for key, value in named.items()}
    if isinstance(built.get("min"), int) and built["min"] > MOST_REPEATED and issubclass(kind, _repeating()):
        raise ContractError(f"{name} of at least {built['min']} items")
    return kind(*(_build_argument(value, depth) for value in arguments), **built)


def _build_named(rest: list[Any], depth: int) -> Validator:
    found = vars(schema_module).get(rest[0])
    if not isinstance(found, Validator):
        raise ContractError(f"sv.{rest[0]} is no validator")
    return found


def _repeating() -> type[Validator]:
    from linli.config.validators.collections import list_of

    return list_of


def _build_argument(tree: Tree, depth: int) -> Any:
    kind, value = tree
    return _build(value, depth) if kind == "part" else unpack(value)


_BUILDERS: Final[Mapping[str, Callable[[list[Any], int], Any]]] = {
    "schema": _build_schema,
    "map": lambda rest, depth: {_build_key(key, depth): _build(value, depth) for key, value in rest[0]},
    "list": lambda rest, depth: [_build(item, depth) for item in rest[0]],
    "all": lambda rest, depth: vol.All(*(_build(item, depth) for item in rest[0])),
    "any": lambda rest, depth: vol.Any(*(_build(item, depth) for item in rest[0])),
    "is": lambda rest, depth: rest[0],
    "type": lambda rest, depth: TYPES[rest[0]],
    "named": _build_named,
    "sv": _build_validator,
    "foreign": lambda rest, depth: foreign(dict(rest[0]), dict(rest[1]), str(rest[2])),
}
