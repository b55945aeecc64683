"""What an automation is: its configuration, checked, and what its entity shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import NO_ATTRIBUTES, Command, EntityDescription, Rendered, State, dumps_anyway, given
from linli_automation.engine.book import Written
from linli_automation.engine.language import Step, sequence_of
from linli_automation.engine.principal import Principal, names_in
from linli_automation.engine.script import Plan
from linli_automation.engine.words import COMMON, one_of_two, plan_of, stored_traces

SCHEMA: Final = vol.Schema(
    {
        **COMMON,
        vol.Optional("id"): vol.All(vol.Any(str, int, float), vol.Coerce(str)),
        vol.Optional("initial_state"): vol.Boolean(),
        vol.Optional("hide_entity"): vol.Boolean(),
        vol.Optional("trigger_variables", default=dict): {str: object},
        vol.Optional("trigger"): object,
        vol.Optional("triggers"): object,
        vol.Optional("condition"): object,
        vol.Optional("conditions"): object,
        vol.Optional("action"): object,
        vol.Optional("actions"): object,
    }
)


@dataclass(frozen=True, slots=True)
class Words:
    """An automation's configuration."""

    id: str | None
    name: str
    triggers: list[Any]
    trigger_variables: Mapping[str, Any]
    conditions: list[Any]
    plan: Plan
    initial_state: bool | None
    stored_traces: int
    names: frozenset[str]
    looks_at_this: bool
    """A template somewhere in it may look at the automation's own state."""


def words_of(config: Mapping[str, Any], name: str, foreign: frozenset[str]) -> Words:
    """Checked; raises vol.Invalid with the path of the first mistake."""
    found = SCHEMA(dict(config))
    triggers = one_of_two(found, "trigger", "triggers")
    conditions = one_of_two(found, "condition", "conditions")
    actions = one_of_two(found, "action", "actions")
    if triggers is None:
        raise vol.Invalid("required key not provided", ["triggers"])
    if actions is None:
        raise vol.Invalid("required key not provided", ["actions"])
    steps = _steps(found[actions], foreign, actions)
    return Words(
        found.get("id"),
        found.get("alias", name),
        _listed(found[triggers]),
        found["trigger_variables"],
        [] if conditions is None else _listed(found[conditions]),
        plan_of(found, steps, "action"),
        found.get("initial_state"),
        stored_traces(found),
        names_in(steps, found["variables"], found["may"]),
        bool(found.get(conditions)) or _looks_at_this(found, steps),
    )


def _steps(written: Any, foreign: frozenset[str], key: str) -> tuple[Step, ...]:
    try:
        return sequence_of(written, foreign)
    except vol.Invalid as error:
        error.prepend([key])
        raise


_BLIND: Final = frozenset({"delay", "event", "parallel", "sequence", "service", "stop", "variables"})
"""Kinds of steps that hand their variables to nobody else."""


def _looks_at_this(config: Mapping[str, Any], steps: tuple[Step, ...]) -> bool:
    kinds = {inner.kind for step in steps for inner in step.walk()}
    return not kinds <= _BLIND or b"this" in dumps_anyway(config)


def _listed(written: Any) -> list[Any]:
    if written is None:
        return []
    return written if isinstance(written, list) else [written]


def principal_of(written: Written, names: frozenset[str]) -> Principal:
    """The rule as somebody who acts."""
    return Principal(f"automation.{written.key}", written.acts_as, names)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an automation shows."""

    on: bool
    last_triggered: datetime | None
    current: int


@dataclass(frozen=True, kw_only=True, eq=False)
class AutomationEntity(EntityDescription[Reading]):
    """On or off, and when it ran last."""

    domain: ClassVar[str] = "automation"
    restores: ClassVar[bool] = True

    turn_on: Command
    turn_off: Command
    trigger: Command

    def render(self, reading: Reading) -> Rendered:
        last = None if reading.last_triggered is None else reading.last_triggered.isoformat()
        return ("on" if reading.on else "off"), {"last_triggered": last, "current": reading.current}

    def commands(self) -> Mapping[str, Command]:
        return given(turn_on=self.turn_on, turn_off=self.turn_off, trigger=self.trigger)

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        if service == "toggle":
            is_on = state is not None and state.state == "on"
            return ("turn_off" if is_on else "turn_on"), ({"stop_actions": True} if is_on else NO_ATTRIBUTES)
        return service, data
