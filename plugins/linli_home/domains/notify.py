"""Notify entities: one that a message can be sent to; the state is when that was done last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntFlag
from typing import Any, ClassVar

import voluptuous as vol

from linli import NO_ATTRIBUTES, Command, PluginContext, Rendered, State, given
from linli import schema as sv
from linli_home.home_entity import HomeEntity, features_of


class NotifyEntityFeature(IntFlag):
    """What it can take beside the message, in the bits that clients know."""

    TITLE = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Notify(HomeEntity[datetime]):
    """``send_message`` gets ``message`` and, where it takes one and one was given, ``title``."""

    domain: ClassVar[str] = "notify"
    restores: ClassVar[bool] = True

    takes_title: bool = False
    send_message: Command

    def features(self) -> int:
        return features_of({NotifyEntityFeature.TITLE: self.takes_title})

    def render(self, reading: datetime) -> Rendered:
        return reading.astimezone(UTC).isoformat(), NO_ATTRIBUTES

    def commands(self) -> Mapping[str, Command]:
        return given(send_message=self.send_message)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        return service, data if self.takes_title else {"message": data["message"]}


def register(ctx: PluginContext) -> None:
    """Offer notify.send_message."""
    fields = {vol.Required("message"): sv.string, vol.Optional("title"): sv.string}
    ctx.services.register_entity("notify", "send_message", fields)
