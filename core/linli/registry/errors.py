"""What the registries refuse.

RequestError
├── RegistryRefusal      a change that cannot be: the name is in use, the id is invalid …
├── CannotBeKept         the row holds what its plugin gave and no document can hold
└── NotFound
    └── UnknownItem      there is no entity, device, area … of that id
"""

from linli.errors import NotFound, RequestError
from linli.ids import PluginDomain


class RegistryRefusal(RequestError):
    """The change cannot be made; the sentence is Home Assistant's where it has one."""

    code = "invalid_info"


class CannotBeKept(RequestError):
    """A plugin gave the row a value that no document holds, so no change of it lasts; the plugin was charged."""

    def __init__(self, plugin: PluginDomain) -> None:
        super().__init__(
            f"The change cannot be stored, because {plugin} gave this item a value that cannot be",
            key="registry.cannot_be_kept",
            parameters={"plugin": plugin},
        )
        self.plugin = plugin


class UnknownItem(NotFound):
    """There is no such item; ``what`` is the registry's word for it, ``item_id`` what was asked for."""

    code = "invalid_info"

    def __init__(self, what: str, item_id: str) -> None:
        super().__init__(f"{what} ID doesn't exist")
        self.what = what
        self.item_id = item_id
