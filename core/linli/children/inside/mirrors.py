"""Local copies of what the hub lets this plugin read: states, names of services, registry rows, its own entries."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Generic, NoReturn, TypeVar

from linli.bus import Listeners, Unsubscribe
from linli.context import Context
from linli.entries import ConfigEntry
from linli.errors import ContractError, NotFound
from linli.ids import EntityId, PluginDomain, RegistryId
from linli.ledger import Ledger, Listener
from linli.plugin.capabilities import Allowed
from linli.registry import EntityEntry
from linli.states import State, StateChange

E = TypeVar("E")


def state_of(entity_id: EntityId, told: list[Any] | None) -> State | None:
    """A state as the hub told it."""
    if told is None:
        return None
    text, attributes, changed, updated, reported, context = told
    state = State(entity_id, text, attributes, changed, updated, context)
    state.last_reported = reported
    return state


class StateMirror:
    """The states that this plugin may read, as they were when the hub last spoke."""

    def __init__(self, domain: PluginDomain, allowed: Allowed, ledger: Ledger) -> None:
        self._domain = domain
        self._allowed = allowed
        self._ledger = ledger
        self._states: dict[str, State] = {}
        self._owners: dict[str, PluginDomain | None] = {}
        self._followers: dict[str, Listeners] = {}
        self._all = Listeners()

    def get(self, entity_id: str) -> State | None:
        return self._states.get(entity_id)

    def all(self) -> Iterator[State]:
        return iter(list(self._states.values()))

    def owner(self, entity_id: str) -> PluginDomain | None:
        return self._owners.get(entity_id)

    def take(self, entity_id: EntityId, owner: PluginDomain | None, told: list[Any] | None) -> None:
        """What an entity is now, at the start."""
        state = state_of(entity_id, told)
        if state is not None:
            self._states[entity_id], self._owners[entity_id] = state, owner

    def change(
        self, entity_id: EntityId, owner: PluginDomain | None, told: list[Any] | None, context: Context, at: float
    ) -> None:
        """What became of it; who follows it is told."""
        old = self._states.pop(entity_id, None)
        new = state_of(entity_id, told)
        self._owners[entity_id] = owner
        if new is not None:
            self._states[entity_id] = new
        change = StateChange(entity_id, old, new, context, at)
        followers = self._followers.get(entity_id)
        for listener in () if followers is None else followers.members:
            listener.notify(change)
        for listener in self._all.members:
            listener.notify(change)

    def track(
        self, entity_ids: Iterable[EntityId], callback: Callable[[StateChange], object], owner: PluginDomain
    ) -> Unsubscribe:
        """Follow some; of a domain that the manifest does not list under ``listens`` only the plugin's own come."""
        listener = Listener(callback, owner, getattr(callback, "__qualname__", repr(callback)), self._ledger)
        undo = [self._followers.setdefault(each, Listeners()).add(listener) for each in dict.fromkeys(entity_ids)]

        def unsubscribe() -> None:
            for each in undo:
                each()

        return unsubscribe

    def listen(self, callback: Callable[[StateChange], object], owner: PluginDomain) -> Unsubscribe:
        """Follow all that may be read."""
        where = getattr(callback, "__qualname__", repr(callback))
        return self._all.add(Listener(callback, owner, where, self._ledger))


class Rows(Generic[E]):
    """The rows of one registry that this plugin may read."""

    def __init__(self, what: str) -> None:
        self._what = what
        self.rows: dict[Hashable, E] = {}

    def get(self, row_id: Hashable) -> E | None:
        return self.rows.get(row_id)

    def all(self) -> list[E]:
        return list(self.rows.values())

    def __iter__(self) -> Iterator[E]:
        return iter(self.all())

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, row_id: Hashable) -> bool:
        return row_id in self.rows

    def __getattr__(self, name: str) -> NoReturn:
        raise ContractError(
            f"ctx.registries.{self._what}.{name} cannot be had in a process of the plugin's own: get() and all() can"
        )


class EntityRows(Rows[EntityEntry]):
    """Rows of entities, found by registry id or entity id."""

    def get(self, row_id: Hashable) -> EntityEntry | None:
        found = self.rows.get(row_id)
        return found or next((row for row in self.rows.values() if row.entity_id == row_id), None)

    def by_key(self, domain: str, platform: PluginDomain, unique_id: str) -> EntityEntry | None:
        key = (domain, platform, unique_id)
        return next((row for row in self.rows.values() if row.key == key), None)

    def by_id(self, registry_id: RegistryId) -> EntityEntry | None:
        return self.rows.get(registry_id)


class RegistryMirrors:
    """Rows of the registries; changes are for plugins in the hub's process."""

    def __init__(self) -> None:
        self.entities = EntityRows("entities")
        self.devices: Rows[Any] = Rows("devices")
        self.areas: Rows[Any] = Rows("areas")
        self.floors: Rows[Any] = Rows("floors")
        self.labels: Rows[Any] = Rows("labels")

    def take(self, kind: str, row_id: str, row: Any) -> None:
        """What the hub says of a row; None: it is gone, or no longer this plugin's to read."""
        rows: dict[Hashable, Any] = getattr(self, kind).rows
        if row is None:
            rows.pop(row_id, None)
        else:
            rows[row_id] = row


class EntryMirror:
    """The config entries of this plugin."""

    def __init__(self) -> None:
        self._entries: dict[str, ConfigEntry] = {}

    def get(self, entry_id: str) -> ConfigEntry | None:
        return self._entries.get(entry_id)

    def need(self, entry_id: str) -> ConfigEntry:
        entry = self._entries.get(entry_id)
        if entry is None:
            raise NotFound("Config entry not found")
        return entry

    def all(self, domain: str | None = None) -> list[ConfigEntry]:
        return [entry for entry in self._entries.values() if domain is None or entry.domain == domain]

    def take(self, entry_id: str, entry: ConfigEntry | None) -> None:
        """What the hub says of an entry; None: it is gone."""
        if entry is None:
            self._entries.pop(entry_id, None)
        else:
            self._entries[entry_id] = entry

    def __getattr__(self, name: str) -> NoReturn:
        raise ContractError(f"ctx.entries.{name} cannot be had in a process of the plugin's own: get() and all() can")


class ServiceNames:
    """Which services there are."""

    def __init__(self) -> None:
        self.names: set[tuple[str, str]] = set()

    def take(self, domain: str, name: str, there: bool) -> None:
        (self.names.add if there else self.names.discard)((domain, name))


Told = Mapping[str, Any]
