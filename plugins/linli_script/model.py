"""What a script is: its configuration, checked, and what its entity shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import NO_ATTRIBUTES, Command, EntityDescription, Rendered, State, given
from linli_automation.api import COMMON, Plan, names_in, plan_of, sequence_of, stored_traces

RESERVED: Final = ("reload", "toggle", "turn_off", "turn_on")
SCHEMA: Final = vol.Schema(
    {
        **COMMON,
        vol.Required("sequence"): object,
        vol.Optional("icon"): str,
        vol.Optional("fields", default=dict): {str: vol.Any(None, dict)},
    }
)


@dataclass(frozen=True, slots=True)
class Words:
    """A script's configuration."""

    name: str
    icon: str | None
    plan: Plan
    stored_traces: int
    names: frozenset[str]


def words_of(key: str, config: Mapping[str, Any], foreign: frozenset[str]) -> Words:
    """Checked; raises vol.Invalid with the path of the first mistake."""
    if key in RESERVED:
        raise vol.Invalid(f"A script's object_id cannot be one of {', '.join(RESERVED)}. Got '{key}'")
    found = SCHEMA(dict(config))
    try:
        steps = sequence_of(found["sequence"], foreign)
    except vol.Invalid as error:
        error.prepend(["sequence"])
        raise
    names = names_in(steps, found["variables"], found["may"])
    return Words(
        found.get("alias", key), found.get("icon"), plan_of(found, steps, "sequence"), stored_traces(found), names
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """What a script shows."""

    last_triggered: datetime | None
    current: int


@dataclass(frozen=True, kw_only=True, eq=False)
class ScriptEntity(EntityDescription[Reading]):
    """On while it runs."""

    domain: ClassVar[str] = "script"
    restores: ClassVar[bool] = True

    turn_on: Command
    turn_off: Command

    def render(self, reading: Reading) -> Rendered:
        last = None if reading.last_triggered is None else reading.last_triggered.isoformat()
        return ("on" if reading.current else "off"), {"last_triggered": last, "current": reading.current}

    def commands(self) -> Mapping[str, Command]:
        return given(turn_on=self.turn_on, turn_off=self.turn_off)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        if service == "toggle":
            running = state is not None and state.state == "on"
            return ("turn_off", NO_ATTRIBUTES) if running else ("turn_on", data)
        if service == "turn_off":
            return service, NO_ATTRIBUTES
        return service, data
