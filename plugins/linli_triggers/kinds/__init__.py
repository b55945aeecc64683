"""The kinds of trigger: what each one's configuration looks like, and how it is armed."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import voluptuous as vol

from linli_triggers.kinds import event, homeassistant, numeric_state, state, sun, template, time, time_pattern, zone
from linli_triggers.site import Site


@dataclass(frozen=True, slots=True)
class Kind:
    """One word after ``trigger:``."""

    schema: Callable[[Any], Any]
    """Checks and completes what is particular to the kind; ``id``, ``alias`` and the like are taken out before."""
    arm: Callable[[Mapping[str, Any], Site], Awaitable[None]]
    """Begins to follow. It places its listeners last, so that none of them runs before it has returned."""
    templates: tuple[str, ...] = ()
    """Keys whose texts may be templates."""


KINDS: Final[Mapping[str, Kind]] = {
    "event": Kind(vol.Schema(event.SCHEMA), event.arm, ("event_type", "event_data", "context")),
    "homeassistant": Kind(vol.Schema(homeassistant.SCHEMA), homeassistant.arm),
    "numeric_state": Kind(numeric_state.checked, numeric_state.arm, ("value_template", "for")),
    "state": Kind(state.checked, state.arm, ("for",)),
    "sun": Kind(vol.Schema(sun.SCHEMA), sun.arm),
    "template": Kind(vol.Schema(template.SCHEMA), template.arm, ("value_template", "for")),
    "time": Kind(vol.Schema(time.SCHEMA), time.arm, ("at",)),
    "time_pattern": Kind(time_pattern.checked, time_pattern.arm),
    "zone": Kind(vol.Schema(zone.SCHEMA), zone.arm),
}
