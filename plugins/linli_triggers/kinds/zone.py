"""``trigger: zone``: somebody, or something that is tracked, comes into a zone or leaves it."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import Context, State, StateChange
from linli import schema as sv
from linli_triggers.conditions.kinds.zone import is_in
from linli_triggers.conditions.reading import Unanswerable
from linli_triggers.site import Site

ENTER, LEAVE = "enter", "leave"
SCHEMA: Final = {
    vol.Required("entity_id"): sv.entity_ids(),
    vol.Required("zone"): sv.entity_id("zone"),
    vol.Optional("event", default=ENTER): vol.In((ENTER, LEAVE)),
}


class _Follower:
    def __init__(self, config: Mapping[str, Any], site: Site) -> None:
        self._zone: str = config["zone"]
        self._event: str = config["event"]
        self._site = site
        self._missed = False
        """It was told that the zone is not there."""

    def changed(self, change: StateChange) -> None:
        old, new = self._site.both(change)
        if new is None or not _has_place(new) or (old is not None and not _has_place(old)):
            return
        zone = self._site.state(self._zone)
        if zone is None:
            if not self._missed:
                self._site.ctx.log.warning(
                    "%s moved, and there is no %s that a trigger waits for", new.entity_id, self._zone
                )
            self._missed = True
            return
        self._missed = False
        try:
            was = old is not None and is_in(old, zone, old.entity_id, self._zone)
            now = is_in(new, zone, new.entity_id, self._zone)
        except Unanswerable:
            return
        if (was, now) == ((False, True) if self._event == ENTER else (True, False)):
            self._fire(change.context, zone, old, new)

    def _fire(self, cause: Context, zone: State, old: State | None, new: State) -> None:
        name = zone.attributes.get("friendly_name", self._zone)
        verb = "entering" if self._event == ENTER else "leaving"
        words = {
            "platform": "zone",
            "entity_id": new.entity_id,
            "from_state": old,
            "to_state": new,
            "zone": zone,
            "event": self._event,
            "description": f"{new.entity_id} {verb} {name}",
        }
        self._site.fire(words, cause)


def _has_place(state: State) -> bool:
    return state.attributes.get("latitude") is not None and state.attributes.get("longitude") is not None


async def arm(config: Mapping[str, Any], site: Site) -> None:
    """Follow whoever is named."""
    site.track(config["entity_id"], _Follower(config, site).changed)
