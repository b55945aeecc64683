"""Sensors: a measured number, a word of a list, a moment, or any other text."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Final

from linli import NO_ATTRIBUTES, ContractError, Rendered, UnitSystem
from linli_home import units
from linli_home.home_entity import HomeEntity
from linli_home.quantities import QuantityClass
from linli_home.unit_system import shown_unit

DIGITS: Final = 15
"""Of a float, beyond which it only shows how floats are kept."""

SensorReading = float | int | Decimal | str | date | datetime


class SensorDeviceClass(StrEnum):
    """Classes that only sensors have; ``QuantityClass`` names the measured ones."""

    DATE = "date"
    ENUM = "enum"
    TIMESTAMP = "timestamp"


class SensorStateClass(StrEnum):
    """How statistics are made of it."""

    MEASUREMENT = "measurement"
    MEASUREMENT_ANGLE = "measurement_angle"
    TOTAL = "total"
    TOTAL_INCREASING = "total_increasing"


@dataclass(frozen=True, kw_only=True, eq=False)
class Sensor(HomeEntity[SensorReading]):
    """A reading is the value itself, in ``measured_in``, by default in ``unit_of_measurement``.

    Where no ``measured_in`` is said, the deployment's unit system may show it in another unit. A person's choice in the
    registry wins over both.
    """

    domain: ClassVar[str] = "sensor"
    named_by_device_class: ClassVar[bool] = True

    state_class: SensorStateClass | None = None
    options: tuple[str, ...] | None = None
    """The words that it may show, with the device class enum."""
    last_reset: datetime | None = None
    """When a total began; ``handle.redescribe`` says a new one."""
    measured_in: str | None = None
    """The unit of the readings where another one is shown; both must be of the device class. Empty: no unit."""
    display_precision: int | None = None
    """How many decimals a client should show until a person chooses. The state then keeps all of a converted value."""

    def __post_init__(self) -> None:
        super().__post_init__()
        comes_in = self.measured_in or None
        if self.converts and not units.convertible(self.device_class, comes_in, self.unit_of_measurement):
            raise ContractError(
                f"sensor {self.unique_id}: {self.measured_in} cannot be shown as {self.unit_of_measurement}"
            )

    @property
    def converts(self) -> bool:
        """Whether readings are shown in another unit than they come in."""
        return self.measured_in is not None and self.measured_in != (self.unit_of_measurement or "")

    def render(self, reading: SensorReading) -> Rendered:
        attributes = NO_ATTRIBUTES if self.last_reset is None else {"last_reset": self.last_reset.isoformat()}
        if isinstance(reading, float | int | Decimal):
            return (self._converted(reading) if self.converts else number_text(reading)), attributes
        return self._worded(reading), attributes

    def _worded(self, reading: str | date | datetime) -> str:
        if isinstance(reading, str):
            if self.options is not None and reading not in self.options:
                raise ContractError(f"sensor {self.unique_id}: {reading!r} is none of its options")
            return reading
        if isinstance(reading, datetime):
            if reading.tzinfo is None:
                raise ContractError(f"sensor {self.unique_id}: a moment needs its time zone")
            return reading.astimezone(UTC).isoformat(timespec="seconds")
        return reading.isoformat()

    def _converted(self, reading: float | int | Decimal) -> str:
        """Rounded as the reading was, unless it is for the client to round."""
        way = (self.device_class, self.measured_in or None, self.unit_of_measurement)
        value = units.convert(float(reading), *way)
        if self.display_precision is not None:
            return number_text(value)
        return f"{value:z.{units.decimals_after(number_text(reading), *way)}f}"

    def capabilities(self) -> dict[str, Any]:
        if self.state_class is not None:
            return {"state_class": self.state_class.value}
        return {} if self.options is None else {"options": list(self.options)}

    def initial_options(self) -> Mapping[str, Mapping[str, Any]]:
        if self.display_precision is None:
            return {}
        return {"sensor": {"suggested_display_precision": self.display_precision}}

    def adapted(self, options: Mapping[str, Mapping[str, Any]], system: UnitSystem = UnitSystem.METRIC) -> "Sensor":
        chosen = options.get("sensor", {})
        comes_in = self.unit_of_measurement if self.measured_in is None else self.measured_in or None
        wanted = self.unit_of_measurement
        if self.measured_in is None:
            wanted = shown_unit(system, self.device_class, comes_in)
        if "unit_of_measurement" in chosen and units.convertible(
            self.device_class, comes_in, chosen["unit_of_measurement"]
        ):
            wanted = chosen["unit_of_measurement"]
        precision = chosen.get("display_precision", self.display_precision)
        if precision is not None and "display_precision" not in chosen and wanted != comes_in:
            precision += units.more_decimals(self.device_class, comes_in, wanted)
        if (wanted, precision) == (self.unit_of_measurement, self.display_precision):
            return self
        return replace(self, unit_of_measurement=wanted, measured_in=comes_in or "", display_precision=precision)


def number_text(value: float | int | Decimal) -> str:
    """A number as a state; ``0.1 + 0.2`` is 0.3."""
    return f"{value:.{DIGITS}}" if type(value) is float else str(value)


__all__ = ["QuantityClass", "Sensor", "SensorDeviceClass", "SensorReading", "SensorStateClass"]
