"""Lights: on and off, brightness, colour temperature, colour, effects."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import Command, PluginContext, Rendered, State, given
from linli import schema as sv
from linli_home import colors
from linli_home.domains.scene import TRANSITION
from linli_home.home_entity import OFF, ON, HomeEntity, features_of
from linli_home.light_wishes import LightWish


class LightEntityFeature(IntFlag):
    """What a light can do beside being on, in the bits that clients know."""

    EFFECT = 4
    FLASH = 8
    TRANSITION = 32


class ColorMode(StrEnum):
    """What of a light can be set, and what of it is shown now."""

    UNKNOWN = "unknown"
    ONOFF = "onoff"
    BRIGHTNESS = "brightness"
    COLOR_TEMP = "color_temp"
    HS = "hs"
    XY = "xy"
    RGB = "rgb"
    RGBW = "rgbw"
    RGBWW = "rgbww"
    WHITE = "white"


COLORED: Final = frozenset({ColorMode.HS, ColorMode.XY, ColorMode.RGB, ColorMode.RGBW, ColorMode.RGBWW})
DIMMED: Final = frozenset({ColorMode.BRIGHTNESS, ColorMode.COLOR_TEMP, ColorMode.WHITE, *COLORED})


@dataclass(frozen=True, slots=True, kw_only=True)
class LightReading:
    """How a light is; what it does not tell is None. Of the colours, only that of ``color_mode`` counts."""

    on: bool
    brightness: int | None = None
    """1 to 255."""
    color_mode: ColorMode | None = None
    """None: the one that a light with a single mode has, otherwise unknown."""
    color_temp_kelvin: int | None = None
    hs_color: tuple[float, float] | None = None
    rgb_color: tuple[int, int, int] | None = None
    rgbw_color: tuple[int, int, int, int] | None = None
    rgbww_color: tuple[int, int, int, int, int] | None = None
    xy_color: tuple[float, float] | None = None
    effect: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Light(HomeEntity[LightReading]):
    """``turn_on`` gets brightness, one colour in a mode that the light has, effect, flash, transition, or nothing."""

    domain: ClassVar[str] = "light"

    color_modes: frozenset[ColorMode] = frozenset({ColorMode.ONOFF})
    min_color_temp_kelvin: int = 2000
    max_color_temp_kelvin: int = 6535
    effects: tuple[str, ...] | None = None
    flash: bool = False
    transition: bool = False
    turn_on: Command | None = None
    turn_off: Command | None = None

    @property
    def dims(self) -> bool:
        """Whether it has a brightness."""
        return bool(self.color_modes & DIMMED)

    def features(self) -> int:
        return features_of({
            LightEntityFeature.EFFECT: self.effects is not None,
            LightEntityFeature.FLASH: self.flash,
            LightEntityFeature.TRANSITION: self.transition,
        })  # fmt: skip

    def capabilities(self) -> dict[str, Any]:
        said: dict[str, Any] = {}
        if ColorMode.COLOR_TEMP in self.color_modes:
            said["min_color_temp_kelvin"] = self.min_color_temp_kelvin
            said["max_color_temp_kelvin"] = self.max_color_temp_kelvin
            said["min_mireds"] = colors.mired(self.max_color_temp_kelvin)
            said["max_mireds"] = colors.mired(self.min_color_temp_kelvin)
        if self.effects is not None:
            said["effect_list"] = list(self.effects)
        said["supported_color_modes"] = sorted(mode.value for mode in self.color_modes)
        return said

    def render(self, reading: LightReading) -> Rendered:
        mode = self._mode(reading) if reading.on else None
        said: dict[str, Any] = {}
        if self.effects is not None:
            said["effect"] = reading.effect if reading.on else None
        said["color_mode"] = None if mode is None else mode.value
        if self.dims:
            said["brightness"] = reading.brightness if mode in DIMMED else None
        if ColorMode.COLOR_TEMP in self.color_modes:
            kelvin = reading.color_temp_kelvin if mode is ColorMode.COLOR_TEMP else None
            said["color_temp_kelvin"] = kelvin
            said["color_temp"] = colors.mired(kelvin) if kelvin else None
        if self.color_modes & (COLORED | {ColorMode.COLOR_TEMP}):
            said.update(self._shown_color(mode, reading))
        return (ON if reading.on else OFF), said

    def _mode(self, reading: LightReading) -> ColorMode:
        if reading.color_mode is not None:
            return reading.color_mode
        return next(iter(self.color_modes)) if len(self.color_modes) == 1 else ColorMode.UNKNOWN

    def _shown_color(self, mode: ColorMode | None, reading: LightReading) -> dict[str, Any]:
        """One colour in every measure that clients read; all None where there is none now."""
        said: dict[str, Any] = dict.fromkeys(("hs_color", "rgb_color", "xy_color"))
        said.update(
            dict.fromkeys(f"{own}_color" for own in (ColorMode.RGBW, ColorMode.RGBWW) if own in self.color_modes)
        )
        if mode is ColorMode.HS and reading.hs_color:
            hs = (round(reading.hs_color[0], 3), round(reading.hs_color[1], 3))
            said.update(hs_color=hs, rgb_color=colors.hs_to_rgb(hs), xy_color=colors.hs_to_xy(hs))
        elif mode is ColorMode.XY and reading.xy_color:
            xy = (round(reading.xy_color[0], 6), round(reading.xy_color[1], 6))
            said.update(hs_color=colors.xy_to_hs(xy), rgb_color=colors.xy_to_rgb(xy), xy_color=xy)
        elif mode is ColorMode.COLOR_TEMP and reading.color_temp_kelvin:
            hs = colors.kelvin_to_hs(reading.color_temp_kelvin)
            said.update(hs_color=hs, rgb_color=colors.hs_to_rgb(hs), xy_color=colors.hs_to_xy(hs))
        elif mode is ColorMode.RGB and reading.rgb_color:
            said.update(_of_rgb(reading.rgb_color))
        elif mode is ColorMode.RGBW and reading.rgbw_color:
            said.update(_of_rgb(colors.rgbw_to_rgb(reading.rgbw_color)), rgbw_color=reading.rgbw_color)
        elif mode is ColorMode.RGBWW and reading.rgbww_color:
            rgb = colors.rgbww_to_rgb(reading.rgbww_color, self.min_color_temp_kelvin, self.max_color_temp_kelvin)
            said.update(_of_rgb(rgb), rgbww_color=reading.rgbww_color)
        return said

    def commands(self) -> Mapping[str, Command]:
        return given(turn_on=self.turn_on, turn_off=self.turn_off)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        modes = frozenset(mode.value for mode in self.color_modes)
        wish = LightWish(modes, self.dims, self.effects is not None, self.flash, self.transition)
        return wish.resolve(service, data, state)


def _of_rgb(rgb: tuple[int, int, int]) -> dict[str, Any]:
    return {"hs_color": colors.rgb_to_hs(rgb), "rgb_color": rgb, "xy_color": colors.rgb_to_xy(rgb)}


def _clamped(low: int, high: int) -> vol.All:
    return vol.All(sv.number, vol.Coerce(int), vol.Clamp(min=low, max=high))


_FLASH: Final = {vol.Optional("flash"): sv.one_of("short", "long")}
_ON: Final = {
    **TRANSITION,
    vol.Exclusive("rgb_color", "color"): sv.rgb,
    vol.Exclusive("color_temp_kelvin", "color"): sv.positive_int,
    vol.Exclusive("color_temp", "color"): sv.integer(min=1),
    vol.Exclusive("kelvin", "color"): sv.positive_int,
    vol.Exclusive("color_name", "color"): sv.one_of(*sorted(colors.NAMED)),
    vol.Exclusive("hs_color", "color"): sv.hs,
    vol.Exclusive("rgbw_color", "color"): sv.rgbw,
    vol.Exclusive("rgbww_color", "color"): sv.rgbww,
    vol.Exclusive("xy_color", "color"): sv.xy,
    vol.Exclusive("white", "color"): vol.Any(True, _clamped(0, 255)),
    vol.Exclusive("brightness", "brightness"): _clamped(0, 255),
    vol.Exclusive("brightness_pct", "brightness"): vol.All(sv.number, vol.Clamp(min=0, max=100)),
    vol.Exclusive("brightness_step", "brightness"): _clamped(-255, 255),
    vol.Exclusive("brightness_step_pct", "brightness"): vol.All(sv.number, vol.Clamp(min=-100, max=100)),
    vol.Optional("effect"): sv.string,
    **_FLASH,
}


def register(ctx: PluginContext) -> None:
    """Offer light.turn_on, turn_off and toggle."""
    ctx.services.register_entity("light", "turn_on", _ON)
    ctx.services.register_entity("light", "turn_off", {**TRANSITION, **_FLASH})
    ctx.services.register_entity("light", "toggle", _ON)
