"""Brings plugins in: imports them after the check, sets them up in order, tries again, takes them down."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from linli.cancelling import undisturbed
from linli.errors import ContractError, LinliError
from linli.ids import PluginDomain
from linli.messages import Message
from linli.plugin import specs
from linli.plugin.catalog import CatalogEntry
from linli.plugin.context import PluginContext
from linli.plugin.entry_life import EntryLife
from linli.plugin.guarded import Answerer
from linli.plugin.hooks import HookTable
from linli.plugin.imported import Imported
from linli.plugin.loaded import SET_UP_WITHIN_S, Loaded, close_door, import_all, task_name
from linli.plugin.manifest import Layer, Privilege
from linli.plugin.order import waits_for
from linli.plugin.overview import PluginState
from linli.storage.plugin_tables import migrate_plugin

if TYPE_CHECKING:
    from linli.rooms import Rooms

log = logging.getLogger(__name__)

FIRST_RETRY_S: Final = 5.0
LAST_RETRY_S: Final = 300.0


class PluginLoader:
    """Runs the life of every enabled plugin; one plugin's failure is shown and stops no other."""

    def __init__(self, rooms: "Rooms", hooks: HookTable) -> None:
        self._rooms = rooms
        self._hooks = hooks
        self._loaded: dict[PluginDomain, Loaded] = {}
        self._retries: dict[PluginDomain, Callable[[], None]] = {}
        self._kept_out: dict[PluginDomain, CatalogEntry] = {}
        """Plugins that were not imported, because they are kept out."""
        self._out: set[PluginDomain] = set()
        """Plugins that are kept out or about to be: they are not asked whether they agree."""
        self._granted: Callable[[CatalogEntry], frozenset[Privilege]] = lambda entry: frozenset()
        self._tasks: set[asyncio.Task[None]] = set()
        self._all_up = False
        """Everything has been set up once, or has failed: who comes up from now on is told so at once."""
        self._stopping = False
        self.entries = EntryLife(rooms, self._loaded.get, lambda domain: self._stopping or domain in self._out)
        """Config entries of the plugins."""
        rooms.hooks.door_of = self._door_of

    def _door_of(self, domain: PluginDomain) -> PluginContext | None:
        loaded = self._loaded.get(domain)
        return None if loaded is None else loaded.ctx

    # importing -------------------------------------------------------------------------------------------------------

    async def bring_in(
        self, entries: Sequence[CatalogEntry], granted: Callable[[CatalogEntry], frozenset[Privilege]]
    ) -> None:
        """Import the plugins (in a worker thread, so that the loop goes on), take up their hooks and translations.

        ``entries`` come in the order of their manifests, which is the order in which hooks are asked. Of those that
        are kept out no line runs.
        """
        self._granted = granted
        self._hooks.declare(PluginDomain("core"), specs)
        within = []
        for entry in entries:
            bar = self._rooms.quarantine.bar(entry.manifest.id)
            if bar is None:
                within.append(entry)
                continue
            self._kept_out[entry.manifest.id] = entry
            self._out.add(entry.manifest.id)
            self._rooms.overview.enter(entry.manifest.id, entry.manifest, entry.distribution, bar.state)
            self._rooms.overview.turn(entry.manifest.id, bar.state, bar.cause.key, bar.cause)
        await self._take_in(within)

    async def _take_in(self, entries: Sequence[CatalogEntry]) -> None:
        imported = await self._bring(entries)
        come: list[PluginDomain] = []
        for entry, outcome in zip(entries, imported, strict=True):
            domain = entry.manifest.id
            self._rooms.overview.enter(domain, entry.manifest, entry.distribution, PluginState.IMPORTED)
            if isinstance(outcome, BaseException):
                self._rooms.ledger.error(domain, "import", outcome)
                self._fail(domain, f"{type(outcome).__name__}: {outcome}")
                continue
            self._take_up(entry, outcome)
            come.append(domain)
        for domain in come:
            self._implement(self._loaded[domain].entry, self._loaded[domain].module)

    async def _bring(self, entries: Sequence[CatalogEntry]) -> list[Imported | BaseException]:
        """In the order of ``entries``: those of this process in a thread, the others each in a process of its own."""
        here = [entry for entry in entries if not entry.apart]
        apart = [entry for entry in entries if entry.apart]
        children = self._rooms.children
        found: Any = await asyncio.gather(
            self._rooms.blocking.run(import_all, here),
            asyncio.gather(*(children.begin(entry, self._granted(entry)) for entry in apart), return_exceptions=True),
        )
        by_domain = dict(zip((entry.id for entry in (*here, *apart)), (*found[0], *found[1]), strict=True))
        return [by_domain[entry.id] for entry in entries]

    def _take_up(self, entry: CatalogEntry, imported: Imported) -> None:
        self._loaded[entry.id] = Loaded(entry, imported.module, self._granted(entry))
        self._rooms.translator.take(entry.id, imported.texts)
        if imported.hooks is not None:
            self._declare(entry, imported.hooks)

    def _declare(self, entry: CatalogEntry, module: ModuleType) -> None:
        """One that is not trusted takes no name that is another's to declare."""
        try:
            self._hooks.declare(entry.id, module, prefix="" if entry.trusted else f"{entry.id}_")
        except ContractError as error:
            self._rooms.ledger.error(entry.id, "hooks", error)

    def _implement(self, entry: CatalogEntry, module: ModuleType) -> None:
        answerer = Answerer(entry.id, trusted=entry.trusted, answers=entry.manifest.capabilities.answers)
        self._hooks.implement(entry.id, module, waits=True, answerer=answerer)

    # setting up ------------------------------------------------------------------------------------------------------

    async def set_up_all(self) -> None:
        """Every plugin as soon as those are through that its manifest puts before it; no other keeps it waiting."""
        waits = waits_for({domain: loaded.entry.manifest for domain, loaded in self._loaded.items()})
        tasks: dict[str, asyncio.Task[None]] = {}
        for domain in self._loaded:  # in the order of the manifests: who is waited for has its task already
            tasks[domain] = self._start(self._set_up_after([tasks[name] for name in waits[domain]], domain), domain)
        await asyncio.gather(*tasks.values())

    async def _set_up_after(self, earlier: Sequence["asyncio.Task[None]"], domain: PluginDomain) -> None:
        if earlier:
            await asyncio.wait(earlier)
        await self.set_up(domain)

    def _start(self, work: Coroutine[Any, Any, None], domain: PluginDomain) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work, name=task_name(domain))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def set_up(self, domain: PluginDomain) -> None:
        """The plugin as a whole, then its entries; a failure is shown and tried again with growing pauses."""
        loaded = self._loaded[domain]
        if loaded.entry.apart and not self._rooms.children.is_up(domain):
            self._wait_for_process(domain)
            return
        missing = [need for need in loaded.entry.manifest.requires if not self._runs(need)]
        if missing:
            self._wait_for(domain, missing)
            return
        ctx = PluginContext(self._rooms, loaded.entry.manifest, loaded.granted)
        try:
            if loaded.entry.trusted:
                await migrate_plugin(self._rooms.storage, loaded.entry.manifest, loaded.entry.folder)
            await self._rooms.hooks.ask(domain, specs.linli_setup, within=SET_UP_WITHIN_S, ctx=ctx)
        except Exception as error:  # noqa: BLE001 - the guard: a plugin that fails is shown and tried again
            await close_door(ctx)
            if not isinstance(error, LinliError):
                self._rooms.ledger.error(domain, "linli_setup", error)
            self._retry(domain, str(error) or type(error).__name__)
            return
        except asyncio.CancelledError:
            await close_door(ctx)
            raise
        loaded.ctx = ctx
        self._hooks.admit(domain)
        self._rooms.overview.turn(domain, PluginState.RUNNING)
        self._rooms.notifications.dismiss(f"plugin_{domain}")
        await self._rooms.entries.set_up_domain(domain)

    def _runs(self, domain: str) -> bool:
        status = self._rooms.overview.get(domain)
        return status is not None and status.state is PluginState.RUNNING

    def _fail(self, domain: PluginDomain, reason: str) -> None:
        self._rooms.overview.turn(domain, PluginState.FAILED, reason)
        self._show(domain, reason)

    def _wait_for(self, domain: PluginDomain, missing: Sequence[str]) -> None:
        cause = Message("plugin.waits", {"missing": list(missing)}, PluginDomain("core"))
        self._retry(domain, f"waits for {', '.join(missing)}, which does not run", cause)

    def _wait_for_process(self, domain: PluginDomain) -> None:
        """It is set up again when the process comes; no timer."""
        cause = Message("plugin.process_ended", {"plugin": domain}, PluginDomain("core"))
        self._rooms.overview.turn(domain, PluginState.RETRYING, f"the process of {domain} ended", cause)

    def _retry(self, domain: PluginDomain, reason: str, cause: Message | None = None) -> None:
        self._rooms.overview.turn(domain, PluginState.RETRYING, reason, cause)
        status = self._rooms.overview.get(domain)
        assert status is not None
        pause = min(FIRST_RETRY_S * 2 ** (status.attempts - 1), LAST_RETRY_S)
        log.warning("plugin %s is not set up (%s); next try in %.0f s", domain, reason, pause)
        self._show(domain, reason)
        if not self._stopping:
            self._retries[domain] = self._rooms.clock.call_later(pause, lambda: self._again(domain)).cancel

    def _again(self, domain: PluginDomain) -> None:
        self._retries.pop(domain, None)
        self._start(self._late(domain), domain)

    async def _late(self, domain: PluginDomain) -> None:
        await self.set_up(domain)
        if self._all_up:
            await self._tell_started(domain)

    def _show(self, domain: PluginDomain, reason: str) -> None:
        self._rooms.notifications.create(
            PluginDomain("core"),
            Message("plugin_failed.message", {"plugin": domain, "reason": reason}),
            title=Message("plugin_failed.title", {"plugin": domain}),
            notification_id=f"plugin_{domain}",
        )

    # processes of their own ------------------------------------------------------------------------------------------

    async def child_came(self, domain: PluginDomain, imported: Imported) -> None:
        """The process of a plugin was started again: what it was is set up anew, with those that require it."""
        if self._stopping or domain in self._out:
            return
        loaded = self._loaded[domain]
        self._hooks.withdraw(domain)
        self._take_up(loaded.entry, imported)
        self._implement(loaded.entry, imported.module)
        await self._set_up_late(domain)

    async def child_went(self, domain: PluginDomain) -> None:
        """The process of a plugin ended: what it had made is gone or cannot be reached, until it comes back."""
        if self._stopping or domain in self._out or domain not in self._loaded:
            return
        for dependant in self._requiring(domain):
            await self._stop_one(dependant)
            self._wait_for(dependant, [domain])
        cancel = self._retries.pop(domain, None)
        if cancel is not None:
            cancel()
        loaded = self._loaded[domain]
        loaded.told_started = False
        if loaded.ctx is not None:
            await self._take_down(domain)
        if not self._stopping:
            self._wait_for_process(domain)

    async def end_children(self) -> None:
        """A hub that cannot be built leaves no process behind."""
        await self._rooms.children.close()

    # putting out and letting in --------------------------------------------------------------------------------------

    async def take_out(self, domain: PluginDomain, state: PluginState, cause: Message) -> None:
        """Stop one plugin, whatever it says to that; those that require it wait until it runs again."""
        self._out.add(domain)
        for dependant in self._requiring(domain):
            await self._stop_one(dependant)
            self._wait_for(dependant, [domain])
        await self._stop_one(domain)
        await self._rooms.children.end(domain)
        self._rooms.overview.turn(domain, state, cause.key, cause)
        self._rooms.notifications.dismiss(f"plugin_{domain}")

    async def bring_back(self, domain: PluginDomain) -> None:
        """Import it where that was not done, set it up, and with it those that waited for it."""
        self._out.discard(domain)
        entry = self._kept_out.pop(domain, None)
        if domain in self._loaded and self._loaded[domain].entry.apart:
            self._hooks.withdraw(domain)
            entry = self._loaded.pop(domain).entry
        if entry is not None:
            await self._take_in([entry])
        if domain not in self._loaded:
            return
        self._rooms.overview.turn(domain, PluginState.IMPORTED)
        await self._set_up_late(domain)

    async def _set_up_late(self, domain: PluginDomain) -> None:
        """It, and those that waited for it."""
        await self._late(domain)
        for dependant in reversed(self._requiring(domain)):
            cancel = self._retries.pop(dependant, None)
            if cancel is not None:
                cancel()
                await self._late(dependant)

    def _requiring(self, domain: PluginDomain) -> list[PluginDomain]:
        """Loaded plugins that cannot do without it, the last in line first."""
        found = [domain]
        for name in found:
            found += [
                each
                for each, loaded in self._loaded.items()
                if name in loaded.entry.manifest.requires and each not in found and each not in self._out
            ]
        return found[:0:-1]

    async def _stop_one(self, domain: PluginDomain) -> None:
        cancel = self._retries.pop(domain, None)
        if cancel is not None:
            cancel()
        own = [task for task in self._tasks if task.get_name() == task_name(domain)]
        for task in own:
            task.cancel()
        if own:
            await asyncio.wait(own)
        loaded = self._loaded.get(domain)
        if loaded is not None:
            loaded.told_started = False
            await self._take_down(domain)

    # running and stopping --------------------------------------------------------------------------------------------

    async def started(self) -> None:
        """Tell every running plugin that everything has been set up or has failed; who comes up later, then.

        Those of the upper layers first: what one of the lower ones has to tell then, they hear.
        """
        self._all_up = True
        for layer in reversed(Layer):
            those = [domain for domain, loaded in self._loaded.items() if loaded.entry.manifest.layer == layer]
            await asyncio.gather(*(self._tell_started(domain) for domain in those))

    async def _tell_started(self, domain: PluginDomain) -> None:
        loaded = self._loaded[domain]
        if loaded.ctx is None or loaded.told_started:
            return
        loaded.told_started = True
        try:
            await self._rooms.hooks.ask(domain, specs.linli_started, ctx=loaded.ctx)
        except Exception as error:  # noqa: BLE001 - the guard: charged, and the rest runs
            self._rooms.ledger.error(domain, "linli_started", error)

    async def stop(self, stages: Sequence[Sequence[PluginDomain]]) -> None:
        """Take the plugins down in reverse order: entries first, then the plugin as a whole."""
        self._stopping = True
        for cancel in self._retries.values():
            cancel()
        self._retries.clear()
        under_way = list(self._tasks)
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way)
        for stage in reversed(stages):
            await asyncio.gather(*(self._take_down(domain) for domain in stage if domain in self._loaded))

    async def _take_down(self, domain: PluginDomain) -> None:
        self._hooks.suspend(domain)
        loaded = self._loaded[domain]
        ctx, loaded.ctx = loaded.ctx, None
        try:
            await self._rooms.entries.unload_domain(domain)
        finally:
            closing = None if ctx is None else undisturbed(ctx.nursery.close(), f"core:close:{domain}")
            self._rooms.overview.turn(domain, PluginState.STOPPED)
        if closing is not None:
            await asyncio.shield(closing)
