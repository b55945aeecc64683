"""The sun over the home."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from linli import Rendered
from linli_home.home_entity import HomeEntity


@dataclass(frozen=True, slots=True, kw_only=True)
class SunReading:
    """Where it stands, and when it will be where people care."""

    next_dawn: datetime
    next_dusk: datetime
    next_midnight: datetime
    next_noon: datetime
    next_rising: datetime
    next_setting: datetime
    elevation: float
    """Degrees above the horizon."""
    azimuth: float
    """Degrees from north, clockwise."""
    rising: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Sun(HomeEntity[SunReading]):
    """It is up from its rising to its setting."""

    domain: ClassVar[str] = "sun"

    def render(self, reading: SunReading) -> Rendered:
        moments = ("next_dawn", "next_dusk", "next_midnight", "next_noon", "next_rising", "next_setting")
        said = {name: getattr(reading, name).isoformat() for name in moments}
        up = reading.next_setting < reading.next_rising
        return ("above_horizon" if up else "below_horizon"), {
            **said,
            "elevation": reading.elevation,
            "azimuth": reading.azimuth,
            "rising": reading.rising,
        }
