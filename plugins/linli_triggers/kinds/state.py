"""``trigger: state``: an entity's state or attribute changes, perhaps from or to something, perhaps for a while."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import voluptuous as vol

from linli import State, StateChange
from linli import schema as sv
from linli_triggers.site import Holding, Site
from linli_triggers.words import duration

_FILTERS: Final = ("from", "not_from", "to", "not_to")


def _state(value: Any) -> str | list[str] | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    raise vol.Invalid("expected a text, a list of texts or null")


def _schema(value: Callable[[Any], Any]) -> vol.Schema:
    return vol.Schema(
        {
            vol.Required("entity_id"): sv.entity_ids(),
            vol.Optional("attribute"): str,
            vol.Exclusive("from", "from"): value,
            vol.Exclusive("not_from", "from"): value,
            vol.Exclusive("to", "to"): value,
            vol.Exclusive("not_to", "to"): value,
            vol.Optional("for"): duration,
        }
    )


_OF_STATES: Final = _schema(_state)
_OF_ATTRIBUTES: Final = _schema(lambda value: value)


def checked(config: Any) -> dict[str, Any]:
    """The configuration; an attribute is compared with values of any type, a state with texts."""
    schema = _OF_ATTRIBUTES if isinstance(config, Mapping) and "attribute" in config else _OF_STATES
    found: dict[str, Any] = schema(config)
    return found


def _matcher(wanted: Any, unwanted: Any) -> Callable[[Any], bool]:
    """Whether a value is one of those wanted, or none of those unwanted; neither given: all match."""
    if wanted is not None:
        values = wanted if isinstance(wanted, list) else [wanted]
        return lambda value: value in values
    if unwanted is not None:
        others = unwanted if isinstance(unwanted, list) else [unwanted]
        return lambda value: value not in others
    return lambda value: True


class _Follower:
    def __init__(self, config: Mapping[str, Any], site: Site) -> None:
        self._site = site
        self._attribute: str | None = config.get("attribute")
        self._from = _matcher(config.get("from"), config.get("not_from"))
        self._to = _matcher(config.get("to"), config.get("not_to"))
        self._any_change = not any(name in config for name in _FILTERS)
        """Also a change of attributes alone counts."""
        self._until_left = "from" in config and "to" not in config
        """``for:`` lasts as long as the value does not go back to the one it came from."""
        self._at_once = config.get("for") is None
        self._holding = Holding(site, config.get("for"))
        self._held: dict[str, tuple[Any, Any]] = {}
        """The values before and after the change that is being held."""

    def _value(self, state: State | None) -> Any:
        if state is None:
            return None
        return state.state if self._attribute is None else state.attributes.get(self._attribute)

    def changed(self, change: StateChange) -> None:
        key = change.entity_id
        before, now = self._site.both(change)
        old, new = self._value(before), self._value(now)
        if key in self._holding and not self._still(key, change.new, new):
            self._holding.end(key)
        if not self._matches(old, new) or (old == new and key in self._holding):
            return
        if self._at_once:
            self._tell(change, before, now, None)
            return
        self._held[key] = old, new
        words = {"trigger": self._words(change, before, now)} if self._holding.renders else {}
        self._holding.begin(key, words, lambda length: self._fire(change, length))

    def _words(self, change: StateChange, before: State | None, now: State | None) -> dict[str, Any]:
        return {
            "platform": "state",
            "entity_id": change.entity_id,
            "from_state": before,
            "to_state": now,
        }

    def _matches(self, old: Any, new: Any) -> bool:
        if old == new and (self._attribute is not None or not self._any_change):
            return False
        return self._from(old) and self._to(new)

    def _still(self, key: str, state: State | None, value: Any) -> bool:
        if state is None:
            return False
        before, after = self._held[key]
        return bool(value != before if self._until_left else value == after)

    def _fire(self, change: StateChange, length: Any) -> None:
        """It was so for long enough: told as the reader sees it now."""
        self._held.pop(change.entity_id, None)
        if self._site.view.sees(change.entity_id):
            self._tell(change, *self._site.both(change), length)

    def _tell(self, change: StateChange, before: State | None, now: State | None, length: Any) -> None:
        variables = {
            **self._words(change, before, now),
            "for": length,
            "attribute": self._attribute,
            "description": f"state of {change.entity_id}",
        }
        self._site.fire(variables, change.context)


async def arm(config: Mapping[str, Any], site: Site) -> None:
    """Follow the entities."""
    site.track(config["entity_id"], _Follower(config, site).changed)
