"""Schemas for others: JSON Schema for editors, form fields for screens, fragments for the API's description."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol
import voluptuous_serialize

from linli.config.builder import VALUE_TAGS
from linli.config.catalog import CatalogEntry
from linli.config.core_section import CORE_SCHEMA
from linli.config.deployment import CORE_SECTION, SAFETY_KEY
from linli.config.validators.base import Json, Validator, validator_of
from linli.config.validators.collections import section
from linli.config.validators.describe import default_of, json_schema, keys_of, plain, selector_of

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
"""What the YAML language server reads best."""

CUSTOM_TAGS: Final = (*(f"{tag} scalar" for tag in VALUE_TAGS), "!locked scalar")
"""The editor setting ``yaml.customTags`` that makes it accept the tags of the deployment language."""

_TAG_ARGUMENT: Final = r"^[A-Za-z_][A-Za-z0-9_]*(?: .*)?$|\.ya?ml$|^[^:]*/[^:]*$"
"""What an editor sees of a tagged value: the name of a secret or variable, a file, a folder."""
_TAGGED: Final = {"$ref": "#/definitions/tagged"}
_SAFETY: Final = {"type": "boolean", "description": "The plugin belongs to the safety path: it is never quarantined"}


def deployment_schema(entries: Mapping[str, CatalogEntry]) -> Json:
    """JSON Schema of a whole linli.yaml, with the sections of all given plugins."""
    properties = {CORE_SECTION: _section(CORE_SCHEMA, core=True)}
    for domain in sorted(entries):
        properties[domain] = _plugin_section(entries[domain])
    return _document({"type": "object", "properties": properties, "additionalProperties": False}, "linli.yaml")


def section_schema(domain: str, entry: CatalogEntry | None) -> Json:
    """JSON Schema of one section; ``entry`` is None for the core's own."""
    if entry is None:
        return _document(_section(CORE_SCHEMA, core=True), domain)
    return _document(_plugin_section(entry), domain)


def openapi_schema(schema: Any) -> Json:
    """A schema as a fragment of an OpenAPI 3.1 document (whose schemas are JSON Schema)."""
    return json_schema(schema)


def form_fields(schema: Any) -> list[Json]:
    """The fields of a form, in order, as Home Assistant's frontend reads them: name, required, default, selector.

    A map inside a map becomes an ``expandable`` group of fields.
    """
    candidate = validator_of(schema)
    while isinstance(candidate, vol.Schema | section | vol.All):
        candidate = candidate.validators[0] if isinstance(candidate, vol.All) else candidate.schema
    fields: list[Json] = []
    for key, name, value in keys_of(candidate) if isinstance(candidate, Mapping) else ():
        if name is not None:
            fields.append(_field(key, name, validator_of(value)))
    return fields


def _field(key: Any, name: str, value: Any) -> Json:
    field: Json = {"name": name, "required": isinstance(key, vol.Required)}
    description, default = getattr(key, "description", None), default_of(key)
    if isinstance(description, str):
        field["description"] = description
    if default is not vol.UNDEFINED:
        field["default"] = plain(default)
    elif not field["required"]:
        field["optional"] = True
    if isinstance(value, Mapping | vol.Schema | section):
        return {**field, "type": "expandable", "schema": form_fields(value)}
    if isinstance(value, Validator):
        return {**field, "selector": value.selector()}
    return {**field, **_foreign(value)}


def _foreign(value: Any) -> Json:
    """A field of voluptuous' own parts, which voluptuous-serialize knows; the object editor for what it does not."""
    selector = selector_of(value)
    if "object" not in selector:
        return {"selector": selector}
    try:
        described = voluptuous_serialize.convert(value)
    except ValueError:
        return {"selector": selector}
    return described if isinstance(described, dict) else {"selector": selector}


def _document(schema: Json, title: str) -> Json:
    note = "Tags (!secret, !include, !env_var …) need the editor setting yaml.customTags: " + ", ".join(CUSTOM_TAGS)
    tagged = {"type": "string", "pattern": _TAG_ARGUMENT, "description": f"What a tag brings: {', '.join(VALUE_TAGS)}"}
    return {"$schema": DRAFT, "title": title, "$comment": note, **schema, "definitions": {"tagged": tagged}}


def _plugin_section(entry: CatalogEntry) -> Json:
    if entry.manifest.listed:
        return {"anyOf": [json_schema(entry.schema), {"type": "null"}, {"const": False, "description": "Switched off"}]}
    one = _section(entry.schema if entry.schema is not None else vol.Schema({}))
    options: list[Json] = [one, {"type": "null"}, {"const": False, "description": "Switched off"}, _TAGGED]
    if not entry.manifest.single:
        options.insert(1, {"type": "array", "items": {"anyOf": [one, _TAGGED]}})
    return {"anyOf": options}


def _section(schema: Any, *, core: bool = False) -> Json:
    described = _with_tags(json_schema(schema), top=True)
    if not core and described.get("type") == "object":
        described["properties"] = {**described.get("properties", {}), SAFETY_KEY: _SAFETY}
    return described


def _with_tags(schema: Json, *, top: bool = False) -> Json:
    """The schema, made to accept a tag wherever a value that is no text is expected."""
    changed = dict(schema)
    if "properties" in schema:
        changed["properties"] = {name: _with_tags(part) for name, part in schema["properties"].items()}
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict) and schema[name]:
            changed[name] = _with_tags(schema[name])
    for name in ("anyOf", "oneOf"):
        if name in schema:
            changed[name] = [_with_tags(part, top=True) for part in schema[name]]
    if top or not schema or _takes_any_text(schema):
        return changed
    outer: Json = {name: changed.pop(name) for name in ("description", "default") if name in changed}
    options = changed["anyOf"] if set(changed) == {"anyOf"} else [changed]
    return {"anyOf": [*options, _TAGGED], **outer}


def _takes_any_text(schema: Json) -> bool:
    bounds = {"pattern", "enum", "minLength", "maxLength", "format"}
    return "string" in schema.get("type", ()) and not bounds & schema.keys()
