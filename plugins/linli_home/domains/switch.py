"""Switches: things that are on or off and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from linli import NO_ATTRIBUTES, Command, PluginContext, Rendered, State, given
from linli_home.home_entity import OFF, ON, HomeEntity, register_on_off, toggled


class SwitchDeviceClass(StrEnum):
    """What a switch is, where that is known."""

    OUTLET = "outlet"
    SWITCH = "switch"


@dataclass(frozen=True, kw_only=True, eq=False)
class Switch(HomeEntity[bool]):
    """A reading is whether it is on."""

    domain: ClassVar[str] = "switch"
    named_by_device_class: ClassVar[bool] = True

    turn_on: Command | None = None
    turn_off: Command | None = None

    def render(self, reading: bool) -> Rendered:
        return (ON if reading else OFF), NO_ATTRIBUTES

    def commands(self) -> Mapping[str, Command]:
        return given(turn_on=self.turn_on, turn_off=self.turn_off)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        return toggled(service, state), data


def register(ctx: PluginContext) -> None:
    """Offer switch.turn_on, turn_off and toggle."""
    register_on_off(ctx, "switch")
