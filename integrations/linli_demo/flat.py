"""The flat as it lives: the day's steps when they are due; the air and the meters in between."""

from datetime import datetime, timedelta
from typing import Final

from linli import PluginContext
from linli_demo import physics
from linli_demo.chores import Chores
from linli_demo.devices import bridge
from linli_demo.door_camera import DoorCamera
from linli_demo.entrance import AlarmPanel
from linli_demo.furniture import furnish
from linli_demo.indoors import HOUR, Indoors
from linli_demo.life import Calendar, Step
from linli_demo.meters import ElectricityMeter
from linli_demo.things import Thing
from linli_home.api import LightReading

TICK_S: Final = 60.0
REMEMBERED: Final = timedelta(days=1)
"""At the start the flat is as the steps of so long left it; a jump of the clock is caught up as far."""
EVENTS: Final = frozenset({Thing.DOORBELL, Thing.WATER_TAP})
"""What happens and is over: none of it is caught up."""
KWH_BEFORE: Final = 4218.6
"""What the electricity meter shows when the flat is new."""


class Flat:
    """Furnished when made; :meth:`live` lets time pass in it."""

    def __init__(self, ctx: PluginContext) -> None:
        self._clock = ctx.clock
        self._metered = self._reached = ctx.clock.now()
        self._calendar = Calendar(ctx.settings.zone)
        self._showering = False
        ctx.entities.device(bridge(ctx))
        self._electricity = ElectricityMeter(ctx, KWH_BEFORE)
        self._indoors = Indoors(ctx, ctx.settings.zone, self._draw)
        self._panel = AlarmPanel(ctx)
        Chores(ctx)
        DoorCamera(ctx)
        self._things = furnish(ctx, self._indoors, self._panel, self._draw)
        self._begin(self._reached)

    async def live(self) -> None:
        """Never returns. The same day is always the same, whatever people do to the things in between."""
        reached = self._reached
        while True:
            self._pass_time(reached)
            await self._clock.sleep(self._next(reached) - reached)
            now = self._clock.now()
            for step in self._calendar.between(max(reached, now - REMEMBERED), now):
                self._apply(step)
            reached = now

    def _next(self, now: datetime) -> datetime:
        tick = now + timedelta(seconds=TICK_S - now.timestamp() % TICK_S)
        return min(tick, self._calendar.next_after(now))

    def _begin(self, now: datetime) -> None:
        """Nothing moves: what the day did before was done then, whether the hub ran or not."""
        last = {step.thing: step.value for step in self._calendar.between(now - REMEMBERED, now)}
        for thing, furnishing in self._things.items():
            furnishing.begin(None if thing in EVENTS else last.get(thing))
        bathroom_light = last.get(Thing.BATHROOM_LIGHT)
        self._showering = isinstance(bathroom_light, LightReading) and bathroom_light.on

    def _apply(self, step: Step) -> None:
        self._things[step.thing].take(step.value)
        if step.thing is Thing.ENTRANCE_DOOR and step.value is True:
            self._panel.door_opened()
        if step.thing is Thing.BATHROOM_LIGHT and isinstance(step.value, LightReading):
            self._showering = step.value.on

    def _pass_time(self, now: datetime) -> None:
        self._indoors.pass_time(now, showering=self._showering)
        self._draw()

    def _draw(self) -> None:
        """Count what was drawn until now, and see what is drawn from now on."""
        now = self._clock.now()
        self._electricity.pass_time(max((now - self._metered) / HOUR, 0.0))
        self._metered = now
        watts = sum(thing.watts for thing in self._things.values())
        self._electricity.draw(physics.ALWAYS_ON_W + physics.fridge_watts(now) + watts)
