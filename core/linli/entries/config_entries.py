"""The life of config entries: set up, unloaded, reloaded, migrated, tried again, removed. One thing at a time each.

The plugin's code is reached through three callables, which the plugin loader gives; what they raise decides the state.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypedDict, TypeVar, Unpack

from linli.cancelling import undisturbed
from linli.clock import Clock, Timer
from linli.entries.book import DocumentRoom, EntryBook, EntryChange
from linli.entries.entry import (
    ConfigEntry,
    EntryState,
    EntryVersion,
    NotReady,
    Source,
    entry_id_of,
    unique_ids_of,
)
from linli.errors import LinliError, NotFound, NotSupported
from linli.ids import EntryId, PersonId, PlaceId, PluginDomain
from linli.jsonbytes import dumps, loads
from linli.ledger import Ledger
from linli.storage.document import Damage, Value

log = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_RETRY_S: Final = 5.0
LAST_RETRY_S: Final = 80.0
LAST_RETRY_OF_FAILED_S: Final = 300.0
"""The longest pause after a failure that nobody foresaw; a device that is not ready yet is asked more often."""
JITTER: Final = 0.2
"""A pause is longer by up to this part of it, so that many entries do not come back at once."""

IDLE: Final = frozenset(
    {EntryState.NOT_LOADED, EntryState.SETUP_ERROR, EntryState.SETUP_RETRY, EntryState.MIGRATION_ERROR}
)
"""States from which set-up begins; in all of them nothing of the entry lives."""

TRIED_AGAIN: Final = frozenset({EntryState.SETUP_ERROR, EntryState.SETUP_RETRY})
"""What stands in the way may pass by itself. Data that cannot be migrated needs other code first."""


@dataclass(frozen=True, slots=True)
class EntryHooks:
    """How the plugin of an entry is reached."""

    set_up: Callable[[ConfigEntry], Awaitable[None]]
    """Raises NotReady (not yet) or anything else (failed); both are tried again."""
    unload: Callable[[ConfigEntry], Awaitable[bool]]
    """False: the plugin refuses."""
    migrate: Callable[[ConfigEntry, EntryVersion], Awaitable[Mapping[str, Any] | None]]
    """The data in the form of that version; None: the plugin does not know how."""
    version_of: Callable[[PluginDomain], EntryVersion]
    """The version of entry data that the plugin writes now."""


class EntryChanges(TypedDict, total=False):
    """What a person may change of an entry."""

    title: str
    data: Mapping[str, Any]
    options: Mapping[str, Any]
    pref_disable_new_entities: bool
    pref_disable_polling: bool
    place: PlaceId | None
    subject: PersonId | None


class ConfigEntries:
    """All config entries; reads are synchronous, changes coroutines that have committed when they return."""

    def __init__(self, documents: DocumentRoom, clock: Clock, ledger: Ledger, hooks: EntryHooks) -> None:
        self._book = EntryBook(documents, clock, ledger)
        self._clock = clock
        self._ledger = ledger
        self._hooks = hooks
        self._locks: dict[EntryId, asyncio.Lock] = {}
        self._retries: dict[EntryId, Timer] = {}
        self._tries: dict[EntryId, int] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._running: set[PluginDomain] = set()

    # reading ---------------------------------------------------------------------------------------------------------

    def get(self, entry_id: str) -> ConfigEntry | None:
        """The entry as it is now, or None."""
        return self._book.get(entry_id)

    def need(self, entry_id: str) -> ConfigEntry:
        """The same; raises NotFound."""
        entry = self._book.get(entry_id)
        if entry is None:
            raise NotFound("Config entry not found")
        return entry

    def all(self, domain: str | None = None) -> list[ConfigEntry]:
        """All entries, or those of a plugin, in the order in which they were made."""
        return self._book.all(domain)

    def watch(self, callback: Callable[[EntryChange], None]) -> Callable[[], None]:
        """Have ``callback`` told of every change, also of each turn of life."""
        return self._book.watch(callback)

    # where entries come from -----------------------------------------------------------------------------------------

    async def load(self) -> Sequence[Damage]:
        """Take up what is on the disk; the documents that were damaged and set aside."""
        return (await self._book.load()).damages

    def adopt(self, domain: PluginDomain, sections: Sequence[Mapping[str, Any]]) -> list[ConfigEntry]:
        """The YAML has these instances of the plugin: one entry each; they win over what a screen made."""
        version = self._hooks.version_of(domain)
        wanted = dict(zip(unique_ids_of(domain, list(sections)), sections, strict=True))
        adopted = [self._adopt(domain, unique_id, data, version) for unique_id, data in wanted.items()]
        for entry in self._book.all(domain):
            if entry.source is Source.YAML and entry.unique_id not in wanted:
                self._book.uncover(entry)
        return adopted

    def _adopt(
        self, domain: PluginDomain, unique_id: str, data: Mapping[str, Any], version: EntryVersion
    ) -> ConfigEntry:
        title = str(data.get("title") or data.get("name") or unique_id)
        known = self._book.get(entry_id_of(domain, unique_id))
        if known is not None:
            return self._book.overlay(known, data, title, version)
        return self._book.add(self._new(domain, unique_id, Source.YAML, title, data))

    def _new(
        self, domain: PluginDomain, unique_id: str, source: Source, title: str, data: Mapping[str, Any]
    ) -> ConfigEntry:
        now = self._clock.timestamp()
        version = self._hooks.version_of(domain)
        return ConfigEntry(
            entry_id=entry_id_of(domain, unique_id),
            domain=domain,
            source=source,
            unique_id=unique_id,
            title=title,
            version=version.major,
            minor_version=version.minor,
            data=data,
            created_at=now,
            modified_at=now,
        )

    async def create(
        self, domain: PluginDomain, unique_id: str, *, title: str, data: Mapping[str, Any],
        source: Source = Source.USER, place: PlaceId | None = None,
    ) -> ConfigEntry:  # fmt: skip
        """Make an entry on a screen and set it up; raises NotSupported where there is one of that unique id."""
        new = replace(self._new(domain, unique_id, source, title, data), place=place)

        def work() -> ConfigEntry:
            known = self._book.get(new.entry_id)
            if known is not None:
                raise _refused("configured_already", f"{known.title} is already configured", known)
            return self._book.add(new)

        entry = await self._book.keeper.change(work)
        return await self.set_up(entry.entry_id)

    # what people do --------------------------------------------------------------------------------------------------

    async def update(self, entry_id: str, **changes: Unpack[EntryChanges]) -> ConfigEntry:
        """Change an entry; has committed after. What runs runs on with the old values until :meth:`reload`."""

        def work() -> ConfigEntry:
            entry = self.need(entry_id)
            if entry.source is Source.YAML and "data" in changes:
                sentence = f"{entry.title} is written in the configuration; change it there"
                raise _refused("change_in_yaml", sentence, entry)
            return self._book.change(entry, **changes, renamed=entry.renamed or "title" in changes)

        return await self._book.keeper.change(work)

    async def disable(self, entry_id: str, by: str | None) -> ConfigEntry:
        """Switch an entry off (``by`` = "user") or on (None); has committed after. Unloads it or sets it up."""
        entry = self.need(entry_id)
        if by == entry.disabled_by:
            return entry
        return await self._to_its_end(self._disable(entry, by), entry)

    async def _disable(self, entry: ConfigEntry, by: str | None) -> ConfigEntry:
        async with self._lock(entry.entry_id):
            if by is not None:
                await self._unload(self.need(entry.entry_id))
            try:
                await self._book.keeper.change(lambda: self._book.change(entry, disabled_by=by))
            finally:  # also where this was refused: then it runs on
                turned = await self._set_up(self.need(entry.entry_id))
        return turned

    async def remove(self, entry_id: str) -> bool:
        """Take an entry away with its devices and entities. False: the plugin would not let go before the next start.

        Raises NotSupported for one that the YAML has.
        """
        entry = self.need(entry_id)
        if entry.source is Source.YAML and entry.present:
            raise _refused("remove_in_yaml", f"{entry.title} is written in the configuration; remove it there", entry)
        return await self._to_its_end(self._remove(entry), entry)

    async def _remove(self, entry: ConfigEntry) -> bool:
        async with self._lock(entry.entry_id):
            entry = await self._unload(self.need(entry.entry_id))
            try:
                await self._book.keeper.change(lambda: self._book.remove(entry))
            finally:  # where this was refused, it runs on
                if (present := self._book.get(entry.entry_id)) is not None:
                    await self._set_up(present)
        self._forget(entry.entry_id)
        return entry.state is not EntryState.FAILED_UNLOAD

    # life ------------------------------------------------------------------------------------------------------------

    async def set_up_domain(self, domain: PluginDomain) -> None:
        """The plugin runs: set up all its entries, at once; one that fails keeps none of the others."""
        self._running.add(domain)
        await asyncio.gather(*(self.set_up(entry.entry_id) for entry in self._book.all(domain)))

    async def unload_domain(self, domain: PluginDomain) -> None:
        """The plugin stops: unload all its entries."""
        self._running.discard(domain)
        await asyncio.gather(*(self.unload(entry.entry_id) for entry in self._book.all(domain)))

    async def set_up(self, entry_id: str) -> ConfigEntry:
        """Set an entry up unless it is off, absent, up already, or its plugin does not run."""
        async with self._lock(self.need(entry_id).entry_id):
            return await self._set_up(self.need(entry_id))

    async def unload(self, entry_id: str) -> ConfigEntry:
        """Unload an entry; one that is not loaded is no longer tried again."""
        entry = self.need(entry_id)

        async def turn() -> ConfigEntry:
            async with self._lock(entry.entry_id):
                return await self._unload(self.need(entry_id))

        return await self._to_its_end(turn(), entry)

    async def reload(self, entry_id: str) -> ConfigEntry:
        """Unload and set up again, with nothing in between; an entry whose unloading is refused stays as it is."""
        entry = self.need(entry_id)

        async def turn() -> ConfigEntry:
            async with self._lock(entry.entry_id):
                return await self._set_up(await self._unload(self.need(entry_id)))

        return await self._to_its_end(turn(), entry)

    async def _to_its_end(self, work: Coroutine[Any, Any, T], entry: ConfigEntry) -> T:
        """Half of an unloading would leave something alive: it goes on where its caller is cancelled."""
        return await asyncio.shield(self._keep(undisturbed(work, f"core:entry:{entry.entry_id}")))

    async def close(self) -> None:
        """Try nothing again; write what is owed."""
        for timer in self._retries.values():
            timer.cancel()
        self._retries.clear()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._book.keeper.close()

    # one turn, under the entry's lock --------------------------------------------------------------------------------

    async def _set_up(self, entry: ConfigEntry) -> ConfigEntry:
        self._cancel_retry(entry.entry_id)
        if entry.disabled or not entry.present or entry.state not in IDLE or entry.domain not in self._running:
            return entry
        entry = self._book.turn(entry, EntryState.SETUP_IN_PROGRESS)
        done = False
        try:
            migrated = await self._migrated(entry)
            if migrated is None:
                done = True
                return self.need(entry.entry_id)
            await self._hooks.set_up(migrated)
            done = True
        except NotReady as error:
            done = True
            return self._retry(entry, EntryState.SETUP_RETRY, error)
        except Exception as error:  # noqa: BLE001 - the guard: what a plugin raises is its entry's failure
            done = True
            if not isinstance(error, LinliError):
                self._charge(entry, "linli_setup_entry", error)
            return self._retry(entry, EntryState.SETUP_ERROR, error)
        finally:
            if not done:
                self._book.turn(entry, EntryState.NOT_LOADED)
        self._tries.pop(entry.entry_id, None)
        return self._book.turn(entry, EntryState.LOADED)

    async def _migrated(self, entry: ConfigEntry) -> ConfigEntry | None:
        """The entry in a form that the plugin reads; None: it cannot be had, and the entry says why."""
        version = self._hooks.version_of(entry.domain)
        if not needs_migration(entry, version):
            return entry
        if entry.version > version.major:
            self._not_migrated(entry, version, "data_newer", "its data was written by a newer plugin")
            return None
        try:
            answer = await self._hooks.migrate(entry, version)
            data = None if answer is None else _as_stored(answer)
        except Exception as error:  # noqa: BLE001 - the guard: what a plugin raises is its entry's failure
            self._charge(entry, "linli_migrate_entry", error)
            self._not_migrated(entry, version, "migration_failed", "the plugin failed to migrate its data")
            return None
        if data is None:
            if entry.version == version.major:
                return entry
            self._not_migrated(entry, version, "migration_unknown", "the plugin cannot migrate its data")
            return None
        changes = {"data": data, "version": version.major, "minor_version": version.minor}
        return await self._book.keeper.change(lambda: self._book.change(entry, **changes))

    def _not_migrated(self, entry: ConfigEntry, version: EntryVersion, key: str, sentence: str) -> None:
        """Turn the entry to where a person sees why it does not run; its data stays as it is."""
        written = f"{entry.version}.{entry.minor_version}"
        ours = f"{version.major}.{version.minor}"
        parameters = {"title": entry.title, "plugin": entry.domain, "written": written, "ours": ours}
        sentence = f"{sentence}: it has version {written}, this code version {ours}"
        log.error("%s (%s) is not set up: %s; the data stays as it is", entry.title, entry.domain, sentence)
        error = LinliError(sentence, key=f"entries.{key}", parameters=parameters)
        self._book.turn(entry, EntryState.MIGRATION_ERROR, error)

    async def _unload(self, entry: ConfigEntry) -> ConfigEntry:
        self._cancel_retry(entry.entry_id)
        if entry.state in IDLE:
            self._tries.pop(entry.entry_id, None)
            return self._book.turn(entry, EntryState.NOT_LOADED)
        entry = self._book.turn(entry, EntryState.UNLOAD_IN_PROGRESS)
        let_go = False
        try:
            let_go = await self._hooks.unload(entry)
        except Exception as error:  # noqa: BLE001 - the guard: what a plugin raises is its entry's failure
            self._charge(entry, "linli_unload_entry", error)
        finally:
            entry = self._book.turn(entry, EntryState.NOT_LOADED if let_go else EntryState.FAILED_UNLOAD)
        return entry

    def _charge(self, entry: ConfigEntry, where: str, error: Exception) -> None:
        if isinstance(error, TimeoutError):
            self._ledger.note(entry.domain, "timeout", where, f"no end in time for {entry.title}")
        else:
            self._ledger.error(entry.domain, where, error)

    # trying again ----------------------------------------------------------------------------------------------------

    def _retry(self, entry: ConfigEntry, state: EntryState, error: Exception) -> ConfigEntry:
        tries = self._tries[entry.entry_id] = self._tries.get(entry.entry_id, 0) + 1
        longest = LAST_RETRY_S if state is EntryState.SETUP_RETRY else LAST_RETRY_OF_FAILED_S
        pause = min(FIRST_RETRY_S * 2 ** (tries - 1), longest)
        pause *= 1 + JITTER * random.Random(f"{entry.entry_id} {tries}").random()
        if tries == 1:
            what = "is not ready" if state is EntryState.SETUP_RETRY else "is not set up"
            reason = str(error) or type(error).__name__
            log.warning("%s (%s) %s: %s; it is tried again", entry.title, entry.domain, what, reason)
        entry = self._book.turn(entry, state, error)
        self._retries[entry.entry_id] = self._clock.call_later(pause, lambda: self._again(entry.entry_id))
        return entry

    def _again(self, entry_id: EntryId) -> None:
        self._retries.pop(entry_id, None)
        self._start(self._try_again(entry_id), f"core:entry:{entry_id}")

    async def _try_again(self, entry_id: EntryId) -> None:
        async with self._lock(entry_id):
            entry = self._book.get(entry_id)
            if entry is not None and entry.state in TRIED_AGAIN:
                await self._set_up(entry)

    def _cancel_retry(self, entry_id: EntryId) -> None:
        timer = self._retries.pop(entry_id, None)
        if timer is not None:
            timer.cancel()

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._keep(asyncio.get_running_loop().create_task(work, name=name))

    def _keep(self, task: "asyncio.Task[T]") -> "asyncio.Task[T]":
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _lock(self, entry_id: EntryId) -> asyncio.Lock:
        return self._locks.setdefault(entry_id, asyncio.Lock())

    def _forget(self, entry_id: EntryId) -> None:
        self._locks.pop(entry_id, None)
        self._tries.pop(entry_id, None)


def needs_migration(entry: ConfigEntry, version: EntryVersion) -> bool:
    """Whether the plugin, which writes ``version``, does not read the entry's data as it is.

    What the YAML says was checked against the plugin's schema a moment ago, so it is never old.
    """
    if entry.source is Source.YAML or entry.written_in == version:
        return False
    return entry.version != version.major or entry.minor_version < version.minor


def _as_stored(data: Mapping[str, Any]) -> Value:
    """What will be read at the next start; raises TypeError, ValueError for what no document holds."""
    stored: Value = loads(dumps(dict(data)))
    return stored


def _refused(key: str, sentence: str, entry: ConfigEntry) -> NotSupported:
    return NotSupported(sentence, key=f"entries.{key}", parameters={"title": entry.title})
