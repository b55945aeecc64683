"""Areas, floors and labels, by id, by name, or by what is in or under them.

Names are compared as Home Assistant does: without regard to case and spaces. An id that a row names is given away only
if the reader sees what it stands for: an area's id tells its name.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from linli.template.scope import SCOPE
from linli.template.state_objects import is_entity_id
from linli.template.world import AreaView, FloorView, LabelView, World


def world_for(function: str) -> World:
    """The reader's registries, for a function that searches in them."""
    scope = SCOPE.get()
    scope.meter.spend(4)
    return scope.world(function)


def _same_name(name: str, wanted: object) -> bool:
    return name.casefold().replace(" ", "") == str(wanted).casefold().replace(" ", "")


def listed_ids(found: list[str]) -> list[str]:
    """The ids that a function found, paid for one by one."""
    meter = SCOPE.get().meter
    meter.items(len(found))
    meter.spend(len(found))
    return found


# areas ---------------------------------------------------------------------------------------------------------------


def areas() -> list[str]:
    """The ids of all areas."""
    return listed_ids([area.id for area in world_for("areas").areas()])


def _area_of(world: World, lookup: object) -> AreaView | None:
    """The area in which an entity (its own, or its device's) or a device is."""
    if not isinstance(lookup, str):
        return None
    entity = world.entity(lookup) if is_entity_id(lookup) else None
    if entity is not None and entity.area_id is not None:
        return world.area(entity.area_id)
    device = world.device(lookup if entity is None or entity.device_id is None else entity.device_id)
    return world.area(device.area_id) if device is not None and device.area_id is not None else None


def area_id(lookup: object) -> str | None:
    """The area of that name, or of that device or entity."""
    world = world_for("area_id")
    named = next((area for area in world.areas() if _same_name(area.name, lookup)), None)
    area = named or _area_of(world, lookup)
    return None if area is None else area.id


def area_name(lookup: object) -> str | None:
    """The name of the area with that id, or of that device or entity."""
    world = world_for("area_name")
    area = world.area(lookup) if isinstance(lookup, str) else None
    area = area or _area_of(world, lookup)
    return None if area is None else area.name


def _area(lookup: object) -> AreaView | None:
    """An area by its id, or else by its name."""
    world = world_for("area_entities")
    area = world.area(lookup) if isinstance(lookup, str) else None
    return area or next((area for area in world.areas() if _same_name(area.name, lookup)), None)


def area_entities(lookup: object) -> list[str]:
    """Entities in the area: those with their own area, then those that are where their device is."""
    area = _area(lookup)
    if area is None:
        return []
    world = world_for("area_entities")
    found = [entity.entity_id for entity in world.entities(area=area.id)]
    for device in world.devices(area=area.id):
        found.extend(e.entity_id for e in world.entities(device=device.id) if e.area_id is None)
    return listed_ids(found)


def area_devices(lookup: object) -> list[str]:
    """Devices in the area."""
    area = _area(lookup)
    return [] if area is None else listed_ids([device.id for device in world_for("area_devices").devices(area=area.id)])


# floors --------------------------------------------------------------------------------------------------------------


def floors() -> list[str]:
    """The ids of all floors."""
    return listed_ids([floor.id for floor in world_for("floors").floors()])


def _floor_of(lookup: object) -> FloorView | None:
    """The floor of an area, device or entity."""
    world = world_for("floor_id")
    found = area_id(lookup)
    area = world.area(found) if found is not None else None
    return world.floor(area.floor_id) if area is not None and area.floor_id is not None else None


def floor_id(lookup: object) -> str | None:
    """The floor of that name, or of that area, device or entity."""
    named = next((floor for floor in world_for("floor_id").floors() if _same_name(floor.name, lookup)), None)
    floor = named if named is not None else _floor_of(lookup)
    return None if floor is None else floor.id


def floor_name(lookup: object) -> str | None:
    """The name of the floor with that id, or of that area, device or entity."""
    floor = world_for("floor_name").floor(lookup) if isinstance(lookup, str) else None
    if floor is None:
        floor = _floor_of(lookup)
    return None if floor is None else floor.name


def floor_areas(lookup: object) -> list[str]:
    """Areas on the floor."""
    world = world_for("floor_areas")
    floor = world.floor(lookup) if isinstance(lookup, str) else None
    floor = floor or next((floor for floor in world.floors() if _same_name(floor.name, lookup)), None)
    return [] if floor is None else listed_ids([area.id for area in world.areas(floor=floor.id)])


def floor_entities(lookup: object) -> list[str]:
    """Entities in the areas on the floor."""
    return listed_ids([entity for area in floor_areas(lookup) for entity in area_entities(area)])


# labels --------------------------------------------------------------------------------------------------------------


def labels(lookup: object = None) -> list[str]:
    """All labels, or those of an entity, device or area."""
    world = world_for("labels")
    if lookup is None:
        return listed_ids([label.id for label in world.labels()])
    name = str(lookup)
    marked = (world.entity(name) if is_entity_id(name) else None) or world.device(name) or world.area(name)
    return _seen_labels(world, marked.labels) if marked is not None else []


def _seen_labels(world: World, found: Iterable[str]) -> list[str]:
    return [label for label in sorted(found) if world.label(label) is not None]


def label_id(lookup: object) -> str | None:
    """The label of that name."""
    return next((label.id for label in world_for("label_id").labels() if _same_name(label.name, lookup)), None)


def label_name(lookup: object) -> str | None:
    """The name of the label with that id."""
    label = world_for("label_name").label(lookup) if isinstance(lookup, str) else None
    return None if label is None else label.name


def _label(lookup: object) -> LabelView | None:
    world = world_for("labels")
    label = world.label(lookup) if isinstance(lookup, str) else None
    if label is None and (found := label_id(lookup)) is not None:
        label = world.label(found)
    return label


def label_areas(lookup: object) -> list[str]:
    """Areas with the label."""
    label = _label(lookup)
    return [] if label is None else listed_ids([area.id for area in world_for("label_areas").areas(label=label.id)])


def label_devices(lookup: object) -> list[str]:
    """Devices with the label."""
    label = _label(lookup)
    return (
        []
        if label is None
        else listed_ids([device.id for device in world_for("label_devices").devices(label=label.id)])
    )


def label_entities(lookup: object) -> list[str]:
    """Entities with the label."""
    label = _label(lookup)
    return (
        [] if label is None else listed_ids([e.entity_id for e in world_for("label_entities").entities(label=label.id)])
    )


_BOTH: Final[tuple[Callable[..., Any], ...]] = (
    area_id, area_name, area_entities, area_devices,
    floors, floor_id, floor_name, floor_areas, floor_entities,
    labels, label_id, label_name, label_areas, label_devices, label_entities,
)  # fmt: skip

FILTERS: Final[dict[str, Callable[..., Any]]] = {each.__name__: each for each in _BOTH}
GLOBALS: Final[dict[str, Any]] = {**FILTERS, "areas": areas}
