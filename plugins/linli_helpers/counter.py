"""counter: a whole number that people and automations count with."""

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
    given,
)
from linli import schema as sv
from linli_helpers.model import NAME_KEYS, Item, boolean, common

DOMAIN: Final = "counter"
WHOLE: Final = 2**63
"""Whole numbers below it can be kept and sent as JSON."""


def _whole(value: Any) -> int:
    """A whole number."""
    if isinstance(value, bool):
        raise vol.Invalid("expected int")
    try:
        whole = int(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise vol.Invalid("expected int") from error
    if not -WHOLE <= whole < WHOLE:
        raise vol.Invalid("expected int of 64 bits")
    return whole


def _whole_or_none(value: Any) -> int | None:
    """A whole number, or nothing."""
    return None if value is None else _whole(value)


_COUNT: Final = vol.All(_whole, vol.Range(min=0))

KEYS: Final[Mapping[Any, Any]] = {
    **NAME_KEYS,
    vol.Optional("initial", default=0): _COUNT,
    vol.Optional("step", default=1): _COUNT,
    vol.Optional("minimum", default=None): _whole_or_none,
    vol.Optional("maximum", default=None): _whole_or_none,
    vol.Optional("restore", default=True): boolean,
}
"""What a client sends of a counter."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Counter(EntityDescription[int]):
    """A reading is the count."""

    domain: ClassVar[str] = DOMAIN

    set_value: Command
    initial: int
    step: int
    minimum: int | None
    maximum: int | None

    def render(self, reading: int) -> Rendered:
        return str(reading), NO_ATTRIBUTES

    def capabilities(self) -> dict[str, Any]:
        bounds = {"minimum": self.minimum, "maximum": self.maximum}
        told = {key: value for key, value in bounds.items() if value is not None}
        return {"initial": self.initial, "step": self.step, **told}

    def commands(self) -> Mapping[str, Command]:
        return given(set_value=self.set_value)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        match service:
            case "increment":
                value = self.within(self.counted(state) + self.step)
            case "decrement":
                value = self.within(self.counted(state) - self.step)
            case "reset":
                value = self.within(self.initial)
            case _:
                value = data["value"]
                if value != self.within(value):
                    raise InvalidRequest(f"{value} is beyond the bounds of this counter", path=("value",))
        return "set_value", {"value": value}

    def counted(self, state: State | None) -> int:
        """The count that ``state`` shows; where it shows none, the first."""
        try:
            return self.initial if state is None else int(state.state)
        except ValueError:
            return self.initial

    def within(self, value: int) -> int:
        """The number between the bounds that is nearest; the greatest allowed counts where they contradict."""
        low = value if self.minimum is None else max(self.minimum, value)
        return low if self.maximum is None else min(self.maximum, low)


class Count:
    """A counter that lives."""

    def __init__(self, ctx: PluginContext, item: Item, *, editable: bool, by: Context | None = None) -> None:
        self.item = item
        self._editable = editable
        description = self._description()
        self.handle = ctx.entities.add(description)
        last = self.handle.last
        back = item["restore"] and last is not None
        self.handle.write(description.within(description.counted(last)) if back else item["initial"], by)

    def change(self, item: Item, by: Context | None = None) -> None:
        self.item = item
        description = self._description()
        self.handle.redescribe(description)
        self.handle.write(description.within(description.counted(self.handle.state)), by)

    async def _set_value(self, value: int) -> None:
        self.handle.write(value)

    def _description(self) -> Counter:
        item = self.item
        return Counter(
            **common(item, editable=self._editable),
            set_value=self._set_value,
            initial=item["initial"],
            step=item["step"],
            minimum=item["minimum"],
            maximum=item["maximum"],
        )


def register(ctx: PluginContext) -> None:
    """Offer the services."""
    for name in ("increment", "decrement", "reset"):
        ctx.services.register_entity(DOMAIN, name)
    ctx.services.register_entity(DOMAIN, "set_value", {vol.Required("value"): sv.integer(min=0)})
