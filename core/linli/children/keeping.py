"""The plugins of one hub that run in processes of their own: started, counted, started again, ended."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from linli.children.asked.table import ASKED
from linli.children.faults import ChildGone
from linli.children.mirrors import Mirrors
from linli.children.session import Session
from linli.children.standins import declaring, standing_for
from linli.clock import RealClock
from linli.errors import DeploymentError
from linli.ids import PluginDomain
from linli.metrics import Series
from linli.plugin.capabilities import Allowed
from linli.plugin.context import PluginContext
from linli.plugin.imported import Imported
from linli.plugin.manifest import Privilege
from linli.process import Child, KeptChild, Limits
from linli.translations import read_texts

if TYPE_CHECKING:
    from linli.plugin.catalog import CatalogEntry
    from linli.rooms import Rooms

TARGET: Final = "linli.children.inside.main:serve"
BORN_WITHIN_S: Final = 30.0
WHAT: Final = "its process"


class Doors(Protocol):
    """What the loader does when a process comes or goes."""

    async def child_came(self, domain: PluginDomain, imported: Imported) -> None: ...
    async def child_went(self, domain: PluginDomain) -> None: ...


@dataclass(eq=False)
class Place:
    """One plugin that runs in a process of its own."""

    entry: "CatalogEntry"
    granted: frozenset[Privilege]
    first: "asyncio.Future[Imported]"
    kept: KeptChild | None = None
    keeping: "asyncio.Task[None] | None" = None
    session: Session | None = None
    ending: bool = False
    tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    async def ask(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Have the plugin answer a hook."""
        session = self.session
        if session is None:
            raise ChildGone(f"the process of {self.entry.manifest.domain} has ended")
        given = dict(arguments)
        ctx = given.pop("ctx", None)
        number = session.door(ctx) if isinstance(ctx, PluginContext) else None
        return await session.call("hook", name, number, given)


class Children:
    """All of them; the loader asks it to begin and to end, and is told when one comes and goes."""

    def __init__(self, limits: Callable[["CatalogEntry"], Limits]) -> None:
        """``limits``: to what the process of a plugin is held."""
        self._limits = limits
        self._places: dict[PluginDomain, Place] = {}
        self._starts: dict[PluginDomain, int] = {}
        self._helpers: list[tuple[tuple[str, str], KeptChild]] = []
        self._ended_helpers: dict[tuple[str, str], int] = {}
        self._rooms: Rooms | None = None
        self._doors: Doors | None = None

    def furnish(self, rooms: "Rooms", doors: Doors) -> None:
        """The rooms that the children are served from, and whom to tell."""
        self._rooms, self._doors = rooms, doors
        rooms.metrics.counted(
            "linli_plugin_process_starts_total", "Processes started for plugins that run in their own",
            lambda: {(domain,): float(count) for domain, count in self._started().items()}, ("plugin",),
        )  # fmt: skip
        rooms.metrics.counted(
            "linli_plugin_child_starts_total", "Helper processes started by plugins", self._helper_starts,
            ("plugin", "child"),
        )  # fmt: skip
        rooms.metrics.gauge(
            "linli_plugin_process_running", "1: the process of the plugin runs", self._running, ("plugin",)
        )

    def count(self, owner: PluginDomain, kept: KeptChild) -> Callable[[], None]:
        """Count the starts of a helper process of a plugin (``ctx.child``); the returned function ends that."""
        key = (owner, kept.name)
        self._helpers.append((key, kept))

        def forget() -> None:
            self._helpers.remove((key, kept))
            self._ended_helpers[key] = self._ended_helpers.get(key, 0) + kept.starts

        return forget

    def _helper_starts(self) -> Series:
        found = dict(self._ended_helpers)
        for key, kept in self._helpers:
            found[key] = found.get(key, 0) + kept.starts
        return {key: float(count) for key, count in found.items()}

    def _started(self) -> dict[PluginDomain, int]:
        return {domain: self.starts(domain) for domain in {*self._starts, *self._places}}

    def _running(self) -> Series:
        return {(domain,): float(place.session is not None) for domain, place in self._places.items()}

    def starts(self, domain: PluginDomain) -> int:
        """How often its process was started."""
        place = self._places.get(domain)
        return self._starts.get(domain, 0) + (0 if place is None or place.kept is None else place.kept.starts)

    def pid(self, domain: PluginDomain) -> int | None:
        """The id of its process; None: there is none now."""
        place = self._places.get(domain)
        child = None if place is None or place.kept is None else place.kept.child
        return None if child is None else child.pid

    def described(self, domain: PluginDomain) -> dict[str, Any] | None:
        """For the plugins' page: whether its process runs and how often it was started; None: it has none."""
        if domain not in self._places and domain not in self._starts:
            return None
        return {"running": self.is_up(domain), "starts": self.starts(domain)}

    def is_up(self, domain: PluginDomain) -> bool:
        """Whether its process can be asked."""
        place = self._places.get(domain)
        return place is not None and place.session is not None

    # begin and end ---------------------------------------------------------------------------------------------------

    async def begin(self, entry: "CatalogEntry", granted: frozenset[Privilege]) -> Imported:
        """Start a plugin's process and have it import the plugin; kept from now on. Raises what the import raises."""
        rooms = self._need_rooms()
        domain = entry.manifest.id
        place = self._places[domain] = Place(entry, granted, asyncio.get_running_loop().create_future())
        place.kept = KeptChild(
            domain, WHAT, lambda: self._start(place), lambda child: self._serve(place, child), rooms.clock, rooms.ledger
        )
        place.keeping = asyncio.create_task(place.kept.run(), name=f"child:{domain}")
        try:
            async with RealClock().timeout(BORN_WITHIN_S):
                return await asyncio.shield(place.first)
        except TimeoutError:
            await self.end(domain)
            raise DeploymentError(f"the process of {domain} did not begin within {BORN_WITHIN_S:g} s") from None
        except BaseException:
            await self.end(domain)
            raise

    async def end(self, domain: PluginDomain) -> None:
        """End a plugin's process, which has been told of it before; absent is fine."""
        place = self._places.pop(domain, None)
        if place is None:
            return
        place.ending = True
        if place.kept is not None:
            self._starts[domain] = self._starts.get(domain, 0) + place.kept.starts
        if place.keeping is not None:
            place.keeping.cancel()
            await asyncio.wait([place.keeping])
        for task in list(place.tasks):
            task.cancel()

    async def close(self) -> None:
        """End all."""
        await asyncio.gather(*(self.end(domain) for domain in list(self._places)))

    def _need_rooms(self) -> "Rooms":
        assert self._rooms is not None, "furnished when the hub is built"
        return self._rooms

    # one life --------------------------------------------------------------------------------------------------------

    async def _start(self, place: Place) -> Child:
        log = self._need_rooms().walls.allowance(place.entry.manifest.id).log
        return await Child.start(
            place.entry.manifest.domain, TARGET, limits=self._limits(place.entry), said=_printed(place, log)
        )

    async def _serve(self, place: Place, child: Child) -> None:
        rooms = self._need_rooms()
        domain = place.entry.manifest.id
        session = Session(rooms, place.entry, child.pipe, ASKED, unlimited=lambda: not rooms.walls.limits(domain))
        reading = asyncio.create_task(session.run(), name=f"child:{domain}:reading")
        try:
            with rooms.clock.busy():
                imported = await self._born(place, session, reading)
            self._came(place, session, imported)
            await reading
        finally:
            reading.cancel()
            place.session = None
            session.end()
            child.signal(signal.SIGKILL)  # also one that hangs, before anybody takes the time to tidy up after it
            if place.first.done() and not place.ending:
                await self._went(place)

    async def _born(self, place: Place, session: Session, reading: "asyncio.Task[None]") -> Imported:
        birth = asyncio.create_task(session.call("birth", self._told(place)))
        try:
            async with RealClock().timeout(BORN_WITHIN_S):
                await asyncio.wait((birth, reading), return_when=asyncio.FIRST_COMPLETED)
            if not birth.done():
                reading.result()  # raises: the process ended before it was born
            return self._imported(place, birth.result())
        except Exception as error:
            if not place.first.done():
                place.first.set_exception(error)
            raise
        finally:
            birth.cancel()

    def _told(self, place: Place) -> dict[str, Any]:
        rooms, entry = self._need_rooms(), place.entry
        found = {part.name: getattr(entry.found, part.name) for part in fields(entry.found)}
        clock = rooms.clock
        return {
            "found": {name: str(value) if isinstance(value, Path) else value for name, value in found.items()},
            "granted": sorted(privilege.value for privilege in place.granted),
            "settings": {part.name: getattr(rooms.settings, part.name) for part in fields(rooms.settings)},
            "time": (clock.monotonic(), clock.timestamp()) if clock.simulated else None,
            "trusted": entry.trusted,
        }

    def _imported(self, place: Place, report: Mapping[str, Any]) -> Imported:
        texts = read_texts(place.entry.folder)
        return Imported(standing_for(report["hooks"], place.ask), declaring(report["specs"]), texts)

    def _came(self, place: Place, session: Session, imported: Imported) -> None:
        rooms, domain = self._need_rooms(), place.entry.manifest.id
        place.session = session
        session.mirrors = Mirrors(rooms, domain, Allowed(place.entry.manifest), session.contexts, session.tell)
        session.mirrors.begin()
        if not place.first.done():
            place.first.set_result(imported)
        elif self._doors is not None:
            self._spawn(place, self._doors.child_came(domain, imported))

    async def _went(self, place: Place) -> None:
        for task in list(place.tasks):
            await asyncio.wait((task,))
        if self._doors is not None:
            self._spawn(place, self._doors.child_went(place.entry.manifest.id))
            await asyncio.wait(list(place.tasks))

    def _spawn(self, place: Place, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        place.tasks.add(task)
        task.add_done_callback(place.tasks.discard)


def _printed(place: Place, meter: Any) -> Callable[[str], None]:
    """What it prints stands in the hub's log, as much as it may log."""
    from linli.plugin.flood import gated_logger

    log = gated_logger(f"linli.plugins.{place.entry.manifest.domain}", meter)
    return lambda line: log.info("%s", line)
