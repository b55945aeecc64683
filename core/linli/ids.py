"""The identifiers that cross rooms, each a type of its own, and how new ones are made."""

import re
from typing import Final, NewType

from ulid_transform import ulid_at_time

from linli.remembered import remembered

EntityId = NewType("EntityId", str)
"""``domain.object_id``: the name that states, services and clients use; it may be renamed."""

RegistryId = NewType("RegistryId", str)
"""The entity's own id (ULID); rights, rules and recorded rows bind to it, so a rename breaks nothing."""

DeviceId = NewType("DeviceId", str)
AreaId = NewType("AreaId", str)
FloorId = NewType("FloorId", str)
LabelId = NewType("LabelId", str)
EntryId = NewType("EntryId", str)
UserId = NewType("UserId", str)
TokenId = NewType("TokenId", str)

PersonId = NewType("PersonId", str)
"""Opaque to the core: a plugin (the census) gives it its meaning."""

PlaceId = NewType("PlaceId", str)
"""Opaque to the core, but for :data:`ROOT_PLACE`, which contains every other place."""

PluginDomain = NewType("PluginDomain", str)
"""The name under which a plugin is enabled in YAML and charged for what it does."""

ROOT_PLACE = PlaceId("root")
CORE = PluginDomain("core")


def new_id(timestamp_s: float) -> str:
    """A ULID (26 characters, sorts by time) for business time ``timestamp_s`` (seconds since 1970)."""
    return ulid_at_time(timestamp_s)


_ENTITY_ID: Final = re.compile(r"(?!.*__)(?!_)[0-9a-z_]+(?<!_)\.(?!_)[0-9a-z_]+(?<!_)")


@remembered(4096)
def is_entity_id(text: str) -> bool:
    """``domain.object_id`` in small letters, digits and single underscores, as Home Assistant demands."""
    return _ENTITY_ID.fullmatch(text) is not None


_SLUG: Final = re.compile(r"[0-9a-z_]+")


def is_slug(text: str) -> bool:
    """Small letters, digits and underscores: half an entity id, or half a service's name."""
    return _SLUG.fullmatch(text) is not None
