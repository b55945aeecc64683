"""Covers: blinds, curtains, garage doors, and whatever else opens and closes, with slats or without."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import Command, PluginContext, Rendered, State, given
from linli import schema as sv
from linli_home.home_entity import HomeEntity, attribute, features_of, present
from linli_home.moving import MovingReading, moving_state, toggled_moving


class CoverEntityFeature(IntFlag):
    """What a cover can do, in the bits that clients know."""

    OPEN = 1
    CLOSE = 2
    SET_POSITION = 4
    STOP = 8
    OPEN_TILT = 16
    CLOSE_TILT = 32
    STOP_TILT = 64
    SET_TILT_POSITION = 128


class CoverDeviceClass(StrEnum):
    """What it is."""

    AWNING = "awning"
    BLIND = "blind"
    CURTAIN = "curtain"
    DAMPER = "damper"
    DOOR = "door"
    GARAGE = "garage"
    GATE = "gate"
    SHADE = "shade"
    SHUTTER = "shutter"
    WINDOW = "window"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverReading(MovingReading):
    """How a cover stands and moves."""

    tilt_position: int | None = None
    """0 closed to 100 open."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cover(HomeEntity[CoverReading]):
    """``set_cover_position`` gets ``position``, ``set_cover_tilt_position`` gets ``tilt_position``."""

    domain: ClassVar[str] = "cover"
    named_by_device_class: ClassVar[bool] = True

    open_cover: Command | None = None
    close_cover: Command | None = None
    set_cover_position: Command | None = None
    stop_cover: Command | None = None
    open_cover_tilt: Command | None = None
    close_cover_tilt: Command | None = None
    stop_cover_tilt: Command | None = None
    set_cover_tilt_position: Command | None = None

    def features(self) -> int:
        return features_of({
            CoverEntityFeature.OPEN: self.open_cover,
            CoverEntityFeature.CLOSE: self.close_cover,
            CoverEntityFeature.SET_POSITION: self.set_cover_position,
            CoverEntityFeature.STOP: self.stop_cover,
            CoverEntityFeature.OPEN_TILT: self.open_cover_tilt,
            CoverEntityFeature.CLOSE_TILT: self.close_cover_tilt,
            CoverEntityFeature.STOP_TILT: self.stop_cover_tilt,
            CoverEntityFeature.SET_TILT_POSITION: self.set_cover_tilt_position,
        })  # fmt: skip

    def render(self, reading: CoverReading) -> Rendered:
        said = present(current_position=reading.position, current_tilt_position=reading.tilt_position)
        return moving_state(reading), said

    def commands(self) -> Mapping[str, Command]:
        return given(
            open_cover=self.open_cover,
            close_cover=self.close_cover,
            set_cover_position=self.set_cover_position,
            stop_cover=self.stop_cover,
            open_cover_tilt=self.open_cover_tilt,
            close_cover_tilt=self.close_cover_tilt,
            stop_cover_tilt=self.stop_cover_tilt,
            set_cover_tilt_position=self.set_cover_tilt_position,
        )

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        if service == "toggle":
            return toggled_moving("cover", state, stops=self.stop_cover is not None), data
        if service == "toggle_cover_tilt":
            return ("close_cover_tilt" if attribute(state, "current_tilt_position") else "open_cover_tilt"), data
        return service, data


_PERCENT: Final = sv.integer(min=0, max=100, unit="%")


def register(ctx: PluginContext) -> None:
    """Offer opening, closing, stopping and positions, for covers and their slats."""
    bit, add = CoverEntityFeature, ctx.services.register_entity
    add("cover", "open_cover", features=[bit.OPEN])
    add("cover", "close_cover", features=[bit.CLOSE])
    add("cover", "stop_cover", features=[bit.STOP])
    add("cover", "toggle", features=[bit.OPEN | bit.CLOSE])
    add("cover", "set_cover_position", {vol.Required("position"): _PERCENT}, features=[bit.SET_POSITION])
    add("cover", "open_cover_tilt", features=[bit.OPEN_TILT])
    add("cover", "close_cover_tilt", features=[bit.CLOSE_TILT])
    add("cover", "stop_cover_tilt", features=[bit.STOP_TILT])
    add("cover", "toggle_cover_tilt", features=[bit.OPEN_TILT | bit.CLOSE_TILT])
    add(
        "cover", "set_cover_tilt_position", {vol.Required("tilt_position"): _PERCENT}, features=[bit.SET_TILT_POSITION]
    )  # fmt: skip
