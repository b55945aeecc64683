"""Selects: one of several options is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import voluptuous as vol

from linli import NO_ATTRIBUTES, Command, ContractError, InvalidRequest, PluginContext, Rendered, State, given
from linli import schema as sv
from linli_home.home_entity import HomeEntity


@dataclass(frozen=True, kw_only=True, eq=False)
class Select(HomeEntity[str]):
    """A reading is the chosen option."""

    domain: ClassVar[str] = "select"

    options: tuple[str, ...]
    select_option: Command | None = None

    def render(self, reading: str) -> Rendered:
        if reading not in self.options:
            raise ContractError(f"select {self.unique_id}: {reading!r} is none of its options")
        return reading, NO_ATTRIBUTES

    def capabilities(self) -> dict[str, Any]:
        return {"options": list(self.options)}

    def commands(self) -> Mapping[str, Command]:
        return given(select_option=self.select_option)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        match service:
            case "select_option":
                option = data["option"]
                if option not in self.options:
                    raise InvalidRequest(f"Option {option} is not valid; there are {', '.join(self.options)}")
            case "select_first":
                option = self.options[0]
            case "select_last":
                option = self.options[-1]
            case _:
                option = self._neighbour(state, 1 if service == "select_next" else -1, cycle=data.get("cycle", True))
        return "select_option", {"option": option}

    def _neighbour(self, state: State | None, step: int, *, cycle: bool) -> str:
        if state is None or state.state not in self.options:
            return self.options[0 if step > 0 else -1]
        place = self.options.index(state.state) + step
        if cycle:
            return self.options[place % len(self.options)]
        return self.options[min(max(place, 0), len(self.options) - 1)]


def register(ctx: PluginContext) -> None:
    """Offer select.select_option and its kind."""
    cycle = {vol.Optional("cycle", default=True): sv.boolean}
    ctx.services.register_entity("select", "select_option", {vol.Required("option"): sv.string})
    ctx.services.register_entity("select", "select_first")
    ctx.services.register_entity("select", "select_last")
    ctx.services.register_entity("select", "select_next", cycle)
    ctx.services.register_entity("select", "select_previous", cycle)
