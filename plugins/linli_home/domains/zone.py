"""Zones: circles on the map; the state is how many people are in one."""

from dataclasses import dataclass
from typing import ClassVar

from linli import Rendered
from linli_home.home_entity import HomeEntity


@dataclass(frozen=True, kw_only=True, eq=False)
class Zone(HomeEntity[tuple[str, ...]]):
    """A reading is the entity ids of the persons who are there."""

    domain: ClassVar[str] = "zone"

    latitude: float
    longitude: float
    radius: float = 100
    """In metres."""
    passive: bool = False
    """Nobody is said to be there; only automations ask."""
    editable: bool = False

    def render(self, reading: tuple[str, ...]) -> Rendered:
        return str(len(reading)), {
            "latitude": self.latitude,
            "longitude": self.longitude,
            "radius": self.radius,
            "passive": self.passive,
            "persons": sorted(reading),
            "editable": self.editable,
        }
