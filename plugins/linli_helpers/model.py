"""What helpers are: the items that people make, as clients send and read them, and what an entity shows of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import (
    NO_ATTRIBUTES,
    Command,
    EntityDescription,
    InvalidRequest,
    Rendered,
    State,
    given,
)

Item = dict[str, Any]
"""As kept and sent: ``id``, ``name`` and what the domain has besides."""


def _icon(value: Any) -> str:
    """``prefix:name``."""
    text = str(value)
    if ":" not in text:
        raise vol.Invalid('Icons should be specified in the form "prefix:name"')
    return text


def word(value: Any) -> str:
    """Text, or a number or truth value as text."""
    if value is None or isinstance(value, list | dict):
        raise vol.Invalid("value should be a string")
    return str(value)


def boolean(value: Any) -> bool:
    """True or false, or a word for it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("1", "true", "yes", "on", "enable"):
        return True
    if isinstance(value, str) and value.strip().lower() in ("0", "false", "no", "off", "disable"):
        return False
    if isinstance(value, int | float):
        return value != 0
    raise vol.Invalid(f"invalid boolean value {value}")


def _finite(value: float) -> float:
    """Finite."""
    if value != value or value in (float("inf"), float("-inf")):
        raise vol.Invalid("expected a finite number")
    return value


_FLOAT: Final = vol.All(vol.Coerce(float), _finite)
NAME_KEYS: Final[Mapping[Any, Any]] = {
    vol.Required("name"): vol.All(str, vol.Length(min=1)),
    vol.Optional("icon"): _icon,
}
"""What a client sends of every helper."""

BOOLEAN_KEYS: Final[Mapping[Any, Any]] = {**NAME_KEYS, vol.Optional("initial"): boolean}
"""What a client sends of a switch."""

NUMBER_KEYS: Final[Mapping[Any, Any]] = {
    **NAME_KEYS,
    vol.Required("min"): _FLOAT,
    vol.Required("max"): _FLOAT,
    vol.Optional("initial"): _FLOAT,
    vol.Optional("step", default=1.0): vol.All(_FLOAT, vol.Range(min=1e-9)),
    vol.Optional("unit_of_measurement"): str,
    vol.Optional("mode", default="slider"): vol.In(["box", "slider"]),
}
"""What a client sends of a number."""


def common(item: Item, *, editable: bool) -> dict[str, Any]:
    """What every description says of an item."""
    return {
        "unique_id": item["id"],
        "name": item.get("name"),
        "has_entity_name": False,
        "suggested_object_id": None if editable else item["id"],
        "icon": item.get("icon"),
        "attributes": {"editable": editable},
    }


def check_number(item: Item) -> None:
    """Raise vol.Invalid where the parts of a number do not fit each other."""
    low, high, initial = item["min"], item["max"], item.get("initial")
    if low >= high:
        raise vol.Invalid(f"Maximum ({low}) is not greater than minimum ({high})")
    if initial is not None and not low <= initial <= high:
        raise vol.Invalid(f"Initial value {initial} not in range {low}-{high}")


@dataclass(frozen=True, kw_only=True, eq=False)
class InputBoolean(EntityDescription[bool]):
    """A switch; a reading is whether it is on."""

    domain: ClassVar[str] = "input_boolean"

    turn_on: Command
    turn_off: Command

    def render(self, reading: bool) -> Rendered:
        return ("on" if reading else "off"), NO_ATTRIBUTES

    def commands(self) -> Mapping[str, Command]:
        return given(turn_on=self.turn_on, turn_off=self.turn_off)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        if service != "toggle":
            return service, data
        return ("turn_off" if state is not None and state.state == "on" else "turn_on"), data


@dataclass(frozen=True, kw_only=True, eq=False)
class InputNumber(EntityDescription[float]):
    """A number between two bounds; a reading is its value."""

    domain: ClassVar[str] = "input_number"

    set_value: Command
    min: float
    max: float
    step: float
    mode: str
    initial: float | None = None

    def render(self, reading: float) -> Rendered:
        return str(reading), NO_ATTRIBUTES

    def capabilities(self) -> dict[str, Any]:
        return {"initial": self.initial, "min": self.min, "max": self.max, "step": self.step, "mode": self.mode}

    def commands(self) -> Mapping[str, Command]:
        return given(set_value=self.set_value)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        if service in ("increment", "decrement"):
            present = self.starting_at(state)
            value = min(present + self.step, self.max) if service == "increment" else max(present - self.step, self.min)
            return "set_value", {"value": value}
        value = data["value"]
        if not self.min <= value <= self.max:
            raise InvalidRequest(f"{value} is not between {self.min} and {self.max}", path=("value",))
        return service, data

    def starting_at(self, last: State | None) -> float:
        """The value that ``last`` shows, brought between the bounds; the smallest where it shows none."""
        try:
            value = float(last.state) if last is not None else self.min
        except ValueError:
            return self.min
        return min(max(value, self.min), self.max) if value == value else self.min
