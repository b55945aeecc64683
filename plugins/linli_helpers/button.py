"""input_button: something to press, on a screen or by a rule; its state is when it was last pressed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from linli import NO_ATTRIBUTES, Command, Context, EntityDescription, PluginContext, Rendered, given
from linli_helpers.model import NAME_KEYS, Item, common

DOMAIN: Final = "input_button"
KEYS: Final[Mapping[Any, Any]] = NAME_KEYS
"""What a client sends of a button."""


@dataclass(frozen=True, kw_only=True, eq=False)
class InputButton(EntityDescription[datetime]):
    """A reading is when it was pressed."""

    domain: ClassVar[str] = DOMAIN

    press: Command

    def render(self, reading: datetime) -> Rendered:
        return reading.isoformat(), NO_ATTRIBUTES

    def commands(self) -> Mapping[str, Command]:
        return given(press=self.press)


class Button:
    """An input_button that lives."""

    def __init__(self, ctx: PluginContext, item: Item, *, editable: bool, by: Context | None = None) -> None:
        self.item = item
        self._editable = editable
        self._clock = ctx.clock
        self.handle = ctx.entities.add(self._description())
        self.handle.write(_pressed(None if self.handle.last is None else self.handle.last.state), by)

    def change(self, item: Item, by: Context | None = None) -> None:
        self.item = item
        self.handle.redescribe(self._description())

    async def _press(self) -> None:
        self.handle.write(self._clock.now())

    def _description(self) -> InputButton:
        return InputButton(**common(self.item, editable=self._editable), press=self._press)


def _pressed(state: str | None) -> datetime | None:
    """When, by what it showed."""
    try:
        return None if state is None else datetime.fromisoformat(state)
    except ValueError:
        return None


def register(ctx: PluginContext) -> None:
    """Offer the services."""
    ctx.services.register_entity(DOMAIN, "press")
