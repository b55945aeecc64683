"""Registries on documents that a test can look into, refuse, and lose; entries that a test sets by hand."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from linli.bus import EventBus
from linli.clock import SimulatedClock
from linli.ids import EntryId, PersonId, PlaceId
from linli.jsonbytes import dumps
from linli.ledger import Ledger
from linli.registry import Registries
from linli.registry.facts import EntryTurn
from linli.states import StateStore
from linli.storage import Delete, Document, DocumentKind, Put
from linli.storage.document import Loaded
from linli.storage.errors import DatabaseFull


class DiskFull(DatabaseFull):
    """What the storage says when it cannot write."""


class Disk:
    """Documents that survive their hub: what :meth:`batch` took, and nothing else."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        self.full = False
        self.broken: Exception | None = None
        """What is raised that is no word of the storage's."""
        self.slow = 0
        """How many turns of the loop a batch takes."""
        self.meanwhile: Callable[[], object] = lambda: None
        """What happens while a batch is written, once."""
        self.doubtful: Exception | None = None
        """What is raised although the batch was written."""
        self.at_once = 0
        self.most_at_once = 0
        self.batches: list[int] = []

    def register(self, kind: DocumentKind) -> None:
        """Every kind is fine."""

    async def load(self, kind: str) -> Loaded:
        return Loaded({key: Document(kind, key, 1, value) for (of, key), value in self.rows.items() if of == kind})

    async def batch(self, puts: Iterable[Put], deletes: Iterable[Delete] = ()) -> list[Document]:
        puts, deletes = list(puts), list(deletes)
        if self.full:
            raise DiskFull("no space left")
        if self.broken is not None:
            raise self.broken
        for put in puts:
            dumps(put.value)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        for _ in range(self.slow):
            await asyncio.sleep(0)
        self.at_once -= 1
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        for put in puts:
            self.rows[put.kind, put.key] = put.value
        for gone in deletes:
            self.rows.pop((gone.kind, gone.key), None)
        self.batches.append(len(puts) + len(deletes))
        if self.doubtful is not None:
            raise self.doubtful
        return []

    def kept(self, kind: str) -> dict[str, dict[str, Any]]:
        return {key: value for (of, key), value in self.rows.items() if of == kind}


@dataclass(frozen=True)
class Entry:
    """A config entry, reduced to what the registries ask."""

    entry_id: EntryId
    place: PlaceId | None = None
    subject: PersonId | None = None
    disabled: bool = False


@dataclass(frozen=True)
class Turn:
    """A change of one."""

    type: str
    entry: Entry
    old: Entry | None = None


@dataclass
class Entries:
    """Config entries that a test sets by hand."""

    rows: dict[str, Entry] = field(default_factory=dict)
    watchers: list[Callable[[EntryTurn], None]] = field(default_factory=list)

    def get(self, entry_id: str) -> Entry | None:
        return self.rows.get(entry_id)

    def watch(self, callback: Callable[[EntryTurn], None]) -> Callable[[], None]:
        self.watchers.append(callback)
        return lambda: self.watchers.remove(callback)

    def set(self, entry_id: str, **values: Any) -> None:
        old = self.rows.get(entry_id)
        new = self.rows[entry_id] = replace(old or Entry(EntryId(entry_id)), **values)
        self._tell(Turn("added" if old is None else "updated", new, old))

    def drop(self, entry_id: str) -> None:
        old = self.rows.pop(entry_id)
        self._tell(Turn("removed", old, old))

    def _tell(self, turn: Turn) -> None:
        for watcher in tuple(self.watchers):
            watcher(turn)


class Rooms:
    """The registries of one hub, and what they stand on."""

    def __init__(self, clock: SimulatedClock, disk: Disk, entries: Entries) -> None:
        self.clock, self.disk, self.entries = clock, disk, entries
        self.ledger = Ledger(clock)
        self.bus = EventBus(clock, self.ledger)
        self.states = StateStore(clock, self.bus, self.ledger)
        self.registries = Registries(disk, self.bus, clock, self.states, entries)
        self.events: list[dict[str, Any]] = []
        for name in ("entity", "device", "area", "floor", "label", "category"):
            self.bus.listen(f"{name}_registry_updated", lambda event, name=name: self._note(name, event.data))

    def _note(self, name: str, data: dict[str, Any]) -> None:
        self.events.append({"of": name, **data})

    async def again(self) -> "Rooms":
        """The hub was killed: another begins on what the disk has."""
        rooms = Rooms(self.clock, self.disk, Entries(dict(self.entries.rows)))
        await rooms.registries.load()
        return rooms
