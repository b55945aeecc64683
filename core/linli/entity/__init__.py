"""The life of entities: what a plugin says of them, what it holds of them, and the platform that runs them."""

from typing import TYPE_CHECKING

from linli.entity.description import (
    NO_ATTRIBUTES,
    Command,
    DeviceInfo,
    EntityCategory,
    EntityDescription,
    Picture,
    Pictures,
    Rendered,
    given,
)
from linli.entity.handle import EntityHandle
from linli.entity.naming import Names
from linli.later import later

if TYPE_CHECKING:
    from linli.entity.last_states import LastStates
    from linli.entity.platforms import EntityPlatforms
else:
    __getattr__ = later(
        __name__, {"EntityPlatforms": "linli.entity.platforms", "LastStates": "linli.entity.last_states"}
    )

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
    "Picture",
    "Pictures",
    "Rendered",
    "given",
]
