"""What every facet has: the door that it stands in, and in whose name something is done."""

from typing import TYPE_CHECKING, NoReturn

from linli.context import Context
from linli.errors import ContractError
from linli.ids import EntryId
from linli.plugin.manifest import Privilege

if TYPE_CHECKING:
    from linli.plugin.capabilities import Kind
    from linli.plugin.context import PluginContext


class Facet:
    """One room seen through the door of one plugin."""

    def __init__(self, ctx: "PluginContext") -> None:
        self._ctx = ctx
        self._rooms = ctx._rooms

    def _cause(self, context: Context | None) -> Context:
        """``context``, or the plugin itself. A user whom the hub did not hand it needs ``act_for_user``."""
        if context is None:
            return Context(plugin=self._ctx.domain)
        if context.user_id is not None and not context.vouched:
            self._ctx.require(Privilege.ACT_FOR_USER)
            context.vouch()
        return context

    def _refuse(self, kind: "Kind", name: str) -> NoReturn:
        """What the manifest does not name: charged, counted, journaled, raised."""
        self._rooms.walls.refuse(self._ctx.domain, kind, name)


def entry_of(ctx: "PluginContext") -> EntryId:
    """The entry that what is made through this door belongs to; raises ContractError in ``linli_setup``."""
    if ctx.entry is None:
        raise ContractError(f"{ctx.domain} adds entities in linli_setup; do it in linli_setup_entry")
    return ctx.entry.entry_id
