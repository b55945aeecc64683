"""When the sun rises and sets, computed with astral."""

from datetime import UTC, date, datetime
from typing import Final

from astral import LocationInfo
from astral.sun import sunrise, sunset

from linli import CoreSettings

EVENTS: Final = {"sunrise": sunrise, "sunset": sunset}


def sun_event(settings: CoreSettings, event: str, day: date) -> datetime | None:
    """When the sun rises or sets on a day (UTC); None: it does not on that day at that place."""
    place = LocationInfo(latitude=settings.latitude, longitude=settings.longitude, timezone="UTC").observer
    place.elevation = float(settings.elevation)
    try:
        return EVENTS[event](place, date=day, tzinfo=settings.zone).astimezone(UTC)
    except ValueError:
        return None
