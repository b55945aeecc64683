"""Cameras: whether one watches, records or is watched. Its picture is not part of the description."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import ClassVar

from linli import Command, PluginContext, Rendered, given
from linli_home.home_entity import HomeEntity, features_of, present


class CameraEntityFeature(IntFlag):
    """What a camera can do, in the bits that clients know."""

    ON_OFF = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraReading:
    """What it does now."""

    recording: bool = False
    streaming: bool = False
    motion_detection: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Camera(HomeEntity[CameraReading]):
    """``turn_on`` and ``turn_off`` are for the camera as a whole."""

    domain: ClassVar[str] = "camera"

    brand: str | None = None
    model_name: str | None = None
    turn_on: Command | None = None
    turn_off: Command | None = None
    enable_motion_detection: Command | None = None
    disable_motion_detection: Command | None = None

    def features(self) -> int:
        return features_of({CameraEntityFeature.ON_OFF: self.turn_on and self.turn_off})

    def render(self, reading: CameraReading) -> Rendered:
        state = "recording" if reading.recording else "streaming" if reading.streaming else "idle"
        motion = reading.motion_detection or None
        return state, present(model_name=self.model_name, brand=self.brand, motion_detection=motion)

    def commands(self) -> Mapping[str, Command]:
        return given(
            turn_on=self.turn_on,
            turn_off=self.turn_off,
            enable_motion_detection=self.enable_motion_detection,
            disable_motion_detection=self.disable_motion_detection,
        )


def register(ctx: PluginContext) -> None:
    """Offer turning on and off, and watching for motion."""
    add, on_off = ctx.services.register_entity, [CameraEntityFeature.ON_OFF]
    add("camera", "turn_on", features=on_off)
    add("camera", "turn_off", features=on_off)
    add("camera", "enable_motion_detection")
    add("camera", "disable_motion_detection")
