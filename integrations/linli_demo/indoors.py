"""The air of the flat: how it warms, cools, moistens and dries."""

from datetime import datetime, timedelta, tzinfo
from typing import Final

from linli import PluginContext
from linli_demo import physics
from linli_demo.air import AirConditioner, ExhaustFan
from linli_demo.furnishing import Changed
from linli_demo.meters import Air, AirMeter
from linli_demo.things import Room

HOUR: Final = timedelta(hours=1)
BEDROOM_OWN: Final = 2.0
"""The bedroom stays so many degrees above the outside by itself; it has less sun than the others."""


class Indoors:
    """Four meters, the air conditioner and the exhaust fan, and the laws between them."""

    def __init__(self, ctx: PluginContext, zone: tzinfo, changed: Changed) -> None:
        self._zone = zone
        self._reckoned = now = ctx.clock.now()
        outdoor = physics.outdoor_temperature(now, zone)
        inside = 0.85 * 21.0 + 0.15 * (outdoor + 3.0)
        air = Air(outdoor, physics.outdoor_humidity(outdoor, now))
        self._outdoor = AirMeter(ctx, "weather_station", Room.BALCONY, air)
        self._living = AirMeter(ctx, "living_room_air", Room.LIVING_ROOM, Air(inside, 48.0))
        self._bedroom = AirMeter(ctx, "bedroom_air", Room.BEDROOM, Air(inside - 0.8, 50.0))
        self._bathroom = AirMeter(ctx, "bathroom_air", Room.BATHROOM, Air(inside + 0.5, 54.0))
        self.conditioner = AirConditioner(ctx, round(inside, 1), outdoor, changed)
        self.exhaust = ExhaustFan(ctx, changed)

    def pass_time(self, now: datetime, *, showering: bool) -> None:
        """Reckon until ``now`` (at most an hour at once, and nothing where the clock went back), and tell."""
        hours = min(max((now - self._reckoned) / HOUR, 0.0), 1.0)
        self._reckoned = now
        outside = self._outdoor.air
        outside.temperature = physics.outdoor_temperature(now, self._zone)
        outside.humidity = physics.outdoor_humidity(outside.temperature, now)
        self._warm(hours, outside.temperature)
        self._moisten(hours, outside.humidity, showering)
        for meter in (self._outdoor, self._living, self._bedroom, self._bathroom):
            meter.tell()
        self.conditioner.outdoor = outside.temperature
        self.conditioner.feel(round(self._living.air.temperature, 1))

    def _warm(self, hours: float, outdoor: float) -> None:
        living, bedroom, bathroom = self._living.air, self._bedroom.air, self._bathroom.air
        drive = self.conditioner.drive
        living.temperature = physics.room_temperature(living.temperature, outdoor, hours, drive=drive)
        bedroom.temperature = physics.room_temperature(
            bedroom.temperature, outdoor, hours, drive=0.5 * drive, own=BEDROOM_OWN
        )
        bathroom.temperature = physics.room_temperature(bathroom.temperature, outdoor, hours, drive=0.6 * drive)

    def _moisten(self, hours: float, outdoor: float, showering: bool) -> None:
        for meter in (self._living, self._bedroom):
            meter.air.humidity = physics.room_humidity(meter.air.humidity, outdoor, hours)
        self._bathroom.air.humidity = physics.room_humidity(
            self._bathroom.air.humidity, outdoor, hours, steam=float(showering), airing=self.exhaust.speed
        )
