"""Units of statistics: to which class each belongs, and how values become those of another unit of it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from linli import InvalidRequest
from linli_home.api import convert_units, units_of

CLASSES: Final[Mapping[str, str]] = {
    "area": "area",
    "blood_glucose_concentration": "blood_glucose_concentration",
    "conductivity": "conductivity",
    "data_rate": "data_rate",
    "distance": "distance",
    "duration": "duration",
    "electric_current": "current",
    "energy": "energy",
    "energy_distance": "energy_distance",
    "information": "data_size",
    "mass": "weight",
    "power": "power",
    "pressure": "pressure",
    "speed": "speed",
    "temperature": "temperature",
    "unitless": "power_factor",
    "voltage": "voltage",
    "volume": "volume",
    "volume_flow_rate": "volume_flow_rate",
}
"""Home Assistant's name of each class, and the device class whose units it has."""


@lru_cache(maxsize=512)
def class_of(unit: str | None) -> str | None:
    """The class of a unit; None: it converts into no other."""
    return next((name for name, device_class in CLASSES.items() if unit in units_of(device_class)), None)


def convertible(unit: str | None, wanted: str | None) -> bool:
    """Whether values of one unit can be told in the other."""
    return unit == wanted or (class_of(unit) is not None and class_of(unit) == class_of(wanted))


def convert(value: float, unit: str | None, wanted: str | None) -> float:
    """``value`` in another unit of its class."""
    if unit == wanted:
        return value
    return convert_units(value, CLASSES[class_of(unit) or ""], unit, wanted)


def wanted_unit(unit: str | None, units: Mapping[str, str]) -> str | None:
    """The unit in which a reader wants values; raises InvalidRequest for one of another class."""
    name = class_of(unit)
    wanted = units.get(name or "", unit)
    if not convertible(unit, wanted):
        raise InvalidRequest(f"{wanted} is no unit of {name}", path=("units", name or ""))
    return wanted
