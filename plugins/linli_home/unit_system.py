"""Which unit each of the two systems shows in place of the one that a device measures in.

Device class → unit that comes → unit shown; what is not named here is shown as it comes. As Home Assistant 2025.4 has
it (tests/plugins/home/golden/units.json).
"""

from collections.abc import Iterable, Mapping
from typing import Final

from linli import UnitSystem
from linli_home.units import BEAUFORT, Unit

CELSIUS: Final = "°C"
FAHRENHEIT: Final = "°F"

Shown = Mapping[Unit, str]


def _all(units: Iterable[str], shown: str) -> Shown:
    return dict.fromkeys(units, shown)


_PRESSURES: Final = ("Pa", "kPa", "mbar", "cbar", "bar", "mmHg", "psi")
_WINDS: Final = ("m/s", "ft/s", "in/s", "mm/s", BEAUFORT)

_METRIC_VOLUME: Final[Shown] = {"CCF": "m³", "ft³": "m³", "gal": "L", "fl. oz.": "mL"}
_US_VOLUME: Final[Shown] = {"m³": "ft³", "L": "gal", "mL": "fl. oz."}

METRIC: Final[Mapping[str, Shown]] = {
    "area": {"ac": "ha", "ft²": "m²", "in²": "cm²", "mi²": "km²", "yd²": "m²"},
    "atmospheric_pressure": _all((*_PRESSURES, "inHg"), "hPa"),
    "distance": {"ft": "m", "in": "mm", "mi": "km", "nmi": "km", "yd": "m"},
    "gas": _all(("CCF", "ft³"), "m³"),
    "precipitation": {"in": "mm"},
    "precipitation_intensity": {"in/d": "mm/d", "in/h": "mm/h"},
    "pressure": {"psi": "kPa", "inHg": "hPa"},
    "speed": {"ft/s": "km/h", "mph": "km/h", "in/d": "mm/d", "in/h": "mm/h", "in/s": "mm/s"},
    "temperature": {"°F": "°C"},
    "volume": _METRIC_VOLUME,
    "volume_storage": _METRIC_VOLUME,
    "water": {"CCF": "m³", "ft³": "m³", "gal": "L"},
    "wind_speed": _all((*_WINDS, "mph"), "km/h"),
}

US_CUSTOMARY: Final[Mapping[str, Shown]] = {
    "area": {"ha": "ac", "m²": "ft²", "cm²": "in²", "mm²": "in²", "km²": "mi²"},
    "atmospheric_pressure": _all((*_PRESSURES, "hPa"), "inHg"),
    "distance": {"m": "ft", "cm": "in", "mm": "in", "km": "mi"},
    "gas": {"m³": "ft³"},
    "precipitation": {"cm": "in", "mm": "in"},
    "precipitation_intensity": {"mm/d": "in/d", "mm/h": "in/h"},
    "pressure": {**_all(("Pa", "hPa", "kPa", "mbar", "cbar", "bar"), "psi"), "mmHg": "inHg"},
    "speed": {"km/h": "mph", "m/s": "mph", "mm/d": "in/d", "mm/h": "in/h", "mm/s": "in/s"},
    "temperature": {"°C": "°F"},
    "volume": _US_VOLUME,
    "volume_storage": _US_VOLUME,
    "water": {"m³": "ft³", "L": "gal"},
    "wind_speed": _all((*_WINDS, "km/h"), "mph"),
}

SYSTEMS: Final[Mapping[UnitSystem, Mapping[str, Shown]]] = {
    UnitSystem.METRIC: METRIC,
    UnitSystem.US_CUSTOMARY: US_CUSTOMARY,
}


def shown_unit(system: UnitSystem, device_class: str | None, unit: Unit) -> Unit:
    """The unit in which a quantity that comes in ``unit`` is shown."""
    return SYSTEMS[system].get(device_class or "", {}).get(unit, unit)


def temperature_unit(system: UnitSystem) -> str:
    """The unit of every temperature that a client reads or sets."""
    return FAHRENHEIT if system is UnitSystem.US_CUSTOMARY else CELSIUS
