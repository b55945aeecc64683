"""Texts: a short text that can be set (a message on a display, a code name)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import NO_ATTRIBUTES, Command, InvalidRequest, PluginContext, Rendered, State, fits_pattern, given
from linli import schema as sv
from linli_home.home_entity import HomeEntity

LONGEST: Final = 255
"""What a state holds."""


class TextMode(StrEnum):
    """Whether others may read along."""

    TEXT = "text"
    PASSWORD = "password"


@dataclass(frozen=True, kw_only=True, eq=False)
class Text(HomeEntity[str]):
    """A reading is the text."""

    domain: ClassVar[str] = "text"

    mode: TextMode = TextMode.TEXT
    min: int = 0
    max: int = 100
    pattern: str | None = None
    """A regular expression that a text fits as a whole."""
    set_value: Command | None = None

    def render(self, reading: str) -> Rendered:
        return reading, NO_ATTRIBUTES

    def capabilities(self) -> dict[str, Any]:
        return {"mode": self.mode.value, "min": self.min, "max": min(self.max, LONGEST), "pattern": self.pattern}

    def commands(self) -> Mapping[str, Command]:
        return given(set_value=self.set_value)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        value: str = data["value"]
        if not self.min <= len(value) <= min(self.max, LONGEST):
            raise InvalidRequest(f"a text of {self.min} to {self.max} characters is wanted", path=("value",))
        if self.pattern is not None and not fits_pattern(self.pattern, value):
            raise InvalidRequest(f"the text does not fit the pattern {self.pattern}", path=("value",))
        return service, data


def register(ctx: PluginContext) -> None:
    """Offer text.set_value."""
    ctx.services.register_entity("text", "set_value", {vol.Required("value"): sv.string})
