"""Plugs that switch, and things that only feel: doors, motion, a bed, detectors."""

from linli import EntityCategory, PluginContext
from linli_demo.devices import common
from linli_demo.furnishing import Changed
from linli_demo.life import Value
from linli_demo.things import Room
from linli_home.api import BinarySensor, BinarySensorDeviceClass, Switch, SwitchDeviceClass


class Plug:
    """A socket with an appliance in it."""

    def __init__(self, ctx: PluginContext, key: str, room: Room, watts: float, idle: float, changed: Changed) -> None:
        self._watts = watts
        self._idle = idle
        self._changed = changed
        self._on = False
        self._handle = ctx.entities.add(
            Switch(
                **common(ctx, key, room),
                name="",
                device_class=SwitchDeviceClass.OUTLET,
                turn_on=self.turn_on,
                turn_off=self.turn_off,
            )
        )

    @property
    def watts(self) -> float:
        """What the appliance draws now."""
        return self._watts if self._on else self._idle

    def begin(self, value: Value | None) -> None:
        self._on = value is True
        self._handle.write(self._on)

    def take(self, value: Value) -> None:
        if isinstance(value, bool):
            self._on = value
            self._handle.write(value)
            self._changed()

    async def turn_on(self) -> None:
        """Give it current."""
        self.take(True)

    async def turn_off(self) -> None:
        """Take its current away."""
        self.take(False)


class Feeler:
    """Something that feels whether it is so, and whether its battery runs low (it never does)."""

    watts = 0.0

    def __init__(self, ctx: PluginContext, key: str, room: Room, kind: BinarySensorDeviceClass) -> None:
        self._handle = ctx.entities.add(BinarySensor(**common(ctx, key, room), name="", device_class=kind))
        self._battery = ctx.entities.add(
            BinarySensor(
                **common(ctx, key, room, f"{key}_battery"),
                device_class=BinarySensorDeviceClass.BATTERY,
                entity_category=EntityCategory.DIAGNOSTIC,
            )
        )

    def begin(self, value: Value | None) -> None:
        self._handle.write(value is True)
        self._battery.write(False)

    def take(self, value: Value) -> None:
        if isinstance(value, bool):
            self._handle.write(value)
