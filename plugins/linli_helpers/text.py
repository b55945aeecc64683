"""input_text: a short text that people and automations write."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import (
    NO_ATTRIBUTES,
    Command,
    Context,
    EntityDescription,
    InvalidRequest,
    PluginContext,
    Rendered,
    State,
    fits_pattern,
    given,
)
from linli import schema as sv
from linli_helpers.model import NAME_KEYS, Item, common, word

DOMAIN: Final = "input_text"
LONGEST: Final = 255
"""What a state holds."""
LONGEST_PATTERN: Final = 1_000
"""Reading one of 100 000 characters held the loop for most of a second."""


def _pattern(value: Any) -> str:
    """A regular expression."""
    if len(written := word(value)) > LONGEST_PATTERN:
        raise vol.Invalid(f"a regular expression has at most {LONGEST_PATTERN} characters")
    try:
        re.compile(written)
    except re.error as error:
        raise vol.Invalid(f"invalid regular expression: {error}") from error
    return written


_LENGTH: Final = vol.All(vol.Coerce(int), vol.Range(min=0, max=LONGEST))

KEYS: Final[Mapping[Any, Any]] = {
    **NAME_KEYS,
    vol.Optional("min", default=0): _LENGTH,
    vol.Optional("max", default=100): _LENGTH,
    vol.Optional("initial"): word,
    vol.Optional("unit_of_measurement"): str,
    vol.Optional("pattern"): _pattern,
    vol.Optional("mode", default="text"): vol.In(["password", "text"]),
}
"""What a client sends of a text."""


def check(item: Item) -> None:
    """Raise vol.Invalid where the parts of a text do not fit each other."""
    low, high, initial = item["min"], item["max"], item.get("initial")
    if low > high:
        raise vol.Invalid(f"Max len ({high}) is not greater than min len ({low})")
    if initial is not None and not low <= len(initial) <= high:
        raise vol.Invalid(f"Initial value {initial} length not in range {low}-{high}")


@dataclass(frozen=True, kw_only=True, eq=False)
class InputText(EntityDescription[str]):
    """A reading is the text."""

    domain: ClassVar[str] = DOMAIN

    set_value: Command
    min: int
    max: int
    mode: str
    pattern: str | None

    def render(self, reading: str) -> Rendered:
        return reading, NO_ATTRIBUTES

    def capabilities(self) -> dict[str, Any]:
        return {"min": self.min, "max": self.max, "pattern": self.pattern, "mode": self.mode}

    def commands(self) -> Mapping[str, Command]:
        return given(set_value=self.set_value)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        if not self.min <= len(data["value"]) <= self.max:
            raise InvalidRequest(f"a text of {self.min} to {self.max} characters is wanted", path=("value",))
        if not self.takes(data["value"]):
            raise InvalidRequest(f"the text does not fit the pattern {self.pattern}", path=("value",))
        return service, data

    def takes(self, text: str) -> bool:
        """Whether it may be written."""
        fitting = self.pattern is None or fits_pattern(self.pattern, text)
        return fitting and self.min <= len(text) <= self.max


class Words:
    """An input_text that lives."""

    def __init__(self, ctx: PluginContext, item: Item, *, editable: bool, by: Context | None = None) -> None:
        self.item = item
        self._editable = editable
        description = self._description()
        self.handle = ctx.entities.add(description)
        initial, last = item.get("initial"), self.handle.last
        if initial is None and last is not None and last.state != "unknown" and description.takes(last.state):
            initial = last.state
        self.handle.write(initial, by)

    def change(self, item: Item, by: Context | None = None) -> None:
        self.item = item
        self.handle.redescribe(self._description())

    async def _set_value(self, value: str) -> None:
        self.handle.write(value)

    def _description(self) -> InputText:
        item = self.item
        return InputText(
            **common(item, editable=self._editable),
            unit_of_measurement=item.get("unit_of_measurement"),
            set_value=self._set_value,
            min=item["min"],
            max=item["max"],
            mode=item["mode"],
            pattern=item.get("pattern"),
        )


def register(ctx: PluginContext) -> None:
    """Offer the services."""
    ctx.services.register_entity(DOMAIN, "set_value", {vol.Required("value"): sv.string})
