"""What the registries refuse.

RequestError
├── RegistryRefusal      a change that cannot be: the name is in use, the id is invalid …
└── NotFound
    └── UnknownItem      there is no entity, device, area … of that id
"""

from linli.errors import NotFound, RequestError


class RegistryRefusal(RequestError):
    """The change cannot be made; the sentence is Home Assistant's where it has one."""

    code = "invalid_info"


class UnknownItem(NotFound):
    """There is no such item; ``what`` is the registry's word for it, ``item_id`` what was asked for."""

    code = "invalid_info"

    def __init__(self, what: str, item_id: str) -> None:
        super().__init__(f"{what} ID doesn't exist")
        self.what = what
        self.item_id = item_id
