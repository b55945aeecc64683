"""The life of config entries: what the loader does for the entries' room, through a door for each."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from linli.cancelling import ordinary, undisturbed
from linli.errors import DeploymentError
from linli.ids import EntryId, PluginDomain
from linli.plugin import specs
from linli.plugin.context import PluginContext
from linli.plugin.loaded import SET_UP_WITHIN_S, UNLOAD_WITHIN_S, Loaded

if TYPE_CHECKING:
    from linli.entries import ConfigEntry, EntryVersion
    from linli.rooms import Rooms


class EntryLife:
    """Sets entries up and takes them down; whatever one made through its door goes with it."""

    def __init__(
        self, rooms: "Rooms", loaded: Callable[[PluginDomain], Loaded | None], must_go: Callable[[PluginDomain], bool]
    ) -> None:
        """``must_go``: whether a plugin's entries are not asked if they agree to be unloaded."""
        self._rooms = rooms
        self._loaded = loaded
        self._must_go = must_go
        self._doors: dict[str, PluginContext] = {}

    async def set_up(self, entry: "ConfigEntry") -> None:
        """Called by the entries' room; what it raises decides the entry's state."""
        loaded = self._loaded(PluginDomain(entry.domain))
        if loaded is None or loaded.ctx is None:
            raise DeploymentError(f"the plugin {entry.domain} does not run")
        ctx = PluginContext(self._rooms, loaded.entry.manifest, loaded.granted, entry)
        try:
            await self._rooms.hooks.ask(
                ctx.domain, specs.linli_setup_entry, within=SET_UP_WITHIN_S, ctx=ctx, entry=entry
            )
        except BaseException:
            await asyncio.shield(undisturbed(self._let_go(entry.entry_id, ctx), f"core:close:{entry.entry_id}"))
            raise
        self._doors[entry.entry_id] = ctx

    async def change(self, entry: "ConfigEntry") -> bool:
        """Have the plugin take up other settings of an entry that runs; False: it does not, set it up anew."""
        ctx = self._doors.get(entry.entry_id)
        if ctx is None or ctx.takes_settings is None:
            return False
        try:
            async with self._rooms.clock.timeout(UNLOAD_WITHIN_S):
                return await ordinary(ctx.takes_settings(entry))
        except Exception as error:  # noqa: BLE001 - the guard: charged, and the entry is set up anew
            self._rooms.ledger.error(ctx.domain, "on_settings", error)
            return False

    async def unload(self, entry: "ConfigEntry") -> bool:
        """False: the plugin refuses. Whatever it made through its door is gone afterwards."""
        ctx = self._doors.get(entry.entry_id)
        if ctx is None:
            return True
        try:
            answer = await self._rooms.hooks.ask(
                ctx.domain, specs.linli_unload_entry, within=UNLOAD_WITHIN_S, ctx=ctx, entry=entry
            )
        except Exception as error:  # noqa: BLE001 - the guard: charged, and the entry goes all the same
            self._rooms.ledger.error(ctx.domain, "linli_unload_entry", error)
            answer = True
        if answer is False and not self._must_go(ctx.domain):
            return False
        await self._let_go(entry.entry_id, ctx)
        del self._doors[entry.entry_id]  # last: what was cut short here is found again, and ended, the next time
        return True

    async def _let_go(self, entry_id: EntryId, ctx: PluginContext) -> None:
        try:
            await self._rooms.platforms.close_entry(entry_id)
        finally:
            await ctx.nursery.close()

    async def migrate(self, entry: "ConfigEntry", version: "EntryVersion") -> Mapping[str, object] | None:
        """The entry's data in the form of ``version``; None: the plugin does not know how."""
        cross = self._rooms.cross
        answer = await self._rooms.hooks.ask(
            entry.domain,
            specs.linli_migrate_entry,
            within=UNLOAD_WITHIN_S,
            entry=cross(entry),
            version=version.major,
            minor_version=version.minor,
        )
        migrated: Mapping[str, object] | None = cross(answer)
        return migrated
