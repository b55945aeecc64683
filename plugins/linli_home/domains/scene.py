"""Scenes: many things set at once; the state is when it was activated last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import NO_ATTRIBUTES, Command, PluginContext, Rendered, ServiceCall, State, given
from linli import schema as sv
from linli_home.home_entity import HomeEntity

LONGEST_S: Final = 6553
TRANSITION: Final = {vol.Optional("transition"): vol.All(sv.number(unit="s"), vol.Clamp(min=0, max=LONGEST_S))}
"""How many seconds the change takes; more than is possible is as long as possible."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene(HomeEntity[datetime]):
    """A reading is the moment of the last activation; ``turn_on`` gets ``transition`` (seconds) where it was given."""

    domain: ClassVar[str] = "scene"
    restores: ClassVar[bool] = True

    knows_caller: bool = False
    """``turn_on`` also gets ``context``, and calls services with the rights of whoever activated the scene."""
    turn_on: Command

    def render(self, reading: datetime) -> Rendered:
        return reading.astimezone(UTC).isoformat(), NO_ATTRIBUTES

    def commands(self) -> Mapping[str, Command]:
        return given(turn_on=self.turn_on)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        if self.knows_caller:
            return service, data
        return service, {key: value for key, value in data.items() if key != "context"}


def with_caller(call: ServiceCall) -> Mapping[str, Any]:
    """The data of a call with the cause of all that follows."""
    return {**call.data, "context": call.context}


def register(ctx: PluginContext) -> None:
    """Offer scene.turn_on."""
    ctx.services.register_entity("scene", "turn_on", TRANSITION, prepare=with_caller)
