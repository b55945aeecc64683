"""Buttons: something to press; the state is when it was pressed last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar

from linli import NO_ATTRIBUTES, Command, PluginContext, Rendered, given
from linli_home.home_entity import HomeEntity


class ButtonDeviceClass(StrEnum):
    """What pressing does, where that is of a common kind."""

    IDENTIFY = "identify"
    RESTART = "restart"
    UPDATE = "update"


@dataclass(frozen=True, kw_only=True, eq=False)
class Button(HomeEntity[datetime]):
    """A reading is the moment of the last press; whoever carries a press out writes it."""

    domain: ClassVar[str] = "button"
    named_by_device_class: ClassVar[bool] = True
    restores: ClassVar[bool] = True

    press: Command

    def render(self, reading: datetime) -> Rendered:
        return reading.astimezone(UTC).isoformat(), NO_ATTRIBUTES

    def commands(self) -> Mapping[str, Command]:
        return given(press=self.press)


def register(ctx: PluginContext) -> None:
    """Offer button.press."""
    ctx.services.register_entity("button", "press")
