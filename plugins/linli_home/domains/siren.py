"""Sirens. A broad target (an area, all) never reaches one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import Any, ClassVar

import voluptuous as vol

from linli import NO_ATTRIBUTES, Command, InvalidRequest, PluginContext, Rendered, State, given
from linli import schema as sv
from linli_home.home_entity import OFF, ON, HomeEntity, features_of, toggled


class SirenEntityFeature(IntFlag):
    """What a siren can do, in the bits that clients know."""

    TURN_ON = 1
    TURN_OFF = 2
    TONES = 4
    VOLUME_SET = 8
    DURATION = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class Siren(HomeEntity[bool]):
    """A reading is whether it sounds; ``turn_on`` gets tone, volume_level and duration (seconds), as far as it can."""

    domain: ClassVar[str] = "siren"

    guarded: bool = True
    available_tones: tuple[str, ...] = ()
    sets_volume: bool = False
    sets_duration: bool = False
    turn_on: Command | None = None
    turn_off: Command | None = None

    def features(self) -> int:
        bit = SirenEntityFeature
        return features_of({
            bit.TURN_ON: self.turn_on,
            bit.TURN_OFF: self.turn_off,
            bit.TONES: self.available_tones,
            bit.VOLUME_SET: self.sets_volume,
            bit.DURATION: self.sets_duration,
        })  # fmt: skip

    def render(self, reading: bool) -> Rendered:
        return (ON if reading else OFF), NO_ATTRIBUTES

    def capabilities(self) -> dict[str, Any]:
        return {"available_tones": list(self.available_tones)} if self.available_tones else {}

    def commands(self) -> Mapping[str, Command]:
        return given(turn_on=self.turn_on, turn_off=self.turn_off)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        able = {"tone": self.available_tones, "volume_level": self.sets_volume, "duration": self.sets_duration}
        wanted = {key: value for key, value in data.items() if able.get(key)}
        if "tone" in wanted and wanted["tone"] not in self.available_tones:
            raise InvalidRequest(f"the siren has no tone {wanted['tone']}", path=("tone",))
        return toggled(service, state), wanted


def register(ctx: PluginContext) -> None:
    """Offer siren.turn_on, turn_off and toggle."""
    bit, add = SirenEntityFeature, ctx.services.register_entity
    sound = {
        vol.Optional("tone"): sv.string,
        vol.Optional("volume_level"): sv.number(min=0, max=1),
        vol.Optional("duration"): sv.positive_int,
    }
    add("siren", "turn_on", sound, features=[bit.TURN_ON])
    add("siren", "turn_off", features=[bit.TURN_OFF])
    add("siren", "toggle", features=[bit.TURN_ON | bit.TURN_OFF])
