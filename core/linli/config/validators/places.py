"""Where and in which habits people live: coordinates, time zone, language, country, currency, units."""

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from linli.config.phrases import Phrase, did_you_mean, phrase
from linli.config.validators.base import Json, Validator
from linli.config.validators.numbers import number
from linli.config.validators.text import one_of, pattern


class _TimeZone(Validator):
    """A time zone of the IANA list; gives its name."""

    example: Any = "Asia/Shanghai"

    def __call__(self, value: Any) -> str:
        if not isinstance(value, str) or not value or value.startswith((".", "/")) or ".." in value:
            raise self.refuse(value)
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            guess = did_you_mean(value, available_timezones())
            raise self.refuse(value, "expected_option", guess=guess) from error
        return value

    def json_schema(self) -> Json:
        return {"type": "string", "pattern": r"^[A-Za-z_]+(?:/[A-Za-z0-9_+-]+){0,2}$"}

    def selector(self) -> Json:
        return {"text": {}}

    def expects(self) -> Phrase:
        return phrase("time_zone", example=self.example)


class _Coordinates(Validator):
    """Latitude and longitude, as a map or a list of two; gives {latitude, longitude}. Errors do not repeat them."""

    private = True

    def __init__(self) -> None:
        self.example: Any = {"latitude": 30.25, "longitude": 120.16}

    def __call__(self, value: Any) -> dict[str, float]:
        if isinstance(value, list | tuple) and len(value) == 2:
            value = {"latitude": value[0], "longitude": value[1]}
        if not isinstance(value, Mapping) or not {"latitude", "longitude"} <= set(value) <= _LOCATION_KEYS:
            raise self.refuse(value)
        checked = {"latitude": latitude(value["latitude"]), "longitude": longitude(value["longitude"])}
        if "radius" in value:
            checked["radius"] = number(min=0)(value["radius"])
        return checked

    def json_schema(self) -> Json:
        parts = {"latitude": latitude.json_schema(), "longitude": longitude.json_schema(), "radius": {"type": "number"}}
        as_map = {"type": "object", "properties": parts, "required": ["latitude", "longitude"]}
        pair = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
        return {"anyOf": [{**as_map, "additionalProperties": False}, pair]}

    def selector(self) -> Json:
        return {"location": {}}

    def expects(self) -> Phrase:
        return phrase("coordinates")


_LOCATION_KEYS: Final = {"latitude", "longitude", "radius"}

latitude = number(min=-90, max=90, unit="°", private=True)
longitude = number(min=-180, max=180, unit="°", private=True)
elevation = number(min=-500, max=9000, unit="m")
coordinates = _Coordinates()
time_zone = _TimeZone()
language = pattern(
    r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|\d{3}))?",
    example="zh-Hans",
    noun="language",
    selector={"language": {}},
)
country = pattern(r"[A-Z]{2}", example="CN", noun="country", selector={"country": {}})
currency = pattern(r"[A-Z]{3}", example="CNY", noun="currency")
unit_system = one_of("metric", "us_customary")
