"""What moves the air: the air conditioner of the living room and the fan of the bathroom."""

from dataclasses import replace
from typing import Any, Final

from linli import PluginContext
from linli_demo.devices import common
from linli_demo.furnishing import Changed
from linli_demo.life import Comfort, Value
from linli_demo.things import Room, Thing
from linli_home.api import Climate, ClimateReading, Fan, FanReading, HVACAction, HVACMode

HEATS_BELOW: Final = 16.0
COOLS_ABOVE: Final = 25.0
TARGETS: Final = {
    (HVACMode.HEAT, Comfort.HOME): 21.0, (HVACMode.HEAT, Comfort.SLEEP): 18.0,
    (HVACMode.COOL, Comfort.HOME): 26.0, (HVACMode.COOL, Comfort.SLEEP): 27.0,
}  # fmt: skip
"""The degrees that the day sets, by what is done and what for."""
SLACK: Final = 0.4
FAN_SPEEDS: Final = {"low": 0.5, "auto": 0.8, "high": 1.0}


class AirConditioner:
    """Heats or cools until the room is as warm as wanted; the day chooses by how warm it is outside."""

    def __init__(self, ctx: PluginContext, temperature: float, outdoor: float, changed: Changed) -> None:
        self.outdoor = outdoor
        self._changed = changed
        self._reading = ClimateReading(
            hvac_mode=HVACMode.OFF, hvac_action=HVACAction.OFF, current_temperature=temperature,
            target_temperature=21.0, fan_mode="auto",
        )  # fmt: skip
        self._handle = ctx.entities.add(
            Climate(
                **common(ctx, Thing.AIR_CONDITIONER, Room.LIVING_ROOM),
                name="",
                hvac_modes=(HVACMode.OFF, HVACMode.HEAT, HVACMode.COOL, HVACMode.HEAT_COOL, HVACMode.FAN_ONLY),
                min_temp=16,
                max_temp=30,
                target_temp_step=0.5,
                fan_modes=tuple(FAN_SPEEDS),
                set_hvac_mode=self.set_hvac_mode,
                set_temperature=self.set_temperature,
                set_fan_mode=self.set_fan_mode,
            )
        )

    @property
    def drive(self) -> float:
        """How much it heats (above 0) or cools (below 0), at most 1."""
        speed = FAN_SPEEDS[self._reading.fan_mode or "auto"]
        return {HVACAction.HEATING: speed, HVACAction.COOLING: -speed}.get(self._action, 0.0)

    @property
    def watts(self) -> float:
        """What it draws now."""
        return 30.0 + 950.0 * abs(self.drive) if self._reading.hvac_mode is not HVACMode.OFF else 2.0

    @property
    def _action(self) -> HVACAction:
        return self._reading.hvac_action or HVACAction.OFF

    def feel(self, temperature: float) -> None:
        """The room has this temperature now."""
        self._show(replace(self._reading, current_temperature=temperature))

    def begin(self, value: Value | None) -> None:
        self._be(self._wanted(value) if isinstance(value, Comfort) else self._reading)

    def take(self, value: Value) -> None:
        if isinstance(value, Comfort):
            self._show(self._wanted(value))

    def _wanted(self, value: Comfort) -> ClimateReading:
        mode = HVACMode.OFF
        if value is not Comfort.AWAY and self.outdoor < HEATS_BELOW:
            mode = HVACMode.HEAT
        elif value is not Comfort.AWAY and self.outdoor > COOLS_ABOVE:
            mode = HVACMode.COOL
        target = TARGETS.get((mode, value), self._reading.target_temperature)
        return replace(self._reading, hvac_mode=mode, target_temperature=target)

    async def set_hvac_mode(self, hvac_mode: str, **_: Any) -> None:
        """Heat, cool, both, blow or rest."""
        self._show(replace(self._reading, hvac_mode=HVACMode(hvac_mode)))

    async def set_temperature(self, temperature: float, hvac_mode: str | None = None, **_: Any) -> None:
        """Hold this temperature, perhaps in another mode."""
        mode = self._reading.hvac_mode if hvac_mode is None else HVACMode(hvac_mode)
        self._show(replace(self._reading, target_temperature=temperature, hvac_mode=mode))

    async def set_fan_mode(self, fan_mode: str) -> None:
        """Blow softly or strongly."""
        self._show(replace(self._reading, fan_mode=fan_mode))

    def _show(self, reading: ClimateReading) -> None:
        self._be(reading)
        self._changed()

    def _be(self, reading: ClimateReading) -> None:
        self._reading = replace(reading, hvac_action=_action_of(reading))
        self._handle.write(self._reading)


def _action_of(reading: ClimateReading) -> HVACAction:
    """What it does: it starts a little late and stops a little late, so as not to start every minute."""
    mode = reading.hvac_mode
    if mode is HVACMode.OFF:
        return HVACAction.OFF
    if mode is HVACMode.FAN_ONLY:
        return HVACAction.FAN
    missing = (reading.target_temperature or 0.0) - (reading.current_temperature or 0.0)
    heating = missing > (-SLACK if reading.hvac_action is HVACAction.HEATING else SLACK)
    cooling = -missing > (-SLACK if reading.hvac_action is HVACAction.COOLING else SLACK)
    if heating and mode in (HVACMode.HEAT, HVACMode.HEAT_COOL):
        return HVACAction.HEATING
    if cooling and mode in (HVACMode.COOL, HVACMode.HEAT_COOL):
        return HVACAction.COOLING
    return HVACAction.IDLE


class ExhaustFan:
    """Carries the steam of the shower away, in three speeds."""

    def __init__(self, ctx: PluginContext, changed: Changed) -> None:
        self._changed = changed
        self._reading = FanReading(on=False, percentage=0)
        self._handle = ctx.entities.add(
            Fan(
                **common(ctx, Thing.BATHROOM_FAN, Room.BATHROOM),
                name="",
                speed_count=3,
                turn_on=self.turn_on,
                turn_off=self.turn_off,
                set_percentage=self.set_percentage,
            )
        )

    @property
    def speed(self) -> float:
        """0 (off) to 1."""
        return (self._reading.percentage or 0) / 100

    @property
    def watts(self) -> float:
        """What it draws now."""
        return 24.0 * self.speed

    def begin(self, value: Value | None) -> None:
        self._be(66 if value is True else 0)

    def take(self, value: Value) -> None:
        if isinstance(value, bool):
            self._show(66 if value else 0)

    async def turn_on(self, percentage: int | None = None, **_: Any) -> None:
        """Turn at this speed, or at the middle one."""
        self._show(66 if percentage is None else percentage)

    async def turn_off(self, **_: Any) -> None:
        """Stand still."""
        self._show(0)

    async def set_percentage(self, percentage: int) -> None:
        """Turn at this speed."""
        self._show(percentage)

    def _show(self, percentage: int) -> None:
        self._be(percentage)
        self._changed()

    def _be(self, percentage: int) -> None:
        self._reading = FanReading(on=percentage > 0, percentage=percentage)
        self._handle.write(self._reading)
