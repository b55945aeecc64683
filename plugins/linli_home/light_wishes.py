"""What a person wants of a light, said in what that light can do: one brightness, one colour in a mode of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from linli import State
from linli_home import colors
from linli_home.home_entity import attribute, toggled

FULL: Final = 255

_COLOR_KEYS: Final = ("hs_color", "rgb_color", "xy_color", "rgbw_color", "rgbww_color")


@dataclass(frozen=True, slots=True)
class LightWish:
    """Turns the data of a light service into that of a command; what a light cannot do is left out silently."""

    modes: frozenset[str]
    dims: bool
    effects: bool
    flash: bool
    transition: bool

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        """The command and its data. A brightness of 0 is a way to say off."""
        command = toggled(service, state)
        wanted = {key: data[key] for key in ("transition", "flash", "effect") if key in data and self._has(key)}
        if command == "turn_off":
            wanted.pop("effect", None)
            return command, wanted
        brightness = _brightness(data, attribute(state, "brightness"))
        if brightness == 0 or data.get("white") == 0:
            wanted.pop("effect", None)
            return "turn_off", wanted
        if self.dims and brightness is not None:
            wanted["brightness"] = brightness
        wanted.update(self._color(data, brightness or attribute(state, "brightness") or FULL))
        return command, wanted

    def _has(self, key: str) -> bool:
        return {"transition": self.transition, "flash": self.flash, "effect": self.effects}[key]

    def _color(self, data: Mapping[str, Any], brightness: int) -> dict[str, Any]:
        kelvin = _kelvin(data)
        if kelvin is not None:
            if "color_temp" in self.modes:
                return {"color_temp_kelvin": kelvin}
            return self._as_hs(colors.kelvin_to_hs(kelvin))
        if "white" in data:
            if "white" not in self.modes:
                return {}
            return {"white": brightness if data["white"] is True else data["white"]}
        given = next((key for key in _COLOR_KEYS if key in data), None)
        if given is not None and given.removesuffix("_color") in self.modes:
            return {given: tuple(data[given])}
        if given is not None:
            return self._as_hs(_hs(given, data[given]))
        if "color_name" in data:
            return self._as_hs(colors.rgb_to_hs(colors.NAMED[data["color_name"]]))
        return {}

    def _as_hs(self, hs: colors.Hs) -> dict[str, Any]:
        """The colour in the first mode that the light has; its temperature where it knows nothing else."""
        rgb = colors.hs_to_rgb(hs)
        if "hs" in self.modes:
            return {"hs_color": hs}
        if "rgb" in self.modes:
            return {"rgb_color": rgb}
        if "xy" in self.modes:
            return {"xy_color": colors.hs_to_xy(hs)}
        if "rgbww" in self.modes:
            return {"rgbww_color": (*rgb, 0, 0)}
        if "rgbw" in self.modes:
            white = min(rgb)
            return {"rgbw_color": (*(part - white for part in rgb), white)}
        if "color_temp" in self.modes:
            return {"color_temp_kelvin": colors.xy_to_kelvin(colors.hs_to_xy(hs))}
        return {}


def _brightness(data: Mapping[str, Any], present: int | None) -> int | None:
    """0 to 255, or None where nothing is said of it."""
    if "brightness" in data:
        return int(data["brightness"])
    if "brightness_pct" in data:
        return round(float(data["brightness_pct"]) * FULL / 100)
    if "brightness_step" in data:
        step = data["brightness_step"]
    elif "brightness_step_pct" in data:
        step = round(data["brightness_step_pct"] * FULL / 100)
    else:
        return None
    return min(max((present or 0) + int(step), 0), FULL)


def _kelvin(data: Mapping[str, Any]) -> int | None:
    if "color_temp" in data:
        return int(colors.mired(data["color_temp"]))
    kelvin = data.get("color_temp_kelvin", data.get("kelvin"))
    return None if kelvin is None else int(kelvin)


def _hs(key: str, color: Any) -> colors.Hs:
    match key:
        case "hs_color":
            return color[0], color[1]
        case "xy_color":
            return colors.xy_to_hs((color[0], color[1]))
        case "rgbw_color":
            return colors.rgb_to_hs(colors.rgbw_to_rgb(tuple(color)))
        case "rgbww_color":
            return colors.rgb_to_hs(colors.rgbww_to_rgb(tuple(color), 2000, 6535))
        case _:
            return colors.rgb_to_hs(tuple(color))
