"""Cameras: whether one watches, records or is watched, and the still image that it gives."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import ClassVar, Final

from linli import Command, Picture, Pictures, PluginContext, Rendered, given
from linli_home.home_entity import HomeEntity, features_of, present
from linli_home.snapshots import Snapshots

ADDRESS: Final = "/api/camera_proxy/{entity_id}?token={key}"


class CameraEntityFeature(IntFlag):
    """What a camera can do, in the bits that clients know."""

    ON_OFF = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraReading:
    """What it does now."""

    on: bool = True
    """Off it gives no picture; what it shows as its state stays idle, as with Home Assistant."""
    recording: bool = False
    streaming: bool = False
    motion_detection: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Camera(HomeEntity[CameraReading]):
    """``turn_on`` and ``turn_off`` are for the camera as a whole."""

    domain: ClassVar[str] = "camera"

    picture: Callable[[int | None, int | None], Awaitable[Picture]] | None = None
    """Gives a still image (bytes and content type) of about this width and height; None: as it comes."""
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

    def pictures(self) -> Pictures | None:
        return None if self.picture is None else Pictures(ADDRESS, self.picture, _is_on)

    def commands(self) -> Mapping[str, Command]:
        return given(
            turn_on=self.turn_on,
            turn_off=self.turn_off,
            enable_motion_detection=self.enable_motion_detection,
            disable_motion_detection=self.disable_motion_detection,
        )


def _is_on(reading: object) -> bool:
    return not isinstance(reading, CameraReading) or reading.on


def register(ctx: PluginContext) -> None:
    """Offer turning on and off, watching for motion, and keeping a picture."""
    add, on_off = ctx.services.register_entity, [CameraEntityFeature.ON_OFF]
    add("camera", "turn_on", features=on_off)
    add("camera", "turn_off", features=on_off)
    add("camera", "enable_motion_detection")
    add("camera", "disable_motion_detection")
    Snapshots(ctx).register()
