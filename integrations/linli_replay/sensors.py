"""How a recorded sensor looks in a home: a device in its room, with one binary sensor."""

from typing import Final

from linli import DeviceInfo
from linli_home.api import BinarySensor, BinarySensorDeviceClass
from linli_replay.recording import Sensor

CLASSES: Final = {
    "pir": BinarySensorDeviceClass.MOTION,
    "pressure": BinarySensorDeviceClass.OCCUPANCY,
    "electric": BinarySensorDeviceClass.RUNNING,
    "flush": BinarySensorDeviceClass.RUNNING,
}
OPENING: Final = "magnetic"


def describe(recording_id: str, sensor: Sensor, kind: str) -> BinarySensor:
    """The entity of one sensor; ``recording_id`` tells apart what several recordings call alike."""
    unique_id = f"{recording_id}|{sensor.place}|{sensor.location}".casefold()
    return BinarySensor(
        unique_id=unique_id,
        name="",
        suggested_object_id=f"{sensor.place} {sensor.location}",
        device=DeviceInfo(
            identifiers=frozenset({("replay", unique_id)}),
            name=sensor.location,
            model=kind,
            suggested_area=sensor.place,
        ),
        device_class=_device_class(sensor, kind),
        attributes={"replayed": True},
    )


def _device_class(sensor: Sensor, kind: str) -> BinarySensorDeviceClass | None:
    if kind.casefold() != OPENING:
        return CLASSES.get(kind.casefold())
    return BinarySensorDeviceClass.DOOR if "door" in sensor.location.casefold() else BinarySensorDeviceClass.OPENING
