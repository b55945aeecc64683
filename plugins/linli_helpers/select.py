"""input_select: one of several options is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import (
    NO_ATTRIBUTES,
    Command,
    Context,
    EntityDescription,
    PluginContext,
    Rendered,
    RequestError,
    State,
    given,
)
from linli import schema as sv
from linli_helpers.model import NAME_KEYS, Item, common, word

DOMAIN: Final = "input_select"


def _options(value: Any) -> list[str]:
    """One or more words; a single one stands for itself."""
    words = [word(each) for each in (value if isinstance(value, list) else [value])]
    if not words:
        raise vol.Invalid("length of value must be at least 1")
    return words


KEYS: Final[Mapping[Any, Any]] = {**NAME_KEYS, vol.Required("options"): _options, vol.Optional("initial"): word}
"""What a client sends of a select."""


def check(item: Item) -> None:
    """Raise unless every option differs and the first choice is one of them."""
    options, initial = item["options"], item.get("initial")
    if len(set(options)) != len(options):
        raise RequestError("Duplicate options are not allowed")
    if initial is not None and initial not in options:
        raise vol.Invalid(f"initial state {initial} is not part of the options: {','.join(options)}")


@dataclass(frozen=True, kw_only=True, eq=False)
class InputSelect(EntityDescription[str]):
    """A reading is the chosen option."""

    domain: ClassVar[str] = DOMAIN

    options: tuple[str, ...]
    select_option: Command
    set_options: Command

    def render(self, reading: str) -> Rendered:
        return reading, NO_ATTRIBUTES

    def capabilities(self) -> dict[str, Any]:
        return {"options": list(self.options)}

    def commands(self) -> Mapping[str, Command]:
        return given(select_option=self.select_option, set_options=self.set_options)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        match service:
            case "set_options":
                if len(set(data["options"])) != len(data["options"]):
                    raise RequestError("Duplicate options are not allowed")
                return service, data
            case "select_option":
                option = data["option"]
                if option not in self.options:
                    raise RequestError(f"{option} is none of the options {', '.join(self.options)}")
            case "select_first":
                option = self.options[0]
            case "select_last":
                option = self.options[-1]
            case _:
                option = self._neighbour(state, 1 if service == "select_next" else -1, cycle=data["cycle"])
        return "select_option", {"option": option}

    def _neighbour(self, state: State | None, step: int, *, cycle: bool) -> str:
        if state is None or state.state not in self.options:
            return self.options[0]
        place = self.options.index(state.state) + step
        if cycle:
            return self.options[place % len(self.options)]
        return self.options[min(max(place, 0), len(self.options) - 1)]


class Choice:
    """An input_select that lives."""

    def __init__(self, ctx: PluginContext, item: Item, *, editable: bool, by: Context | None = None) -> None:
        self.item = item
        self._editable = editable
        self._options = tuple(item["options"])
        self.handle = ctx.entities.add(self._description())
        initial, last = item.get("initial"), self.handle.last
        self.handle.write(initial if initial is not None else self._still("" if last is None else last.state), by)

    def change(self, item: Item, by: Context | None = None) -> None:
        self.item = item
        chosen = self._offer(tuple(item["options"]))
        self.handle.write(chosen if chosen in self._options else None, by)

    async def _select_option(self, option: str) -> None:
        self.handle.write(option)

    async def _set_options(self, options: list[str]) -> None:
        self.handle.write(self._still(self._offer(tuple(options))))

    def _offer(self, options: tuple[str, ...]) -> str:
        """Have other options from now on; gives what was chosen."""
        self._options = options
        chosen = "" if self.handle.state is None else self.handle.state.state
        self.handle.redescribe(self._description())
        return chosen

    def _still(self, chosen: str) -> str:
        """What is chosen, where that can be; else the first."""
        return chosen if chosen in self._options else self._options[0]

    def _description(self) -> InputSelect:
        return InputSelect(
            **common(self.item, editable=self._editable),
            options=self._options,
            select_option=self._select_option,
            set_options=self._set_options,
        )


def register(ctx: PluginContext) -> None:
    """Offer the services."""
    offer = ctx.services.register_entity
    cycle = {vol.Optional("cycle", default=True): sv.boolean}
    offer(DOMAIN, "select_option", {vol.Required("option"): sv.string})
    offer(DOMAIN, "select_next", cycle)
    offer(DOMAIN, "select_previous", cycle)
    offer(DOMAIN, "select_first")
    offer(DOMAIN, "select_last")
    offer(DOMAIN, "set_options", {vol.Required("options"): sv.ensure_list(sv.string, min=1)})
