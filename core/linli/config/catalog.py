"""What the check asks about plugins; discovery answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import voluptuous as vol

from linli.plugin.manifest import Manifest

if TYPE_CHECKING:
    from linli.config.parts import PartsCheck


@dataclass(frozen=True, slots=True)
class PluginPlace:
    """Where a plugin was found; known without running any of its code."""

    distribution: str
    """The distribution that brings it ("linli"), or its folder's name under ``<config>/plugins``."""
    shipped: bool
    """It comes with linli, in linli's own distribution."""
    location: str
    """What a person recognises: a module name, or a path relative to the deployment."""
    rivals: tuple[str, ...] = ()
    """Other distributions that claim the same domain."""


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """What a plugin's door plate says: read only when the deployment trusts the plugin, since that runs its code."""

    manifest: Manifest
    schema: vol.Schema | None
    distribution: str = "linli"
    shipped: bool = True
    location: str = ""
    trusted: bool = True
    """Its code may run in the hub's process: it is shipped, or the deployment lists it."""
    apart: bool = False
    """It runs in a process of its own."""

    def uncontained(self, user: str | None) -> tuple[str, ...]:
        """Of one that is not trusted: what nothing keeps from it."""
        return ()

    def parts_check(self) -> "PartsCheck | None":
        """Its ``check_parts``, where it looks into its section more closely than its schema does."""
        return None

    def services(self) -> Mapping[str, frozenset[str]]:
        """The names of the services that its texts describe, by domain."""
        return {}

    def one_answer_hooks(self) -> frozenset[str]:
        """The guarded hooks that it declares and that only one plugin may answer."""
        return frozenset()


def known_services(entries: Iterable[CatalogEntry]) -> dict[str, frozenset[str]]:
    """The services that there will be, by domain: of domains in which none is offered without a text."""
    found: dict[str, set[str]] = {}
    silent: set[str] = set()
    for entry in entries:
        described = entry.services()
        may = {entry.manifest.domain, *entry.manifest.capabilities.serves}
        if not entry.shipped and any("*" in name for name in may):
            return {}
        silent |= may - described.keys()
        for domain, names in described.items():
            found.setdefault(domain, set()).update(names)
    return {domain: frozenset(names) for domain, names in found.items() if domain not in silent}


class PluginCatalog(Protocol):
    """All plugins that this hub could run."""

    def known(self) -> Sequence[str]:
        """The domains of all installed plugins, sorted."""
        ...

    def find(self, domain: str) -> PluginPlace | None:
        """Where the plugin is, without importing it; None where there is none."""
        ...

    def get(self, domain: str, *, trusted: bool = False) -> CatalogEntry | None:
        """Manifest and schema; of one that is ``trusted`` (or shipped) its door plate is imported, any other is read in
        a process of its own. Raises ContractError where that fails."""
        ...
