"""The composition root: builds the rooms, runs the life cycle (load → set up → start → run → stop)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from linli.allowed_folders import AllowedFolders
from linli.auth import Auth, AuthSettings, World
from linli.auth.faults import report_to as report_auth_to
from linli.auth.lowest import Lowest
from linli.auth.naming import NAMES, Naming
from linli.auth.origin import own_names
from linli.auth.owning import owns
from linli.auth.view import View
from linli.bus import EventBus
from linli.cancelling import ordinary
from linli.children.keeping import Children
from linli.children.limits import limits_for
from linli.clock import Clock, RealClock
from linli.clock_watch import ClockWatch
from linli.config import CatalogEntry as Entry
from linli.config import Checked
from linli.context import Context
from linli.endpoints import CommandTable, RouteTable
from linli.entity.naming import Names
from linli.entity.platforms import EntityPlatforms
from linli.entity_services import EntityServices
from linli.entries import ConfigEntries, ConfigEntry, EntryHooks, EntryNotices, EntryVersion
from linli.errors import NotFound
from linli.giving_back import GivingBack
from linli.hub_metrics import LoopLag, measure_plugins, measure_pool, measure_states
from linli.ids import CORE, PlaceId, PluginDomain
from linli.issues import Issues
from linli.ledger import Ledger
from linli.metrics import Metrics
from linli.notifications import Notifications
from linli.plugin.after_restore import apply_after_restore
from linli.plugin.announcing import Announcing
from linli.plugin.apis import ApiTable
from linli.plugin.catalog import CatalogEntry
from linli.plugin.dispatch import Dispatcher
from linli.plugin.entry_life import EntryLife
from linli.plugin.hooks import HookTable
from linli.plugin.loader import PluginLoader
from linli.plugin.manifest import Privilege
from linli.plugin.order import stages_of
from linli.plugin.overview import PluginOverview, PluginState
from linli.plugin.quarantine import Quarantine
from linli.plugin.safeguard import Safeguard
from linli.plugin.walls import Walls
from linli.pool import BlockingPool
from linli.process.held import Hold
from linli.reading import Killable, Sources, Templates, UserTemplates
from linli.received_heads import receive_heads
from linli.registry import Registries
from linli.registry.slugs import learn_to_read
from linli.renewal import Renewal
from linli.rooms import HUB_CLOSE, HUB_FINAL_WRITE, HUB_START, HUB_STARTED, HUB_STOP, HubState, Rooms
from linli.services import ServiceRegistry
from linli.settings import CoreSettings
from linli.states import State, StateStore
from linli.storage import Storage
from linli.storage.faults import report_to
from linli.storage.keeping import keep_backups, keep_heads
from linli.template import TemplateEngine
from linli.template.crew import Crew
from linli.translations import Translator

log = logging.getLogger(__name__)

STOP_WITHIN_S: Final = 30.0
LEAST_STEP_S: Final = 1.0
"""What every step of stopping has, however long those before it took."""
VERSION: Final = "0.1.0"


def same(value: Any) -> Any:
    """What passes the door inside one process: the value itself."""
    return value


class Hub:
    """One hub. :meth:`build` makes it whole, :meth:`start` brings it up, :meth:`stop` takes it down."""

    def __init__(self, rooms: Rooms, loader: PluginLoader, stages: Sequence[Sequence[PluginDomain]]) -> None:
        """Made by :meth:`build`."""
        self.rooms = rooms
        self.state = HubState.NOT_RUNNING
        self.exit_code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """Set when somebody asked the hub to stop (a signal, a service)."""
        self._loader = loader
        self._stages = stages
        self._upkeep = (
            LoopLag(rooms.clock, rooms.metrics),
            ClockWatch(rooms.clock, rooms.issues, rooms.metrics),
            GivingBack(rooms.clock, rooms.blocking),
        )

    @classmethod
    async def build(
        cls,
        checked: Checked,
        data: Path,
        *,
        clock: Clock | None = None,
        cross: Callable[[Any], Any] = same,
        auth_settings: AuthSettings | None = None,
        blamed: Hold | None = None,
    ) -> "Hub":
        """Open the store at ``data``, load what it holds, import the plugins. Raises StorageRefused, ContractError.

        ``cross``: what every value at the door passes through; the test kit encodes and decodes it there. ``blamed``:
        what the hub before was killed for; its plugin is quarantined before anything of it runs.
        """
        return await _Builder(checked, data, clock or RealClock(), cross, auth_settings, blamed).build()

    async def start(self) -> None:
        """Set everything up; what fails is shown and tried again, the rest runs."""
        rooms = self.rooms
        self.state = HubState.STARTING
        if not rooms.clock.simulated:  # simulated time does not lag or jump, and a second of it would no longer be free
            for work in self._upkeep:
                work.start()
        rooms.bus.fire(HUB_START)
        rooms.renewal.show(rooms.checked)
        for domain, instances in rooms.checked.instances.items():
            if domain in rooms.checked.entries:
                rooms.entries.adopt(PluginDomain(domain), [instance.settings for instance in instances])
        rooms.platforms.restore_states()
        rooms.quarantine.show_kept()
        await self._loader.set_up_all()
        await apply_after_restore(rooms)
        self.state = HubState.RUNNING
        rooms.bus.fire(HUB_STARTED)
        await self._loader.started()

    def ask_to_stop(self, exit_code: int = 0) -> None:
        """Have whoever runs the hub stop it; a second asking changes nothing."""
        if not self.exit_code.done():
            self.exit_code.set_result(exit_code)

    async def stop(self) -> None:
        """Take everything down in reverse order, in :data:`STOP_WITHIN_S` as a whole.

        A step that fails or does not end costs no other step; a kill in the middle is safe too.
        """
        if self.state is HubState.STOPPED:
            return
        rooms = self.rooms
        stopping = _Stopping(rooms)
        self.state = HubState.STOPPING
        for work in self._upkeep:
            work.stop()
        rooms.bus.fire(HUB_STOP)
        await stopping.step("quarantine", rooms.quarantine.close, leaves_s=20.0)
        await stopping.step("plugins", lambda: self._loader.stop(self._stages), leaves_s=10.0)
        await stopping.step("processes of plugins", rooms.children.close, leaves_s=9.0)
        await stopping.step("templates of users", rooms.user_templates.close, leaves_s=8.0)
        rooms.announcing.close()
        rooms.walls.close()
        self.state = HubState.FINAL_WRITE
        rooms.bus.fire(HUB_FINAL_WRITE)
        await stopping.step("platforms", rooms.platforms.close, leaves_s=5.0)
        await stopping.step("entries", rooms.entries.close, leaves_s=5.0)
        await stopping.step("issues", rooms.issues.close, leaves_s=5.0)
        await stopping.step("registries", rooms.registries.close, leaves_s=4.0)
        rooms.bus.fire(HUB_CLOSE)
        await stopping.step("auth", rooms.auth.close, leaves_s=3.0)
        await stopping.step("storage", rooms.storage.close)
        rooms.blocking.close()
        self.state = HubState.STOPPED
        stopping.end()


class _Stopping:
    """The steps of taking the hub down, which share one deadline."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._deadline = rooms.clock.monotonic() + STOP_WITHIN_S
        self._cancelled = False

    async def step(self, name: str, work: Callable[[], Awaitable[None]], *, leaves_s: float = 0.0) -> None:
        """Await ``work``, but leave ``leaves_s`` of the time to the steps that follow.

        A cancellation cuts it short and waits for :meth:`end`: what holds files must be closed all the same.
        """
        now = self._rooms.clock.monotonic()
        try:
            async with self._rooms.clock.timeout(max(self._deadline - leaves_s - now, LEAST_STEP_S)):
                await ordinary(work())
        except TimeoutError:
            log.warning("%s did not stop in time; what is left there is dropped", name)
        except asyncio.CancelledError:
            log.warning("stopping was cut short at %s", name)
            self._cancelled = True
        except Exception as error:  # noqa: BLE001 - the guard: the stores are closed whatever went wrong before
            self._rooms.ledger.error(CORE, f"stop {name}", error)

    def end(self) -> None:
        """Pass on a cancellation that came meanwhile."""
        if self._cancelled:
            raise asyncio.CancelledError


class _Builder:
    """The order in which rooms come to stand on each other."""

    def __init__(
        self, checked: Checked, data: Path, clock: Clock, cross: Callable[[Any], Any],
        auth_settings: AuthSettings | None, blamed: Hold | None,
    ) -> None:  # fmt: skip
        self._checked = checked
        self._data = data
        self._clock = clock
        self._cross = cross
        self._auth_settings = auth_settings
        self._blamed = blamed
        self._hub: Hub | None = None
        self._loader: PluginLoader | None = None
        self._lowest: Lowest | None = None

    async def build(self) -> Hub:
        clock, checked = self._clock, self._checked
        ledger = Ledger(clock)
        blocking = BlockingPool(clock)
        storage = await Storage.open(
            self._data,
            clock=clock,
            ledger=ledger,
            deployment=checked.deployment.main,
            database=checked.core.get("database"),
        )
        try:
            return await self._furnish(clock, ledger, blocking, storage)
        except BaseException:
            await self._children_end()
            await storage.close()
            blocking.close()
            raise

    async def _children_end(self) -> None:
        """What could not be built leaves no process behind."""
        if self._loader is not None:
            await self._loader.end_children()

    async def _furnish(self, clock: Clock, ledger: Ledger, blocking: BlockingPool, storage: Storage) -> Hub:
        checked = self._checked
        settings = CoreSettings.of(checked.core)
        bus = EventBus(clock, ledger)
        states = StateStore(clock, bus, ledger)
        entries = ConfigEntries(storage.documents, clock, ledger, self._entry_hooks())
        registries = Registries(storage.documents, bus, clock, states, entries)
        translator = await blocking.run(Translator, settings.zone)
        if settings.language.startswith("zh"):
            await blocking.run(learn_to_read)
        issues = Issues(clock, bus, ledger, storage.documents, VERSION)
        await entries.load()
        await registries.load()
        await issues.load()
        report_to(issues, storage)
        await keep_heads(storage, clock, checked.core.get("journal", {}), issues)
        section = checked.core.get("backup")
        await keep_backups(storage, clock, ledger, section, settings.zone, issues, translator, settings.language)
        naming = Naming()
        states.index = naming.heard
        auth = await Auth.open(
            storage,
            clock,
            blocking.hash,
            world=World(
                entities=registries,
                items=registries,
                entity_ids=states.ids,
                names_of=lambda entity_id: _names_of(states.get(entity_id)),
                namers_of=naming.namers_of,
                exists=lambda entity_id: states.get(entity_id) is not None or entity_id in registries.entities,
            ),
            settings=replace(
                self._auth_settings or AuthSettings(),
                default_places=tuple(map(PlaceId, checked.core["default_places"])),
                allowed_hosts=lambda: own_names(settings.internal_url, settings.external_url),
            ),
        )
        report_auth_to(issues, auth)
        table = HookTable(ledger)
        services = ServiceRegistry(bus, clock, ledger, self._view_of, partial(owns, auth.users.get))
        names = Names(lambda plugin, key: translator.find(plugin, key, settings.language))
        platforms = await EntityPlatforms.open(clock, states, ledger, registries, names, storage, settings.unit_system)
        notifications = Notifications(clock, ledger)
        metrics = Metrics(ledger)
        measure_plugins(metrics, ledger)
        measure_states(metrics, states, bus)
        measure_pool(metrics, blocking)
        overview = PluginOverview(ledger)
        safeguard = Safeguard(checked, registries.owner_of)
        quarantine = Quarantine(
            storage, clock, ledger, overview, safeguard, issues, notifications, self._plugins
        )  # fmt: skip
        walls = Walls(clock, ledger, storage.journal, metrics, safeguard)
        platforms.meter_of = walls.meter_of
        announcing = Announcing(clock, bus, ledger, overview)
        await quarantine.load()
        if self._blamed is not None:
            await quarantine.blame(self._blamed)
        sources = Sources(clock, settings, states, registries, entries, issues, translator)
        crew = Crew(clock, ledger, metrics)
        rooms = Rooms(
            clock=clock,
            ledger=ledger,
            blocking=blocking,
            bus=bus,
            states=states,
            services=services,
            entity_services=EntityServices(platforms, registries),
            routes=RouteTable(),
            commands=CommandTable(),
            hook_table=table,
            hooks=Dispatcher(table, clock, ledger, blocking.run),
            apis=ApiTable(None if self._cross is same else self._cross),
            storage=storage,
            auth=auth,
            registries=registries,
            platforms=platforms,
            entries=entries,
            translator=translator,
            issues=issues,
            notifications=notifications,
            metrics=metrics,
            templates=Templates(TemplateEngine(), sources),
            user_templates=UserTemplates(crew, sources, self._view_of),
            killable=Killable(crew, self._view_of),
            settings=settings,
            overview=overview,
            walls=walls,
            quarantine=quarantine,
            announcing=announcing,
            checked=checked,
            children=Children(limits_for(checked.deployment.children_user)),
            allowed_folders=AllowedFolders(self._data, checked.core["allowlist_external_dirs"]),
            renewal=Renewal(checked, blocking, registries, entries, notifications, self._life, settings.language),
            cross=self._cross,
            view_of=self._view_of,
            hub_state=lambda: self._built().state,
            stop_hub=lambda exit_code: self._built().ask_to_stop(exit_code),
        )
        EntryNotices(entries, rooms.notifications)
        receive_heads(checked.core.get("journal", {}), rooms)
        self._loader = PluginLoader(rooms, table)
        rooms.children.furnish(rooms, self._loader)
        rooms.renewal.before(walls.take_up)
        rooms.renewal.before(lambda checked, domains: platforms.measure_anew())
        stages = await self._bring_in(rooms, self._loader)
        self._hub = Hub(rooms, self._loader, stages)
        return self._hub

    async def _bring_in(self, rooms: Rooms, loader: PluginLoader) -> list[list[PluginDomain]]:
        checked = self._checked
        wanted = {domain: entry for domain, entry in checked.entries.items() if domain not in checked.broken}
        runnable = without_unmet(wanted)
        for domain, entry in checked.entries.items():
            if domain not in runnable:
                rooms.overview.enter(PluginDomain(domain), entry.manifest, entry.distribution, PluginState.DISABLED)
        stages = stages_of({domain: entry.manifest for domain, entry in runnable.items()})
        ordered = [runnable[domain] for stage in stages for domain in stage]
        await loader.bring_in(
            [entry for entry in ordered if isinstance(entry, CatalogEntry)],
            lambda entry: frozenset(map(Privilege, checked.deployment.granted(entry.manifest.domain))),
        )
        return stages

    def _view_of(self, context: Context) -> View:
        if self._lowest is None:
            rooms = self._built().rooms
            self._lowest = Lowest(rooms.auth.views, rooms.platforms.is_guarded)
        return self._lowest.view_of(context)

    def _entry_hooks(self) -> EntryHooks:
        async def set_up(entry: ConfigEntry) -> None:
            await self._plugins().entries.set_up(entry)

        async def unload(entry: ConfigEntry) -> bool:
            return await self._plugins().entries.unload(entry)

        async def migrate(entry: ConfigEntry, version: EntryVersion) -> Mapping[str, object] | None:
            return await self._plugins().entries.migrate(entry, version)

        return EntryHooks(set_up, unload, migrate, self._entry_version)

    def _entry_version(self, domain: PluginDomain) -> EntryVersion:
        entry = self._checked.entries.get(domain)
        if entry is None:
            raise NotFound(f"The deployment runs no plugin {domain}")
        return EntryVersion(entry.manifest.entry_version, entry.manifest.entry_minor_version)

    def _plugins(self) -> PluginLoader:
        assert self._loader is not None, "entries are set up after the loader stands"
        return self._loader

    def _life(self) -> EntryLife:
        return self._plugins().entries

    def _built(self) -> Hub:
        assert self._hub is not None, "nobody asks before the hub is built"
        return self._hub


def _names_of(state: State | None) -> Any:
    return None if state is None else state.attributes.get(NAMES)


def without_unmet(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """The plugins whose requirements are all among them, down to the last."""
    left = dict(entries)
    while True:
        unmet = [domain for domain, entry in left.items() if any(need not in left for need in entry.manifest.requires)]
        if not unmet:
            return left
        for domain in unmet:
            del left[domain]
