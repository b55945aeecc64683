"""Fans: on and off, speed, presets, swinging, direction."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import Any, ClassVar

import voluptuous as vol

from linli import Command, InvalidRequest, PluginContext, Rendered, State, given
from linli import schema as sv
from linli_home.home_entity import OFF, ON, HomeEntity, attribute, features_of, toggled


class FanEntityFeature(IntFlag):
    """What a fan can do, in the bits that clients know."""

    SET_SPEED = 1
    OSCILLATE = 2
    DIRECTION = 4
    PRESET_MODE = 8
    TURN_OFF = 16
    TURN_ON = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class FanReading:
    """How a fan is; what it does not tell is None."""

    on: bool
    percentage: int | None = None
    preset_mode: str | None = None
    oscillating: bool | None = None
    direction: str | None = None
    """``forward`` or ``reverse``."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Fan(HomeEntity[FanReading]):
    """``turn_on`` gets ``percentage`` and ``preset_mode`` where they were given; a speed of 0 arrives as turn_off."""

    domain: ClassVar[str] = "fan"

    speed_count: int = 100
    preset_modes: tuple[str, ...] | None = None
    turn_on: Command | None = None
    turn_off: Command | None = None
    set_percentage: Command | None = None
    set_preset_mode: Command | None = None
    oscillate: Command | None = None
    set_direction: Command | None = None

    @property
    def percentage_step(self) -> float:
        """How much one speed is."""
        return 100 / self.speed_count

    def features(self) -> int:
        bit = FanEntityFeature
        return features_of({
            bit.SET_SPEED: self.set_percentage,
            bit.OSCILLATE: self.oscillate,
            bit.DIRECTION: self.set_direction,
            bit.PRESET_MODE: self.set_preset_mode,
            bit.TURN_OFF: self.turn_off,
            bit.TURN_ON: self.turn_on,
        })  # fmt: skip

    def capabilities(self) -> dict[str, Any]:
        if self.set_percentage is None and self.set_preset_mode is None:
            return {}
        return {"preset_modes": None if self.preset_modes is None else list(self.preset_modes)}

    def render(self, reading: FanReading) -> Rendered:
        said: dict[str, Any] = {}
        if self.set_direction is not None:
            said["direction"] = reading.direction
        if self.oscillate is not None:
            said["oscillating"] = reading.oscillating
        if self.set_percentage is not None:
            said["percentage"] = reading.percentage
            said["percentage_step"] = self.percentage_step
        if self.set_percentage is not None or self.set_preset_mode is not None:
            said["preset_mode"] = reading.preset_mode
        return (ON if reading.on else OFF), said

    def commands(self) -> Mapping[str, Command]:
        return given(
            turn_on=self.turn_on,
            turn_off=self.turn_off,
            set_percentage=self.set_percentage,
            set_preset_mode=self.set_preset_mode,
            oscillate=self.oscillate,
            set_direction=self.set_direction,
        )

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        if service in ("increase_speed", "decrease_speed"):
            data = {"percentage": self._stepped(data, state, 1 if service == "increase_speed" else -1)}
            service = "set_percentage"
        preset = data.get("preset_mode")
        if preset is not None and preset not in (self.preset_modes or ()):
            raise InvalidRequest(f"The preset mode {preset} is not one of {self.preset_modes}", path=("preset_mode",))
        command = toggled(service, state)
        if data.get("percentage") == 0 and command in ("turn_on", "set_percentage"):
            return "turn_off", {}
        return command, data

    def _stepped(self, data: Mapping[str, Any], state: State | None, sign: int) -> int:
        present = attribute(state, "percentage") or 0
        step = data.get("percentage_step", self.percentage_step)
        return round(min(max(float(present + sign * step), 0.0), 100.0))


def register(ctx: PluginContext) -> None:
    """Offer what a fan can be told."""
    bit, add = FanEntityFeature, ctx.services.register_entity
    percent = sv.integer(min=0, max=100, unit="%")
    step = {vol.Optional("percentage_step"): percent}
    on = {vol.Optional("percentage"): percent, vol.Optional("preset_mode"): sv.string}
    add("fan", "turn_on", on, features=[bit.TURN_ON])
    add("fan", "turn_off", features=[bit.TURN_OFF])
    add("fan", "toggle", features=[bit.TURN_ON | bit.TURN_OFF])
    add("fan", "set_percentage", {vol.Required("percentage"): percent}, features=[bit.SET_SPEED])
    add("fan", "increase_speed", step, features=[bit.SET_SPEED])
    add("fan", "decrease_speed", step, features=[bit.SET_SPEED])
    add("fan", "set_preset_mode", {vol.Required("preset_mode"): sv.string}, features=[bit.PRESET_MODE])
    add("fan", "oscillate", {vol.Required("oscillating"): sv.boolean}, features=[bit.OSCILLATE])
    add("fan", "set_direction", {vol.Required("direction"): sv.one_of("forward", "reverse")}, features=[bit.DIRECTION])
