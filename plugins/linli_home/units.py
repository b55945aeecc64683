"""Units and how they become one another. Each kind of quantity has a table: unit → how many of the base unit it is.

Two kinds are not mere factors: temperature, and the Beaufort scale among speeds (left out: nobody measures in it).
Device classes name their kind; a class that is not here is shown in the unit in which it comes.
"""

import math
from collections.abc import Mapping
from typing import Final

_POUND_KG: Final = 0.45359237
_FOOT_M: Final = 0.3048
_INCH_M: Final = 0.0254
_MILE_M: Final = 1609.344
_NAUTICAL_MILE_M: Final = 1852.0
_YARD_M: Final = 0.9144
_GALLON_L: Final = 3.785411784
_CUBIC_FOOT_L: Final = 28.316846592
_PSI_PA: Final = 6894.757293168
_CALORIE_WH: Final = 4.184 / 3600
_HOUR_S: Final = 3600.0
_DAY_S: Final = 86400.0

_BYTES: Final = {
    **{f"{prefix}B": 1000.0**power for power, prefix in enumerate(("", "k", "M", "G", "T", "P", "E", "Z", "Y"))},
    **{f"{prefix}iB": 1024.0**power for power, prefix in enumerate("KMGTPEZY", start=1)},
}
_LENGTH: Final = {
    "mm": 0.001, "cm": 0.01, "m": 1.0, "km": 1000.0, "in": _INCH_M, "ft": _FOOT_M, "yd": _YARD_M, "mi": _MILE_M,
    "nmi": _NAUTICAL_MILE_M,
}  # fmt: skip
_PRESSURE: Final = {
    "Pa": 1.0, "hPa": 100.0, "kPa": 1000.0, "mbar": 100.0, "cbar": 1000.0, "bar": 100_000.0, "inHg": 3386.389,
    "mmHg": 133.322387415, "psi": _PSI_PA,
}  # fmt: skip
_SPEED: Final = {
    "m/s": 1.0, "km/h": 1 / 3.6, "mph": _MILE_M / _HOUR_S, "kn": _NAUTICAL_MILE_M / _HOUR_S, "ft/s": _FOOT_M,
    "in/s": _INCH_M, "mm/s": 0.001, "mm/h": 0.001 / _HOUR_S, "mm/d": 0.001 / _DAY_S, "in/h": _INCH_M / _HOUR_S,
    "in/d": _INCH_M / _DAY_S,
}  # fmt: skip
_ENERGY: Final = {
    "mWh": 0.001, "Wh": 1.0, "kWh": 1e3, "MWh": 1e6, "GWh": 1e9, "TWh": 1e12, "J": 1 / 3600, "kJ": 1e3 / 3600,
    "MJ": 1e6 / 3600, "GJ": 1e9 / 3600, "cal": _CALORIE_WH, "kcal": 1e3 * _CALORIE_WH, "Mcal": 1e6 * _CALORIE_WH,
    "Gcal": 1e9 * _CALORIE_WH,
}  # fmt: skip
_VOLUME: Final = {
    "mL": 0.001, "L": 1.0, "m³": 1000.0, "ft³": _CUBIC_FOOT_L, "CCF": 100 * _CUBIC_FOOT_L, "gal": _GALLON_L,
    "fl. oz.": _GALLON_L / 128,
}  # fmt: skip
_FLOW: Final = {
    "L/min": 1.0, "m³/h": 1000 / 60, "ft³/min": _CUBIC_FOOT_L, "gal/min": _GALLON_L, "mL/s": 0.06,
}  # fmt: skip
_MASS: Final = {
    "µg": 1e-9, "mg": 1e-6, "g": 0.001, "kg": 1.0, "oz": _POUND_KG / 16, "lb": _POUND_KG, "st": 14 * _POUND_KG,
}  # fmt: skip
_DURATION: Final = {"μs": 1e-6, "ms": 0.001, "s": 1.0, "min": 60.0, "h": _HOUR_S, "d": _DAY_S}
_RATE: Final = {
    **{f"{prefix}bit/s": 1000.0**power / 8 for power, prefix in enumerate(("", "k", "M", "G"))},
    **{f"{unit}/s": size for unit, size in _BYTES.items() if unit in ("B", "kB", "MB", "GB", "KiB", "MiB", "GiB")},
}
_SIZE: Final = {**{f"{p}bit": 1000.0**power / 8 for power, p in enumerate(("", "k", "M", "G"))}, **_BYTES}
_AREA: Final = {
    "mm²": 1e-6, "cm²": 1e-4, "m²": 1.0, "km²": 1e6, "in²": _INCH_M**2, "ft²": _FOOT_M**2, "yd²": _YARD_M**2,
    "mi²": _MILE_M**2, "ac": 4046.8564224, "ha": 1e4,
}  # fmt: skip

FACTORS: Final[Mapping[str, Mapping[str, float]]] = {
    "area": _AREA,
    "atmospheric_pressure": _PRESSURE,
    "conductivity": {"µS/cm": 1.0, "mS/cm": 1e3, "S/cm": 1e6},
    "current": {"mA": 0.001, "A": 1.0},
    "data_rate": _RATE,
    "data_size": _SIZE,
    "distance": _LENGTH,
    "duration": _DURATION,
    "energy": _ENERGY,
    "energy_storage": _ENERGY,
    "frequency": {"Hz": 1.0, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9},
    "gas": {unit: _VOLUME[unit] for unit in ("m³", "ft³", "CCF")},
    "power": {"mW": 0.001, "W": 1.0, "kW": 1e3, "MW": 1e6, "GW": 1e9, "TW": 1e12},
    "precipitation": {unit: _LENGTH[unit] for unit in ("mm", "cm", "in")},
    "precipitation_intensity": {unit: _SPEED[unit] for unit in ("mm/d", "mm/h", "in/d", "in/h")},
    "pressure": _PRESSURE,
    "speed": _SPEED,
    "voltage": {"µV": 1e-6, "mV": 0.001, "V": 1.0, "kV": 1e3, "MV": 1e6},
    "volume": _VOLUME,
    "volume_flow_rate": _FLOW,
    "volume_storage": _VOLUME,
    "water": {unit: _VOLUME[unit] for unit in ("L", "m³", "ft³", "CCF", "gal")},
    "weight": _MASS,
    "wind_speed": {unit: _SPEED[unit] for unit in ("m/s", "km/h", "mph", "kn", "ft/s", "in/s", "mm/s")},
}
"""Device class → unit → size in the base unit of its kind."""

_TO_KELVIN: Final[Mapping[str, tuple[float, float]]] = {
    "K": (1.0, 0.0), "°C": (1.0, 273.15), "°F": (5 / 9, 459.67 * 5 / 9),
}  # fmt: skip
"""Factor, then offset."""

MAX_DECIMALS: Final = 10


def units_of(device_class: str | None) -> frozenset[str]:
    """The units that quantities of this class can be shown in; empty where nothing is converted."""
    if device_class == "temperature":
        return frozenset(_TO_KELVIN)
    return frozenset(FACTORS.get(device_class or "", {}))


def convertible(device_class: str | None, unit: str | None, wanted: str | None) -> bool:
    """Whether ``unit`` can be shown as ``wanted``."""
    return {unit, wanted} <= units_of(device_class)


def convert(value: float, device_class: str | None, unit: str, wanted: str) -> float:
    """``value`` of ``unit`` in ``wanted``; exact but for floating point. KeyError for units that do not convert."""
    if unit == wanted:
        return value
    if device_class == "temperature":
        factor, offset = _TO_KELVIN[unit]
        wanted_factor, wanted_offset = _TO_KELVIN[wanted]
        return (value * factor + offset - wanted_offset) / wanted_factor
    sizes = FACTORS[device_class or ""]
    return value * sizes[unit] / sizes[wanted]


def decimals_after(text: str, device_class: str | None, unit: str, wanted: str) -> int:
    """How many decimals a converted reading deserves: as many significant ones as ``text`` shows, never invented."""
    shown = len(text.partition(".")[2]) if "e" not in text else MAX_DECIMALS
    if device_class == "temperature":
        return shown
    sizes = FACTORS[device_class or ""]
    return min(max(shown + math.floor(math.log10(sizes[wanted] / sizes[unit])), 0), MAX_DECIMALS)
