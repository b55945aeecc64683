"""``trigger: numeric_state``: a number comes into a range that it was outside of."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import UNAVAILABLE, UNKNOWN, State, StateChange, TemplateError
from linli import schema as sv
from linli_triggers.site import Holding, Site
from linli_triggers.words import bound, duration, template

_SCHEMA: Final = vol.Schema(
    {
        vol.Required("entity_id"): sv.entity_ids(),
        vol.Optional("above"): bound,
        vol.Optional("below"): bound,
        vol.Optional("attribute"): str,
        vol.Optional("value_template"): template,
        vol.Optional("for"): duration,
    }
)


def checked(config: Any) -> dict[str, Any]:
    """The configuration, with at least one bound, and with room between the two."""
    found: dict[str, Any] = _SCHEMA(config)
    above, below = found.get("above"), found.get("below")
    if above is None and below is None:
        raise vol.Invalid("must contain at least one of below, above.")
    if isinstance(above, float) and isinstance(below, float) and above > below:
        raise vol.Invalid(f"A value can never be above {above} and below {below} at the same time.")
    return found


class _NoNumber(Exception):
    """There is nothing to compare: neither inside nor outside."""


class _Follower:
    def __init__(self, config: Mapping[str, Any], site: Site) -> None:
        self._site = site
        self._above: float | str | None = config.get("above")
        self._below: float | str | None = config.get("below")
        self._attribute: str | None = config.get("attribute")
        self._template: str | None = config.get("value_template")
        self._holding = Holding(site, config.get("for"))
        self._armed: set[str] = set()
        """Entities that were outside: coming in fires."""

    async def begin(self, entity_id: str) -> None:
        """An entity that is outside at the start may fire when it first comes in."""
        try:
            if not await self._inside(entity_id, self._site.state(entity_id)):
                self._armed.add(entity_id)
        except _NoNumber:
            return

    async def changed(self, change: StateChange) -> None:
        key = change.entity_id
        try:
            inside = await self._inside(key, self._site.masked(change.new))
        except _NoNumber:
            self._holding.end(key)
            return
        if not inside:
            self._holding.end(key)
            self._armed.add(key)
        elif key in self._armed:
            self._armed.discard(key)
            variables = {"trigger": self._variables(change)}
            self._holding.begin(key, variables, lambda length: self._fire(change, length))

    async def _inside(self, entity_id: str, state: State | None) -> bool:
        if state is None:
            raise _NoNumber
        value = await self._value(entity_id, state)
        if value in (None, UNAVAILABLE, UNKNOWN):
            return False
        number = _number(value)
        below, above = self._limit(self._below), self._limit(self._above)
        return (below is None or number < below) and (above is None or number > above)

    async def _value(self, entity_id: str, state: State) -> Any:
        if self._template is None:
            return state.state if self._attribute is None else state.attributes.get(self._attribute)
        trigger = {"platform": "numeric_state", "entity_id": entity_id, "below": self._below, "above": self._above}
        try:
            return await self._site.render(self._template, {"trigger": trigger, "state": state.as_dict()})
        except TemplateError as error:
            self._site.ctx.log.warning("a numeric_state trigger's value_template gives nothing: %s", error)
            raise _NoNumber from error

    def _limit(self, bound: float | str | None) -> float | None:
        """The bound as a number; another entity's is that of the moment."""
        if bound is None or isinstance(bound, float):
            return bound
        state = self._site.state(bound)
        if state is None:
            raise _NoNumber
        return _number(state.state)

    def _variables(self, change: StateChange) -> dict[str, Any]:
        before, now = self._site.both(change)
        return {
            "platform": "numeric_state",
            "entity_id": change.entity_id,
            "below": self._below,
            "above": self._above,
            "from_state": before,
            "to_state": now,
        }

    def _fire(self, change: StateChange, length: Any) -> None:
        if self._site.view.sees(change.entity_id):
            words = {"for": length, "description": f"numeric state of {change.entity_id}"}
            self._site.fire({**self._variables(change), **words}, change.context)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise _NoNumber from error


async def arm(config: Mapping[str, Any], site: Site) -> None:
    """See which entities are outside, then follow them."""
    follower = _Follower(config, site)
    for entity_id in config["entity_id"]:
        await follower.begin(entity_id)
    site.track(config["entity_id"], lambda change: site.in_turn(lambda: follower.changed(change)))
