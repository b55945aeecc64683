"""Lamps: what people tell them holds until the day tells them otherwise."""

from dataclasses import replace
from typing import Any, Final

from linli import PluginContext
from linli_demo.devices import common
from linli_demo.furnishing import Changed
from linli_demo.life import DARK, Value
from linli_demo.things import Room, Thing
from linli_home.api import ColorMode, Light, LightReading

WHITES: Final = frozenset({ColorMode.COLOR_TEMP})
COLORS: Final = frozenset({ColorMode.COLOR_TEMP, ColorMode.HS})
PLAIN: Final = frozenset({ColorMode.ONOFF})
EFFECTS: Final = ("none", "candle", "sunset")
FULL: Final = 255
WARM: Final = 2700


class Lamp:
    """One lamp with as much as its modes can show."""

    def __init__(
        self, ctx: PluginContext, thing: Thing, room: Room, modes: frozenset[ColorMode], watts: float, changed: Changed
    ) -> None:
        self._full = watts
        self._modes = modes
        self._changed = changed
        self._on = LightReading(
            on=True,
            brightness=FULL if modes != PLAIN else None,
            color_mode=ColorMode.COLOR_TEMP if modes != PLAIN else ColorMode.ONOFF,
            color_temp_kelvin=WARM,
            effect=EFFECTS[0],
        )
        self._reading = DARK
        self._handle = ctx.entities.add(
            Light(
                **common(ctx, thing, room),
                name="",
                color_modes=modes,
                max_color_temp_kelvin=6500,
                effects=EFFECTS if modes == COLORS else None,
                turn_on=self.turn_on,
                turn_off=self.turn_off,
            )
        )

    @property
    def watts(self) -> float:
        """What it draws now: less when dimmed."""
        return self._full * (self._reading.brightness or FULL) / FULL if self._reading.on else 0.2

    def begin(self, value: Value | None) -> None:
        self._be(_plain(value) if isinstance(value, LightReading) else DARK)

    def take(self, value: Value) -> None:
        if isinstance(value, LightReading):
            self._show(_plain(value))

    async def turn_on(
        self, brightness: int | None = None, color_temp_kelvin: int | None = None,
        hs_color: tuple[float, float] | None = None, effect: str | None = None, **_: Any,
    ) -> None:  # fmt: skip
        """Shine as before, but for what is said."""
        wanted = replace(self._on, brightness=brightness or self._on.brightness, effect=effect or self._on.effect)
        if color_temp_kelvin is not None:
            kelvin = min(max(color_temp_kelvin, 2000), 6500)
            wanted = replace(wanted, color_mode=ColorMode.COLOR_TEMP, color_temp_kelvin=kelvin)
        elif hs_color is not None:
            wanted = replace(wanted, color_mode=ColorMode.HS, hs_color=hs_color)
        self._show(wanted)

    async def turn_off(self, **_: Any) -> None:
        """Be dark, and remember how it shone."""
        self._show(DARK)

    def _show(self, reading: LightReading) -> None:
        self._be(reading)
        self._changed()

    def _be(self, reading: LightReading) -> None:
        self._reading = reading
        if reading.on:
            self._on = reading
        self._handle.write(reading)


def _plain(reading: LightReading) -> LightReading:
    """The day knows no effects."""
    return replace(reading, effect=EFFECTS[0]) if reading.on else reading
