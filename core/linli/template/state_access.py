"""Functions about states: whether and how an entity is, and who stands behind a group or a zone."""

from collections.abc import Callable
from typing import Any, Final

from linli.states import UNAVAILABLE, UNKNOWN
from linli.template.scope import SCOPE
from linli.template.state_objects import AllStates, StateView, look_up, look_up_valid
from linli.template.world import World


def is_state(entity_id: str, state: object) -> bool:
    """Whether the entity exists and its state is ``state``, or one of that list."""
    view = look_up("is_state", entity_id)
    if view is None:
        return False
    return view.state == state or (isinstance(state, list) and view.state in state)


def state_attr(entity_id: str, name: str) -> Any:
    """An attribute of the entity; None if it has none of that name or does not exist."""
    view = look_up("state_attr", entity_id)
    return None if view is None else view.attributes.get(name)


def is_state_attr(entity_id: str, name: str, value: object) -> bool:
    """Whether the entity has that attribute with that value; what is absent equals nothing."""
    view = look_up("is_state_attr", entity_id)
    if view is None or name not in view.attributes:
        return False
    return bool(view.attributes[name] == value)


def has_value(entity_id: str) -> bool:
    """Whether the entity exists and is neither unknown nor unavailable."""
    view = look_up("has_value", entity_id)
    return view is not None and view.state not in (UNKNOWN, UNAVAILABLE)


def state_translated(entity_id: str) -> str:
    """The state in the household's language."""
    view = look_up_valid("state_translated", entity_id)
    if view is None:
        return UNKNOWN
    if view.state in (UNKNOWN, UNAVAILABLE):
        return view.state
    return SCOPE.get().world("state_translated").translate(view._state)


def expand(*found: Any) -> list[StateView]:
    """States by id, by state object, from lists of them; groups and zones are replaced by their members."""
    scope = SCOPE.get()
    world = scope.world("expand")
    search = list(found)
    seen: dict[str, StateView | None] = {}
    while search:
        scope.meter.spend(1)
        each = search.pop()
        if isinstance(each, str):
            each = look_up("expand", each)
        if isinstance(each, StateView):
            if each.entity_id not in seen:
                members = _members(world, each)
                seen[each.entity_id] = each if members is None else None
                search.extend(members or ())
                if members is None:
                    scope.read(each.entity_id)
        elif not isinstance(each, str) and hasattr(each, "__iter__"):
            search.extend(scope.meter.counted(each))
    return [view for view in seen.values() if view is not None]


def _members(world: World, view: StateView) -> list[Any] | None:
    """Whom a group or zone stands for; None for what stands for itself."""
    if view.domain == "group" or world.source(view.entity_id) == "group":
        inside = view.attributes.get("entity_id")
    elif view.domain == "zone":
        inside = view.attributes.get("persons")
    else:
        return None
    return list(inside) if isinstance(inside, (list, tuple, set, frozenset)) else []


def is_hidden_entity(entity_id: str) -> bool:
    """Whether the entity is registered and hidden from screens."""
    entity = SCOPE.get().world("is_hidden_entity").entity(entity_id)
    return entity is not None and entity.hidden


GLOBALS: Final[dict[str, Any]] = {
    "states": AllStates(),
    "is_state": is_state,
    "state_attr": state_attr,
    "is_state_attr": is_state_attr,
    "has_value": has_value,
    "state_translated": state_translated,
    "expand": expand,
    "is_hidden_entity": is_hidden_entity,
}
FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "states": GLOBALS["states"],
    "state_attr": state_attr,
    "has_value": has_value,
    "state_translated": state_translated,
    "expand": expand,
}
TESTS: Final[dict[str, Callable[..., Any]]] = {
    "is_state": is_state,
    "is_state_attr": is_state_attr,
    "has_value": has_value,
    "is_hidden_entity": is_hidden_entity,
}
