"""Devices, areas, floors, labels, config entries and issues, by id or by name.

Names are compared as Home Assistant does: without regard to case and spaces.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

from linli.template.errors import bad_value
from linli.template.scope import SCOPE
from linli.template.state_access import is_entity_id
from linli.template.world import AreaView, DeviceView, FloorView, LabelView, World

_DEVICE_FIELDS: Final = frozenset(each.name for each in fields(DeviceView)) | {"disabled"}
_ENTRY_FIELDS: Final = ("domain", "title", "state", "source", "disabled_by")


def _world(function: str) -> World:
    scope = SCOPE.get()
    scope.meter.spend(4)
    return scope.world(function)


def _same_name(name: str, wanted: object) -> bool:
    return name.casefold().replace(" ", "") == str(wanted).casefold().replace(" ", "")


def _ids(found: list[str]) -> list[str]:
    meter = SCOPE.get().meter
    meter.items(len(found))
    meter.spend(len(found))
    return found


# areas ---------------------------------------------------------------------------------------------------------------


def areas() -> list[str]:
    """The ids of all areas."""
    return _ids([area.id for area in _world("areas").areas()])


def _area_of(world: World, lookup: object) -> str | None:
    """The area in which an entity (its own, or its device's) or a device is."""
    if not isinstance(lookup, str):
        return None
    if is_entity_id(lookup) and (entity := world.entity(lookup)) is not None:
        if entity.area_id is not None:
            return entity.area_id
        device = world.device(entity.device_id) if entity.device_id is not None else None
        if device is not None:
            return device.area_id
    device = world.device(lookup)
    return None if device is None else device.area_id


def area_id(lookup: object) -> str | None:
    """The area of that name, or of that device or entity."""
    world = _world("area_id")
    named = next((area for area in world.areas() if _same_name(area.name, lookup)), None)
    return named.id if named is not None else _area_of(world, lookup)


def area_name(lookup: object) -> str | None:
    """The name of the area with that id, or of that device or entity."""
    world = _world("area_name")
    area = world.area(lookup) if isinstance(lookup, str) else None
    if area is None:
        found = _area_of(world, lookup)
        area = world.area(found) if found is not None else None
    return None if area is None else area.name


def _area(lookup: object) -> AreaView | None:
    """An area by its id, or else by its name."""
    world = _world("area_entities")
    area = world.area(lookup) if isinstance(lookup, str) else None
    return area or next((area for area in world.areas() if _same_name(area.name, lookup)), None)


def area_entities(lookup: object) -> list[str]:
    """Entities in the area: those with their own area, then those that are where their device is."""
    area = _area(lookup)
    if area is None:
        return []
    world = _world("area_entities")
    found = [entity.entity_id for entity in world.entities(area=area.id)]
    for device in world.devices(area=area.id):
        found.extend(e.entity_id for e in world.entities(device=device.id) if e.area_id is None)
    return _ids(found)


def area_devices(lookup: object) -> list[str]:
    """Devices in the area."""
    area = _area(lookup)
    return [] if area is None else _ids([device.id for device in _world("area_devices").devices(area=area.id)])


# floors --------------------------------------------------------------------------------------------------------------


def floors() -> list[str]:
    """The ids of all floors."""
    return _ids([floor.id for floor in _world("floors").floors()])


def _floor_of(lookup: object) -> FloorView | None:
    """The floor of an area, device or entity."""
    world = _world("floor_id")
    found = area_id(lookup)
    area = world.area(found) if found is not None else None
    return world.floor(area.floor_id) if area is not None and area.floor_id is not None else None


def floor_id(lookup: object) -> str | None:
    """The floor of that name, or of that area, device or entity."""
    named = next((floor for floor in _world("floor_id").floors() if _same_name(floor.name, lookup)), None)
    floor = named if named is not None else _floor_of(lookup)
    return None if floor is None else floor.id


def floor_name(lookup: object) -> str | None:
    """The name of the floor with that id, or of that area, device or entity."""
    floor = _world("floor_name").floor(lookup) if isinstance(lookup, str) else None
    if floor is None:
        floor = _floor_of(lookup)
    return None if floor is None else floor.name


def floor_areas(lookup: object) -> list[str]:
    """Areas on the floor."""
    world = _world("floor_areas")
    floor = world.floor(lookup) if isinstance(lookup, str) else None
    floor = floor or next((floor for floor in world.floors() if _same_name(floor.name, lookup)), None)
    return [] if floor is None else _ids([area.id for area in world.areas(floor=floor.id)])


def floor_entities(lookup: object) -> list[str]:
    """Entities in the areas on the floor."""
    return _ids([entity for area in floor_areas(lookup) for entity in area_entities(area)])


# labels --------------------------------------------------------------------------------------------------------------


def labels(lookup: object = None) -> list[str]:
    """All labels, or those of an entity, device or area."""
    world = _world("labels")
    if lookup is None:
        return _ids([label.id for label in world.labels()])
    name = str(lookup)
    marked = (world.entity(name) if is_entity_id(name) else None) or world.device(name) or world.area(name)
    return sorted(marked.labels) if marked is not None else []


def label_id(lookup: object) -> str | None:
    """The label of that name."""
    return next((label.id for label in _world("label_id").labels() if _same_name(label.name, lookup)), None)


def label_name(lookup: object) -> str | None:
    """The name of the label with that id."""
    label = _world("label_name").label(lookup) if isinstance(lookup, str) else None
    return None if label is None else label.name


def _label(lookup: object) -> LabelView | None:
    world = _world("labels")
    label = world.label(lookup) if isinstance(lookup, str) else None
    if label is None and (found := label_id(lookup)) is not None:
        label = world.label(found)
    return label


def label_areas(lookup: object) -> list[str]:
    """Areas with the label."""
    label = _label(lookup)
    return [] if label is None else _ids([area.id for area in _world("label_areas").areas(label=label.id)])


def label_devices(lookup: object) -> list[str]:
    """Devices with the label."""
    label = _label(lookup)
    return [] if label is None else _ids([device.id for device in _world("label_devices").devices(label=label.id)])


def label_entities(lookup: object) -> list[str]:
    """Entities with the label."""
    label = _label(lookup)
    return [] if label is None else _ids([e.entity_id for e in _world("label_entities").entities(label=label.id)])


# devices and integrations --------------------------------------------------------------------------------------------


def device_entities(device: object) -> list[str]:
    """Entities of the device."""
    if not isinstance(device, str):
        return []
    return _ids([entity.entity_id for entity in _world("device_entities").entities(device=device)])


def device_id(lookup: object) -> str | None:
    """The device of an entity, or the device of that name."""
    world = _world("device_id")
    entity = world.entity(lookup) if isinstance(lookup, str) else None
    if entity is not None:
        return entity.device_id
    name = str(lookup)
    devices = SCOPE.get().meter.counted(world.devices())
    return next((each.id for each in devices if (each.name_by_user or each.name or None) == name), None)


def _device(function: str, lookup: object) -> DeviceView | None:
    """A device by its id or by one of its entities."""
    if not isinstance(lookup, str):
        raise bad_value(function, "it takes the id of a device or an entity")
    found = device_id(lookup) if "." in lookup else lookup
    return _world(function).device(found) if found is not None else None


def device_attr(lookup: object, name: str) -> Any:
    """A property of a device (by its id, or one of its entities); None where there is none of that name."""
    device = _device("device_attr", lookup)
    if device is None or name not in _DEVICE_FIELDS:
        return None
    if name == "disabled":
        return device.disabled_by is not None
    value = getattr(device, name)
    return set(value) if isinstance(value, frozenset) else value


def is_device_attr(lookup: object, name: str, value: object) -> bool:
    """Whether the device's property is ``value``."""
    return bool(device_attr(lookup, name) == value)


def device_name(lookup: object) -> str | None:
    """The name of a device (by its id, or one of its entities) as its owner calls it."""
    device = _device("device_name", lookup)
    return None if device is None else device.name_by_user or device.name


def config_entry_id(entity_id: str) -> str | None:
    """The config entry to which the entity belongs."""
    entity = _world("config_entry_id").entity(entity_id)
    return None if entity is None else entity.config_entry_id


def config_entry_attr(entry_id: object, name: str) -> str | None:
    """``domain``, ``title``, ``state``, ``source`` or ``disabled_by`` of a config entry."""
    if not isinstance(entry_id, str):
        raise bad_value("config_entry_attr", "it takes the id of a config entry")
    if name not in _ENTRY_FIELDS:
        raise bad_value("config_entry_attr", f"the fields are {', '.join(_ENTRY_FIELDS)}")
    entry = _world("config_entry_attr").entry(entry_id)
    value: str | None = None if entry is None else getattr(entry, name)
    return value


def integration_entities(name: str) -> list[str]:
    """Entities of the config entries with that title, or else of the integration with that domain."""
    if not name:
        return []
    world = _world("integration_entities")
    titled = [entry.id for entry in world.entries() if entry.title == name]
    found = [entity.entity_id for entry in titled for entity in world.entities(entry=entry)]
    if not found:
        meter = SCOPE.get().meter
        found = [s.entity_id for s in meter.counted(world.all()) if world.source(s.entity_id) == name]
    return _ids(found)


# issues --------------------------------------------------------------------------------------------------------------


def issues() -> dict[tuple[str, str], dict[str, Any]]:
    """Open repair issues by domain and id."""
    return {(each.domain, each.issue_id): _fields(each) for each in _world("issues").issues()}


def issue(domain: str, issue_id: str) -> dict[str, Any] | None:
    """One repair issue, or None."""
    found = (each for each in _world("issue").issues() if each.domain == domain and each.issue_id == issue_id)
    return next((_fields(each) for each in found), None)


def _fields(each: Any) -> dict[str, Any]:
    return {**each.fields, "domain": each.domain, "issue_id": each.issue_id}


_BOTH: Final[tuple[Callable[..., Any], ...]] = (
    area_id, area_name, area_entities, area_devices,
    floors, floor_id, floor_name, floor_areas, floor_entities,
    labels, label_id, label_name, label_areas, label_devices, label_entities,
    device_attr, device_entities, device_id, device_name,
    config_entry_attr, config_entry_id, integration_entities, issue,
)  # fmt: skip

FILTERS: Final[dict[str, Callable[..., Any]]] = {each.__name__: each for each in _BOTH}
GLOBALS: Final[dict[str, Any]] = {**FILTERS, "areas": areas, "issues": issues, "is_device_attr": is_device_attr}
TESTS: Final[dict[str, Callable[..., Any]]] = {"is_device_attr": is_device_attr}
