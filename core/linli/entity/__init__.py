"""The life of entities: what a plugin says of them, what it holds of them, and the platform that runs them."""

from linli.entity.description import (
    NO_ATTRIBUTES,
    Command,
    DeviceInfo,
    EntityCategory,
    EntityDescription,
    Rendered,
    given,
)
from linli.entity.handle import EntityHandle
from linli.entity.last_states import LastStates
from linli.entity.naming import Names
from linli.entity.platforms import EntityPlatforms

__all__ = [
    "NO_ATTRIBUTES",
    "Command",
    "DeviceInfo",
    "EntityCategory",
    "EntityDescription",
    "EntityHandle",
    "EntityPlatforms",
    "LastStates",
    "Names",
    "Rendered",
    "given",
]
