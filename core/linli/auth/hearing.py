"""Which events a reader hears who may not hear all, and what of the registries' events concerns them.

The list is Home Assistant's own for users who are no administrators (types without sensitive data; ``state_changed``
is filtered by entity). linli goes one step further: a registry event about something that the reader may not see is
not sent, because its id must not exist for them, and what belongs to a whole household needs a reader of that
household.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from linli.auth.facts import Item


@dataclass(frozen=True, slots=True)
class Hearing:
    """When an event of one type is passed on."""

    item: Item | None = None
    """Only if the reader sees the item that ``key`` names."""
    key: str = ""
    entity: bool = False
    """Only if the reader sees the entity that ``entity_id`` names."""
    root: bool = False
    """Only if the reader's places include the root."""
    permission: str | None = None
    """Only with this permission."""
    service: bool = False
    """Not where the service goes by the name of an entity that the reader does not see."""
    unless: str = ""
    """Administrators only, where the data say so under this key."""
    changes: bool = False
    """Of ``changes`` readers who do not see everything learn which fields they are, not what these held before."""


OPEN: Final = Hearing()
ENTITY: Final = Hearing(entity=True)

HEARD: Final[Mapping[str, Hearing]] = {
    "area_registry_updated": Hearing(item="area", key="area_id"),
    "category_registry_updated": Hearing(root=True),
    "component_loaded": OPEN,
    "core_config_updated": OPEN,
    "device_registry_updated": Hearing(item="device", key="device_id", changes=True),
    "entity_registry_updated": Hearing(entity=True, changes=True),
    "floor_registry_updated": Hearing(item="floor", key="floor_id"),
    "label_registry_updated": Hearing(item="label", key="label_id"),
    "lovelace_updated": Hearing(unless="require_admin"),
    "panels_updated": Hearing(unless="require_admin"),
    "recorder_5min_statistics_generated": OPEN,
    "recorder_hourly_statistics_generated": OPEN,
    "repairs_issue_registry_updated": Hearing(permission="issues.read"),
    "service_registered": Hearing(service=True),
    "service_removed": Hearing(service=True),
    "shopping_list_updated": Hearing(root=True),
    "state_changed": ENTITY,
    "themes_updated": OPEN,
}


MOVING: Final = frozenset({"device_id", "place", "subject"})
"""Fields that decide whose something is: what it was called before they changed belongs to those of before."""


def without_past(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data of a registry's event without what held before: whoever sees the item now need not have seen it then."""
    changes = data.get("changes")
    if not isinstance(changes, Mapping):
        return data
    told = {**data, "changes": dict.fromkeys(changes)}
    if not MOVING.isdisjoint(changes):
        told.pop("old_entity_id", None)
    return told


def named_entities(data: Any) -> list[str]:
    """The entity ids that an event's data name at its first level.

    A renamed entity's old id is not among them: it is the same entity, and under that name nothing is known any more.
    """
    named: list[str] = []
    if isinstance(data, Mapping):
        for key in ("entity_id", "entity_ids"):
            value = data.get(key)
            if isinstance(value, str):
                named.append(value)
            elif isinstance(value, (list, tuple, set, frozenset)):
                named += [each for each in value if isinstance(each, str)]
    return named
