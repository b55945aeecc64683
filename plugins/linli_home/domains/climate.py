"""Climate: thermostats and air conditioners."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntFlag, StrEnum
from typing import Any, ClassVar, Final

from linli import Command, InvalidRequest, NotSupported, PluginContext, Rendered, State, UnitSystem, given
from linli_home import units
from linli_home.climate_services import TARGETS, offer
from linli_home.home_entity import OFF, HomeEntity, features_of
from linli_home.unit_system import CELSIUS, FAHRENHEIT, temperature_unit

LOWEST_C: Final = 7.0
HIGHEST_C: Final = 35.0


def convert(temperature: float, unit: str, wanted: str) -> float:
    """A temperature in another unit; itself in the same one."""
    return units.convert(temperature, "temperature", unit, wanted)


class ClimateEntityFeature(IntFlag):
    """What a climate device can do, in the bits that clients know."""

    TARGET_TEMPERATURE = 1
    TARGET_TEMPERATURE_RANGE = 2
    TARGET_HUMIDITY = 4
    FAN_MODE = 8
    PRESET_MODE = 16
    SWING_MODE = 32
    TURN_OFF = 128
    TURN_ON = 256
    SWING_HORIZONTAL_MODE = 512


class HVACMode(StrEnum):
    """What it is set to do."""

    OFF = "off"
    HEAT = "heat"
    COOL = "cool"
    HEAT_COOL = "heat_cool"
    AUTO = "auto"
    DRY = "dry"
    FAN_ONLY = "fan_only"


class HVACAction(StrEnum):
    """What it does at this moment."""

    COOLING = "cooling"
    DEFROSTING = "defrosting"
    DRYING = "drying"
    FAN = "fan"
    HEATING = "heating"
    IDLE = "idle"
    OFF = "off"
    PREHEATING = "preheating"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClimateReading:
    """How it is; what it does not tell is None. Temperatures are in the ``temperature_unit`` of the description."""

    hvac_mode: HVACMode
    hvac_action: HVACAction | None = None
    current_temperature: float | None = None
    target_temperature: float | None = None
    target_temperature_low: float | None = None
    target_temperature_high: float | None = None
    current_humidity: float | None = None
    target_humidity: float | None = None
    fan_mode: str | None = None
    preset_mode: str | None = None
    swing_mode: str | None = None
    swing_horizontal_mode: str | None = None


WAKES_TO: Final = (HVACMode.HEAT_COOL, HVACMode.HEAT, HVACMode.COOL)
"""What turning on means where the device does not know it, best first."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Climate(HomeEntity[ClimateReading]):
    """``set_temperature`` gets temperature, or target_temp_low and _high, and perhaps hvac_mode.

    Whatever unit people read and set, readings, bounds and commands keep to ``temperature_unit``.
    """

    domain: ClassVar[str] = "climate"

    hvac_modes: tuple[HVACMode, ...]
    single_target: bool = True
    """It can hold one temperature."""
    range_target: bool = False
    """It can keep between two temperatures."""
    temperature_unit: str = CELSIUS
    """``°C`` or ``°F``."""
    min_temp: float | None = None
    """None: 7 °C."""
    max_temp: float | None = None
    """None: 35 °C."""
    target_temp_step: float | None = None
    precision: float | None = None
    """To how much temperatures are shown: 0.1, 0.5 or 1; None: 0.1 °C, 1 °F."""
    read_in: str | None = None
    """The unit that people read, which the hub sets; None: ``temperature_unit``."""
    min_humidity: int = 30
    max_humidity: int = 99
    fan_modes: tuple[str, ...] = ()
    preset_modes: tuple[str, ...] = ()
    swing_modes: tuple[str, ...] = ()
    swing_horizontal_modes: tuple[str, ...] = ()
    turn_on: Command | None = None
    """None: turned on by its mode (so turn_off)."""
    turn_off: Command | None = None
    set_hvac_mode: Command | None = None
    set_temperature: Command | None = None
    set_humidity: Command | None = None
    set_fan_mode: Command | None = None
    set_preset_mode: Command | None = None
    set_swing_mode: Command | None = None
    set_swing_horizontal_mode: Command | None = None

    def features(self) -> int:
        bit = ClimateEntityFeature
        can_rest = self.set_hvac_mode is not None and HVACMode.OFF in self.hvac_modes and len(self.hvac_modes) > 1
        return features_of({
            bit.TARGET_TEMPERATURE: self.set_temperature and self.single_target,
            bit.TARGET_TEMPERATURE_RANGE: self.set_temperature and self.range_target,
            bit.TARGET_HUMIDITY: self.set_humidity,
            bit.FAN_MODE: self.set_fan_mode,
            bit.PRESET_MODE: self.set_preset_mode,
            bit.SWING_MODE: self.set_swing_mode,
            bit.TURN_OFF: self.turn_off or can_rest,
            bit.TURN_ON: self.turn_on or can_rest,
            bit.SWING_HORIZONTAL_MODE: self.set_swing_horizontal_mode,
        })  # fmt: skip

    def capabilities(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "hvac_modes": [mode.value for mode in self.hvac_modes],
            "min_temp": self.shown(self.lowest),
            "max_temp": self.shown(self.highest),
        }
        if self.target_temp_step:
            said["target_temp_step"] = self.target_temp_step
        if self.set_humidity:
            said |= {"min_humidity": self.min_humidity, "max_humidity": self.max_humidity}
        for name, command, modes in self._modes():
            if command is not None:
                said[f"{name}s"] = list(modes)
        return said

    def render(self, reading: ClimateReading) -> Rendered:
        said: dict[str, Any] = {"current_temperature": self.shown(reading.current_temperature)}
        if self.set_temperature and self.single_target:
            said["temperature"] = self.shown(reading.target_temperature)
        if self.set_temperature and self.range_target:
            said["target_temp_high"] = self.shown(reading.target_temperature_high)
            said["target_temp_low"] = self.shown(reading.target_temperature_low)
        if reading.current_humidity is not None:
            said["current_humidity"] = reading.current_humidity
        if self.set_humidity:
            said["humidity"] = reading.target_humidity
        if self.set_fan_mode:
            said["fan_mode"] = reading.fan_mode
        if reading.hvac_action is not None:
            said["hvac_action"] = reading.hvac_action.value
        if self.set_preset_mode:
            said["preset_mode"] = reading.preset_mode
        if self.set_swing_mode:
            said["swing_mode"] = reading.swing_mode
        if self.set_swing_horizontal_mode:
            said["swing_horizontal_mode"] = reading.swing_horizontal_mode
        return reading.hvac_mode.value, said

    @property
    def lowest(self) -> float:
        """The lower bound in the device's unit."""
        return self._default(LOWEST_C) if self.min_temp is None else self.min_temp

    @property
    def highest(self) -> float:
        """The upper bound in the device's unit."""
        return self._default(HIGHEST_C) if self.max_temp is None else self.max_temp

    def _default(self, celsius: float) -> float:
        return celsius if self.temperature_unit == CELSIUS else round(convert(celsius, CELSIUS, FAHRENHEIT), 1)

    def adapted(self, options: Mapping[str, Mapping[str, Any]], system: UnitSystem = UnitSystem.METRIC) -> "Climate":
        read_in = temperature_unit(system)
        return self if read_in == self.temperature_unit else replace(self, read_in=read_in)

    def shown(self, temperature: float | None) -> float | None:
        """A temperature in the unit that people read, to the precision of the device."""
        if temperature is None:
            return None
        unit = self.read_in or self.temperature_unit
        temperature = convert(temperature, self.temperature_unit, unit)
        precision = self.precision or (0.1 if unit == CELSIUS else 1)
        if precision == 0.5:
            return round(temperature * 2) / 2
        return round(temperature, 1) if precision == 0.1 else round(temperature)

    def _meant(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a service says, with its temperatures in the device's own unit."""
        if self.read_in is None:
            return data
        own = {key: convert(data[key], self.read_in, self.temperature_unit) for key in TARGETS if key in data}
        return {**data, **own}

    def _modes(self) -> tuple[tuple[str, Command | None, tuple[str, ...]], ...]:
        return (
            ("fan_mode", self.set_fan_mode, self.fan_modes),
            ("preset_mode", self.set_preset_mode, self.preset_modes),
            ("swing_mode", self.set_swing_mode, self.swing_modes),
            ("swing_horizontal_mode", self.set_swing_horizontal_mode, self.swing_horizontal_modes),
        )

    def commands(self) -> Mapping[str, Command]:
        return given(
            turn_on=self.turn_on,
            turn_off=self.turn_off,
            set_hvac_mode=self.set_hvac_mode,
            set_temperature=self.set_temperature,
            set_humidity=self.set_humidity,
            set_fan_mode=self.set_fan_mode,
            set_preset_mode=self.set_preset_mode,
            set_swing_mode=self.set_swing_mode,
            set_swing_horizontal_mode=self.set_swing_horizontal_mode,
        )

    # what a service means --------------------------------------------------------------------------------------------

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        data = self._meant(data)
        self._check(data)
        if service == "toggle":
            service = "turn_on" if state is not None and state.state == OFF else "turn_off"
        if service == "turn_off" and self.turn_off is None:
            return "set_hvac_mode", {"hvac_mode": HVACMode.OFF.value}
        if service == "turn_on" and self.turn_on is None:
            return "set_hvac_mode", {"hvac_mode": self._waking_mode().value}
        return service, data

    def _waking_mode(self) -> HVACMode:
        usable = [mode for mode in WAKES_TO if mode in self.hvac_modes]
        return usable[0] if usable else next(mode for mode in self.hvac_modes if mode is not HVACMode.OFF)

    def _check(self, data: Mapping[str, Any]) -> None:
        self._check_targets(data)
        if "humidity" in data and not self.min_humidity <= data["humidity"] <= self.max_humidity:
            raise InvalidRequest(
                f"Provided humidity {data['humidity']} is not valid. "
                f"Accepted range is {self.min_humidity} to {self.max_humidity}",
                path=("humidity",),
            )
        modes = (*self._modes(), ("hvac_mode", self.set_hvac_mode, tuple(mode.value for mode in self.hvac_modes)))
        for name, _, accepted in modes:
            if name in data and data[name] not in accepted:
                raise InvalidRequest(
                    f"{name} {data[name]} is not valid. Valid ones are: {', '.join(accepted)}", path=(name,)
                )

    def _check_targets(self, data: Mapping[str, Any]) -> None:
        if "temperature" in data and not self.single_target:
            raise NotSupported(
                "Set temperature action was used with the target temperature parameter "
                "but the entity does not support it",
                key="missing_target_temperature_entity_feature",
            )
        if "target_temp_low" in data and not self.range_target:
            raise NotSupported(
                "Set temperature action was used with the target temperature low/high parameter "
                "but the entity does not support it",
                key="missing_target_temperature_range_entity_feature",
            )
        if "target_temp_low" in data and data["target_temp_low"] > data["target_temp_high"]:
            raise InvalidRequest(
                "Target temperature low can not be higher than Target temperature high", path=("target_temp_low",)
            )
        for key in TARGETS:
            if key in data and not self.lowest <= data[key] <= self.highest:
                raise InvalidRequest(
                    f"Provided temperature {data[key]} is not valid. Accepted range is {self.lowest} to {self.highest}",
                    path=(key,),
                )


def register(ctx: PluginContext) -> None:
    """Offer what a climate device can be told."""
    offer(ctx, ClimateEntityFeature, tuple(mode.value for mode in HVACMode))
