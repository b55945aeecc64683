"""``trigger: sun``: the sun rises or sets at the deployment's place, perhaps by an offset."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import voluptuous as vol

from linli import CoreSettings, Recurrence
from linli import schema as sv
from linli_triggers.site import Site
from linli_triggers.sky import EVENTS, sun_event

SCHEMA: Final = {
    vol.Required("event"): vol.In(tuple(EVENTS)),
    vol.Optional("offset", default=timedelta(0)): sv.offset,
}
DAYS_AHEAD: Final = 366
"""Beyond the polar circles the sun may stay up, or down, for half a year."""


def following(settings: CoreSettings, event: str, offset: timedelta, after: datetime) -> datetime:
    """The next such moment later than ``after``. Where there is none within a year, the end of that year."""
    day = (after - offset).astimezone(settings.zone).date() - timedelta(days=1)
    for ahead in range(DAYS_AHEAD + 2):
        found = sun_event(settings, event, day + timedelta(days=ahead))
        if found is not None and found + offset > after:
            return found + offset
    return after + timedelta(days=DAYS_AHEAD)


async def arm(config: Mapping[str, Any], site: Site) -> None:
    """Wait for the next of these moments."""
    event, offset = config["event"], config["offset"]
    settings = site.ctx.settings
    description = event if not offset else f"{event} with offset"

    def fire() -> None:
        site.fire({"platform": "sun", "event": event, "offset": offset, "description": description}, None)

    Recurrence(site, lambda after: following(settings, event, offset, after), fire)
