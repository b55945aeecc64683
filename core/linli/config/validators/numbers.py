"""Numbers, each with the unit it is meant in."""

import math
from collections.abc import Mapping
from typing import Any, Final

from linli.config.phrases import Phrase, phrase
from linli.config.validators.base import Json, Validator, finite


class number(Validator):
    """A number between two bounds; ``unit`` may be written behind it ("21.5 °C") and is checked, not converted."""

    whole = False

    def __init__(
        self,
        *,
        min: float | None = None,
        max: float | None = None,
        step: float | None = None,
        unit: str | None = None,
        private: bool = False,
    ) -> None:
        self.min = min
        self.max = max
        self.step = step
        self.unit = unit
        self.private = private
        self.example: Any = self._inside(1)

    def __call__(self, value: Any) -> float:
        found = self._read(value)
        if (self.min is not None and found < self.min) or (self.max is not None and found > self.max):
            raise self.refuse(value)
        return found

    def _read(self, value: Any) -> float:
        if isinstance(value, bool):
            raise self.refuse(value)
        if isinstance(value, str):
            written = value.strip()
            if self.unit and written.endswith(self.unit):
                written = written[: -len(self.unit)].rstrip()
            value_read = self._parse(written, value)
        elif isinstance(value, int | float):
            value_read = value
        else:
            raise self.refuse(value)
        if not finite(value_read):
            raise self.refuse(value)
        if self.whole and value_read != int(value_read):
            raise self.refuse(value)
        return int(value_read) if self.whole else float(value_read)

    def _parse(self, written: str, value: Any) -> float:
        try:
            return int(written) if self.whole else float(written)
        except ValueError:
            pass
        try:
            return float(written)
        except ValueError as error:
            raise self.refuse(value) from error

    def _inside(self, wanted: float) -> float:
        low = self.min if self.min is not None else -math.inf
        high = self.max if self.max is not None else math.inf
        inside = max(low, min(high, wanted))
        return int(inside) if inside == int(inside) else inside

    def json_schema(self) -> Json:
        schema: Json = {"type": "integer" if self.whole else "number"}
        if self.min is not None:
            schema["minimum"] = self.min
        if self.max is not None:
            schema["maximum"] = self.max
        if self.unit is None:
            return schema
        digits = r"[-+]?\d+" if self.whole else r"[-+]?\d+(?:\.\d+)?"
        return {"anyOf": [schema, {"type": "string", "pattern": f"^{digits}\\s*(?:{_escaped(self.unit)})?$"}]}

    def selector(self) -> Json:
        field: Json = {"mode": "box"}
        if self.min is not None and self.max is not None:
            field["mode"] = "slider"
        for name, value in (("min", self.min), ("max", self.max), ("unit_of_measurement", self.unit)):
            if value is not None:
                field[name] = value
        field["step"] = self.step or (1 if self.whole else "any")
        return {"number": field}

    def expects(self) -> Phrase:
        noun = phrase("integer") if self.whole else phrase("number")
        unit = f" {self.unit}" if self.unit else ""
        if self.min is not None and self.max is not None:
            return phrase("between", noun=noun, min=self.min, max=self.max, unit=unit)
        if self.min is not None:
            return phrase("not_below", noun=noun, min=self.min, unit=unit)
        if self.max is not None:
            return phrase("not_above", noun=noun, max=self.max, unit=unit)
        return phrase("with_unit", noun=noun, unit=unit) if unit else noun


class integer(number):
    """A whole number between two bounds."""

    whole = True


class _Percentage(number):
    """0 to 100, with or without the sign; gives a number (40, not 0.4)."""

    def __init__(self) -> None:
        super().__init__(min=0, max=100, unit="%")
        self.example = 40


_TEMPERATURES: Final[Mapping[str, tuple[float, float]]] = {"°C": (-100, 1000), "°F": (-148, 1832), "K": (0, 1273)}


class temperature(number):
    """A temperature in ``unit`` ("°C", "°F" or "K"); another unit behind the number is refused, not converted."""

    def __init__(self, *, unit: str = "°C", min: float | None = None, max: float | None = None) -> None:
        low, high = _TEMPERATURES[unit]
        super().__init__(min=low if min is None else min, max=high if max is None else max, step=0.5, unit=unit)
        self.example = self._inside(21)

    def _parse(self, written: str, value: Any) -> float:
        if self.unit and written[-1:] == self.unit[-1:]:
            written = written[:-1].rstrip()  # "21 C" means "21 °C"
        return super()._parse(written, value)


def _escaped(unit: str) -> str:
    return "".join(f"\\{sign}" if sign in r"\.+*?()[]{}|^$" else sign for sign in unit)


positive_int = integer(min=0)
positive_number = number(min=0)
byte = integer(min=0, max=255)
brightness = byte
percentage = _Percentage()
