"""The entries as they stand, and their documents: what a screen made, and what people chose beside the YAML.

The YAML is the truth about a YAML entry; its settings (which may hold secrets) are never copied to the disk. What a
screen made under the same unique id is kept behind it, and comes back when the YAML no longer has the instance.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from linli.clock import Clock
from linli.entries.entry import ConfigEntry, EntryState, EntryVersion, Source
from linli.ids import EntryId, PluginDomain
from linli.ledger import Ledger
from linli.registry.keeper import DocumentBatch, Keeper, Owed
from linli.storage.document import DocumentKind, Loaded, Value

KIND: Final = "core.entries"

_OF_THE_PERSON: Final = (
    "disabled_by", "pref_disable_new_entities", "pref_disable_polling", "place", "subject", "renamed", "created_at",
    "modified_at",
)  # fmt: skip
_OF_THE_SCREEN: Final = ("title", "version", "minor_version")


class DocumentRoom(DocumentBatch, Protocol):
    """The part of the documents' room that is needed here."""

    def register(self, kind: DocumentKind) -> None: ...
    async def load(self, kind: str) -> Loaded: ...


@dataclass(frozen=True, slots=True)
class EntryChange:
    """What happened to an entry."""

    type: str
    """``added``, ``updated`` or ``removed``."""
    entry: ConfigEntry
    old: ConfigEntry | None = None


class EntryBook:
    """All entries by id; every change is told and, where it is not only a turn of life, owed to the disk.

    What a person changes goes through ``keeper.change``, and so is on the disk before it is here.
    """

    def __init__(self, documents: DocumentRoom, clock: Clock, ledger: Ledger) -> None:
        documents.register(DocumentKind(KIND, check=_check))
        self._documents = documents
        self._clock = clock
        self.keeper = Keeper(documents, clock, ledger)
        self._entries: dict[EntryId, ConfigEntry] = {}
        self._by_domain: dict[PluginDomain, dict[EntryId, None]] = {}
        self._behind: dict[EntryId, ConfigEntry] = {}
        """What a screen made, behind the YAML entries that won over it."""
        self._watchers: list[Callable[[EntryChange], None]] = []

    async def load(self) -> Loaded:
        """Take up what is on the disk. Entries of the YAML are absent until the YAML is read."""
        loaded = await self._documents.load(KIND)
        for document in sorted(loaded.values(), key=lambda document: document.value.get("created_at", 0.0)):
            self._place(_from_document(document.key, document.value))
        return loaded

    # reading ---------------------------------------------------------------------------------------------------------

    def get(self, entry_id: str) -> ConfigEntry | None:
        return self._entries.get(EntryId(entry_id))

    def all(self, domain: str | None = None) -> list[ConfigEntry]:
        if domain is None:
            return list(self._entries.values())
        return [self._entries[entry_id] for entry_id in self._by_domain.get(PluginDomain(domain), {})]

    def watch(self, callback: Callable[[EntryChange], None]) -> Callable[[], None]:
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    # changing --------------------------------------------------------------------------------------------------------

    def add(self, entry: ConfigEntry) -> ConfigEntry:
        """A new entry."""
        if self.keeper.rehearsing:
            self._plan(entry, entry)
            return entry
        self._place(entry)
        self._owe(entry)
        self._tell(EntryChange("added", entry))
        return entry

    def change(self, entry: ConfigEntry, **values: Any) -> ConfigEntry:
        """A change that lasts."""
        return self._turn(entry, {**values, "modified_at": self.keeper.now()}, lasting=True)

    def turn(self, entry: ConfigEntry, state: EntryState, error: Exception | None = None) -> ConfigEntry:
        """A turn of its life, which no document remembers; ``error`` is why."""
        key = getattr(error, "key", None)
        values = {
            "state": state,
            "reason": None if error is None else str(error) or type(error).__name__,
            "reason_key": key,
            "reason_parameters": getattr(error, "parameters", {}) if key is not None else {},
        }
        return self._turn(entry, values, lasting=False)

    def overlay(self, entry: ConfigEntry, data: Mapping[str, Any], title: str, version: EntryVersion) -> ConfigEntry:
        """The YAML has this instance: its settings and title hold from now on. Most starts bring nothing new."""
        kept = _to_document(entry, self._behind.get(entry.entry_id))
        if entry.source is not Source.YAML:
            self._behind[entry.entry_id] = entry
        title = entry.title if entry.renamed else title
        values: dict[str, Any] = {"source": Source.YAML, "data": data, "title": title, "present": True}
        values.update(version=version.major, minor_version=version.minor)
        new = self._turn(entry, values, lasting=False)
        if _to_document(new, self._behind.get(entry.entry_id)) != kept:
            self._owe(new)
        return new

    def uncover(self, entry: ConfigEntry) -> ConfigEntry:
        """The YAML no longer has this instance: what a screen made comes back, or it is absent."""
        behind = self._behind.pop(entry.entry_id, None)
        if behind is None:
            return self._turn(entry, {"present": False, "data": {}}, lasting=False)
        values = {name: getattr(behind, name) for name in ("source", "data", *_OF_THE_SCREEN)}
        if entry.renamed:
            values["title"] = entry.title
        return self._turn(entry, values, lasting=True)

    def remove(self, entry: ConfigEntry) -> None:
        """It is gone."""
        if self.keeper.rehearsing:
            self._plan(entry, None)
            return
        del self._entries[entry.entry_id]
        self._behind.pop(entry.entry_id, None)
        names = self._by_domain[entry.domain]
        del names[entry.entry_id]
        if not names:
            del self._by_domain[entry.domain]
        self._owe(entry)
        self._tell(EntryChange("removed", entry, entry))

    def _turn(self, entry: ConfigEntry, values: Mapping[str, Any], *, lasting: bool) -> ConfigEntry:
        old = self._entries[entry.entry_id]
        new = replace(old, **values)
        if self.keeper.rehearsing:
            self._plan(entry, new)
            return new
        self._entries[entry.entry_id] = new
        if lasting:
            self._owe(entry)
        if new != old:
            self._tell(EntryChange("updated", new, old))
        return new

    def _place(self, entry: ConfigEntry) -> None:
        self._entries[entry.entry_id] = entry
        self._by_domain.setdefault(entry.domain, {})[entry.entry_id] = None

    def _plan(self, entry: ConfigEntry, new: ConfigEntry | None) -> None:
        entry_id = entry.entry_id
        value = None if new is None else _to_document(new, self._behind.get(entry_id))
        self.keeper.plan(KIND, entry_id, value, self._value_of(entry_id), entry.domain)

    def _owe(self, changed: ConfigEntry) -> None:
        self.keeper.owe(KIND, changed.entry_id, self._value_of(changed.entry_id), changed.domain)

    def _value_of(self, entry_id: EntryId) -> Owed:
        def value() -> Value | None:
            entry = self._entries.get(entry_id)
            return None if entry is None else _to_document(entry, self._behind.get(entry_id))

        return value

    def _tell(self, change: EntryChange) -> None:
        for watcher in tuple(self._watchers):
            watcher(change)


def _to_document(entry: ConfigEntry, behind: ConfigEntry | None) -> Value:
    value: Value = {"domain": entry.domain, "unique_id": entry.unique_id, "options": dict(entry.options)}
    value.update({name: getattr(entry, name) for name in _OF_THE_PERSON})
    screen = entry if entry.source is not Source.YAML else behind
    value["source"] = Source.YAML if screen is None else screen.source
    if screen is not None:
        value["data"] = dict(screen.data)
        value.update({name: getattr(screen, name) for name in _OF_THE_SCREEN})
    if screen is None or entry.renamed:
        value["title"] = entry.title
    return value


def _from_document(entry_id: str, value: Mapping[str, Any]) -> ConfigEntry:
    source = Source(value["source"])
    return ConfigEntry(
        entry_id=EntryId(entry_id),
        domain=PluginDomain(value["domain"]),
        source=source,
        unique_id=value["unique_id"],
        title=value["title"],
        data=value.get("data", {}),
        options=value.get("options", {}),
        version=value.get("version", 1),
        minor_version=value.get("minor_version", 1),
        present=source is not Source.YAML,
        **{name: value[name] for name in _OF_THE_PERSON},
    )


def _check(key: str, value: Value) -> None:
    _from_document(key, value)
