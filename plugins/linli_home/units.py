"""Units and how they become one another. Each kind of quantity has a table: unit → how many of the base unit it is.

Three kinds are not mere factors: temperature; the Beaufort scale among speeds; and consumption, which is said either
per distance or the other way round. Device classes name their kind; a class that is not here is shown in the unit in
which it comes. ``None`` is the unit of what has none.
"""

import math
from collections.abc import Mapping
from typing import Final

Unit = str | None

_POUND_KG: Final = 0.45359237
_INCH_M: Final = 0.0254
_FOOT_M: Final = 12 * _INCH_M
_MILE_M: Final = 1609.344
_NAUTICAL_MILE_M: Final = 1852.0
_YARD_M: Final = 0.9144
_GALLON_L: Final = 3.785411784
_CUBIC_FOOT_L: Final = 28.316846592
_PSI_PA: Final = 6894.757293168
_CALORIE_WH: Final = 4.184 / 3600
_HOUR_S: Final = 3600.0
_DAY_S: Final = 86400.0

_BYTES: Final[dict[Unit, float]] = {
    **{f"{prefix}B": 1000.0**power for power, prefix in enumerate(("", "k", "M", "G", "T", "P", "E", "Z", "Y"))},
    **{f"{prefix}iB": 1024.0**power for power, prefix in enumerate("KMGTPEZY", start=1)},
}
_LENGTH: Final[dict[Unit, float]] = {
    "mm": 0.001, "cm": 0.01, "m": 1.0, "km": 1000.0, "in": _INCH_M, "ft": _FOOT_M, "yd": _YARD_M, "mi": _MILE_M,
    "nmi": _NAUTICAL_MILE_M,
}  # fmt: skip
_PRESSURE: Final[dict[Unit, float]] = {
    "Pa": 1.0, "hPa": 100.0, "kPa": 1000.0, "mbar": 100.0, "cbar": 1000.0, "bar": 100_000.0, "inHg": 3386.389,
    "mmHg": 133.322387415, "psi": _PSI_PA,
}  # fmt: skip
_SPEED: Final[dict[Unit, float]] = {
    "m/s": 1.0, "km/h": 1 / 3.6, "mph": _MILE_M / _HOUR_S, "kn": _NAUTICAL_MILE_M / _HOUR_S, "ft/s": _FOOT_M,
    "in/s": _INCH_M, "mm/s": 0.001, "mm/h": 0.001 / _HOUR_S, "mm/d": 0.001 / _DAY_S, "in/h": _INCH_M / _HOUR_S,
    "in/d": _INCH_M / _DAY_S,
}  # fmt: skip
_ENERGY: Final[dict[Unit, float]] = {
    "mWh": 0.001, "Wh": 1.0, "kWh": 1e3, "MWh": 1e6, "GWh": 1e9, "TWh": 1e12, "J": 1 / 3600, "kJ": 1e3 / 3600,
    "MJ": 1e6 / 3600, "GJ": 1e9 / 3600, "cal": _CALORIE_WH, "kcal": 1e3 * _CALORIE_WH, "Mcal": 1e6 * _CALORIE_WH,
    "Gcal": 1e9 * _CALORIE_WH,
}  # fmt: skip
_VOLUME: Final[dict[Unit, float]] = {
    "mL": 0.001, "L": 1.0, "m³": 1000.0, "ft³": _CUBIC_FOOT_L, "CCF": 100 * _CUBIC_FOOT_L, "gal": _GALLON_L,
    "fl. oz.": _GALLON_L / 128,
}  # fmt: skip
_FLOW: Final[dict[Unit, float]] = {
    "L/min": 1.0, "m³/h": 1000 / 60, "ft³/min": _CUBIC_FOOT_L, "gal/min": _GALLON_L, "mL/s": 0.06,
}  # fmt: skip
_MASS: Final[dict[Unit, float]] = {
    "µg": 1e-9, "mg": 1e-6, "g": 0.001, "kg": 1.0, "oz": _POUND_KG / 16, "lb": _POUND_KG, "st": 14 * _POUND_KG,
}  # fmt: skip
_DURATION: Final[dict[Unit, float]] = {"μs": 1e-6, "ms": 0.001, "s": 1.0, "min": 60.0, "h": _HOUR_S, "d": _DAY_S}
_RATE: Final[dict[Unit, float]] = {
    **{f"{prefix}bit/s": 1000.0**power / 8 for power, prefix in enumerate(("", "k", "M", "G"))},
    **{f"{unit}/s": size for unit, size in _BYTES.items() if unit in ("B", "kB", "MB", "GB", "KiB", "MiB", "GiB")},
}
_SIZE: Final[dict[Unit, float]] = {
    **{f"{prefix}bit": 1000.0**power / 8 for power, prefix in enumerate(("", "k", "M", "G"))},
    **_BYTES,
}
_AREA: Final[dict[Unit, float]] = {
    "mm²": 1e-6, "cm²": 1e-4, "m²": 1.0, "km²": 1e6, "in²": _INCH_M**2, "ft²": _FOOT_M**2, "yd²": _YARD_M**2,
    "mi²": _MILE_M**2, "ac": 4046.8564224, "ha": 1e4,
}  # fmt: skip


def _some(sizes: Mapping[Unit, float], *units: Unit) -> dict[Unit, float]:
    return {unit: sizes[unit] for unit in units}


FACTORS: Final[Mapping[str, Mapping[Unit, float]]] = {
    "area": _AREA,
    "atmospheric_pressure": _PRESSURE,
    "blood_glucose_concentration": {"mg/dL": 1.0, "mmol/L": 18.0},
    "conductivity": {"µS/cm": 1.0, "mS/cm": 1e3, "S/cm": 1e6},
    "current": {"mA": 0.001, "A": 1.0},
    "data_rate": _RATE,
    "data_size": _SIZE,
    "distance": _LENGTH,
    "duration": _DURATION,
    "energy": _ENERGY,
    "energy_storage": _ENERGY,
    "gas": _some(_VOLUME, "m³", "ft³", "CCF"),
    "power_factor": {"%": 0.01, None: 1.0},
    "power": {"mW": 0.001, "W": 1.0, "kW": 1e3, "MW": 1e6, "GW": 1e9, "TW": 1e12},
    "precipitation": _some(_LENGTH, "mm", "cm", "in"),
    "precipitation_intensity": _some(_SPEED, "mm/d", "mm/h", "in/d", "in/h"),
    "pressure": _PRESSURE,
    "speed": _SPEED,
    "volatile_organic_compounds_parts": {"ppb": 1.0, "ppm": 1000.0},
    "voltage": {"µV": 1e-6, "mV": 0.001, "V": 1.0, "kV": 1e3, "MV": 1e6},
    "volume": _VOLUME,
    "volume_flow_rate": _FLOW,
    "volume_storage": _VOLUME,
    "water": _some(_VOLUME, "L", "m³", "ft³", "CCF", "gal"),
    "weight": _MASS,
    "wind_speed": _some(_SPEED, "m/s", "km/h", "mph", "kn", "ft/s", "in/s", "mm/s"),
}
"""Device class → unit → size in the base unit of its kind."""

_OF_CELSIUS: Final[Mapping[Unit, tuple[float, float]]] = {"K": (1.0, 273.15), "°C": (1.0, 0.0), "°F": (1.8, 32.0)}
"""Factor, then offset, by which degrees Celsius become others: what people read most comes out without a remainder."""

BEAUFORT: Final = "Beaufort"
_SCALED_BY_BEAUFORT: Final = frozenset({"speed", "wind_speed"})
_BEAUFORT_M_S: Final = 0.836
"""Of the empirical law v = 0.836 B^1.5."""

_PER_KWH: Final[Mapping[Unit, float]] = {"km/kWh": 1.0, "mi/kWh": _MILE_M / 1000, "kWh/100km": 100.0}
"""How many km/kWh; the last one is the other way round: 1 kWh/100km is 100 km/kWh."""
_INVERSE: Final = "kWh/100km"

MAX_DECIMALS: Final = 10


def units_of(device_class: str | None) -> frozenset[Unit]:
    """The units that quantities of this class can be shown in; empty where nothing is converted."""
    if device_class == "temperature":
        return frozenset(_OF_CELSIUS)
    if device_class == "energy_distance":
        return frozenset(_PER_KWH)
    units = frozenset(FACTORS.get(device_class or "", {}))
    return units | {BEAUFORT} if device_class in _SCALED_BY_BEAUFORT else units


def convertible(device_class: str | None, unit: Unit, wanted: Unit) -> bool:
    """Whether ``unit`` can be shown as ``wanted``."""
    return {unit, wanted} <= units_of(device_class)


def convert(value: float, device_class: str | None, unit: Unit, wanted: Unit) -> float:
    """``value`` of ``unit`` in ``wanted``; exact but for floating point. KeyError for units that do not convert."""
    if unit == wanted:
        return value
    if device_class == "temperature":
        factor, offset = _OF_CELSIUS[unit]
        wanted_factor, wanted_offset = _OF_CELSIUS[wanted]
        return (value - offset) / factor * wanted_factor + wanted_offset
    if device_class == "energy_distance":
        return _consumption(value, unit, wanted)
    sizes = FACTORS[device_class or ""]
    if unit == BEAUFORT:
        return float(_BEAUFORT_M_S * max(value, 0.0) ** 1.5) / sizes[wanted]
    if wanted == BEAUFORT:
        return float(round((max(value, 0.0) * sizes[unit] / _BEAUFORT_M_S) ** (2 / 3)))
    return value * sizes[unit] / sizes[wanted]


def _consumption(value: float, unit: Unit, wanted: Unit) -> float:
    """Consumption said the other way round; nothing used per distance is an endless distance, shown as 0."""
    if _INVERSE not in (unit, wanted):
        return value * _PER_KWH[unit] / _PER_KWH[wanted]
    other = _PER_KWH[wanted if unit == _INVERSE else unit]
    return 100 / (value * other) if value else 0.0


def decimals_after(text: str, device_class: str | None, unit: Unit, wanted: Unit) -> int:
    """How many decimals a converted reading deserves: those that ``text`` shows, and those that the new unit adds."""
    shown = len(text.partition(".")[2]) if "e" not in text else MAX_DECIMALS
    return min(shown + more_decimals(device_class, unit, wanted), MAX_DECIMALS)


def more_decimals(device_class: str | None, unit: Unit, wanted: Unit) -> int:
    """How many more decimals say as much, where the new unit is so much greater. Home Assistant's rule: never fewer."""
    if device_class == "temperature" or BEAUFORT in (unit, wanted):
        return 0
    sizes = _PER_KWH if device_class == "energy_distance" else FACTORS[device_class or ""]
    ratio = sizes[wanted] / sizes[unit]
    return max(math.floor(math.log10(ratio) + 1e-9), 0)
