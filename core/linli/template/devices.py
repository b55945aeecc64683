"""Devices, config entries and repair issues, by id, by name, or by an entity of theirs."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

from linli.template.errors import bad_value
from linli.template.registry import listed_ids, world_for
from linli.template.scope import SCOPE
from linli.template.world import DeviceView, IssueView, World

_DEVICE_FIELDS: Final = frozenset(each.name for each in fields(DeviceView)) | {"disabled"}
_ENTRY_FIELDS: Final = ("domain", "title", "state", "source", "disabled_by")


def device_entities(device: object) -> list[str]:
    """Entities of the device."""
    if not isinstance(device, str):
        return []
    return listed_ids([entity.entity_id for entity in world_for("device_entities").entities(device=device)])


def device_id(lookup: object) -> str | None:
    """The device of an entity, or the device of that name."""
    world = world_for("device_id")
    entity = world.entity(lookup) if isinstance(lookup, str) else None
    if entity is not None:
        device = world.device(entity.device_id) if entity.device_id is not None else None
        return None if device is None else device.id
    name = str(lookup)
    devices = SCOPE.get().meter.counted(world.devices())
    return next((each.id for each in devices if (each.name_by_user or each.name or None) == name), None)


def _device(function: str, lookup: object) -> DeviceView | None:
    """A device by its id or by one of its entities."""
    if not isinstance(lookup, str):
        raise bad_value("needs_device", function)
    found = device_id(lookup) if "." in lookup else lookup
    return world_for(function).device(found) if found is not None else None


def device_attr(lookup: object, name: str) -> Any:
    """A property of a device (by its id, or one of its entities); None where there is none of that name."""
    device = _device("device_attr", lookup)
    if device is None or name not in _DEVICE_FIELDS:
        return None
    if name == "disabled":
        return device.disabled_by is not None
    return _seen_value(world_for("device_attr"), name, getattr(device, name))


def _seen_value(world: World, name: str, value: Any) -> Any:
    """A device's property without the ids of what the reader does not see."""
    lookup: Callable[[str], object] | None = {
        "area_id": world.area, "labels": world.label, "via_device_id": world.device,
        "config_entries": world.entry, "primary_config_entry": world.entry,
    }.get(name)  # fmt: skip
    if isinstance(value, frozenset):
        return {each for each in value if lookup is None or lookup(each) is not None}
    return value if lookup is None or value is None or lookup(value) is not None else None


def is_device_attr(lookup: object, name: str, value: object) -> bool:
    """Whether the device's property is ``value``."""
    return bool(device_attr(lookup, name) == value)


def device_name(lookup: object) -> str | None:
    """The name of a device (by its id, or one of its entities) as its owner calls it."""
    device = _device("device_name", lookup)
    return None if device is None else device.name_by_user or device.name


def config_entry_id(entity_id: str) -> str | None:
    """The config entry to which the entity belongs."""
    world = world_for("config_entry_id")
    entity = world.entity(entity_id)
    entry = world.entry(entity.config_entry_id) if entity is not None and entity.config_entry_id is not None else None
    return None if entry is None else entry.id


def config_entry_attr(entry_id: object, name: str) -> str | None:
    """``domain``, ``title``, ``state``, ``source`` or ``disabled_by`` of a config entry."""
    if not isinstance(entry_id, str):
        raise bad_value("needs_entry", "config_entry_attr")
    if name not in _ENTRY_FIELDS:
        raise bad_value("fields", "config_entry_attr", fields=", ".join(_ENTRY_FIELDS))
    entry = world_for("config_entry_attr").entry(entry_id)
    value: str | None = None if entry is None else getattr(entry, name)
    return value


def integration_entities(name: str) -> list[str]:
    """Entities of the config entries with that title, or else of the integration with that domain."""
    if not name:
        return []
    world = world_for("integration_entities")
    titled = [entry.id for entry in world.entries() if entry.title == name]
    found = [entity.entity_id for entry in titled for entity in world.entities(entry=entry)]
    if not found:
        meter = SCOPE.get().meter
        found = [s.entity_id for s in meter.counted(world.all()) if world.source(s.entity_id) == name]
    return listed_ids(found)


def issues() -> dict[tuple[str, str], dict[str, Any]]:
    """Open repair issues by domain and id."""
    return {(each.domain, each.issue_id): _fields(each) for each in world_for("issues").issues()}


def issue(domain: str, issue_id: str) -> dict[str, Any] | None:
    """One repair issue, or None."""
    found = (each for each in world_for("issue").issues() if each.domain == domain and each.issue_id == issue_id)
    return next((_fields(each) for each in found), None)


def _fields(each: IssueView) -> dict[str, Any]:
    return {**each.fields, "domain": each.domain, "issue_id": each.issue_id}


_BOTH: Final[tuple[Callable[..., Any], ...]] = (
    device_attr, device_entities, device_id, device_name,
    config_entry_attr, config_entry_id, integration_entities, issue,
)  # fmt: skip

FILTERS: Final[dict[str, Callable[..., Any]]] = {each.__name__: each for each in _BOTH}
GLOBALS: Final[dict[str, Any]] = {**FILTERS, "issues": issues, "is_device_attr": is_device_attr}
TESTS: Final[dict[str, Callable[..., Any]]] = {"is_device_attr": is_device_attr}
