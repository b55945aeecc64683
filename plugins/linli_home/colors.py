"""Colours as lamps and clients give them: hue and saturation, sRGB, CIE 1931 xy, colour temperature; pure arithmetic.

Hue is in degrees, saturation in percent, red, green and blue from 0 to 255, temperature in kelvin.
"""

import colorsys
import math
from typing import Final

Hs = tuple[float, float]
Rgb = tuple[int, int, int]
Xy = tuple[float, float]

NAMED: Final[dict[str, Rgb]] = {
    "aqua": (0, 255, 255), "black": (0, 0, 0), "blue": (0, 0, 255), "brown": (165, 42, 42), "coral": (255, 127, 80),
    "crimson": (220, 20, 60), "cyan": (0, 255, 255), "fuchsia": (255, 0, 255), "gold": (255, 215, 0),
    "gray": (128, 128, 128), "green": (0, 128, 0), "indigo": (75, 0, 130), "ivory": (255, 255, 240),
    "khaki": (240, 230, 140), "lavender": (230, 230, 250), "lime": (0, 255, 0), "magenta": (255, 0, 255),
    "maroon": (128, 0, 0), "navy": (0, 0, 128), "olive": (128, 128, 0), "orange": (255, 165, 0),
    "orchid": (218, 112, 214), "pink": (255, 192, 203), "plum": (221, 160, 221), "purple": (128, 0, 128),
    "red": (255, 0, 0), "salmon": (250, 128, 114), "silver": (192, 192, 192), "skyblue": (135, 206, 235),
    "tan": (210, 180, 140), "teal": (0, 128, 128), "tomato": (255, 99, 71), "turquoise": (64, 224, 208),
    "violet": (238, 130, 238), "white": (255, 255, 255), "yellow": (255, 255, 0),
}  # fmt: skip
"""CSS names that people say aloud."""


def hs_to_rgb(hs: Hs) -> Rgb:
    """The brightest colour of this hue and saturation."""
    red, green, blue = colorsys.hsv_to_rgb(hs[0] / 360, hs[1] / 100, 1)
    return round(red * 255), round(green * 255), round(blue * 255)


def rgb_to_hs(rgb: Rgb) -> Hs:
    """Hue and saturation; how bright it is is lost."""
    hue, saturation, _ = colorsys.rgb_to_hsv(*(part / 255 for part in rgb))
    return round(hue * 360, 3), round(saturation * 100, 3)


def rgb_to_xy(rgb: Rgb) -> Xy:
    """The chromaticity; black has that of white."""
    red, green, blue = (_linear(part / 255) for part in rgb)
    x = 0.4124 * red + 0.3576 * green + 0.1805 * blue
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = 0.0193 * red + 0.1192 * green + 0.9505 * blue
    total = x + y + z
    return (0.3127, 0.329) if total == 0 else (round(x / total, 3), round(y / total, 3))


def xy_to_rgb(xy: Xy) -> Rgb:
    """The brightest sRGB colour of that chromaticity; what sRGB cannot show is cut to what it can."""
    x, y = xy[0], max(xy[1], 1e-9)
    big_x, big_z = x / y, (1 - x - y) / y
    red = 3.2406 * big_x - 1.5372 - 0.4986 * big_z
    green = -0.9689 * big_x + 1.8758 + 0.0415 * big_z
    blue = 0.0557 * big_x - 0.2040 + 1.0570 * big_z
    parts = [max(part, 0.0) for part in (red, green, blue)]
    brightest = max(*parts, 1e-9)
    r, g, b = (round(_companded(part / brightest) * 255) for part in parts)
    return r, g, b


def xy_to_hs(xy: Xy) -> Hs:
    """Hue and saturation of a chromaticity."""
    return rgb_to_hs(xy_to_rgb(xy))


def hs_to_xy(hs: Hs) -> Xy:
    """The chromaticity of hue and saturation."""
    return rgb_to_xy(hs_to_rgb(hs))


def xy_to_kelvin(xy: Xy) -> int:
    """The nearest colour temperature (McCamy's cubic)."""
    slope = 0.1858 - xy[1]
    n = (xy[0] - 0.332) / (slope or 1e-9)
    return round(449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33)


def kelvin_to_rgb(kelvin: float) -> Rgb:
    """The colour of a black body, after the usual fit to its curve; 1 000 to 40 000 K."""
    hundreds = min(max(kelvin, 1000), 40000) / 100
    red = 255.0 if hundreds <= 66 else 329.698727446 * (hundreds - 60) ** -0.1332047592
    if hundreds <= 66:
        green = 99.4708025861 * math.log(hundreds) - 161.1195681661
    else:
        green = 288.1221695283 * (hundreds - 60) ** -0.0755148492
    if hundreds >= 66:
        blue = 255.0
    elif hundreds <= 19:
        blue = 0.0
    else:
        blue = 138.5177312231 * math.log(hundreds - 10) - 305.0447927307
    r, g, b = (round(min(max(part, 0.0), 255.0)) for part in (red, green, blue))
    return r, g, b


def kelvin_to_hs(kelvin: float) -> Hs:
    """Hue and saturation of a colour temperature."""
    return rgb_to_hs(kelvin_to_rgb(kelvin))


def mired(kelvin: float) -> int:
    """The same temperature in the older measure, and back."""
    return math.floor(1_000_000 / kelvin)


def rgbw_to_rgb(rgbw: tuple[int, int, int, int]) -> Rgb:
    """What red, green, blue and white look like together."""
    *color, white = rgbw
    return _scaled([part + white for part in color], max(rgbw))


def rgbww_to_rgb(rgbww: tuple[int, int, int, int, int], warmest: int, coldest: int) -> Rgb:
    """The same with a cold and a warm white, whose mixture lies between ``warmest`` and ``coldest`` kelvin."""
    red, green, blue, cold, warm = rgbww
    if not cold and not warm:
        return red, green, blue
    share = cold / (cold + warm)
    white = kelvin_to_rgb(warmest + (coldest - warmest) * share)
    level = max(cold, warm) / 255
    parts = [part + light * level for part, light in zip((red, green, blue), white, strict=True)]
    return _scaled(parts, max(rgbww))


def _scaled(parts: list[float] | list[int], brightest: int) -> Rgb:
    top = max(parts)
    factor = brightest / top if top else 0
    r, g, b = (round(part * factor) for part in parts)
    return r, g, b


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _companded(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else float(1.055 * part ** (1 / 2.4) - 0.055)
