"""What a service call is aimed at: entities by name, or by device, area, floor or label; expanded at call time."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from linli.errors import InvalidRequest
from linli.ids import EntityId, is_entity_id
from linli.remembered import remembered

TARGET_KEYS: Final = ("entity_id", "device_id", "area_id", "floor_id", "label_id")
TARGET_WORDS: Final = frozenset(TARGET_KEYS)
_FIELDS: Final = {key: f"{key}s" for key in TARGET_KEYS}
MATCH_ALL: Final = "all"
MATCH_NONE: Final = "none"
_REGISTRY_ID: Final = re.compile(r"[0-9A-Za-z]{26}|[0-9a-f]{32}")
"""Ours, and Home Assistant's, which automations brought along may name."""


Item = Literal["device", "area", "floor", "label"]
Sees = Callable[[Item, str], bool]
"""Whether who calls sees a device, area, floor or label."""


class TargetRegistry(Protocol):
    """Which entities belong to what; hidden and diagnostic entities are left out, as Home Assistant does."""

    def entities_of_device(self, device_id: str) -> Iterable[EntityId]: ...
    def entities_of_area(self, area_id: str) -> Iterable[EntityId]: ...
    def entities_of_floor(self, floor_id: str) -> Iterable[EntityId]: ...
    def entities_of_label(self, label_id: str) -> Iterable[EntityId]: ...
    def resolve(self, name_or_registry_id: str) -> EntityId | None: ...


@dataclass(frozen=True, slots=True)
class Target:
    """As the caller wrote it. ``everything`` is the word ``all`` in place of entity ids."""

    entity_ids: tuple[str, ...] = ()
    device_ids: tuple[str, ...] = ()
    area_ids: tuple[str, ...] = ()
    floor_ids: tuple[str, ...] = ()
    label_ids: tuple[str, ...] = ()
    everything: bool = False
    given: bool = False
    """A target key stood in the call, even with nothing in it (``entity_id: none``)."""
    lone: EntityId | None = field(default=None, compare=False)
    """The one entity that is all of it, named by its entity id."""

    @classmethod
    def of(cls, *sources: Mapping[str, Any] | None) -> "Target":
        """The union of what several mappings name under the five target keys; raises InvalidRequest."""
        named: dict[str, list[str]] = {}
        given = False
        for source in sources:
            if not source or TARGET_WORDS.isdisjoint(source):
                continue
            for key in TARGET_WORDS & source.keys():
                given = True
                if source[key] is not None:
                    named[key] = [*named.get(key, ()), *_names(key, source[key])]
        if not given:
            return NO_TARGET
        if len(named) == 1 and len(named.get("entity_id", ())) == 1:
            return _of_one(named["entity_id"][0])
        entities = [_entity_name(name) for name in named.pop("entity_id", ()) if name != MATCH_NONE]
        everything = MATCH_ALL in entities
        if everything:
            entities = [name for name in entities if name != MATCH_ALL]
        broad: dict[str, Any] = {_FIELDS[key]: tuple(names) for key, names in named.items()}
        return cls(tuple(entities), everything=everything, given=True, **broad)

    @property
    def empty(self) -> bool:
        """Nothing is named."""
        return not (
            self.entity_ids or self.device_ids or self.area_ids or self.floor_ids or self.label_ids or self.everything
        )


NO_TARGET: Final = Target()


@remembered(1024)
def _of_one(name: str) -> Target:
    """What most calls are aimed at."""
    if name == MATCH_NONE:
        return Target(given=True)
    if _entity_name(name) == MATCH_ALL:
        return Target(everything=True, given=True)
    return Target((name,), given=True, lone=EntityId(name.lower()) if "." in name else None)


def _names(key: str, value: object) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")] if key == "entity_id" else [value]
    if isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(name, str) for name in value):
        return [name for name in value if isinstance(name, str)]
    raise InvalidRequest(f"{key} takes a name or a list of names", path=("target", key))


def _entity_name(name: str) -> str:
    if name == MATCH_ALL or is_entity_id(name.lower()) or _REGISTRY_ID.fullmatch(name):
        return name
    raise InvalidRequest(f"Entity ID {name} is an invalid entity ID", path=("target", "entity_id"))


@dataclass(slots=True)
class Aim:
    """A target, expanded. What was named one by one and what a broad target reached are told apart (SAFETY 17)."""

    named: dict[EntityId, None] = field(default_factory=dict)
    """One by one: the caller meant exactly these, and is told when one cannot do it."""
    of_devices: dict[EntityId, None] = field(default_factory=dict)
    """By device: also locks and the like; what of it cannot do it is passed over."""
    reached: dict[EntityId, None] = field(default_factory=dict)
    """By area, floor or label: never locks, panels, door releases or sirens."""


def _seen(item: Item, ids: Iterable[str], sees: Sees) -> Iterable[str]:
    return (item_id for item_id in ids if sees(item, item_id))


def expand(target: Target, registry: TargetRegistry, sees: Sees) -> Aim:
    """The entities that ``target`` means now; a device, area, floor or label that is unknown, or that who calls does
    not see (``View.sees_item``), means none and is not looked into."""
    aim = Aim()
    for name in target.entity_ids:
        # a registry id has no dot; an entity id costs no look-up, so that none tells whether there is such an entity
        found = None if "." in name else registry.resolve(name)
        aim.named[found or EntityId(name.lower())] = None
    if not (target.device_ids or target.area_ids or target.floor_ids or target.label_ids):
        return aim
    for device_id in _seen("device", target.device_ids, sees):
        aim.of_devices.update(dict.fromkeys(registry.entities_of_device(device_id)))
    for area_id in _seen("area", target.area_ids, sees):
        aim.reached.update(dict.fromkeys(registry.entities_of_area(area_id)))
    for floor_id in _seen("floor", target.floor_ids, sees):
        aim.reached.update(dict.fromkeys(registry.entities_of_floor(floor_id)))
    for label_id in _seen("label", target.label_ids, sees):
        aim.reached.update(dict.fromkeys(registry.entities_of_label(label_id)))
    for entity_id in aim.named:
        aim.of_devices.pop(entity_id, None)
    for entity_id in (*aim.named, *aim.of_devices):
        aim.reached.pop(entity_id, None)
    return aim
