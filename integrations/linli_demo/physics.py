"""How warm, how moist, how much current: simple laws, enough to look alive. Pure."""

import math
from datetime import datetime, tzinfo
from typing import Final

WALLS_H: Final = 9.0
"""In so many hours the walls let most of a difference of temperature through."""
DEGREES_AN_HOUR: Final = 3.2
"""What the air conditioner can do."""
DRIES_H: Final = 1.2
AIRING: Final = 4.0
"""A fan at full speed dries so many times as fast, and once more."""
STEAM_AN_HOUR: Final = 240.0
ALWAYS_ON_W: Final = 38.0
FRIDGE_W: Final = 92.0
FRIDGE_RUNS_MIN: Final = 18
FRIDGE_EVERY_MIN: Final = 55


def outdoor_temperature(now: datetime, zone: tzinfo) -> float:
    """°C on the balcony: the year's wave, the day's wave (coldest at five, warmest at fifteen), and slow weather."""
    local = now.astimezone(zone)
    day_of_year = local.timetuple().tm_yday
    hour = local.hour + local.minute / 60
    year = 17.0 - 11.5 * math.cos(2 * math.pi * (day_of_year - 20) / 365.25)
    day = 3.8 * math.cos(2 * math.pi * (hour - 15) / 24)
    weather = 1.6 * math.sin(now.timestamp() / 86400 * 1.7) + 0.7 * math.sin(now.timestamp() / 86400 * 4.3)
    return year + day + weather


def outdoor_humidity(temperature: float, now: datetime) -> float:
    """Per cent: moister when colder, with slow weather."""
    return min(97.0, max(30.0, 88.0 - 1.3 * temperature + 8.0 * math.sin(now.timestamp() / 86400 * 1.1)))


def room_temperature(present: float, outdoor: float, hours: float, *, drive: float = 0.0, own: float = 3.0) -> float:
    """°C after ``hours``: it drifts to the outside, kept ``own`` degrees above by living, sun and neighbours.

    ``drive`` is what heats (above 0) or cools (below), 1 being all that the air conditioner can do.
    """
    rest = outdoor + own
    decay = math.exp(-hours / WALLS_H)
    return rest + (present - rest) * decay + drive * DEGREES_AN_HOUR * hours


def room_humidity(present: float, outdoor: float, hours: float, *, steam: float = 0.0, airing: float = 0.0) -> float:
    """Per cent after ``hours``: ``steam`` (0 to 1) is a shower, ``airing`` (0 to 1) how fast a fan turns."""
    rest = 35.0 + 0.25 * outdoor
    dried = rest + (present - rest) * math.exp(-hours / DRIES_H * (1 + AIRING * airing))
    return min(98.0, dried + steam * STEAM_AN_HOUR * hours)


def fridge_watts(now: datetime) -> float:
    """The compressor runs a while, then rests."""
    minute = int(now.timestamp() // 60) % FRIDGE_EVERY_MIN
    return FRIDGE_W if minute < FRIDGE_RUNS_MIN else 1.5
