"""The descriptions that other plugins add as entities, with their readings, classes and feature bits; and units."""

from linli_home.domains.alarm_control_panel import (
    AlarmControlPanel,
    AlarmControlPanelEntityFeature,
    AlarmControlPanelReading,
    AlarmControlPanelState,
    CodeFormat,
)
from linli_home.domains.binary_sensor import BinarySensor, BinarySensorDeviceClass
from linli_home.domains.button import Button, ButtonDeviceClass
from linli_home.domains.camera import Camera, CameraEntityFeature, CameraReading
from linli_home.domains.climate import Climate, ClimateEntityFeature, ClimateReading, HVACAction, HVACMode
from linli_home.domains.cover import Cover, CoverDeviceClass, CoverEntityFeature, CoverReading
from linli_home.domains.device_tracker import DeviceTracker, DeviceTrackerReading, SourceType
from linli_home.domains.event import EventDeviceClass, EventEntity, EventReading
from linli_home.domains.fan import Fan, FanEntityFeature, FanReading
from linli_home.domains.humidifier import (
    Humidifier,
    HumidifierAction,
    HumidifierDeviceClass,
    HumidifierEntityFeature,
    HumidifierReading,
)
from linli_home.domains.light import ColorMode, Light, LightEntityFeature, LightReading
from linli_home.domains.lock import Lock, LockEntityFeature, LockReading, LockState
from linli_home.domains.media_player import (
    MediaPlayer,
    MediaPlayerDeviceClass,
    MediaPlayerEntityFeature,
    MediaPlayerReading,
    MediaPlayerState,
    RepeatMode,
)
from linli_home.domains.notify import Notify, NotifyEntityFeature
from linli_home.domains.number import Number, NumberMode
from linli_home.domains.person import Person, PersonReading
from linli_home.domains.scene import Scene
from linli_home.domains.select import Select
from linli_home.domains.sensor import Sensor, SensorDeviceClass, SensorReading, SensorStateClass
from linli_home.domains.siren import Siren, SirenEntityFeature
from linli_home.domains.sun import Sun, SunReading
from linli_home.domains.switch import Switch, SwitchDeviceClass
from linli_home.domains.text import Text, TextMode
from linli_home.domains.todo import TodoItem, TodoItemStatus, TodoList, TodoListEntityFeature
from linli_home.domains.update import Update, UpdateDeviceClass, UpdateEntityFeature, UpdateReading
from linli_home.domains.vacuum import Vacuum, VacuumActivity, VacuumEntityFeature, VacuumReading
from linli_home.domains.valve import Valve, ValveDeviceClass, ValveEntityFeature
from linli_home.domains.zone import Zone
from linli_home.home_entity import HomeEntity
from linli_home.moving import MovingReading
from linli_home.quantities import QuantityClass
from linli_home.units import convert as convert_units
from linli_home.units import units_of

__all__ = [
    "AlarmControlPanel",
    "AlarmControlPanelEntityFeature",
    "AlarmControlPanelReading",
    "AlarmControlPanelState",
    "BinarySensor",
    "BinarySensorDeviceClass",
    "Button",
    "ButtonDeviceClass",
    "Camera",
    "CameraEntityFeature",
    "CameraReading",
    "Climate",
    "ClimateEntityFeature",
    "ClimateReading",
    "CodeFormat",
    "ColorMode",
    "Cover",
    "CoverDeviceClass",
    "CoverEntityFeature",
    "CoverReading",
    "DeviceTracker",
    "DeviceTrackerReading",
    "EventDeviceClass",
    "EventEntity",
    "EventReading",
    "Fan",
    "FanEntityFeature",
    "FanReading",
    "HVACAction",
    "HVACMode",
    "HomeEntity",
    "Humidifier",
    "HumidifierAction",
    "HumidifierDeviceClass",
    "HumidifierEntityFeature",
    "HumidifierReading",
    "Light",
    "LightEntityFeature",
    "LightReading",
    "Lock",
    "LockEntityFeature",
    "LockReading",
    "LockState",
    "MediaPlayer",
    "MediaPlayerDeviceClass",
    "MediaPlayerEntityFeature",
    "MediaPlayerReading",
    "MediaPlayerState",
    "MovingReading",
    "Notify",
    "NotifyEntityFeature",
    "Number",
    "NumberMode",
    "Person",
    "PersonReading",
    "QuantityClass",
    "RepeatMode",
    "Scene",
    "Select",
    "Sensor",
    "SensorDeviceClass",
    "SensorReading",
    "SensorStateClass",
    "Siren",
    "SirenEntityFeature",
    "SourceType",
    "Sun",
    "SunReading",
    "Switch",
    "SwitchDeviceClass",
    "Text",
    "TextMode",
    "TodoItem",
    "TodoItemStatus",
    "TodoList",
    "TodoListEntityFeature",
    "Update",
    "UpdateDeviceClass",
    "UpdateEntityFeature",
    "UpdateReading",
    "Vacuum",
    "VacuumActivity",
    "VacuumEntityFeature",
    "VacuumReading",
    "Valve",
    "ValveDeviceClass",
    "ValveEntityFeature",
    "Zone",
    "convert_units",
    "units_of",
]
