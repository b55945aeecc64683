"""The kinds of condition: what each one's configuration looks like, and how it is tested."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import voluptuous as vol

from linli_triggers.conditions.kinds import numeric_state, simple, state, sun, time, zone
from linli_triggers.conditions.reading import Reading


@dataclass(frozen=True, slots=True)
class Kind:
    """One word after ``condition:``."""

    schema: Callable[[Any], Any]
    """Checks and completes what is particular to the kind; ``alias`` and ``enabled`` are taken out before."""
    test: Callable[[Mapping[str, Any], Reading, str], Awaitable[bool]]
    """Whether it holds; notes what it saw under the path it is given. Raises Unanswerable."""
    templates: tuple[str, ...] = ()
    """Keys whose texts may be templates."""


KINDS: Final[Mapping[str, Kind]] = {
    "numeric_state": Kind(numeric_state.checked, numeric_state.test, ("value_template",)),
    "state": Kind(state.checked, state.test, ("for",)),
    "sun": Kind(sun.checked, sun.test),
    "template": Kind(vol.Schema(simple.TEMPLATE), simple.test_template, ("value_template",)),
    "time": Kind(time.checked, time.test),
    "trigger": Kind(vol.Schema(simple.TRIGGER), simple.test_trigger),
    "zone": Kind(vol.Schema(zone.SCHEMA), zone.test),
}
