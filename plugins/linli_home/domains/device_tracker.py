"""Device trackers: where a telephone, a key ring or a car is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from linli import Rendered
from linli_home.home_entity import HomeEntity, present


class SourceType(StrEnum):
    """How it is found."""

    GPS = "gps"
    ROUTER = "router"
    BLUETOOTH = "bluetooth"
    BLUETOOTH_LE = "bluetooth_le"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTrackerReading:
    """Where it is: ``home``, ``not_home`` or the name of a zone; what the source does not tell is None."""

    location: str
    latitude: float | None = None
    longitude: float | None = None
    gps_accuracy: float = 0
    battery_level: int | None = None
    ip: str | None = None
    mac: str | None = None
    host_name: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class DeviceTracker(HomeEntity[DeviceTrackerReading]):
    """Accuracy is only shown beside coordinates."""

    domain: ClassVar[str] = "device_tracker"

    source_type: SourceType = SourceType.GPS

    def render(self, reading: DeviceTrackerReading) -> Rendered:
        said = {"source_type": self.source_type.value, **present(battery_level=reading.battery_level)}
        if reading.latitude is not None and reading.longitude is not None:
            said |= {
                "latitude": reading.latitude,
                "longitude": reading.longitude,
                "gps_accuracy": reading.gps_accuracy,
            }
        return reading.location, said | present(ip=reading.ip, mac=reading.mac, host_name=reading.host_name)
