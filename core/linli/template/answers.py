"""What the hub answers to a process that renders: rows out of the reader's own world, and of nothing else."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from linli.states import State
from linli.template.frames import state_row, to_child
from linli.template.world import World

MANY: Final = 200
"""Rows that are made and sent in one turn of the loop (a millisecond or two)."""
LONGEST_KEY: Final = 64 * 1024


def rows(world: World, kind: str, key: str | None) -> Iterator[Any]:
    """The rows that answer one question; raises ValueError for one that nobody asks."""
    if key is None:
        every = _EVERY.get(kind)
        if every is not None:
            return iter(every(world))
    elif len(key) <= LONGEST_KEY:
        one, some = _ONE.get(kind), _SOME.get(kind)
        if one is not None:
            found = one(world, key)
            return iter(()) if found is None else iter((found,))
        if some is not None:
            return iter(some(world, key))
    raise ValueError(f"no question {kind!r}")


def frames(found: Iterator[Any]) -> Iterator[bytes]:
    """The rows as frames, each of which says whether another one follows; made one by one."""
    while True:
        some = list(islice(found, MANY))
        more = len(some) == MANY
        yield to_child((some, more))
        if not more:
            return


def _state(world: World, key: str) -> Any:
    found = world.get(key)
    return None if found is None else state_row(found)


def _word(world: World, key: str) -> str | None:
    found = world.get(key)
    return None if found is None else world.translate(found)


def _by_entity(world: World, read: Callable[[State], Any]) -> Iterable[Any]:
    return ((state.entity_id, read(state)) for state in world.all())


_ONE: Final[Mapping[str, Callable[[World, str], Any]]] = {
    "state": _state,
    "word": _word,
    "source": lambda world, key: world.source(key),
    "entity": lambda world, key: world.entity(key),
    "device": lambda world, key: world.device(key),
    "area": lambda world, key: world.area(key),
    "floor": lambda world, key: world.floor(key),
    "label": lambda world, key: world.label(key),
    "entry": lambda world, key: world.entry(key),
}
_SOME: Final[Mapping[str, Callable[[World, str], Iterable[Any]]]] = {
    "states_of": lambda world, key: map(state_row, world.all(key)),
    "entities_by_device": lambda world, key: world.entities(device=key),
    "entities_by_area": lambda world, key: world.entities(area=key),
    "entities_by_label": lambda world, key: world.entities(label=key),
    "entities_by_entry": lambda world, key: world.entities(entry=key),
    "devices_by_area": lambda world, key: world.devices(area=key),
    "devices_by_label": lambda world, key: world.devices(label=key),
    "areas_by_floor": lambda world, key: world.areas(floor=key),
    "areas_by_label": lambda world, key: world.areas(label=key),
}
_EVERY: Final[Mapping[str, Callable[[World], Iterable[Any]]]] = {
    "states": lambda world: _by_entity(world, state_row),
    "words": lambda world: _by_entity(world, world.translate),
    "sources": lambda world: _by_entity(world, lambda state: world.source(state.entity_id)),
    "entities": lambda world: ((row.entity_id, row) for row in world.entities()),
    "devices": lambda world: ((row.id, row) for row in world.devices()),
    "areas": lambda world: ((row.id, row) for row in world.areas()),
    "floors": lambda world: ((row.id, row) for row in world.floors()),
    "labels": lambda world: ((row.id, row) for row in world.labels()),
    "entries": lambda world: ((row.id, row) for row in world.entries()),
    "issues": lambda world: world.issues(),
}
