"""Brings plugins in: imports them after the check, sets them up in order, tries again, takes them down."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Final

from linli.errors import ContractError, DeploymentError, LinliError
from linli.ids import PluginDomain
from linli.messages import Message
from linli.plugin import specs
from linli.plugin.catalog import CatalogEntry
from linli.plugin.context import PluginContext
from linli.plugin.hooks import HookTable
from linli.plugin.manifest import Privilege
from linli.plugin.overview import PluginState

if TYPE_CHECKING:
    from linli.entries import ConfigEntry, EntryVersion
    from linli.rooms import Rooms

log = logging.getLogger(__name__)

SET_UP_WITHIN_S: Final = 60.0
UNLOAD_WITHIN_S: Final = 10.0
FIRST_RETRY_S: Final = 5.0
LAST_RETRY_S: Final = 300.0


@dataclass(slots=True)
class Loaded:
    """A plugin that was imported."""

    entry: CatalogEntry
    module: ModuleType
    granted: frozenset[Privilege]
    ctx: PluginContext | None = None


class PluginLoader:
    """Runs the life of every enabled plugin; one plugin's failure is shown and stops no other."""

    def __init__(self, rooms: "Rooms", hooks: HookTable) -> None:
        self._rooms = rooms
        self._hooks = hooks
        self._loaded: dict[PluginDomain, Loaded] = {}
        self._entries: dict[str, PluginContext] = {}
        self._retries: dict[PluginDomain, Callable[[], None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    # importing -------------------------------------------------------------------------------------------------------

    async def bring_in(
        self, entries: Sequence[CatalogEntry], granted: Callable[[CatalogEntry], frozenset[Privilege]]
    ) -> None:
        """Import the plugins (in a worker thread, so that the loop goes on), take up their hooks and translations."""
        imported = await self._rooms.blocking.run(_import_all, entries)
        self._hooks.declare(PluginDomain("core"), specs)
        for entry, outcome in zip(entries, imported, strict=True):
            domain = entry.manifest.id
            self._rooms.overview.enter(domain, entry.manifest, entry.distribution, PluginState.IMPORTED)
            if isinstance(outcome, BaseException):
                self._rooms.ledger.error(domain, "import", outcome)
                self._fail(domain, f"{type(outcome).__name__}: {outcome}")
                continue
            self._loaded[domain] = Loaded(entry, outcome.module, granted(entry))
            self._rooms.translator.take(domain, outcome.texts)
            if outcome.hooks is not None:
                self._declare(domain, outcome.hooks)
        for domain, loaded in self._loaded.items():
            self._hooks.implement(domain, loaded.module)

    def _declare(self, domain: PluginDomain, module: ModuleType) -> None:
        try:
            self._hooks.declare(domain, module)
        except ContractError as error:
            self._rooms.ledger.error(domain, "hooks", error)

    # setting up ------------------------------------------------------------------------------------------------------

    async def set_up_all(self, stages: Sequence[Sequence[PluginDomain]]) -> None:
        """Stage after stage; the plugins of one stage do not wait for each other."""
        for stage in stages:
            await asyncio.gather(*(self.set_up(domain) for domain in stage if domain in self._loaded))

    async def set_up(self, domain: PluginDomain) -> None:
        """The plugin as a whole, then its entries; a failure is shown and tried again with growing pauses."""
        loaded = self._loaded[domain]
        missing = [need for need in loaded.entry.manifest.requires if not self._runs(need)]
        if missing:
            self._retry(domain, f"waits for {', '.join(missing)}, which does not run")
            return
        ctx = PluginContext(self._rooms, loaded.entry.manifest, loaded.granted)
        try:
            await self._rooms.hooks.ask(domain, specs.linli_setup, within=SET_UP_WITHIN_S, ctx=ctx)
        except Exception as error:  # noqa: BLE001 - the guard: a plugin that fails is shown and tried again
            await ctx.nursery.close()
            if not isinstance(error, LinliError):
                self._rooms.ledger.error(domain, "linli_setup", error)
            self._retry(domain, str(error) or type(error).__name__)
            return
        loaded.ctx = ctx
        self._rooms.overview.turn(domain, PluginState.RUNNING)
        self._rooms.notifications.dismiss(f"plugin_{domain}")
        await self._rooms.entries.set_up_domain(domain)

    def _runs(self, domain: str) -> bool:
        status = self._rooms.overview.get(domain)
        return status is not None and status.state is PluginState.RUNNING

    def _fail(self, domain: PluginDomain, reason: str) -> None:
        self._rooms.overview.turn(domain, PluginState.FAILED, reason)
        self._show(domain, reason)

    def _retry(self, domain: PluginDomain, reason: str) -> None:
        self._rooms.overview.turn(domain, PluginState.RETRYING, reason)
        status = self._rooms.overview.get(domain)
        assert status is not None
        pause = min(FIRST_RETRY_S * 2 ** (status.attempts - 1), LAST_RETRY_S)
        log.warning("plugin %s is not set up (%s); next try in %.0f s", domain, reason, pause)
        self._show(domain, reason)
        if not self._stopping:
            self._retries[domain] = self._rooms.clock.call_later(pause, lambda: self._again(domain)).cancel

    def _again(self, domain: PluginDomain) -> None:
        self._retries.pop(domain, None)
        task = asyncio.get_running_loop().create_task(self.set_up(domain), name=f"core:set_up:{domain}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _show(self, domain: PluginDomain, reason: str) -> None:
        self._rooms.notifications.create(
            PluginDomain("core"),
            Message("plugin_failed.message", {"plugin": domain, "reason": reason}),
            title=Message("plugin_failed.title", {"plugin": domain}),
            notification_id=f"plugin_{domain}",
        )

    # entries ---------------------------------------------------------------------------------------------------------

    async def set_up_entry(self, entry: "ConfigEntry") -> None:
        """Called by the entries' room; what it raises decides the entry's state."""
        loaded = self._loaded.get(PluginDomain(entry.domain))
        if loaded is None or loaded.ctx is None:
            raise DeploymentError(f"the plugin {entry.domain} does not run")
        ctx = PluginContext(self._rooms, loaded.entry.manifest, loaded.granted, entry)
        try:
            await self._rooms.hooks.ask(
                ctx.domain, specs.linli_setup_entry, within=SET_UP_WITHIN_S, ctx=ctx, entry=entry
            )
        except BaseException:
            await self._rooms.platforms.close_entry(entry.entry_id)
            await ctx.nursery.close()
            raise
        self._entries[entry.entry_id] = ctx

    async def unload_entry(self, entry: "ConfigEntry") -> bool:
        """False: the plugin refuses. Whatever it made through its door is gone afterwards."""
        ctx = self._entries.get(entry.entry_id)
        if ctx is None:
            return True
        try:
            answer = await self._rooms.hooks.ask(
                ctx.domain, specs.linli_unload_entry, within=UNLOAD_WITHIN_S, ctx=ctx, entry=entry
            )
        except Exception as error:  # noqa: BLE001 - the guard: charged, and the entry goes all the same
            self._rooms.ledger.error(ctx.domain, "linli_unload_entry", error)
            answer = True
        if answer is False and not self._stopping:
            return False
        del self._entries[entry.entry_id]
        await self._rooms.platforms.close_entry(entry.entry_id)
        await ctx.nursery.close()
        return True

    async def migrate_entry(self, entry: "ConfigEntry", version: "EntryVersion") -> Mapping[str, object] | None:
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

    # running and stopping --------------------------------------------------------------------------------------------

    async def started(self) -> None:
        """Tell every running plugin that everything has been set up or has failed."""
        for domain, loaded in self._loaded.items():
            if loaded.ctx is not None:
                await self._tell_started(domain, loaded.ctx)

    async def _tell_started(self, domain: PluginDomain, ctx: PluginContext) -> None:
        try:
            await self._rooms.hooks.ask(domain, specs.linli_started, ctx=ctx)
        except Exception as error:  # noqa: BLE001 - the guard: charged, and the rest runs
            self._rooms.ledger.error(domain, "linli_started", error)

    async def stop(self, stages: Sequence[Sequence[PluginDomain]]) -> None:
        """Take the plugins down in reverse order: entries first, then the plugin as a whole."""
        self._stopping = True
        for cancel in self._retries.values():
            cancel()
        for task in list(self._tasks):
            task.cancel()
        for stage in reversed(stages):
            await asyncio.gather(*(self._take_down(domain) for domain in stage if domain in self._loaded))

    async def _take_down(self, domain: PluginDomain) -> None:
        await self._rooms.entries.unload_domain(domain)
        loaded = self._loaded[domain]
        if loaded.ctx is not None:
            ctx, loaded.ctx = loaded.ctx, None
            await ctx.nursery.close()
        self._rooms.overview.turn(domain, PluginState.STOPPED)


@dataclass(slots=True)
class _Imported:
    module: ModuleType
    hooks: ModuleType | None
    texts: dict[str, dict[str, str]]


def _import_all(entries: Sequence[CatalogEntry]) -> list[_Imported | BaseException]:
    return [_import(entry) for entry in entries]


def _import(entry: CatalogEntry) -> _Imported | BaseException:
    from linli.translations import read_texts

    try:
        module = entry.load("plugin")
        hooks = entry.load("hooks", optional=True)
        return _Imported(module, hooks, read_texts(entry.folder))
    except Exception as error:  # noqa: BLE001 - the guard: an import that fails is that plugin's failure
        return error
