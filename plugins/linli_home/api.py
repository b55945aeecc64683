"""The descriptions that other plugins add as entities, with their readings, classes and feature bits."""

from linli_home.domains.binary_sensor import BinarySensor, BinarySensorDeviceClass
from linli_home.domains.light import ColorMode, Light, LightEntityFeature, LightReading
from linli_home.domains.sensor import Sensor, SensorDeviceClass, SensorReading, SensorStateClass
from linli_home.domains.switch import Switch, SwitchDeviceClass
from linli_home.home_entity import HomeEntity
from linli_home.quantities import QuantityClass

__all__ = [
    "BinarySensor",
    "BinarySensorDeviceClass",
    "ColorMode",
    "HomeEntity",
    "Light",
    "LightEntityFeature",
    "LightReading",
    "QuantityClass",
    "Sensor",
    "SensorDeviceClass",
    "SensorReading",
    "SensorStateClass",
    "Switch",
    "SwitchDeviceClass",
]
