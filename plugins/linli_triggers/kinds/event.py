"""``trigger: event``: an event of a type, perhaps with some data, perhaps caused by somebody."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import Event, loads
from linli_triggers.events import TRIGGERS_FIRED
from linli_triggers.site import Site
from linli_triggers.words import one_or_list, text

SCHEMA: Final = {
    vol.Required("event_type"): one_or_list(text),
    vol.Optional("event_data"): dict,
    vol.Optional("context"): dict,
}


class _Follower:
    def __init__(self, data: Mapping[str, Any], context: Mapping[str, Any], site: Site) -> None:
        self._data = data
        self._context = context
        self._site = site

    def heard(self, event: Event[Any]) -> None:
        if event.event_type == TRIGGERS_FIRED:  # a trigger on these would fire itself for ever
            return
        if self._context and not _holds(self._context, event.context.as_dict(), several=True):
            return
        encoded = self._site.view.event_json(event)
        if encoded is None:
            return
        plain: dict[str, Any] = loads(encoded)
        if not isinstance(plain["data"], dict) or not _holds(self._data, plain["data"]):
            return
        variables = {"platform": "event", "event": plain, "description": f"event '{event.event_type}'"}
        self._site.fire(variables, event.context)


def _holds(wanted: Mapping[str, Any], found: Mapping[str, Any], *, several: bool = False) -> bool:
    """Whether everything wanted is found so, in maps within maps too; ``several``: a list names alternatives."""
    for key, value in wanted.items():
        if key not in found:
            return False
        other = found[key]
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            if not _holds(value, other):
                return False
        elif several and isinstance(value, list):
            if other not in value:
                return False
        elif value != other:
            return False
    return True


async def arm(config: Mapping[str, Any], site: Site) -> None:
    """Render what is a template, once, then listen."""
    data = await site.render(config.get("event_data", {}))
    context = await site.render(config.get("context", {}))
    types = await site.render(config["event_type"])
    follower = _Follower(data, context, site)
    for event_type in dict.fromkeys(map(str, types)):
        site.listen(event_type, follower.heard)
