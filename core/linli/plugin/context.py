"""The only door between a plugin and the hub.

Four kinds of member stand in it. *Commands* are coroutines with plain values in and out. *Posts* are synchronous
one-way writes. *Mirrors* are synchronous reads of a local copy. *Handlers* are callables that stay on the plugin's
side. So the same plugin runs in the hub's process or, later, in one of its own. Each facet says which kinds it has.
"""

from collections.abc import Awaitable, Callable, Coroutine, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from linli.clock import Clock, Delay
from linli.context import Context
from linli.errors import ContractError, NotSupported
from linli.ids import PluginDomain, UserId
from linli.plugin.capabilities import Allowed
from linli.plugin.facets import (
    BusFacet,
    CommandsFacet,
    DocumentsFacet,
    EntitiesFacet,
    HooksFacet,
    IssuesFacet,
    JournalFacet,
    MetricsFacet,
    NotificationsFacet,
    RoutesFacet,
    ServicesFacet,
    StatesFacet,
    TemplatesFacet,
)
from linli.plugin.flood import gated_logger
from linli.plugin.manifest import Manifest, Privilege
from linli.plugin.nursery import Nursery
from linli.plugin.packages import manifest_above
from linli.plugin.safety_database import SafetyDatabase
from linli.plugin.shown import entries_of, overview_of, registries_of
from linli.process.child import Child
from linli.process.kept import KeptChild
from linli.process.limits import Limits
from linli.settings import CoreSettings

if TYPE_CHECKING:
    from linli.auth import Auth
    from linli.auth.view import View
    from linli.entries import ConfigEntries, ConfigEntry
    from linli.plugin.overview import PluginOverview
    from linli.plugin.own_database import Tables
    from linli.registry import Registries
    from linli.rooms import Rooms
    from linli.scope import Scope
    from linli.storage import Database

T = TypeVar("T")
A = TypeVar("A")
K = TypeVar("K", bound=Hashable)

NO_LIMITS: Final = Limits()
MOST_FILES: Final = 1000
LARGEST_FILE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Serving:
    """What a plugin that answers the network needs beyond the rest; only with the privilege ``serve``."""

    auth: "Auth"
    """Users, tokens, log-in flows, the first owner's secret, views."""
    rooms: "Rooms"
    """The tables of routes and message commands, services, states, bus, registries, as the hub holds them."""


class PluginContext:
    """One plugin's door, for one config entry (or, with ``entry`` None, for the plugin as a whole)."""

    def __init__(
        self, rooms: "Rooms", manifest: Manifest, granted: frozenset[Privilege], entry: "ConfigEntry | None" = None
    ) -> None:
        self._rooms = rooms
        self._granted = granted
        self.manifest = manifest
        self.allowed = Allowed(manifest)
        """What the manifest allows at this door."""
        self.domain: PluginDomain = manifest.id
        self.entry = entry
        self.takes_settings: Callable[[ConfigEntry], Awaitable[bool]] | None = None
        """What :meth:`on_settings` was given."""
        self.allowance = rooms.walls.allowance(self.domain)
        """How much it may do in a time."""
        self.log = gated_logger(f"linli.plugins.{manifest.domain}", self.allowance.log)
        self.nursery = Nursery(self.domain, rooms.clock, rooms.ledger)
        self.bus = BusFacet(self)
        self.states = StatesFacet(self)
        self.services = ServicesFacet(self)
        self.entities = EntitiesFacet(self)
        self.routes = RoutesFacet(self)
        self.commands = CommandsFacet(self)
        self.hooks = HooksFacet(self)
        self.documents = DocumentsFacet(self)
        self.journal = JournalFacet(self)
        self.notifications = NotificationsFacet(self)
        self.issues = IssuesFacet(self)
        self.templates = TemplatesFacet(self)
        self.metrics = MetricsFacet(self)

    # mirrors ---------------------------------------------------------------------------------------------------------

    @property
    def clock(self) -> Clock:
        """The only source of time."""
        return self._rooms.clock

    @property
    def settings(self) -> CoreSettings:
        """Name, time zone, language, place and units of this deployment."""
        return self._rooms.settings

    @cached_property
    def registries(self) -> "Registries":
        """Entities, devices, areas, floors, labels: reads are mirrors, changes are commands.

        Changing what is not the plugin's own needs the privilege ``override``.
        """
        return cast("Registries", registries_of(self, self._rooms))

    @cached_property
    def entries(self) -> "ConfigEntries":
        """The config entries of the deployment: reads are mirrors, changes are commands.

        Changing those of another plugin needs the privilege ``override``.
        """
        return cast("ConfigEntries", entries_of(self, self._rooms))

    @cached_property
    def plugins(self) -> "PluginOverview":
        """Every enabled plugin with its state, its faults and its cost."""
        return cast("PluginOverview", overview_of(self, self._rooms))

    def text(self, key: str, language: str | None = None, /, **parameters: Any) -> str:
        """The sentence of this plugin's ``translations/`` under ``key``, in ``language`` or the deployment's."""
        return self._rooms.translator.say(self.domain, key, parameters, language or self.settings.language)

    def written_at(self, *path: str | int) -> str:
        """Where the YAML says what stands at ``path`` in this plugin's section: ``file:line:column``."""
        return str(self._rooms.renewal.deployment.key_position((self.domain, *path)))

    # commands --------------------------------------------------------------------------------------------------------

    @property
    def db(self) -> "Database":
        """``hub.db``: ``await ctx.db.transaction(fn)`` runs ``fn(tx)`` in its thread; it has committed after."""
        return self._rooms.storage.hub

    @property
    def safety_db(self) -> SafetyDatabase:
        """``safety.db``: what lives depend on; ``tx.journal(…)`` commits with its row.

        ``await ctx.safety_db.transaction(fn, context=call.context)`` journals in the name of the user who called.
        """
        return SafetyDatabase(self._rooms.storage.safety, self.domain, self.journal._cause)

    async def open_database(
        self, tables: "Tables", *, url: str | None = None, replaced: Callable[[], None] = lambda: None,
        withheld: Callable[[float | None], None] = lambda at: None,
    ) -> "Database":  # fmt: skip
        """A database of this plugin's own, for what is much and may lose its last moments at a power cut.

        It lies beside the hub's (``DIR/DOMAIN.db``, or a schema on the same server), or at ``url``, a PostgreSQL
        server. It closes with the entry. A damaged file is set aside and told; where that happens while the plugin
        runs, ``replaced`` is called when an empty one has taken its place. Raises StorageError.

        After a restore from a backup ``withheld`` is called with its time before this returns: what is older may hold
        what people had erased after the backup, and is to be shown to nobody until it is called with None, when an
        owner has released what the restore holds back.
        """
        from linli.plugin.own_database import OwnDatabase

        own = OwnDatabase(self._rooms, self, tables, url, replaced, withheld)
        database = await own.open()
        self.nursery.own(own.close)
        return database

    async def renew(self, context: Context) -> None:
        """Read and check the YAML as it is now, and take up this plugin's sections; untouched entries run on.

        Raises DeploymentError with what is wrong, in the language of whoever stands behind ``context``; then nothing
        has changed.
        """
        user = None if context.user_id is None else self._rooms.auth.users.get(context.user_id)
        await self._rooms.renewal.take_up({self.domain}, language=None if user is None else user.language)

    def use(self, api: type[A]) -> A:
        """The commands that another plugin provides. Raises ContractError unless the manifest names that plugin."""
        home = domain_of(api)
        if home not in (*self.manifest.requires, *self.manifest.after, self.domain):
            raise ContractError(f"{self.domain} uses {api.__name__} of {home} but its manifest does not require {home}")
        return self._rooms.apis.proxy(api)

    def has(self, api: type[Any]) -> bool:
        """Whether somebody provides ``api`` now (for a plugin named in ``after``)."""
        return self._rooms.apis.provider(api) is not None

    async def run_blocking(self, function: Callable[..., T], *arguments: Any) -> T:
        """``function(*arguments)`` in a thread of the bounded pool: disk, DNS, hashing, big parsing.

        At most half of the pool at once; more of this plugin wait.
        """
        return await self._rooms.blocking.run_for(self.domain, function, *arguments)

    async def run_killable(self, function: Callable[..., Any], *given: Any, context: Context | None = None) -> Any:
        """``function(*given)`` in a process that is killed after 5 s: for texts that a user supplied (YAML, a page).

        ``function`` stands at the top of an installed module, takes and gives plain values, and says with a ValueError
        what is wrong with the text, which is raised here as InvalidRequest. Raises TemplateError where it took too much
        time or memory or gave too much, Busy where too many wait. ``context``: whose text it is.
        """
        return await self._rooms.killable.run(function, given, context or Context(plugin=self.domain))

    async def keep_file(self, name: str, content: bytes) -> None:
        """Write a file where the deployment allows it: in the data folder's ``snapshots/`` (a name without a folder
        before it), or below a folder that ``linli: {allowlist_external_dirs: […]}`` lists. Raises NotSupported."""
        try:
            await self._rooms.blocking.run(self._rooms.allowed_folders.write, name, content)
        except OSError as error:
            raise NotSupported(f"{name} cannot be written: {error.strerror}", key="file_not_written") from error

    async def deployment_files(self, folder: str) -> dict[str, bytes]:
        """The YAML files below a folder of the deployment, by their path within it; at most 1000 of 1 MB each.

        Raises ContractError for one that lies elsewhere.
        """
        root = self._rooms.renewal.deployment.root
        if not (root / folder).resolve().is_relative_to(root.resolve()):
            raise ContractError(f"{self.domain} reads {folder}, which is no folder of the deployment")
        return await self.run_blocking(_yaml_below, root / folder)

    async def together(
        self, work: Mapping[K, Coroutine[Any, Any, T]], *, within: Delay | None = None
    ) -> "dict[K, T | BaseException]":
        """Run all at once, each to its own end; a failure is that one's outcome and cancels no other."""
        return await self.nursery.together(work, within=within)

    # handlers --------------------------------------------------------------------------------------------------------

    def provide(self, api: type[A], implementation: A) -> None:
        """Offer the commands of one of this plugin's own protocols to the others."""
        if domain_of(api) != self.domain:
            raise ContractError(f"{self.domain} cannot provide {api.__name__}, which belongs to {domain_of(api)}")
        self.nursery.own(self._rooms.apis.provide(api, self.domain, implementation))

    def spawn(self, work: Coroutine[Any, Any, T], *, name: str) -> None:
        """Start what outlives the call; it ends by itself or with the entry. An exception is charged."""
        self.nursery.spawn(work, name)

    def call_later(self, delay: Delay, callback: Callable[[], None]) -> Callable[[], None]:
        """Run ``callback`` after ``delay``; the returned function takes it back."""
        guarded = self._guarded(callback)

        def run() -> None:
            release()
            guarded()

        release = self.nursery.own(self.clock.call_later(delay, run).cancel)
        return release

    def every(self, delay: Delay, work: Callable[[], Coroutine[Any, Any, object]], *, name: str) -> None:
        """Await ``work()`` again and again, ``delay`` after each end; a failure is charged and the next turn comes."""

        async def turn() -> None:
            while True:
                await self.clock.sleep(delay)
                outcome = (await self.nursery.together({name: work()}))[name]
                if isinstance(outcome, BaseException):
                    self._rooms.ledger.error(self.domain, name, outcome)

        self.nursery.spawn(turn(), name)

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Callable[[], None]:
        """Run ``callback`` at business time ``when``, also after the wall clock jumped; the result takes it back."""
        guarded = self._guarded(callback)

        def run() -> None:
            release()
            guarded()

        release = self.nursery.own(self.clock.call_at(when, run).cancel)
        return release

    def on_clock_step(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Run ``callback`` after each jump of the wall clock (> 2 s); the returned function ends that.

        For what shows a time of day or what is left until one. Waits need nothing; what comes again and again at
        certain times is a :class:`linli.Recurrence`.
        """
        guarded = self._guarded(callback)
        return self.nursery.own(self.clock.on_step(lambda step: guarded()))

    def child(
        self, name: str, target: str, serve: Callable[[Child], Awaitable[None]], *, limits: Limits = NO_LIMITS,
        folders: Sequence[Path] = (), environment: Mapping[str, str] | None = None,
    ) -> KeptChild:  # fmt: skip
        """Keep a helper process running until the entry goes: a broker, a codec, what crashes or computes.

        ``target`` (``linli_camera.thumbs:serve``) is called there with its end of a pipe; ``serve`` talks with it here
        and raises PipeClosed when it went. It is started again ever more slowly, counted and charged, and ends with
        the hub, however that ends. See :class:`linli.process.Child` for the rest.
        """

        async def start() -> Child:
            return await Child.start(
                name, target, limits=limits, folders=folders, environment=environment,
                said=lambda line: self.log.info("%s: %s", name, line),
            )  # fmt: skip

        kept = KeptChild(self.domain, name, start, serve, self.clock, self._rooms.ledger)
        self.nursery.own(self._rooms.children.count(self.domain, kept))
        self.nursery.spawn(kept.run(), f"child {name}")
        return kept

    def on_unload(self, undo: Callable[[], object]) -> None:
        """Have ``undo`` run (awaited where it is a coroutine function) when the entry goes."""
        self.nursery.own(undo)

    def on_settings(self, change: "Callable[[ConfigEntry], Awaitable[bool]]") -> None:
        """Have ``change`` take up other settings that the YAML gives this entry while it runs; it has 10 s.

        False, an error or a time-out: the entry is unloaded and set up anew, as one whose plugin gives no ``change``.
        """
        self.takes_settings = change

    def _guarded(self, callback: Callable[[], None]) -> Callable[[], None]:
        where = getattr(callback, "__qualname__", repr(callback))

        def run() -> None:
            try:
                callback()
            except Exception as error:  # noqa: BLE001 - the guard: what a plugin raises ends here and is charged
                self._rooms.ledger.error(self.domain, where, error)

        return run

    # privileges ------------------------------------------------------------------------------------------------------

    def require(self, privilege: Privilege) -> None:
        """Raise ContractError unless the manifest declares ``privilege`` and the deployment grants it."""
        if privilege in self.manifest.capabilities.privileges and privilege in self._granted:
            return
        sentence = f"the deployment does not grant {self.domain} the privilege {privilege}"
        if privilege not in self.manifest.capabilities.privileges:
            sentence = f"{self.domain} does not declare the privilege {privilege}"
        self._rooms.walls.note_refusal(self.domain, f"privilege.{privilege}", "", sentence)
        raise ContractError(sentence)

    def reaches(self, host: str) -> None:
        """Say, before connecting or listening, where: a host name, or ``lan``. Raises unless ``network`` names it.

        Inside the hub's process nothing stops a plugin that does not ask; see docs/integrators.md.
        """
        if not self.allowed.reaches(host):
            self._rooms.walls.refuse(self.domain, "network", host)

    def acting_for(self, user_id: UserId, scope: "Scope | None" = None) -> Context:
        """The context of a user whom the hub did not hand over: who wrote what the plugin keeps for them.

        Refused without the privilege ``act_for_user``.
        """
        self.require(Privilege.ACT_FOR_USER)
        return Context(user_id, plugin=self.domain, scope=scope).vouch()

    def view_of(self, context: Context) -> "View":
        """What whoever stands behind the context sees now (nobody: everything), within the scope of their token.

        So whoever reads all hands on no more than that.

        Refused without the privilege ``read_all``. Ask each time: a user may be given other rights.
        """
        self.require(Privilege.READ_ALL)
        return self._rooms.view_of(context)

    @property
    def serving(self) -> Serving:
        """What a plugin that answers the network needs; refused without the privilege ``serve``, and, since it holds
        who the users are, without the personal data ``name``."""
        self.require(Privilege.SERVE)
        if not self.allowed.personal_data("name"):
            self._rooms.walls.refuse(self.domain, "personal_data", "name")
        return Serving(self._rooms.auth, self._rooms)


def _yaml_below(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*.yaml"))[:MOST_FILES] if folder.is_dir() else ():
        if path.is_file() and path.stat().st_size <= LARGEST_FILE and path.resolve().is_relative_to(folder.resolve()):
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def domain_of(api: type[Any]) -> str:
    """The plugin whose ``api.py`` defines ``api``, by the manifest of its package (whatever that package is called)."""
    manifest = manifest_above(api.__module__)
    if manifest is None:
        raise ContractError(f"{api.__module__}.{api.__qualname__} belongs to no plugin")
    return manifest.domain
