"""States as a template sees them: ``states.light.kitchen.state``, ``states('light.kitchen')`` and what goes with it."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from linli.jsonbytes import iso_time
from linli.states import UNKNOWN, State
from linli.template.errors import TemplateError, shown
from linli.template.limits import Leaf
from linli.template.scope import SCOPE, Scope
from linli.template.world import World

_SLUG: Final = r"(?!_)[0-9a-z_]+(?<!_)"
_DOMAIN: Final = re.compile(rf"(?!.+__){_SLUG}")
_ENTITY_ID: Final = re.compile(rf"(?!.+__){_SLUG}\.{_SLUG}")
_PROBED: Final = frozenset({"contextfunction", "evalcontextfunction", "environmentfunction", "jinja_pass_arg"})
"""Names that Jinja looks for on everything it may call."""


@lru_cache(512)
def is_entity_id(text: str) -> bool:
    """Whether ``text`` has the form ``domain.object_id``, both in small letters, digits and underscores."""
    return _ENTITY_ID.fullmatch(text) is not None


@lru_cache(64)
def is_domain(text: str) -> bool:
    """Whether ``text`` can stand before the dot of an entity id."""
    return _DOMAIN.fullmatch(text) is not None


class ContextView(Leaf):
    """Who caused a state: the three ids that clients know."""

    __slots__ = ("id", "parent_id", "user_id")

    def __init__(self, state: State) -> None:
        self.id = state.context.id
        self.parent_id = state.context.parent_id
        self.user_id = state.context.user_id

    def as_dict(self) -> dict[str, str | None]:
        return {"id": self.id, "parent_id": self.parent_id, "user_id": self.user_id}

    def __repr__(self) -> str:
        return f"<template Context({self.id})>"


class StateView(Leaf):
    """One state, whose reading is noted for the render when a property of it is looked at."""

    __slots__ = ("_scope", "_state", "entity_id")

    def __init__(self, state: State, scope: Scope | None) -> None:
        self._state = state
        self._scope = scope
        """The render that wants to know what is read; None: it knows already (a whole domain was gone through)."""
        self.entity_id: str = state.entity_id

    def _read(self) -> State:
        if self._scope is not None:
            self._scope.read(self.entity_id)
        return self._state

    @property
    def state(self) -> str:
        return self._read().state

    @property
    def attributes(self) -> dict[str, Any]:
        attributes = self._read().attributes
        return attributes if type(attributes) is dict else dict(attributes)

    @property
    def last_changed(self) -> datetime:
        return iso_time(self._read().last_changed)

    @property
    def last_updated(self) -> datetime:
        return iso_time(self._read().last_updated)

    @property
    def last_reported(self) -> datetime:
        return iso_time(self._read().last_reported)

    @property
    def context(self) -> ContextView:
        return ContextView(self._read())

    @property
    def domain(self) -> str:
        return self._read().domain

    @property
    def object_id(self) -> str:
        return self._read().entity_id.partition(".")[2]

    @property
    def name(self) -> str:
        return self._read().name

    @property
    def state_with_unit(self) -> str:
        return written(self, rounded=True, with_unit=True)

    def as_dict(self) -> dict[str, Any]:
        return self._read().as_dict()

    def __eq__(self, other: object) -> bool:
        mine = self._read()
        if isinstance(other, StateView):
            return mine is other._state
        return mine is other

    def __hash__(self) -> int:
        return hash(self.entity_id)

    def __repr__(self) -> str:
        state = self._read()
        scope = SCOPE.get()
        attributes = ", ".join(f"{key}={value}" for key, value in self.attributes.items())
        scope.meter.text(len(attributes))
        changed = self.last_changed
        if scope.world_or_none is not None:
            changed = changed.astimezone(scope.world_or_none.time_zone)
        text = f"{state.entity_id}={state.state}{'; ' if attributes else ''}{attributes} @ {changed.isoformat()}"
        return f"<template TemplateState(<state {text}>)>"


def look_up(function: str, entity_id: str) -> StateView | None:
    """The state of that name, or None; either way the render now depends on it."""
    scope = SCOPE.get()
    state = present(scope.world(function), entity_id)
    if state is None:
        scope.read(entity_id)
        return None
    return StateView(state, scope)


def present(world: World, entity_id: str) -> State | None:
    """The state of that name, which people may write in capitals too."""
    state = world.get(entity_id)
    return world.get(entity_id.lower()) if state is None and not entity_id.islower() else state


def look_up_valid(function: str, entity_id: str) -> StateView | None:
    """The same, but what cannot be an entity id is an error and not a missing entity."""
    found = look_up(function, entity_id)
    if found is None and not is_entity_id(entity_id):
        raise TemplateError("bad_entity_id", value=shown(entity_id))
    return found


def walk(world: World, domain: str | None) -> Iterator[StateView]:
    """The states of a domain, or all; each one is a step of the render."""
    meter = SCOPE.get().meter
    for state in world.all(domain):
        meter.work -= 1
        if meter.work < 0:
            meter.spend(0)
        yield StateView(state, None)


def written(view: StateView, *, rounded: bool, with_unit: bool) -> str:
    """A state as a person reads it: a sensor with the digits that its owner chose, and its unit behind it."""
    text = view.state
    if rounded and view.entity_id.startswith("sensor."):
        entity = SCOPE.get().world("state_with_unit").entity(view.entity_id)
        if entity is not None and entity.display_precision is not None:
            try:
                text = f"{float(text):z.{entity.display_precision}f}"
            except ValueError:
                pass
    unit = view.attributes.get("unit_of_measurement") if with_unit else None
    return f"{text} {unit}" if unit else text


class DomainStates(Leaf):
    """``states.light``: the states of one domain, by object id or one after the other."""

    __slots__ = ("_domain",)

    def __init__(self, domain: str) -> None:
        self._domain = domain

    def __getattr__(self, name: str) -> StateView | None:
        return look_up_valid("states", f"{self._domain}.{name}")

    def __getitem__(self, name: object) -> StateView | None:
        if not isinstance(name, (str, int)):
            raise TypeError(f"states.{self._domain} has no item {shown(name)}")
        return look_up_valid("states", f"{self._domain}.{name}")

    def __iter__(self) -> Iterator[StateView]:
        scope = SCOPE.get()
        if scope.info is not None:
            scope.info.domains.add(self._domain)
        return walk(scope.world("states"), self._domain)

    def __len__(self) -> int:
        scope = SCOPE.get()
        if scope.info is not None:
            scope.info.domains_lifecycle.add(self._domain)
        return sum(1 for _ in scope.meter.counted(scope.world("states").all(self._domain)))

    def __repr__(self) -> str:
        return f"<template DomainStates('{self._domain}')>"


class AllStates(Leaf):
    """``states``: every state, a domain's states, or as a function the state of one entity."""

    __slots__ = ()

    def __getattr__(self, name: str) -> StateView | DomainStates | None:
        if "." in name:
            return look_up_valid("states", name)
        if name in _PROBED:
            return None
        if name.startswith("__"):
            raise AttributeError(name)
        if not is_domain(name):
            raise TemplateError("bad_domain", value=shown(name))
        return DomainStates(name)

    def __getitem__(self, name: object) -> StateView | DomainStates | None:
        if not isinstance(name, str):
            raise TypeError(f"states has no item {shown(name)}")
        return self.__getattr__(name)

    def __iter__(self) -> Iterator[StateView]:
        scope = SCOPE.get()
        if scope.info is not None:
            scope.info.all_states = True
        return walk(scope.world("states"), None)

    def __len__(self) -> int:
        scope = SCOPE.get()
        if scope.info is not None:
            scope.info.all_states_lifecycle = True
        return sum(1 for _ in scope.meter.counted(scope.world("states").all()))

    def __call__(self, entity_id: str, rounded: bool | None = None, with_unit: bool = False) -> str:
        scope = SCOPE.get()
        state = present(scope.world("states"), entity_id)
        scope.read(entity_id if state is None else state.entity_id)
        if state is None:
            return UNKNOWN
        if rounded or with_unit:
            return written(
                StateView(state, None), rounded=with_unit if rounded is None else rounded, with_unit=with_unit
            )
        return state.state

    def __repr__(self) -> str:
        return "<template AllStates>"
