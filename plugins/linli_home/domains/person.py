"""Persons as clients see them: where somebody is, by the devices they carry. Only the description stands here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from linli import Rendered
from linli_home.home_entity import HomeEntity, present

HOME: Final = "home"
NOT_HOME: Final = "not_home"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonReading:
    """Where somebody is: ``home``, ``not_home`` or the name of a zone; coordinates only where they may be shown."""

    location: str
    latitude: float | None = None
    longitude: float | None = None
    gps_accuracy: float | None = None
    source: str | None = None
    """The entity that said so."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Person(HomeEntity[PersonReading]):
    """``unique_id`` is the person's id."""

    domain: ClassVar[str] = "person"

    editable: bool = False
    device_trackers: tuple[str, ...] = ()
    user_id: str | None = None

    def render(self, reading: PersonReading) -> Rendered:
        said: Mapping[str, Any] = {
            "editable": self.editable,
            "id": self.unique_id,
            "device_trackers": list(self.device_trackers),
            **present(
                latitude=reading.latitude,
                longitude=reading.longitude,
                gps_accuracy=reading.gps_accuracy,
                source=reading.source,
                user_id=self.user_id,
            ),
        }
        return reading.location, said
