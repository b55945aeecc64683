"""``trigger: homeassistant``: the hub has started, or is about to stop."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import Event
from linli_triggers.site import Site

START, SHUTDOWN = "start", "shutdown"
HEARD: Final = {START: "homeassistant_started", SHUTDOWN: "homeassistant_stop"}
WORDS: Final = {START: "Home Assistant starting", SHUTDOWN: "Home Assistant stopping"}
SCHEMA: Final = {vol.Required("event"): vol.In((START, SHUTDOWN))}


async def arm(config: Mapping[str, Any], site: Site) -> None:
    """Listen; what is attached while the hub runs has missed its start."""
    event = config["event"]

    def heard(told: Event[Any]) -> None:
        site.fire({"platform": "homeassistant", "event": event, "description": WORDS[event]}, told.context)

    site.listen(HEARD[event], heard)
