"""Scenes: many things set at once; the state is when it was activated last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import voluptuous as vol

from linli import NO_ATTRIBUTES, Command, PluginContext, Rendered, given
from linli import schema as sv
from linli_home.home_entity import HomeEntity


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene(HomeEntity[datetime]):
    """A reading is the moment of the last activation; ``turn_on`` gets ``transition`` (seconds) where it was given."""

    domain: ClassVar[str] = "scene"
    restores: ClassVar[bool] = True

    turn_on: Command

    def render(self, reading: datetime) -> Rendered:
        return reading.astimezone(UTC).isoformat(), NO_ATTRIBUTES

    def commands(self) -> Mapping[str, Command]:
        return given(turn_on=self.turn_on)


def register(ctx: PluginContext) -> None:
    """Offer scene.turn_on."""
    transition = {vol.Optional("transition"): sv.number(min=0, max=6553, unit="s")}
    ctx.services.register_entity("scene", "turn_on", transition)
