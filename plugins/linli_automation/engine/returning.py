"""Rules that were broken for want of a plugin live again when that has come: one that is late, or was out."""

from collections.abc import Awaitable, Callable
from typing import Any

from linli import PluginContext


class Returning:
    """Has ``mend`` read broken rules again whenever an entry of another plugin has been set up."""

    def __init__(self, ctx: PluginContext, mend: Callable[[], Awaitable[None]]) -> None:
        self._ctx = ctx
        self._mend = mend
        self._due = False
        ctx.on_unload(ctx.entries.watch(self._turned))

    def _turned(self, change: Any) -> None:
        """An entry turned (a :class:`linli.entries.EntryChange`)."""
        now, before = (entry is not None and entry.state == "loaded" for entry in (change.entry, change.old))
        if now and not before and change.entry.domain != self._ctx.domain and not self._due:
            self._due = True
            self._ctx.spawn(self._once(), name="read broken rules again")

    async def _once(self) -> None:
        self._due = False
        await self._mend()
