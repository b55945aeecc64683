"""Selectors: how a form asks for a value. Every one of Home Assistant 2025.4, with what it takes and its defaults."""

import re
from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

_ENTITY_ID: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
_FEATURE: Final = re.compile(r"[a-z_]+\.[A-Z][A-Za-z]+\.[A-Z][A-Z0-9_]*")
_TEXTS: Final = [str]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _list_of(keys: Mapping[Any, Any]) -> Any:
    return vol.All(_listed, [vol.Schema(dict(keys))])


def _text_or_texts(value: Any) -> list[str]:
    found: list[str] = vol.Schema(_TEXTS)(_listed(value))
    return found


def _entity_id(value: Any) -> str:
    if not isinstance(value, str) or not _ENTITY_ID.fullmatch(value.lower()):
        raise vol.Invalid(f"Entity ID {value} is an invalid entity ID")
    return value.lower()


def _feature(value: Any) -> str:
    if not isinstance(value, str):
        raise vol.Invalid("expected str")
    if not _FEATURE.fullmatch(value):
        raise vol.Invalid(f"Unknown supported feature '{value}'")
    return value


_YES: Final = vol.Boolean()
_NO: Final[Any] = False
_ENTITY: Final = {
    vol.Optional("integration"): str,
    vol.Optional("domain"): _text_or_texts,
    vol.Optional("device_class"): _text_or_texts,
    vol.Optional("supported_features"): [vol.Any([_feature], _feature)],
}
_DEVICE: Final = {
    vol.Optional("integration"): str,
    vol.Optional("manufacturer"): str,
    vol.Optional("model"): str,
    vol.Optional("model_id"): str,
}
_DEVICE_OF: Final = {**_DEVICE, vol.Optional("entity"): _list_of(_ENTITY)}
_PLACE: Final = {
    vol.Optional("entity"): _list_of(_ENTITY),
    vol.Optional("device"): _list_of(_DEVICE_OF),
    vol.Optional("multiple", default=_NO): _YES,
}
_KINDS_OF_TEXT: Final = (
    "color", "date", "datetime-local", "email", "month", "number", "password", "search", "tel", "text", "time", "url",
    "week",
)  # fmt: skip


def _value(value: Any) -> Any:
    if not isinstance(value, str | int):
        raise vol.Invalid("expected str")
    return value


def _number(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if value["mode"] == "slider" and not ("min" in value and "max" in value):
        raise vol.Invalid("min and max are required in slider mode")
    return value


_STEP: Final = vol.Any("any", vol.All(vol.Coerce(float), vol.Range(min=1e-3)))
_TAKES: Final[Mapping[str, Any]] = {
    "action": {},
    "addon": {vol.Optional("name"): str, vol.Optional("slug"): str},
    "area": _PLACE,
    "assist_pipeline": {},
    "attribute": {vol.Required("entity_id"): _entity_id, vol.Optional("hide_attributes"): _TEXTS},
    "backup_location": {},
    "boolean": {},
    "color_rgb": {},
    "color_temp": {
        vol.Optional("unit", default="mired"): vol.In(("kelvin", "mired")),
        **{vol.Optional(key): vol.Coerce(int) for key in ("min", "max", "max_mireds", "min_mireds")},
    },
    "condition": {},
    "config_entry": {vol.Optional("integration"): str},
    "constant": {
        vol.Optional("label"): str, vol.Optional("translation_key"): str, vol.Required("value"): _value,
    },
    "conversation_agent": {vol.Optional("language"): str},
    "country": {vol.Optional("countries"): _TEXTS, vol.Optional("no_sort", default=_NO): _YES},
    "date": {},
    "datetime": {},
    "device": {
        **_DEVICE_OF, vol.Optional("multiple", default=_NO): _YES, vol.Optional("filter"): _list_of(_DEVICE_OF),
    },
    "duration": {
        vol.Optional(key): _YES for key in ("enable_day", "enable_millisecond", "allow_negative")
    },
    "entity": {
        **_ENTITY, vol.Optional("exclude_entities"): _TEXTS, vol.Optional("include_entities"): _TEXTS,
        vol.Optional("multiple", default=_NO): _YES, vol.Optional("filter"): _list_of(_ENTITY),
    },
    "file": {vol.Required("accept"): str},
    "floor": _PLACE,
    "icon": {vol.Optional("placeholder"): str},
    "label": {vol.Optional("multiple", default=_NO): _YES},
    "language": {
        vol.Optional("languages"): _TEXTS, vol.Optional("native_name", default=_NO): _YES,
        vol.Optional("no_sort", default=_NO): _YES,
    },
    "location": {vol.Optional("radius"): bool, vol.Optional("icon"): str},
    "media": {},
    "number": vol.All(
        vol.Schema(
            {
                vol.Optional("min"): vol.Coerce(float), vol.Optional("max"): vol.Coerce(float),
                vol.Optional("step", default=1): _STEP, vol.Optional("unit_of_measurement"): str,
                vol.Optional("mode", default="slider"): vol.In(("box", "slider")),
            }
        ),
        _number,
    ),
    "object": {},
    "qr_code": {
        vol.Required("data"): str, vol.Optional("scale"): int,
        vol.Optional("error_correction_level"): vol.In(("low", "medium", "quartile", "high")),
    },
    "select": {
        vol.Required("options"): vol.Any([str], [{vol.Required("value"): str, vol.Required("label"): str}]),
        vol.Optional("multiple", default=_NO): _YES, vol.Optional("custom_value", default=_NO): _YES,
        vol.Optional("mode"): vol.In(("list", "dropdown")), vol.Optional("translation_key"): str,
        vol.Optional("sort", default=_NO): _YES,
    },
    "state": {vol.Required("entity_id"): _entity_id},
    "target": {vol.Optional("entity"): _list_of(_ENTITY), vol.Optional("device"): _list_of(_DEVICE_OF)},
    "template": {},
    "text": {
        vol.Optional("multiline", default=_NO): bool, vol.Optional("prefix"): str, vol.Optional("suffix"): str,
        vol.Optional("type"): vol.In(_KINDS_OF_TEXT), vol.Optional("autocomplete"): str,
        vol.Optional("multiple", default=_NO): bool,
    },
    "theme": {vol.Optional("include_default", default=_NO): _YES},
    "time": {},
    "trigger": {},
}  # fmt: skip
SELECTORS: Final[Mapping[str, vol.Schema]] = {name: vol.Schema(keys) for name, keys in _TAKES.items()}


def selector(value: Any) -> dict[str, Any]:
    """A validator: one selector with its defaults filled in."""
    if not isinstance(value, Mapping):
        raise vol.Invalid("Expected a dictionary")
    if len(value) != 1:
        raise vol.Invalid(f"Only one type can be specified. Found {', '.join(map(str, value))}")
    name = next(iter(value))
    if name not in SELECTORS:
        raise vol.Invalid(f"Unknown selector type {name} found")
    return {name: SELECTORS[name](value[name] if value[name] is not None else {})}
