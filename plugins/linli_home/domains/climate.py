"""Climate: thermostats and air conditioners."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Any, ClassVar, Final

from linli import Command, InvalidRequest, PluginContext, Rendered, State, given
from linli_home.climate_services import offer
from linli_home.home_entity import OFF, HomeEntity, features_of


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
    """How it is; what it does not tell is None. Temperatures are in the deployment's unit."""

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
    """``set_temperature`` gets temperature, or target_temp_low and _high, and perhaps hvac_mode."""

    domain: ClassVar[str] = "climate"

    hvac_modes: tuple[HVACMode, ...]
    single_target: bool = True
    """It can hold one temperature."""
    range_target: bool = False
    """It can keep between two temperatures."""
    min_temp: float = 7
    max_temp: float = 35
    target_temp_step: float | None = None
    precision: float = 0.1
    """To how much temperatures are shown: 0.1, 0.5 or 1."""
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
            "min_temp": self.shown(self.min_temp),
            "max_temp": self.shown(self.max_temp),
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

    def shown(self, temperature: float | None) -> float | None:
        """A temperature to the precision of the device."""
        if temperature is None:
            return None
        if self.precision == 0.5:
            return round(temperature * 2) / 2
        return round(temperature, 1) if self.precision == 0.1 else round(temperature)

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
        for key in ("temperature", "target_temp_low", "target_temp_high"):
            if key in data and not self.min_temp <= data[key] <= self.max_temp:
                raise InvalidRequest(
                    f"Provided temperature {data[key]} is not valid. "
                    f"Accepted range is {self.min_temp} to {self.max_temp}",
                    path=(key,),
                )
        if data.get("target_temp_low", 0) > data.get("target_temp_high", data.get("target_temp_low", 0)):
            raise InvalidRequest("the lower temperature is above the upper one", path=("target_temp_low",))
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


def register(ctx: PluginContext) -> None:
    """Offer what a climate device can be told."""
    offer(ctx, ClimateEntityFeature, tuple(mode.value for mode in HVACMode))
