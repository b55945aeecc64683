"""Vacuum robots."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Any, ClassVar

import voluptuous as vol

from linli import Command, InvalidRequest, PluginContext, Rendered, State, given
from linli import schema as sv
from linli_home.home_entity import HomeEntity, features_of


class VacuumEntityFeature(IntFlag):
    """What a robot can do, in the bits that clients know."""

    PAUSE = 4
    STOP = 8
    RETURN_HOME = 16
    FAN_SPEED = 32
    BATTERY = 64
    SEND_COMMAND = 256
    LOCATE = 512
    CLEAN_SPOT = 1024
    STATE = 4096
    START = 8192


class VacuumActivity(StrEnum):
    """What it does now."""

    CLEANING = "cleaning"
    DOCKED = "docked"
    ERROR = "error"
    IDLE = "idle"
    PAUSED = "paused"
    RETURNING = "returning"


@dataclass(frozen=True, slots=True, kw_only=True)
class VacuumReading:
    """How it is; what it does not tell is None."""

    activity: VacuumActivity
    battery_level: int | None = None
    fan_speed: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Vacuum(HomeEntity[VacuumReading]):
    """``set_fan_speed`` gets ``fan_speed``; ``send_command`` gets ``command`` and perhaps ``params``."""

    domain: ClassVar[str] = "vacuum"

    tells_battery: bool = False
    fan_speeds: tuple[str, ...] = ()
    start: Command | None = None
    pause: Command | None = None
    stop: Command | None = None
    return_to_base: Command | None = None
    locate: Command | None = None
    clean_spot: Command | None = None
    set_fan_speed: Command | None = None
    send_command: Command | None = None

    def features(self) -> int:
        bit = VacuumEntityFeature
        return features_of({
            bit.PAUSE: self.pause,
            bit.STOP: self.stop,
            bit.RETURN_HOME: self.return_to_base,
            bit.FAN_SPEED: self.set_fan_speed,
            bit.BATTERY: self.tells_battery,
            bit.SEND_COMMAND: self.send_command,
            bit.LOCATE: self.locate,
            bit.CLEAN_SPOT: self.clean_spot,
            bit.STATE: True,
            bit.START: self.start,
        })  # fmt: skip

    def capabilities(self) -> dict[str, Any]:
        return {"fan_speed_list": list(self.fan_speeds)} if self.set_fan_speed is not None else {}

    def render(self, reading: VacuumReading) -> Rendered:
        said: dict[str, Any] = {}
        if self.tells_battery:
            said["battery_level"] = reading.battery_level
            charging = reading.activity is VacuumActivity.DOCKED
            said["battery_icon"] = battery_icon(reading.battery_level, charging=charging)
        if self.set_fan_speed is not None:
            said["fan_speed"] = reading.fan_speed
        return reading.activity.value, said

    def commands(self) -> Mapping[str, Command]:
        return given(
            start=self.start,
            pause=self.pause,
            stop=self.stop,
            return_to_base=self.return_to_base,
            locate=self.locate,
            clean_spot=self.clean_spot,
            set_fan_speed=self.set_fan_speed,
            send_command=self.send_command,
        )

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        if "fan_speed" in data and data["fan_speed"] not in self.fan_speeds:
            raise InvalidRequest(f"the robot has no fan speed {data['fan_speed']}", path=("fan_speed",))
        return service, data


def battery_icon(level: int | None, *, charging: bool) -> str:
    """The icon of a battery that is so full."""
    if level is None:
        return "mdi:battery-unknown"
    step = f"-{min(max(round(level / 10), 1), 10) * 10}"
    if charging:
        return f"mdi:battery-charging{step}"
    if level <= 5:
        return "mdi:battery-alert"
    return "mdi:battery" if level >= 95 else f"mdi:battery{step}"


def register(ctx: PluginContext) -> None:
    """Offer what a robot can be told."""
    bit, add = VacuumEntityFeature, ctx.services.register_entity
    add("vacuum", "start", features=[bit.START])
    add("vacuum", "pause", features=[bit.PAUSE])
    add("vacuum", "stop", features=[bit.STOP])
    add("vacuum", "return_to_base", features=[bit.RETURN_HOME])
    add("vacuum", "locate", features=[bit.LOCATE])
    add("vacuum", "clean_spot", features=[bit.CLEAN_SPOT])
    add("vacuum", "set_fan_speed", {vol.Required("fan_speed"): sv.string}, features=[bit.FAN_SPEED])
    command = {vol.Required("command"): sv.string, vol.Optional("params"): vol.Any(dict, [dict])}
    add("vacuum", "send_command", command, features=[bit.SEND_COMMAND])
