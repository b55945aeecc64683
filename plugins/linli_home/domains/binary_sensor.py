"""Binary sensors: something is so or is not; the device class says what that means to people."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from linli import NO_ATTRIBUTES, Rendered
from linli_home.home_entity import OFF, ON, HomeEntity


class BinarySensorDeviceClass(StrEnum):
    """What is sensed. On is the noteworthy side: open, wet, unlocked, smoke, a problem."""

    BATTERY = "battery"
    BATTERY_CHARGING = "battery_charging"
    CARBON_MONOXIDE = "carbon_monoxide"
    COLD = "cold"
    CONNECTIVITY = "connectivity"
    DOOR = "door"
    GARAGE_DOOR = "garage_door"
    GAS = "gas"
    HEAT = "heat"
    LIGHT = "light"
    LOCK = "lock"
    MOISTURE = "moisture"
    MOTION = "motion"
    MOVING = "moving"
    OCCUPANCY = "occupancy"
    OPENING = "opening"
    PLUG = "plug"
    POWER = "power"
    PRESENCE = "presence"
    PROBLEM = "problem"
    RUNNING = "running"
    SAFETY = "safety"
    SMOKE = "smoke"
    SOUND = "sound"
    TAMPER = "tamper"
    UPDATE = "update"
    VIBRATION = "vibration"
    WINDOW = "window"


@dataclass(frozen=True, kw_only=True, eq=False)
class BinarySensor(HomeEntity[bool]):
    """A reading is whether it is so."""

    domain: ClassVar[str] = "binary_sensor"
    named_by_device_class: ClassVar[bool] = True

    def render(self, reading: bool) -> Rendered:
        return (ON if reading else OFF), NO_ATTRIBUTES
