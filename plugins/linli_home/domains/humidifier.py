"""Humidifiers and dehumidifiers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Any, ClassVar

import voluptuous as vol

from linli import Command, InvalidRequest, PluginContext, Rendered, State, given
from linli import schema as sv
from linli_home.home_entity import OFF, ON, HomeEntity, features_of, present, register_on_off, toggled


class HumidifierEntityFeature(IntFlag):
    """What it can do beside its humidity, in the bits that clients know."""

    MODES = 1


class HumidifierDeviceClass(StrEnum):
    """Which way it works."""

    DEHUMIDIFIER = "dehumidifier"
    HUMIDIFIER = "humidifier"


class HumidifierAction(StrEnum):
    """What it does at this moment."""

    DRYING = "drying"
    HUMIDIFYING = "humidifying"
    IDLE = "idle"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class HumidifierReading:
    """How it is; what it does not tell is None."""

    on: bool
    target_humidity: float | None = None
    current_humidity: float | None = None
    mode: str | None = None
    action: HumidifierAction | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Humidifier(HomeEntity[HumidifierReading]):
    """``set_humidity`` gets ``humidity``, ``set_mode`` gets ``mode``."""

    domain: ClassVar[str] = "humidifier"

    min_humidity: int = 0
    max_humidity: int = 100
    available_modes: tuple[str, ...] = ()
    turn_on: Command | None = None
    turn_off: Command | None = None
    set_humidity: Command | None = None
    set_mode: Command | None = None

    def features(self) -> int:
        return features_of({HumidifierEntityFeature.MODES: self.set_mode})

    def capabilities(self) -> dict[str, Any]:
        said: dict[str, Any] = {"min_humidity": self.min_humidity, "max_humidity": self.max_humidity}
        if self.set_mode is not None:
            said["available_modes"] = list(self.available_modes)
        return said

    def render(self, reading: HumidifierReading) -> Rendered:
        action = None if reading.action is None else (reading.action if reading.on else HumidifierAction.OFF).value
        said = present(action=action, current_humidity=reading.current_humidity, humidity=reading.target_humidity)
        if self.set_mode is not None:
            said["mode"] = reading.mode
        return (ON if reading.on else OFF), said

    def commands(self) -> Mapping[str, Command]:
        return given(
            turn_on=self.turn_on, turn_off=self.turn_off, set_humidity=self.set_humidity, set_mode=self.set_mode
        )

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        if "humidity" in data and not self.min_humidity <= data["humidity"] <= self.max_humidity:
            raise InvalidRequest(
                f"Provided humidity {data['humidity']} is not valid. "
                f"Accepted range is {self.min_humidity} to {self.max_humidity}",
                path=("humidity",),
            )
        if "mode" in data and data["mode"] not in self.available_modes:
            raise InvalidRequest(f"the device has no mode {data['mode']}", path=("mode",))
        return toggled(service, state), data


def register(ctx: PluginContext) -> None:
    """Offer what a humidifier can be told."""
    register_on_off(ctx, "humidifier")
    humidity = {vol.Required("humidity"): sv.integer(min=0, max=100, unit="%")}
    ctx.services.register_entity("humidifier", "set_humidity", humidity)
    mode = {vol.Required("mode"): sv.string}
    ctx.services.register_entity("humidifier", "set_mode", mode, features=[HumidifierEntityFeature.MODES])
