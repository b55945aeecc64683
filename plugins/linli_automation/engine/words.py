"""What automations and scripts have in common as they are written: mode, variables, trace, and linli's own keys."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import is_entity_id
from linli_automation.engine.language import Step
from linli_automation.engine.script import DEFAULT_MAX, LEVELS, Mode, Plan

STORED_TRACES: Final = 5


def _names(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    for each in found:
        if not isinstance(each, str) or not is_entity_id(each):
            raise vol.Invalid(f"{each!r} is no entity id")
    return found


COMMON: Final[Mapping[Any, Any]] = {
    vol.Optional("alias"): vol.All(vol.Any(str, int, float), vol.Coerce(str)),
    vol.Optional("description"): vol.Any(None, str),
    vol.Optional("mode", default="single"): vol.In([mode.value for mode in Mode]),
    vol.Optional("max", default=DEFAULT_MAX): vol.All(vol.Coerce(int), vol.Range(min=2)),
    vol.Optional("max_exceeded", default="warning"): vol.All(vol.Lower, vol.In([*LEVELS, "critical", "fatal", "warn"])),
    vol.Optional("variables", default=dict): {str: object},
    vol.Optional("trace", default=dict): {vol.Optional("stored_traces"): vol.All(vol.Coerce(int), vol.Range(min=0))},
    vol.Optional("durable", default=False): vol.Boolean(),
    vol.Optional("may", default=list): _names,
}
_SPOKEN: Final = {"critical": "error", "fatal": "error", "warn": "warning"}


def plan_of(config: Mapping[str, Any], steps: tuple[Step, ...], path: str) -> Plan:
    """How it is to be run."""
    return Plan(
        steps,
        path,
        Mode(config["mode"]),
        config["max"],
        _SPOKEN.get(config["max_exceeded"], config["max_exceeded"]),
        config["durable"],
        config["variables"],
    )


def stored_traces(config: Mapping[str, Any]) -> int:
    """How many of its traces are kept."""
    return int(config["trace"].get("stored_traces", STORED_TRACES))


def one_of_two(config: dict[str, Any], one: str, several: str) -> str | None:
    """The spelling that was used for the same thing; raises vol.Invalid where both were."""
    if one in config and several in config:
        raise vol.Invalid(f"Cannot specify both '{one}' and '{several}'. Please use '{several}' only.")
    return one if one in config else several if several in config else None
