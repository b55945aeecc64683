"""Valves: water and gas, open, closed or in between."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Any, ClassVar

import voluptuous as vol

from linli import Command, PluginContext, Rendered, State, given
from linli import schema as sv
from linli_home.home_entity import HomeEntity, features_of, present
from linli_home.moving import MovingReading, moving_state, toggled_moving


class ValveEntityFeature(IntFlag):
    """What a valve can do, in the bits that clients know."""

    OPEN = 1
    CLOSE = 2
    SET_POSITION = 4
    STOP = 8


class ValveDeviceClass(StrEnum):
    """What flows."""

    GAS = "gas"
    WATER = "water"


@dataclass(frozen=True, kw_only=True, eq=False)
class Valve(HomeEntity[MovingReading]):
    """``set_valve_position`` gets ``position``."""

    domain: ClassVar[str] = "valve"
    named_by_device_class: ClassVar[bool] = True

    open_valve: Command | None = None
    close_valve: Command | None = None
    set_valve_position: Command | None = None
    stop_valve: Command | None = None

    def features(self) -> int:
        return features_of({
            ValveEntityFeature.OPEN: self.open_valve,
            ValveEntityFeature.CLOSE: self.close_valve,
            ValveEntityFeature.SET_POSITION: self.set_valve_position,
            ValveEntityFeature.STOP: self.stop_valve,
        })  # fmt: skip

    def render(self, reading: MovingReading) -> Rendered:
        return moving_state(reading), present(current_position=reading.position)

    def commands(self) -> Mapping[str, Command]:
        return given(
            open_valve=self.open_valve,
            close_valve=self.close_valve,
            set_valve_position=self.set_valve_position,
            stop_valve=self.stop_valve,
        )

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        if service != "toggle":
            return service, data
        return toggled_moving("valve", state, stops=self.stop_valve is not None), data


def register(ctx: PluginContext) -> None:
    """Offer opening, closing, stopping and positions."""
    bit, add = ValveEntityFeature, ctx.services.register_entity
    add("valve", "open_valve", features=[bit.OPEN])
    add("valve", "close_valve", features=[bit.CLOSE])
    add("valve", "stop_valve", features=[bit.STOP])
    add("valve", "toggle", features=[bit.OPEN | bit.CLOSE])
    position = {vol.Required("position"): sv.integer(min=0, max=100, unit="%")}
    add("valve", "set_valve_position", position, features=[bit.SET_POSITION])
