"""Numbers: a value that can be set, between two bounds."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import NO_ATTRIBUTES, Command, InvalidRequest, PluginContext, Rendered, State, UnitSystem, given
from linli import schema as sv
from linli_home import units
from linli_home.domains.sensor import number_text
from linli_home.home_entity import HomeEntity
from linli_home.unit_system import shown_unit

CONVERTED: Final = frozenset({"temperature", "volume_flow_rate"})
"""The device classes of numbers that can be shown, and so set, in another unit."""


class NumberMode(StrEnum):
    """How a client lets a person set it."""

    AUTO = "auto"
    BOX = "box"
    SLIDER = "slider"


@dataclass(frozen=True, kw_only=True, eq=False)
class Number(HomeEntity[float]):
    """A reading is the value in ``measured_in`` (by default the unit said); so is what the command gets, and the
    bounds are. Temperatures are shown and set in the deployment's unit, or in the one that a person chose."""

    domain: ClassVar[str] = "number"
    named_by_device_class: ClassVar[bool] = True

    min: float = 0.0
    max: float = 100.0
    step: float = 1.0
    mode: NumberMode = NumberMode.AUTO
    measured_in: str | None = None
    """The unit of readings, bounds and commands where another one is shown."""
    set_value: Command | None = None

    @property
    def converts(self) -> bool:
        """Whether it is shown in another unit than its plugin speaks."""
        return self.measured_in is not None and self.measured_in != self.unit_of_measurement

    def render(self, reading: float) -> Rendered:
        return number_text(self._shown(reading)), NO_ATTRIBUTES

    def capabilities(self) -> dict[str, Any]:
        low, high = self._bounds()
        return {"min": low, "max": high, "step": self.step, "mode": self.mode.value}

    def commands(self) -> Mapping[str, Command]:
        return given(set_value=self.set_value)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        value = data["value"]
        low, high = self._bounds()
        if not low <= value <= high:
            raise InvalidRequest(f"Value {value} is outside valid range {low} - {high}", path=("value",))
        return service, {"value": self._said(value) if self.converts else value}

    def adapted(self, options: Mapping[str, Mapping[str, Any]], system: UnitSystem = UnitSystem.METRIC) -> "Number":
        comes_in = self.measured_in or self.unit_of_measurement
        wanted = self.unit_of_measurement
        if self.measured_in is None and self.device_class == "temperature":
            wanted = shown_unit(system, self.device_class, comes_in)
        chosen = options.get("number", {}).get("unit_of_measurement")
        if self.device_class in CONVERTED and units.convertible(self.device_class, comes_in, chosen):
            wanted = chosen
        if wanted == self.unit_of_measurement:
            return self
        return replace(self, unit_of_measurement=wanted, measured_in=comes_in)

    def _shown(self, value: float) -> float:
        if not self.converts:
            return value
        way = (self.device_class, self.measured_in, self.unit_of_measurement)
        return round(units.convert(value, *way), units.decimals_after(str(value), *way))

    def _bounds(self) -> tuple[float, float]:
        """In the unit shown, widened to its first decimal so that nothing settable is lost."""
        if not self.converts:
            return self.min, self.max
        way = (self.device_class, self.measured_in, self.unit_of_measurement)
        low, high = (round(units.convert(bound, *way), 6) for bound in (self.min, self.max))
        return math.floor(low * 10) / 10, math.ceil(high * 10) / 10

    def _said(self, value: float) -> float:
        """In the plugin's own unit and within its own bounds."""
        way = (self.device_class, self.unit_of_measurement, self.measured_in)
        return min(max(units.convert(value, *way), self.min), self.max)


def register(ctx: PluginContext) -> None:
    """Offer number.set_value."""
    ctx.services.register_entity("number", "set_value", {vol.Required("value"): sv.number()})
