"""Light: colours in the spaces that lamps speak."""

import re
from typing import Any

from linli.config.phrases import Phrase, phrase
from linli.config.validators.base import Json, Validator
from linli.config.validators.numbers import integer, number


class channels(Validator):
    """A fixed number of channels as a list; gives a tuple."""

    def __init__(self, noun: str, example: list[float], *parts: number, selector: Json | None = None) -> None:
        self._noun = noun
        self._parts = parts
        self._selector = selector
        self.example: Any = example

    def __call__(self, value: Any) -> tuple[float, ...]:
        if not isinstance(value, list | tuple) or len(value) != len(self._parts):
            raise self.refuse(value)
        return tuple(part(item) for part, item in zip(self._parts, value, strict=True))

    def json_schema(self) -> Json:
        low, high = {part.min for part in self._parts}, {part.max for part in self._parts}
        item: Json = {"type": "integer" if self._parts[0].whole else "number"}
        item["minimum"] = min(value for value in low if value is not None)
        item["maximum"] = max(value for value in high if value is not None)
        return {"type": "array", "items": item, "minItems": len(self._parts), "maxItems": len(self._parts)}

    def selector(self) -> Json:
        return self._selector or {"object": {}}

    def expects(self) -> Phrase:
        return phrase(self._noun)


class _Color(Validator):
    """A colour as "#rrggbb" or three numbers from 0 to 255; gives (red, green, blue)."""

    example: Any = "#ff8800"

    def __call__(self, value: Any) -> tuple[float, ...]:
        if isinstance(value, str):
            digits = value.strip().lstrip("#")
            if not re.fullmatch(r"[0-9a-fA-F]{6}", digits):
                raise self.refuse(value)
            return tuple(int(digits[at : at + 2], 16) for at in (0, 2, 4))
        if not isinstance(value, list | tuple):
            raise self.refuse(value)
        return rgb(value)

    def json_schema(self) -> Json:
        return {"anyOf": [{"type": "string", "pattern": "^#?[0-9a-fA-F]{6}$"}, rgb.json_schema()]}

    def selector(self) -> Json:
        return {"color_rgb": {}}

    def expects(self) -> Phrase:
        return phrase("color")


_byte = integer(min=0, max=255)

rgb = channels("rgb", [255, 136, 0], _byte, _byte, _byte, selector={"color_rgb": {}})
rgbw = channels("rgbw", [255, 136, 0, 80], _byte, _byte, _byte, _byte)
rgbww = channels("rgbww", [255, 136, 0, 80, 20], _byte, _byte, _byte, _byte, _byte)
hs = channels("hs", [32, 100], number(min=0, max=360), number(min=0, max=100))
xy = channels("xy", [0.56, 0.4], number(min=0, max=1), number(min=0, max=1))
color = _Color()
kelvin = integer(min=1000, max=40000, unit="K")
mireds = integer(min=25, max=1000)
