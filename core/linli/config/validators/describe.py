"""Anything a schema may hold, described as JSON Schema (draft-07 and 2020-12 read it alike; OpenAPI 3.1 too)."""

from collections.abc import Iterator, Mapping
from typing import Any

import voluptuous as vol

from linli.config.validators.base import Json, Validator, validator_of


def json_schema(candidate: Any) -> Json:
    """The JSON Schema of a voluptuous schema, a part of one, or a ``sv.*``.

    Extra keys are forbidden where voluptuous forbids them, a key with a default is not required, and a key's
    description is its hint. Voluptuous' own leaves (Range, Length, Match, Coerce …) are left to voluptuous-openapi.
    """
    candidate = validator_of(candidate)
    if isinstance(candidate, Validator):
        return candidate.json_schema()
    if isinstance(candidate, vol.Schema):
        if isinstance(candidate.schema, Mapping):
            return _mapping(candidate.schema, open_ended=candidate.extra != vol.PREVENT_EXTRA)
        return json_schema(candidate.schema)
    if isinstance(candidate, Mapping):
        return _mapping(candidate, open_ended=False)
    if isinstance(candidate, list):
        return {"type": "array", "items": either([json_schema(item) for item in candidate])}
    if isinstance(candidate, vol.Any):
        return either([json_schema(item) for item in candidate.validators])
    if isinstance(candidate, vol.All):
        return _all(candidate)
    return _leaf(candidate)


def keys_of(mapping: Mapping[Any, Any]) -> Iterator[tuple[Any, str | None, Any]]:
    """Every key of a mapping schema: (marker or key, its name or None where any name may stand, value schema)."""
    for key, value in mapping.items():
        if isinstance(key, vol.Remove) or key is vol.Extra:
            continue
        name = key.schema if isinstance(key, vol.Marker) else key
        if isinstance(name, vol.Any):
            for option in name.validators:
                yield key, str(option), value
        else:
            yield key, name if isinstance(name, str) else None, value


def default_of(key: Any) -> Any:
    """What stands for the key where it is absent; :data:`voluptuous.UNDEFINED` where nothing does."""
    default = getattr(key, "default", vol.UNDEFINED)
    return vol.UNDEFINED if isinstance(default, vol.Undefined) else default()


def plain(value: Any) -> Any:
    """A default as one would write it in YAML."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(getattr(value, "value", value))


def either(options: list[Json]) -> Json:
    """One of several schemas, without repeats."""
    unlike = [option for index, option in enumerate(options) if option not in options[:index]]
    if {} in unlike or not unlike:
        return {}
    return unlike[0] if len(unlike) == 1 else {"anyOf": unlike}


def _mapping(mapping: Mapping[Any, Any], *, open_ended: bool) -> Json:
    properties: Json = {}
    required: list[str] = []
    others: list[Json] = []
    for key, name, value in keys_of(mapping):
        field = json_schema(value)
        if name is None:
            others.append(field)
            continue
        description = getattr(key, "description", None)
        default = default_of(key)
        if isinstance(description, str):
            field = {**field, "description": description}
        if default is not vol.UNDEFINED:
            field = {**field, "default": plain(default)}
        elif isinstance(key, vol.Required) and not isinstance(key.schema, vol.Any):
            required.append(name)
        properties[name] = field
    schema: Json = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    open_ended = open_ended or vol.Extra in mapping
    schema["additionalProperties"] = True if open_ended else either(others) if others else False
    return schema


def _all(candidate: Any) -> Json:
    """The first part that says what it is, with the bounds that the others add."""
    described = [part for part in (json_schema(item) for item in candidate.validators) if part]
    merged: Json = {}
    for part in described:
        if any(key in merged and merged[key] != value for key, value in part.items()):
            return {"allOf": described}
        merged.update(part)
    return merged


def _leaf(candidate: Any) -> Json:
    if candidate is None:
        return {"type": "null"}
    if candidate in (dict, list):
        return {"type": "object" if candidate is dict else "array"}
    if candidate is object or (callable(candidate) and not isinstance(candidate, type) and _is_function(candidate)):
        return {}
    # Imported here: only describing needs it, a starting hub does not.
    from voluptuous_openapi import OpenApiVersion, convert  # type: ignore[import-untyped]  # it ships no types

    described: Json = convert(candidate, openapi_version=OpenApiVersion.V3_1)
    return described


def selector_of(candidate: Any) -> Json:
    """The form field of anything a schema may hold; the object editor where there is no better one."""
    candidate = validator_of(candidate)
    if isinstance(candidate, Validator):
        return candidate.selector()
    return _SELECTORS.get(candidate, {"object": {}}) if isinstance(candidate, type) else {"object": {}}


def example_of(candidate: Any) -> Any:
    """Something that passes ``candidate``, as far as its parts have examples."""
    candidate = validator_of(candidate)
    if isinstance(candidate, Validator):
        return candidate.example
    if isinstance(candidate, vol.Schema):
        return example_of(candidate.schema)
    if isinstance(candidate, Mapping):
        needed = {key: value for key, value in candidate.items() if isinstance(key, vol.Required)}
        return {str(key): example_of(value) for key, value in needed.items()}
    if isinstance(candidate, list):
        return [example_of(candidate[0])] if candidate else []
    if isinstance(candidate, vol.Any | vol.All):
        return example_of(candidate.validators[0])
    return _EXAMPLES.get(candidate, candidate) if isinstance(candidate, type) else candidate


_SELECTORS: dict[type, Json] = {
    str: {"text": {}},
    bool: {"boolean": {}},
    int: {"number": {"mode": "box", "step": 1}},
    float: {"number": {"mode": "box", "step": "any"}},
}
_EXAMPLES: dict[type, Any] = {str: "text", bool: True, int: 1, float: 1.0, dict: {}, list: []}


def _is_function(candidate: Any) -> bool:
    return hasattr(candidate, "__code__")
