"""What a plugin that has a page imports from here."""

import re
from dataclasses import dataclass
from typing import Final

_NAME: Final = re.compile(r"[a-z][a-z0-9-]*")
_ELEMENT: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")


@dataclass(frozen=True, slots=True)
class Page:
    """One page. Its module defines a custom element, which the frame puts into itself once somebody is logged in."""

    domain: str
    """The plugin whose translations the page speaks with."""
    name: str
    """Its address is ``/pages/NAME``."""
    title: str
    """Translation key of its title."""
    module: str
    """Where its ES module is served, with the hub's own origin: ``/pages/notices/notices.js``."""
    element: str
    """The custom element that the module defines: ``linli-notices``."""
    icon: str = "mdi:circle-outline"
    roles: tuple[str, ...] = ()
    """Who finds it in the navigation; nobody named: everybody. What a page shows is cut by rights in any case."""
    order: int = 100
    """Smaller stands further ahead."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"page name {self.name!r}: small letters, digits and hyphens")
        if not _ELEMENT.fullmatch(self.element):
            raise ValueError(f"element {self.element!r}: a custom element has a hyphen in its name")
        if not self.module.startswith("/") or self.module.startswith("//"):
            raise ValueError(f"module {self.module!r}: a page's module has the hub's own origin")
