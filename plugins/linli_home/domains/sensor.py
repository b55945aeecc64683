"""Sensors: a measured number, a word of a list, a moment, or any other text."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from linli import NO_ATTRIBUTES, ContractError, Rendered
from linli_home import units
from linli_home.home_entity import HomeEntity
from linli_home.quantities import QuantityClass

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
    """A reading is the value itself, in ``measured_in`` (by default the unit in which it is shown)."""

    domain: ClassVar[str] = "sensor"
    named_by_device_class: ClassVar[bool] = True

    state_class: SensorStateClass | None = None
    options: tuple[str, ...] | None = None
    """The words that it may show, with the device class enum."""
    last_reset: datetime | None = None
    """When a total began; ``handle.redescribe`` says a new one."""
    measured_in: str | None = None
    """The unit of the readings where another one is shown; both must be of the device class."""
    display_precision: int | None = None
    """How many decimals a client should show until a person chooses."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.converts and not units.convertible(self.device_class, self.measured_in, self.unit_of_measurement):
            raise ContractError(
                f"sensor {self.unique_id}: {self.measured_in} cannot be shown as {self.unit_of_measurement}"
            )

    @property
    def converts(self) -> bool:
        """Whether readings are shown in another unit than they come in."""
        return self.measured_in is not None and self.measured_in != self.unit_of_measurement

    def render(self, reading: SensorReading) -> Rendered:
        attributes = NO_ATTRIBUTES if self.last_reset is None else {"last_reset": self.last_reset.isoformat()}
        if isinstance(reading, float | int | Decimal):
            return (self._converted(reading) if self.converts else str(reading)), attributes
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
        way = (self.device_class, self.measured_in or "", self.unit_of_measurement or "")
        decimals = units.decimals_after(str(reading), *way)
        value = round(units.convert(float(reading), *way), decimals)
        return f"{value:.{decimals}f}"

    def capabilities(self) -> dict[str, Any]:
        if self.state_class is not None:
            return {"state_class": self.state_class.value}
        return {} if self.options is None else {"options": list(self.options)}

    def initial_options(self) -> Mapping[str, Mapping[str, Any]]:
        if self.display_precision is None:
            return {}
        return {"sensor": {"suggested_display_precision": self.display_precision}}

    def adapted(self, options: Mapping[str, Mapping[str, Any]]) -> "Sensor":
        wanted = options.get("sensor", {}).get("unit_of_measurement")
        comes_in = self.measured_in or self.unit_of_measurement
        if wanted == self.unit_of_measurement or not units.convertible(self.device_class, comes_in, wanted):
            return self
        return replace(self, unit_of_measurement=wanted, measured_in=comes_in)


__all__ = ["QuantityClass", "Sensor", "SensorDeviceClass", "SensorReading", "SensorStateClass"]
