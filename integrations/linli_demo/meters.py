"""What measures: rooms, the balcony, current and water."""

from dataclasses import dataclass
from typing import Final

from linli import EntityHandle, PluginContext
from linli_demo.devices import common
from linli_demo.things import Room
from linli_home.api import QuantityClass, Sensor, SensorReading, SensorStateClass

PROBLEMS: Final = ("unavailable", "unknown")


@dataclass(slots=True)
class Air:
    """How warm (°C) and moist (%) it is somewhere."""

    temperature: float
    humidity: float


class AirMeter:
    """A thermometer with a hygrometer."""

    def __init__(self, ctx: PluginContext, device: str, room: Room, air: Air) -> None:
        self.air = air
        self._temperature = _sensor(
            ctx, device, room, QuantityClass.TEMPERATURE, "°C", SensorStateClass.MEASUREMENT, decimals=1
        )
        self._humidity = _sensor(ctx, device, room, QuantityClass.HUMIDITY, "%", SensorStateClass.MEASUREMENT)
        self.tell()

    def tell(self) -> None:
        """Publish how the air is."""
        self._temperature.write(round(self.air.temperature, 1))
        self._humidity.write(round(self.air.humidity))


class ElectricityMeter:
    """Watts now, and kilowatt hours that only grow, over restarts too."""

    def __init__(self, ctx: PluginContext, before: float) -> None:
        device = "electricity_meter"
        self._power = _sensor(ctx, device, Room.ENTRANCE, QuantityClass.POWER, "W", SensorStateClass.MEASUREMENT)
        self._energy = _sensor(
            ctx, device, Room.ENTRANCE, QuantityClass.ENERGY, "kWh", SensorStateClass.TOTAL_INCREASING, decimals=2
        )
        self._total = _carried_on(self._energy, before)
        self._watts = 0.0

    def pass_time(self, hours: float) -> None:
        """What was drawn until now is counted."""
        self._total += self._watts / 1000 * hours

    def draw(self, watts: float) -> None:
        """So much is drawn from now on."""
        self._watts = watts
        self._power.write(round(watts))
        self._energy.write(round(self._total, 3))


class WaterMeter:
    """Litres that only grow, over restarts too; they are drawn at the tap."""

    watts = 0.0

    def __init__(self, ctx: PluginContext, before: float) -> None:
        self._litres = _sensor(
            ctx, "water_meter", Room.KITCHEN, QuantityClass.WATER, "L", SensorStateClass.TOTAL_INCREASING
        )
        self._total = _carried_on(self._litres, before)

    def begin(self, value: object) -> None:
        """What was drawn before is counted already."""
        self._litres.write(round(self._total))

    def take(self, value: object) -> None:
        """So many litres are drawn."""
        if isinstance(value, float):
            self._total += value
            self._litres.write(round(self._total))


def _sensor(
    ctx: PluginContext, device: str, room: Room, kind: QuantityClass, unit: str, statistics: SensorStateClass,
    decimals: int = 0,
) -> EntityHandle[SensorReading]:  # fmt: skip
    return ctx.entities.add(
        Sensor(
            **common(ctx, device, room, f"{device}_{kind.value}"),
            device_class=kind,
            unit_of_measurement=unit,
            state_class=statistics,
            display_precision=decimals,
        )
    )


def _carried_on(handle: EntityHandle[SensorReading], before: float) -> float:
    """What a counter showed before the restart; ``before`` where it is new."""
    if handle.last is None or handle.last.state in PROBLEMS:
        return before
    return float(handle.last.state)
