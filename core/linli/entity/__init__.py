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

__all__ = [
    "NO_ATTRIBUTES",
    "Command",
    "DeviceInfo",
    "EntityCategory",
    "EntityDescription",
    "EntityHandle",
    "Rendered",
    "given",
]
