"""Which classes of values a child may have made in the hub, and what its contexts are worth."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from linli.children.contexts import Contexts
from linli.errors import ContractError
from linli.ids import PluginDomain
from linli.plugin.packages import manifest_above
from linli.plugin.wire import READERS, Readers

if TYPE_CHECKING:
    from linli.plugin.catalog import CatalogEntry
    from linli.rooms import Rooms

CORE_VALUES: Final = frozenset(
    {
        "linli.messages:Message",
        "linli.entity.description:DeviceInfo",
        "linli.entity.description:EntityCategory",
        "linli.config.validators.moments:TimeRange",
        "linli.issues:Severity",
        "linli.context:Purpose",
        "linli.scope:Scope",
    }
)
"""Values of the core that the door takes."""


def readers_for(domain: PluginDomain, entry: "CatalogEntry", contexts: Contexts, rooms: "Rooms") -> Readers:
    """What reads a child's values: contexts by what was handed there, classes of the core's and of required plugins."""
    manifest = entry.manifest
    known = {*manifest.requires, *manifest.after}
    if entry.trusted:
        known.add(domain)

    def may_be_made(name: Any) -> bool:
        if name in CORE_VALUES:
            return True
        owner = manifest_above(str(name).partition(":")[0])
        return owner is not None and owner.domain in known

    def checked(read: Callable[[Any, int, Readers], Any]) -> Callable[[Any, int, Readers], Any]:
        def reader(tree: Any, depth: int, by: Readers) -> Any:
            if not may_be_made(tree["class"]):
                raise ContractError(f"{domain} cannot hand over values of the class {str(tree['class'])[:200]}")
            return read(tree, depth, by)

        return reader

    return {
        **READERS,
        "context": contexts.read,
        "data": checked(READERS["data"]),
        "enum": checked(READERS["enum"]),
    }
